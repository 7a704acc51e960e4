"""A headless Chromium that speaks to nobody but the pages it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hitgen.errors import Fault, InputError
from hitgen.lib.browser import NoBrowserError, open_chromium

VIEWPORT = {"width": 1680, "height": 1050}
WAIT_MS = 60_000
ALONE = (
    "--no-proxy-server",
    # Whatever else it might ask for has no address.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@contextmanager
def open_browser() -> Iterator[Any]:
    """A Playwright browser; raises InputError where this machine has none."""
    try:
        with open_chromium(ALONE) as browser:
            yield browser
    except NoBrowserError as error:
        remedy = "installing Chromium: `apt-get install chromium`, or `playwright install chromium`"
        raise InputError(Fault("rehearse", "--robots", f"no browser could be started ({error})", remedy)) from error


@contextmanager
def one_tab(browser: Any, wait_ms: int = WAIT_MS) -> Iterator[Any]:
    """A Playwright page of a person who was never here before: nothing is kept from one to the next."""
    context = browser.new_context(viewport=VIEWPORT)
    try:
        page = context.new_page()
        page.set_default_timeout(wait_ms)
        yield page
    finally:
        context.close()


def check_browser() -> None:
    """Raise InputError where no browser can be started; better known before the long work."""
    with open_browser():
        pass
