"""Frames: what is decoded ahead lets them through, another rate is measured, what a trial did not hold is recorded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hitgen.methods.pjnd.robot import Answer, Robot
from tests.browser.test_display import POINTS, display_of, go_to, opened
from tests.support.batches import built_page, write_batch
from tests.support.browsers import OpenPage
from tests.support.runs import soaked_but

PIXELS = '[display]\nscaling = "pixels"\n'
COUNT_DECODES = """
window.decodes = [];
const frame = () => { window.decodes.push(0); requestAnimationFrame(frame); };
requestAnimationFrame(frame);
const decode = window.createImageBitmap.bind(window);
window.createImageBitmap = (...given) => { window.decodes[window.decodes.length - 1] += 1; return decode(...given); };
"""
SOME_FRAMES = """
window.skipped = 0;
const real = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (act) => {
  const after = (frames) => (frames > 0 ? real(() => after(frames - 1)) : real(act));
  return after(window.skipped);
};
"""
MEASURED = """() => new Promise((done) => {
  let left = 70;
  const frame = () => (left-- ? requestAnimationFrame(frame) : done());
  frame();
})"""
"""So many frames later the display's rate, which sixty tell, is known."""
REFRESH_CHANGES = (
    "() => Object.values(localStorage).map((text) => JSON.parse(text).state).filter(Boolean)[0].refresh_changes"
)


@pytest.mark.browser
def test_what_is_decoded_ahead_lets_frames_through(tmp_path: Path, open_page: OpenPage) -> None:
    carried = f'frames = "carried"\n{PIXELS}'
    page = opened(open_page, built_page(write_batch(tmp_path, carried, study=1)), COUNT_DECODES)
    robot = go_to(page, "training")
    robot.hit("stage").wait_for()
    page.wait_for_function("() => window.decodes.reduce((sum, count) => sum + count, 0) >= 13")  # the whole ladder
    counts = [count for count in page.evaluate("() => window.decodes") if count]
    assert max(counts) <= 2 and counts.count(1) >= 10  # source and one ahead, then one a frame


@pytest.mark.browser
def test_a_rate_that_changes_during_the_visit_is_measured_again(tmp_path: Path, open_page: OpenPage) -> None:
    extra = f'{PIXELS}schedule = "frame-locked"\n'
    page = opened(open_page, built_page(write_batch(tmp_path, extra, study=1)), SOME_FRAMES)
    robot = go_to(page, "training")
    robot.hit("stage").wait_for()
    page.evaluate(MEASURED)
    page.evaluate("() => { window.skipped = 2; }")
    page.wait_for_function(f"() => ({REFRESH_CHANGES})().length", timeout=30_000)
    robot.work()
    display = display_of(robot)
    (changed,) = display["refresh_changes"]
    assert changed["refresh_hz"] == pytest.approx(display["refresh_hz"] / 3, rel=0.1)
    assert "the refresh rate changed during the visit" in display["warnings"]


@pytest.mark.browser
def test_a_trial_that_began_by_another_rate_is_recorded(tmp_path: Path, open_page: OpenPage) -> None:
    """The first frames told a rate that the display does not have: the trial had begun when it was known."""
    slow_at_first = SOME_FRAMES.replace("skipped = 0", "skipped = 2")
    page = opened(open_page, built_page(write_batch(tmp_path, PIXELS, study=1)), slow_at_first)
    robot = go_to(page, "training")
    page.wait_for_function("() => document.querySelector('[data-hit=stage]').dataset.shown === 'source'")
    page.evaluate("() => { window.skipped = 0; }")
    page.wait_for_function(f"() => ({REFRESH_CHANGES})().length", timeout=30_000)
    robot.work()
    display = display_of(robot)
    assert display["refresh_changes"][-1]["refresh_hz"] == pytest.approx(60, rel=0.2)
    assert "the refresh rate changed during the visit" in display["warnings"]


@pytest.mark.browser
def test_a_trial_that_did_not_hold_the_schedule_is_recorded(tmp_path: Path, open_page: OpenPage) -> None:
    page = opened(open_page, built_page(write_batch(tmp_path, PIXELS, study=1)), SOME_FRAMES)
    robot = go_to(page, "training")
    robot.hit("stage").wait_for()
    page.evaluate(  # of a main thread that has other things to do: it was idle when the display was measured
        "() => { window.busy = setInterval(() => { const end = performance.now() + 170; while (performance.now() < end); }, 180); }"
    )
    robot.step()
    page.evaluate("() => clearInterval(window.busy)")
    robot.work()
    display = display_of(robot)
    assert display["refresh_hz"] > 16 and "a trial did not hold the schedule" in display["warnings"]


@pytest.mark.browser
@pytest.mark.parametrize(("hours", "flagged"), soaked_but([(8, True)], [(0, False), (8, True), (-8, True)]))
def test_a_clock_that_is_put_forward_makes_no_trial_longer(
    tmp_path: Path, open_page: OpenPage, hours: int, flagged: bool
) -> None:
    page = open_page(built_page(write_batch(tmp_path, PIXELS, study=1)))
    robot = go_to(page, "training")
    robot.hit("stage").wait_for()
    page.add_init_script(f"const real = Date.now; Date.now = () => real() + {hours} * 3600e3;")
    page.reload()
    robot.hit("stage").wait_for()
    robot = Robot(page, lambda _: Answer(5, POINTS))
    while robot.screen() != "submit":
        robot.step()
    with page.expect_download() as download:
        robot.hit("download-json").click()
    submission = json.loads(Path(download.value.path()).read_text())
    assert all(0 < row["ended_ms"] - row["started_ms"] < 60_000 for row in submission["trials"])
    assert submission["submitted_ms"] < 120_000
    assert any("clock" in warning for warning in submission["display"]["warnings"]) == flagged
    assert (submission["display"]["away_ms"] > 7 * 3600e3) == (hours == 8)


@pytest.mark.browser
@pytest.mark.parametrize(("browser_name", "told"), [("Firefox/153.0", True), ("Chrome/156.0", False)])
def test_avif_where_it_is_another_stimulus_is_recorded(
    tmp_path: Path, open_page: OpenPage, browser_name: str, told: bool
) -> None:
    folder = write_batch(tmp_path, PIXELS, study=1)
    config = folder / "batch.toml"
    config.write_text(config.read_text().replace('codec = "jpeg"', 'codec = "avif"'))
    page = open_page(built_page(folder), user_agent=f"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 {browser_name}")
    robot = Robot(page, lambda _: Answer(5, POINTS))
    robot.work()
    assert ("this browser shows AVIF otherwise than others" in display_of(robot)["warnings"]) == told
