"""An answer sent as pages send it: from a page at their own address, under their policy, in a browser of this machine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hitgen.lib.browser import NoBrowserError, open_chromium

WAIT_MS = 30_000
PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>hitgen</title>'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; connect-src {}"></html>'
)
SEND = """([address, body]) =>
  fetch(address, { method: "POST", body, headers: { "Content-Type": "text/plain" } }).then((answer) => answer.text())"""
# A page that was not fetched lies nowhere, so a browser would keep it from private addresses, which `check` has judged.
FLAGS = ("--disable-features=LocalNetworkAccessChecks",)


def hindrance(page: str, origin: str, address: str, body: str) -> str | None:
    """What keeps a page at the address `page` from posting `body` to `address`, or from reading what it says, in words.

    Empty where nothing does, None where this machine has no browser. Nothing needs to be at `page` yet; its policy lets it
    reach `origin`, as those of published pages do.
    """
    # In a thread of its own: Playwright keeps an event loop, and whoever calls may have one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_tried, page, origin, address, body).result()


def _tried(page: str, origin: str, address: str, body: str) -> str | None:
    try:
        with open_chromium(FLAGS) as browser:
            return _posted(browser.new_page(), page, origin, address, body)
    except (NoBrowserError, ImportError):
        return None


def _posted(tab: Any, page: str, origin: str, address: str, body: str) -> str:
    from playwright.sync_api import Error

    told: list[str] = []
    tab.set_default_timeout(WAIT_MS)
    tab.on("console", lambda message: told.append(message.text))
    tab.route("**/*", lambda route: _answered(route, origin))
    try:
        tab.goto(page)
        tab.evaluate(SEND, [address, body])
    except Error as error:
        return told[0] if told else error.message.splitlines()[0]
    return ""


def _answered(route: Any, origin: str) -> None:
    if route.request.is_navigation_request():
        route.fulfill(body=PAGE.format(origin), content_type="text/html; charset=utf-8")
    else:
        route.continue_()
