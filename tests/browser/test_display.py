"""What the display can do is recorded, and refused where the config asks for that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from hitgen.methods.pjnd.robot import Answer, Robot
from tests.support.batches import built_page, write_batch
from tests.support.browsers import OpenPage

EVERY_FIFTH_FRAME = """
const real = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (act) => {
  const after = (frames) => (frames ? real(() => after(frames - 1)) : real(act));
  return after(4);
};
"""
PIXELS = '[display]\nscaling = "pixels"\n'
POINTS = [(64.0, 48.0), (256.0, 48.0), (160.0, 192.0)]


def opened(open_page: OpenPage, address: str, script: str = "") -> Page:
    page = open_page("about:blank")
    if script:
        page.context.add_init_script(script)
    page.goto(address)
    return page


def display_of(robot: Robot) -> dict[str, Any]:
    with robot._page.expect_download() as download:
        robot.hit("download-json").click()
    display: dict[str, Any] = json.loads(Path(download.value.path()).read_text())["display"]
    return display


@pytest.mark.browser
def test_a_display_that_cannot_hold_the_schedule_is_recorded(tmp_path: Path, open_page: OpenPage) -> None:
    page = opened(open_page, built_page(write_batch(tmp_path, PIXELS, study=1)), EVERY_FIFTH_FRAME)
    robot = Robot(page, lambda _: Answer(5, POINTS))
    robot.work()
    display = display_of(robot)
    assert display["refresh_hz"] < 16
    assert "the display cannot hold the schedule" in display["warnings"]


@pytest.mark.browser
def test_a_display_that_cannot_hold_the_schedule_is_refused_where_asked(tmp_path: Path, open_page: OpenPage) -> None:
    page = opened(
        open_page, built_page(write_batch(tmp_path, f"{PIXELS}refuse_slow_display = true\n")), EVERY_FIFTH_FRAME
    )
    robot = Robot(page, lambda _: Answer(5, POINTS))
    while robot.screen() not in ("training", "blocked"):
        robot._leave(robot.screen())
    page.wait_for_function("() => document.documentElement.dataset.screen === 'blocked'")
    assert page.locator("[data-part=blocked-text]").inner_text()


@pytest.mark.browser
def test_a_frame_locked_schedule_records_its_real_rate(tmp_path: Path, open_page: OpenPage) -> None:
    page = opened(open_page, built_page(write_batch(tmp_path, f'{PIXELS}schedule = "frame-locked"\n', study=1)))
    robot = Robot(page, lambda _: Answer(5, POINTS))
    robot.work()
    display = display_of(robot)
    assert display["schedule"] == "frame-locked"
    frames_a_swap = round(display["refresh_hz"] / 8 + 0.05)  # 7 and 8 frames are equally near at 60 Hz: the larger
    assert display["swaps_per_second"] == pytest.approx(display["refresh_hz"] / frames_a_swap, abs=0.02)


@pytest.mark.browser
def test_a_changed_zoom_keeps_the_size_is_told_and_is_recorded(tmp_path: Path, open_page: OpenPage) -> None:
    page = open_page(built_page(write_batch(tmp_path, "[display]\nwidth_cm = 9\n", study=1)))
    robot = Robot(page, lambda _: Answer(5, POINTS))
    while robot.screen() not in ("training", "study"):
        robot._leave(robot.screen())
    page.wait_for_function("() => !document.querySelector('[data-hit=stop]').disabled")
    stage = page.locator("[data-hit=stage] canvas")
    before = stage.bounding_box()
    session = page.context.new_cdp_session(page)
    zoomed = {"width": 1092, "height": 614, "deviceScaleFactor": 1.25, "mobile": False}  # as a zoom to 125% does it
    session.send("Emulation.setDeviceMetricsOverride", zoomed)
    page.wait_for_function("() => !document.querySelector('[data-part=notice]').hidden")
    after = stage.bounding_box()
    assert before and after
    assert after["width"] * 1.25 == pytest.approx(before["width"], abs=1)
    page.wait_for_timeout(400)  # a change counts once the window has rested
    session.send("Emulation.clearDeviceMetricsOverride")
    page.wait_for_function("() => document.querySelector('[data-part=notice]').hidden")
    page.wait_for_timeout(400)
    robot.work()
    display = display_of(robot)
    assert "the pixel ratio changed during the visit" in display["warnings"]
    assert [change["device_pixel_ratio"] for change in display["changes"]][-1] == 1
