"""A page in Arabic: its words run from right to left, what carries positions does not, and nothing is cut off."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from hitgen.methods.pjnd.robot import Answer, Robot, differences
from tests.support.batches import built_page, write_batch
from tests.support.browsers import OpenPage

SIZE = (1280, 720)
PLACES = [(64.0, 48.0), (256.0, 48.0), (160.0, 192.0)]
CUT_OFF = """() => [...document.querySelectorAll("html, button, h1, h2, p, li, label, dd, dt, span, .task, .controls")]
  .filter((element) => element.checkVisibility() && !element.matches(".unseen, .bar-title"))
  .filter((element) => {
    const { left, right } = element.getBoundingClientRect();
    const inside = getComputedStyle(element).display !== "inline" && element.scrollWidth > element.clientWidth + 1;
    return left < -1 || right > document.documentElement.clientWidth + 1 || inside;
  })
  .map((element) => element.outerHTML.slice(0, 120))"""


def middle(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.browser
def test_words_run_from_the_right_and_the_instrument_is_not_mirrored(tmp_path: Path, open_page: OpenPage) -> None:
    folder = write_batch(tmp_path, "[display]\nwidth_cm = 8\n", study=1)
    config = folder / "batch.toml"
    config.write_text(config.read_text().replace("seed = 5\n", 'seed = 5\nlanguage = "ar"\n', 1))
    page = open_page(built_page(folder), size=SIZE)
    robot = Robot(page, lambda _: Answer(5, PLACES))
    assert page.evaluate("() => [document.documentElement.dir, document.documentElement.lang]") == ["rtl", "ar"]
    assert middle(page, "[data-hit=consent]")[0] > middle(page, "[for=consent-box]")[0], (
        "the box stands before its words"
    )
    while robot.screen() != "training":
        assert page.evaluate(CUT_OFF) == [], robot.screen()
        if robot.screen() == "calibration":
            widened_by_its_handle(page, robot)
        robot._leave(robot.screen())
    robot.hit("stage").wait_for()
    assert page.evaluate(CUT_OFF) == []
    the_slider_grows_to_the_right(page, robot)
    robot.step()
    the_picture_and_its_marks_lie_where_they_are(page, robot)
    robot.press("confirm")
    assert robot.work().screens[-1] == "submit"
    assert page.evaluate(CUT_OFF) == []
    with page.expect_download() as download:
        robot.hit("download-json").click()
    assert differences(robot.record, json.loads(Path(download.value.path()).read_text())) == []


def widened_by_its_handle(page: Page, robot: Robot) -> None:
    before, (x, y) = robot.hit("card").bounding_box(), middle(page, "[data-part=card-handle]")
    assert abs(x - before["x"] - before["width"]) < 5, "the handle is at the right"
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=3)
    page.mouse.up()
    after = robot.hit("card").bounding_box()
    assert after["x"] == before["x"] and after["width"] == pytest.approx(before["width"] + 40)


def the_slider_grows_to_the_right(page: Page, robot: Robot) -> None:
    low, high = (middle(page, f".slider-end >> nth={number}")[0] for number in (0, 1))
    box = robot.hit("slider").bounding_box()
    assert low < box["x"] < high
    page.wait_for_function("() => document.querySelector('[data-hit=stage]').dataset.shown === 'source'")
    page.mouse.click(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2)
    assert robot.hit("slider").input_value() == "12"
    page.keyboard.press("ArrowLeft")
    assert robot.hit("slider").input_value() == "11"


def the_picture_and_its_marks_lie_where_they_are(page: Page, robot: Robot) -> None:
    box = robot.hit("stage").bounding_box()
    shown = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=box))).convert("RGB")).astype(float)
    half = shown.shape[1] // 2
    assert shown[:, :half, 0].mean() + 40 < shown[:, half:, 0].mean(), "red grows to the right"
    for number, (x, y) in enumerate(PLACES):
        at = box["x"] + x * box["width"] / 320, box["y"] + y * box["height"] / 240
        page.mouse.click(*at)
        robot.record.attempts[-1].points.append((x, y))
        assert middle(page, f".mark >> nth={number}") == pytest.approx(at, abs=1)
        assert middle(page, f".mark-label >> nth={number}")[0] > at[0]
