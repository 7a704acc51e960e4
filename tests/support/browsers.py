"""The Chromium that tests drive."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

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
