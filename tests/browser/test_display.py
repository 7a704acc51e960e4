"""What the display can do is recorded, and refused where the config asks for that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from hitgen.methods.pjnd.robot import Answer, Robot
from tests.support.batches import built_page, write_batch
from tests.support.browsers import OpenPage, rest
from tests.support.runs import soaked_but

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
    rest(page, 400)  # a change counts once the window has rested
    session.send("Emulation.clearDeviceMetricsOverride")
    page.wait_for_function("() => document.querySelector('[data-part=notice]').hidden")
    rest(page, 400)
    robot.work()
    display = display_of(robot)
    assert "the pixel ratio changed during the visit" in display["warnings"]
    assert "a picture was not shown at its own size" not in display["warnings"]
    assert [change["device_pixel_ratio"] for change in display["changes"]][-1] == 1


def set_zoom(page: Page, zoom: float, size: tuple[int, int] = (1366, 768), ratio: float | None = None) -> None:
    """As the browser's zoom, or with `ratio` as another monitor of the same size in CSS pixels."""
    width, height = round(size[0] / zoom), round(size[1] / zoom)
    override = {"width": width, "height": height, "deviceScaleFactor": ratio or zoom, "mobile": False}
    page.context.new_cdp_session(page).send("Emulation.setDeviceMetricsOverride", override)
    rest(page, 500)  # a change counts once the window has rested


def go_to(page: Page, *screens: str) -> Robot:
    robot = Robot(page, lambda _: Answer(5, POINTS))
    while robot.screen() not in screens:
        robot._leave(robot.screen())
    return robot


@pytest.mark.browser
@pytest.mark.parametrize("scaling", soaked_but(["physical"], ["physical", "pixels"]))
def test_a_zoom_before_anything_is_measured_changes_nothing(tmp_path: Path, open_page: OpenPage, scaling: str) -> None:
    extra = f'[display]\nscaling = "{scaling}"\nwidth_cm = 6\n'
    page = open_page(built_page(write_batch(tmp_path, extra, study=1)))
    set_zoom(page, 1.25)
    go_to(page, "calibration", "distance")
    set_zoom(page, 1)
    robot = go_to(page, "training")
    robot.work()
    display = display_of(robot)
    assert display["changes"] == [] and display["reference_pixel_ratio"] == 1
    assert "the pixel ratio changed during the visit" not in display["warnings"]


@pytest.mark.browser
def test_who_zooms_as_the_page_asks_is_not_told_to_zoom_back(tmp_path: Path, open_page: OpenPage) -> None:
    page = open_page(built_page(write_batch(tmp_path, "[display]\nwidth_cm = 10.5\n", study=1)))
    set_zoom(page, 1.6)
    go_to(page, "calibration")
    for _ in range(2):  # the frame is right as it stands, which is asked
        page.locator("[data-hit=next]:visible").click()
    page.wait_for_function("() => document.documentElement.dataset.screen === 'blocked'")
    set_zoom(page, 1)
    page.wait_for_function("() => document.documentElement.dataset.screen === 'distance'")
    robot = go_to(page, "training")
    robot.hit("stage").wait_for()
    assert page.locator("[data-part=notice]").is_hidden()
    robot.work()
    display = display_of(robot)
    assert {change["device_pixel_ratio"] for change in display["changes"]} <= {1}
    assert display["reference_pixel_ratio"] == display["device_pixel_ratio"] == 1


@pytest.mark.browser
@pytest.mark.parametrize("ratio", soaked_but([1.5], [2, 1.5, 0.75]))
def test_a_move_to_another_monitor_is_noticed(tmp_path: Path, open_page: OpenPage, ratio: float) -> None:
    page = open_page(built_page(write_batch(tmp_path, "[display]\nwidth_cm = 9\n", study=1)))
    robot = go_to(page, "training")
    robot.hit("stage").wait_for()
    canvas = page.locator("[data-hit=stage] canvas")
    before = canvas.bounding_box()
    for moved in (ratio, 1, ratio):
        set_zoom(page, 1, ratio=moved)
        expect(page.locator("[data-part=notice]")).to_be_visible(visible=moved != 1, timeout=30_000)
        after = canvas.bounding_box()
        assert before and after and after["width"] * moved == pytest.approx(before["width"], abs=1)
        assert int(canvas.evaluate("canvas => canvas.width")) == pytest.approx(after["width"] * moved, abs=0.05)
    robot.work()
    display = display_of(robot)
    assert [change["device_pixel_ratio"] for change in display["changes"]] == [ratio, 1, ratio]
    assert "the pixel ratio changed during the visit" in display["warnings"]
    assert "a picture was not shown at its own size" not in display["warnings"]


@pytest.mark.browser
def test_a_page_that_two_fingers_enlarge_is_noticed_as_zoomed(tmp_path: Path, open_page: OpenPage) -> None:
    """On a touch screen or a track pad the page grows without another pixel ratio, and without a word to the page."""
    page = open_page(built_page(write_batch(tmp_path, "[display]\nwidth_cm = 9\n", study=1)))
    robot = go_to(page, "training")
    robot.hit("stage").wait_for()
    canvas = page.locator("[data-hit=stage] canvas")
    before = canvas.evaluate("canvas => canvas.getBoundingClientRect().width")
    session = page.context.new_cdp_session(page)
    for scale in (1.5, 1, 1.5):
        session.send("Emulation.setPageScaleFactor", {"pageScaleFactor": scale})
        page.wait_for_function(
            f"() => document.querySelector('[data-part=notice]').hidden === {str(scale == 1).lower()}"
        )
        after = canvas.evaluate("canvas => canvas.getBoundingClientRect().width")
        assert after * scale == pytest.approx(before, abs=1.5)  # the same centimetres on the screen
        rest(page, 400)
    session.send("Emulation.setPageScaleFactor", {"pageScaleFactor": 1})
    rest(page, 400)
    robot.work()
    display = display_of(robot)
    assert [change["device_pixel_ratio"] for change in display["changes"]] == [1.5, 1, 1.5, 1]
    assert "the pixel ratio changed during the visit" in display["warnings"]
    assert "a picture was not shown at its own size" not in display["warnings"]
