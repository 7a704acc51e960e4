"""Pages that may not say a word on the console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browsers import OpenPage


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens a page in a fresh context, network off unless asked; anything said on the console fails the test."""
    contexts: list[Any] = []
    said: list[str] = []

    def hear(message: Any) -> None:
        if not message.text.startswith("Canvas2D: Multiple readback"):  # the tests' own reading of the canvas
            said.append(message.text)

    def opened(
        address: str, *, ratio: float = 1, size: tuple[int, int] = (1366, 768), offline: bool = True, **more: Any
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, device_scale_factor=ratio, offline=offline, **more
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", hear)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []
