"""A headless Chromium that speaks to nobody but the pages it is shown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Error, sync_playwright

from hitgen.errors import Fault, InputError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    # Whatever else it might ask for has no address.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@contextmanager
def open_browser() -> Iterator[Any]:
    """A Playwright browser; raises InputError where this machine has none."""
    with sync_playwright() as playwright:
        named = next(filter(None, map(shutil.which, NAMES)), None)
        try:
            browser = playwright.chromium.launch(executable_path=named, args=list(FLAGS))
        except Error as error:
            problem = f"no browser could be started ({str(error).splitlines()[0]})"
            remedy = "installing Chromium: `apt-get install chromium`, or `playwright install chromium`"
            raise InputError(Fault("rehearse", "--robots", problem, remedy)) from error
        try:
            yield browser
        finally:
            browser.close()


def check_browser() -> None:
    """Raise InputError where no browser can be started; better known before the long work."""
    with open_browser():
        pass
