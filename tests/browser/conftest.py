"""Shared fixtures: small real batches, and pages that may not say a word on the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from hitgen.build import build

HEAD = """
[batch]
name = "small"
seed = 5
[consent]
title = "A small study"
contact = "someone@example.org"
exemption = "A test."
retention = "Nothing is kept."
withdrawal = "At any time."
"""
OpenPage = Callable[..., Page]


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
        page.set_default_timeout(15_000)
        page.on("console", hear)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


def grid(width: int, height: int, seed: int = 0) -> Image.Image:
    """A picture that shows where one is in it: red grows to the right, green downward; blue is texture."""
    columns = np.linspace(40, 215, width)[None, :].repeat(height, axis=0)
    rows = np.linspace(40, 215, height)[:, None].repeat(width, axis=1)
    blue = np.random.default_rng(seed).integers(90, 160, (height // 8 + 1, width // 8 + 1)).repeat(8, 0).repeat(8, 1)
    return Image.fromarray(np.dstack([columns, rows, blue[:height, :width]]).astype(np.uint8))


def write_batch(folder: Path, extra: str = "", size: tuple[int, int] = (320, 240), study: int = 2) -> Path:
    """A batch with study ladders, a training and a gold ladder of 12 levels each."""
    for role, count in (("study", study), ("training", 1), ("gold", 1)):
        (folder / role).mkdir(parents=True)
        for number in range(count):
            grid(*size, seed=len(role) * 10 + number).save(folder / role / f"{role}{number}.png")
    text = HEAD
    for role in ("study", "training", "gold"):
        levels = ", ".join(f"{{level = {level}, quality = {90 - 7 * level}}}" for level in range(1, 13))
        text += f'[[images]]\nname = "{role}"\nsources = "{role}/*.png"\ncodec = "jpeg"\nlevels = [{levels}]\nrole = "{role}"\n'
    width, height = size
    points = f"[[{width * 0.2}, {height * 0.2}], [{width * 0.8}, {height * 0.2}], [{width * 0.5}, {height * 0.8}]]"
    for role in ("training", "gold"):
        text += (
            f'[[questions]]\nimages = "{role}"\nsource = "{role}0"\nlevel = [4, 6]\npoints = {points}\nradius_px = 20\n'
        )
    text += f"[hit]\ntraining = 1\nstudy = {study}\ngold = 1\n{extra}"
    (folder / "batch.toml").write_text(text)
    return folder


def built_page(folder: Path) -> str:
    """The address of the first page of a batch, built."""
    return (build(folder, workers=1).folder.pages / "p0001.html").resolve().as_uri()
