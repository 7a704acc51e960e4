"""The Chromium that tests drive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from hitgen.batch import resources
from hitgen.pages.script import link

OpenPage = Callable[..., Page]

CHROMIUM = "/usr/bin/chromium"

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def rest(page: Page, ms: float) -> None:
    """Let so much time pass on the page's own clock, after the frame in which it sees what was done to it so far."""
    page.evaluate(
        "(ms) => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, ms))))",
        ms,
    )


@contextmanager
def with_script(browser: Browser, asset: str, name: str) -> Iterator[Page]:
    """An empty page where a script of the assets is called `name`."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto("about:blank")
        page.add_script_tag(content=link(asset, lambda path: resources.find("assets", path, Path()), name))
        yield page
    finally:
        context.close()
