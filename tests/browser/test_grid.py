"""Points and levels against what is painted on the pictures: what the screen showed decides, not anyone's arithmetic.

Each source carries three coloured dots at known places and a grey patch; each level's patch has its own grey. Dots and patches
are found in screenshots, clicked where they appear, and the submission must name the places and levels they were painted for.
"""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page

from hitgen.methods.pjnd.robot import Answer, Robot
from tests.support.batches import HEAD, built_page
from tests.support.browsers import OpenPage

LEVELS = 12
PIXELS = '[display]\nscaling = "pixels"\n'
PHYSICAL = "[display]\nwidth_cm = 9\n"
SHARES = ((0.12, 0.2), (0.85, 0.35), (0.3, 0.88))
CHANNELS = (0, 1, 2)
DOT_PX = 6


def grey(level: int) -> int:
    return 60 + 12 * level


def painted(size: tuple[int, int], level: int) -> Image.Image:
    picture = Image.new("RGB", size, (110, 110, 110))
    draw = ImageDraw.Draw(picture)
    for channel, (x, y) in zip(CHANNELS, dots(size), strict=True):
        colour = tuple(255 if each == channel else 0 for each in CHANNELS)
        # pixel (i, j) covers [i, i + 1): a dot from x - r to x + r - 1 has its middle at x
        draw.rectangle((x - DOT_PX, y - DOT_PX, x + DOT_PX - 1, y + DOT_PX - 1), fill=colour)
    width, height = size
    draw.rectangle((width * 0.4, height * 0.4, width * 0.7, height * 0.6), fill=(grey(level),) * 3)
    return picture


def dots(size: tuple[int, int]) -> list[tuple[int, int]]:
    return [(round(size[0] * x), round(size[1] * y)) for x, y in SHARES]


def grid_page(folder: Path, size: tuple[int, int], display: str) -> str:
    (folder / "ladder").mkdir()
    for level in range(LEVELS + 1):
        painted(size, level).save(folder / "ladder" / ("s.png" if level == 0 else f"s_{level}.png"))
    (folder / "batch.toml").write_text(
        f'{HEAD}[[images]]\nname = "study"\nsources = "ladder/s.png"\ncodec = "files"\n'
        f'frames = "ladder/{{source}}_{{index}}.png"\nlevels = {LEVELS}\n'
        f"[hit]\ntraining = 0\nstudy = 1\ngold = 0\n{display}",
        encoding="utf-8",
    )
    return built_page(folder)


def on_screen(page: Page) -> np.ndarray:
    """What the screen shows of the stage and around it: rows, columns, RGB, in device pixels."""
    with Image.open(BytesIO(page.screenshot())) as picture:
        return np.asarray(picture.convert("RGB")).astype(float)


def find_dots(page: Page, ratio: float) -> list[tuple[float, float]]:
    """Where the dots are on the screen, in CSS pixels: middles of gravity of what is redder, greener, bluer than the rest."""
    screen = on_screen(page)
    box = page.locator("[data-hit=stage] canvas").bounding_box()
    assert box
    left, top = round(box["x"] * ratio), round(box["y"] * ratio)
    stage = screen[top : top + round(box["height"] * ratio), left : left + round(box["width"] * ratio)]
    places = []
    for channel in CHANNELS:
        others = [each for each in CHANNELS if each != channel]
        weight = np.clip(stage[..., channel] - stage[..., others].max(axis=2) - 60, 0, None)
        rows, columns = np.indices(weight.shape)
        x, y = ((axis + 0.5) * weight for axis in (columns, rows))
        places.append(((left + x.sum() / weight.sum()) / ratio, (top + y.sum() / weight.sum()) / ratio))
    return places


def read_level(page: Page, ratio: float) -> int:
    """The level that the patch in the middle of the stage stands for, 0 for the source."""
    box = page.locator("[data-hit=stage] canvas").bounding_box()
    assert box
    x, y = (box["x"] + box["width"] * 0.55) * ratio, (box["y"] + box["height"] * 0.5) * ratio
    value = on_screen(page)[round(y), round(x)].mean()
    level = round((value - 60) / 12)
    assert abs(value - grey(level)) <= 1, value
    return level


SIZES = {"wide": ((480, 160), PHYSICAL), "tall-in-pixels": ((200, 300), PIXELS), "usual": ((320, 240), PHYSICAL)}
RATIOS = (1, 1.25, 2)
AT_ONCE = {("wide", 2), ("tall-in-pixels", 1.25), ("usual", 1)}
"""Every size and every ratio; the other pairs are soaked."""


@pytest.mark.browser
@pytest.mark.parametrize(
    ("size", "display", "ratio"),
    [
        pytest.param(
            *SIZES[name], ratio, id=f"{name}-{ratio}", marks=() if (name, ratio) in AT_ONCE else pytest.mark.soak
        )
        for name in SIZES
        for ratio in RATIOS
    ],
)
def test_the_submission_names_what_the_screen_showed(
    tmp_path: Path, open_page: OpenPage, ratio: float, size: tuple[int, int], display: str
) -> None:
    page = open_page(grid_page(tmp_path, size, display), ratio=ratio)
    robot = Robot(page, lambda _: Answer(None, []))
    while robot.screen() != "study":
        robot._leave(robot.screen())
    page.wait_for_function("() => !document.querySelector('[data-hit=slider]').disabled")
    robot.hit("slider").focus()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    chosen = robot.hit("slider").input_value()
    page.wait_for_function(  # until it is decoded, the newest level that is stands for it
        "chosen => document.querySelector('[data-hit=stage]').dataset.shown === `level:${chosen}`", arg=chosen
    )
    looks = [read_level(page, ratio) for _ in range(12)]
    while len(set(looks)) < 2 and len(looks) < 60:
        looks.append(read_level(page, ratio))
    shown = set(looks)
    assert len(shown) == 2 and 0 in shown
    robot.press("confirm")
    page.wait_for_function("() => document.querySelector('[data-hit=stage]').dataset.phase === 'locate'")
    for place in find_dots(page, ratio):
        page.mouse.click(*place)
    robot.press("confirm")
    robot.work()
    with page.expect_download() as download:
        robot.hit("download-json").click()
    (row,) = json.loads(Path(download.value.path()).read_text())["trials"]
    assert row["level"] == max(shown)
    assert np.abs(np.array(row["points"]) - np.array(dots(size))).max() <= 1
