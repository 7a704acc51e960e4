"""The Chromium of this machine, headless, by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hitgen.errors import HitgenError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowserError(HitgenError):
    """No browser could be started here; says why."""


@contextmanager
def open_chromium(flags: Sequence[str]) -> Iterator[Any]:
    """A Playwright browser, started with `flags` beside its usual ones.

    Raises NoBrowserError where this machine has none, ImportError where Playwright is not installed.
    """
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        named = next(filter(None, map(shutil.which, NAMES)), None)
        try:
            browser = playwright.chromium.launch(executable_path=named, args=[*FLAGS, *flags])
        except Error as error:
            raise NoBrowserError(str(error).splitlines()[0]) from error
        try:
            yield browser
        finally:
            browser.close()
