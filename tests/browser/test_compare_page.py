"""A page of comparisons, worked by a robot that knows only the contract; pictures are known by the greys painted on them."""

from __future__ import annotations

import json
import statistics
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page as Tab

from hitgen.manifest import read_manifest
from hitgen.methods.compare import COMPARE
from hitgen.methods.compare.manifest import Manifest, Trial
from hitgen.methods.compare.robot import Answer, Robot, Shown, differences, some_answer
from hitgen.methods.compare.row import Arm, Version
from hitgen.methods.submission import read_submission
from hitgen.results.parse import _trial_faults
from hitgen.stimuli.packs import pack_path, read_pack
from hitgen.stimuli.sources import decode_rgb
from tests.support.batches import built_page
from tests.support.browsers import OpenPage, rest
from tests.support.compare import grey, marked_page, write_study
from tests.support.runs import soaked_but

WATCH = """
() => {
  const sides = ["left", "right"].map((side) => document.querySelector(`[data-hit=${side}]`));
  const surfaces = sides.map((side) => side.querySelector("canvas").getContext("2d"));
  const stage = document.querySelector("[data-hit=stage]");
  window.seen = [];
  window.swaps = [];
  for (const side of sides) {
    const told = () => window.swaps.push([document.timeline.currentTime, stage.dataset.trial, side.dataset.hit, side.dataset.shown]);
    new MutationObserver(told).observe(side, { attributeFilter: ["data-shown"] });
  }
  const look = (t) => {
    const greys = surfaces.map((surface) => surface.getImageData(surface.canvas.width >> 1, surface.canvas.height >> 1, 1, 1).data[0]);
    window.seen.push([t, stage.dataset.trial, stage.dataset.phase, ...greys, ...sides.map((side) => side.dataset.shown)]);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""


def manifest_of(address: str) -> Manifest:
    return cast(Manifest, read_manifest(Path(address.removeprefix("file://")).parents[2]))


def at_first_question(tab: Tab, robot: Robot) -> None:
    while robot.screen() not in ("training", "study"):
        robot._leave(robot.screen())
    robot.hit("stage").wait_for()


def handed_in(tab: Tab, robot: Robot) -> dict[str, Any]:
    assert robot.screen() == "submit"
    with tab.expect_download() as offered:
        robot.hit("download-json").click()
    found: dict[str, Any] = json.loads(Path(offered.value.path()).read_text("utf-8"))
    return found


def check_pictures(seen: list[Any], trials: dict[str, Trial]) -> dict[str, list[Any]]:
    """Each frame shows both pivots or both versions of its question, as the page says; the frames of each question."""
    frames: dict[str, list[Any]] = {}
    for t, trial, phase, left, right, *shown in seen:
        assert shown[0] == shown[1]
        if shown[0] == "none":
            continue
        known = trials[trial]
        sides = (known.left, known.right) if shown[0] == "version" else (Version(codec="source", level=0),) * 2
        assert (left, right) == tuple(grey(side, known.arm) for side in sides), (trial, phase, shown)
        if phase == "compare":
            frames.setdefault(trial, []).append((t, shown[0]))
    return frames


@pytest.mark.browser
@pytest.mark.parametrize("arm", ["boosted", "plain"])
def test_what_a_robot_does_on_the_painted_pictures_is_what_is_handed_in(
    tmp_path: Path, open_page: OpenPage, arm: Arm
) -> None:
    address = marked_page(tmp_path, arm)
    manifest = manifest_of(address)
    tab = open_page(address)
    robot = Robot(tab)
    at_first_question(tab, robot)
    tab.evaluate(WATCH)
    robot.work()
    record = handed_in(tab, robot)
    page = manifest.pages[0]
    frames = check_pictures(tab.evaluate("() => window.seen"), page.by_trial)
    assert set(frames) == set(page.by_trial)
    assert differences(robot.record, record) == []
    read = read_submission(json.dumps(record), COMPARE.row)
    assert not [told for told in read.display.warnings if "picture" in told]
    assert list(_trial_faults(page, read, manifest, COMPARE)) == []
    assert all((row.toggles is None) == (arm == "boosted") for row in read.trials)
    if arm == "plain":
        assert all((row.toggles or 0) >= 1 for row in read.trials)
    else:
        assert all(row.timing.swaps or row.timing.stalled_ms for row in read.trials)


LATE = "const raf = requestAnimationFrame; window.requestAnimationFrame = (act) => raf((t) => act(t - 400));"
"""As where the machine is busy: a frame bears the time it was due at, and comes long after it."""


@pytest.mark.browser
def test_no_answer_takes_longer_than_its_question_where_frames_come_late(tmp_path: Path, open_page: OpenPage) -> None:
    address = marked_page(tmp_path, "boosted", hit="training = 0\ngold = 0\nbias = 0", levels=2)
    manifest = manifest_of(address)
    tab = open_page("about:blank")
    tab.add_init_script(LATE)
    tab.goto(address)
    robot = Robot(tab)
    robot.work()
    read = read_submission(json.dumps(handed_in(tab, robot)), COMPARE.row)
    assert list(_trial_faults(manifest.pages[0], read, manifest, COMPARE)) == []


@pytest.mark.timing
@pytest.mark.browser
def test_both_sides_flicker_on_one_clock_each_swap_in_the_first_frame_that_is_near_enough(
    tmp_path: Path, open_page: OpenPage
) -> None:
    """The first frame from half a frame before a swap is due: where none is dropped, the nearest."""
    address = marked_page(tmp_path, "boosted", hit="training = 0")
    tab = open_page(address)
    robot = Robot(tab, lambda shown: Answer("notsure", time_s=2))
    at_first_question(tab, robot)
    tab.evaluate(WATCH)
    for _ in range(3):
        robot.step()
    seen = tab.evaluate("() => window.seen")
    check_pictures(seen, manifest_of(address).pages[0].by_trial)
    frames = [entry[0] for entry in seen]
    frame_ms = statistics.median(b - a for a, b in pairwise(frames))
    told = tab.evaluate("() => window.swaps")
    left, right = ([[t, trial, shown] for t, trial, side, shown in told if side == name] for name in ("left", "right"))
    assert left == right  # in the same frames
    checked = 0
    for trial in robot.record.order[1:3]:
        shown = [(t, what) for t, of, what in left if of == trial and what != "none"]
        begun = shown[0][0]
        for t, what in shown[1:]:
            if t - begun >= STALL_MS and checked_stall(frames, begun, t):
                break  # the machine stood still, and the flicker began anew
            swap = round((t - begun) / 100)
            assert (what == "version") == (swap % 2 == 1)
            early = [frame for frame in frames if begun + 100 * swap - frame_ms / 2 + 1 < frame < t - 1]
            assert early == [] and t > begun + 100 * swap - frame_ms / 2 - 1, (t - begun, early)
            checked += 1
    assert checked > 20


STALL_MS = 250


def checked_stall(frames: list[float], begun: float, end: float) -> bool:
    """Whether no frame came for so long between two times."""
    here = [frame for frame in frames if begun <= frame <= end]
    return any(b - a >= STALL_MS for a, b in pairwise(here))


@pytest.mark.timing
@pytest.mark.browser
def test_a_question_that_is_not_answered_in_time_is_passed_over_and_one_in_the_blank_counts(
    tmp_path: Path, open_page: OpenPage
) -> None:
    few = "training = 0\ngold = 0\nbias = 0"
    address = marked_page(tmp_path, "boosted", 'shown_s = 0.4\nblank_s = 3\ncompare = ["source"]\n', hit=few, levels=2)
    tab = open_page(address)
    robot = Robot(tab, lambda shown: Answer("skip"))
    at_first_question(tab, robot)
    tab.wait_for_function("() => document.querySelector('[data-hit=left]').dataset.shown === 'version'")
    tab.wait_for_function("() => document.querySelector('[data-hit=left]').dataset.shown === 'none'")
    assert robot.hit("answer-right").is_enabled() and not tab.locator("[data-part=canvas-left]").is_visible()
    tab.keyboard.press("ArrowRight")
    robot.work()
    late, *others = handed_in(tab, robot)["trials"]
    assert late["response"] == "right" and 400 <= late["response_time_ms"] <= 3400
    assert {row["response"] for row in others} == {"skip"} and {row["response_time_ms"] for row in others} == {3400}


@pytest.mark.browser
def test_a_double_click_answers_one_question(tmp_path: Path, open_page: OpenPage) -> None:
    """The next question opens within a quarter of a second, and its buttons stand where those before it did."""
    tab = open_page(marked_page(tmp_path, "boosted", hit="training = 0"))
    robot = Robot(tab)
    at_first_question(tab, robot)
    stage, button = robot.hit("stage"), robot.hit("answer-left")
    button.wait_for()
    first = stage.get_attribute("data-trial")
    enabled = "() => !document.querySelector('[data-hit=answer-left]').disabled"
    tab.wait_for_function(enabled)
    button.click()
    tab.wait_for_function(f"() => document.querySelector('[data-hit=stage]').dataset.trial !== '{first}'")
    tab.wait_for_function(enabled)
    second = stage.get_attribute("data-trial")
    for number in (2, 3):  # as the browser counts clicks that follow each other so soon
        tab.mouse.down(click_count=number)
        tab.mouse.up(click_count=number)
    rest(tab, 100)
    assert stage.get_attribute("data-trial") == second
    button.click()
    tab.wait_for_function(f"() => document.querySelector('[data-hit=stage]').dataset.trial !== '{second}'")


@pytest.mark.browser
def test_by_keyboard_alone_with_a_break_half_way(tmp_path: Path, open_page: OpenPage) -> None:
    tab = open_page(marked_page(tmp_path, "plain", hit="training = 0\ngold = 0\nbias = 0"))
    robot = Robot(tab)
    at_first_question(tab, robot)
    phases = []
    while robot.screen() == "study":
        stage = tab.locator("[data-hit=stage]")
        trial, phase = stage.get_attribute("data-trial"), stage.get_attribute("data-phase")
        phases.append(phase)
        if phase == "pause":
            tab.keyboard.press("Enter")
        else:
            tab.wait_for_function("() => document.querySelector('[data-hit=left]').dataset.shown === 'version'")
            tab.keyboard.press("ArrowDown")  # too soon: the source was not looked at
            assert stage.get_attribute("data-trial") == trial
            tab.keyboard.down("Space")
            tab.wait_for_function("() => document.querySelector('[data-hit=left]').dataset.shown === 'pivot'")
            tab.keyboard.up("Space")
            tab.keyboard.press("ArrowDown")
        tab.wait_for_function(
            "([trial, phase]) => document.documentElement.dataset.screen !== 'study' || "
            "document.querySelector('[data-hit=stage]').dataset.trial !== trial || document.querySelector('[data-hit=stage]').dataset.phase !== phase",
            arg=[trial, phase],
        )
    assert phases.count("pause") == 1 and phases.index("pause") == (len(phases) - 1 + 1) // 2
    rows = handed_in(tab, robot)["trials"]
    assert {row["response"] for row in rows} == {"notsure"} and len(rows) == len(phases) - 1


@pytest.mark.browser
def test_a_reload_anywhere_loses_nothing_and_begins_the_question_again(tmp_path: Path, open_page: OpenPage) -> None:
    tab = open_page(marked_page(tmp_path, "boosted"))
    wrong = {"left": "right", "right": "left"}
    robot = Robot(tab)
    manifest = manifest_of(tab.url.split("?")[0])
    known = manifest.pages[0].by_trial
    practice = {name: trial for name, trial in known.items() if trial.role == "training"}

    def policy(shown: Shown) -> Answer:
        trial = practice.get(shown.trial)
        return Answer(wrong["left" if trial.left.level else "right"]) if trial else some_answer(shown)  # type: ignore[arg-type]

    robot._policy = policy
    at_first_question(tab, robot)
    places: list[str] = []
    while robot.screen() in ("training", "study"):
        stage = robot.hit("stage")
        stage.wait_for()
        place = f"{robot.screen()} {stage.get_attribute('data-phase')}"
        if places.count(place) < 2:
            before = [stage.get_attribute(f"data-{name}") for name in ("trial", "phase")]
            told = tab.locator("[data-hit=hint]").inner_text()
            tab.reload()
            robot.hit("stage").wait_for()
            tab.wait_for_function(
                "trial => document.querySelector('[data-hit=stage]').dataset.trial === trial", arg=before[0]
            )
            assert [stage.get_attribute(f"data-{name}") for name in ("trial", "phase")] == before
            assert tab.locator("[data-hit=hint]").inner_text() == told
            places.append(place)
        robot.step()
    assert {"training compare", "training coach", "study compare", "study pause"} <= set(places)
    record = handed_in(tab, robot)
    assert differences(robot.record, record) == []
    begun = [row["begun"] for row in record["trials"]]
    assert max(begun) == 2 and begun.count(2) >= 3


@pytest.mark.browser
def test_escape_stops_the_flicker_and_the_question_begins_again(tmp_path: Path, open_page: OpenPage) -> None:
    tab = open_page(marked_page(tmp_path, "boosted", hit="training = 0"))
    robot = Robot(tab)
    at_first_question(tab, robot)
    tab.wait_for_function("() => !document.querySelector('[data-hit=answer-left]').disabled")
    tab.keyboard.press("Escape")
    assert robot.hit("answer-left").is_disabled() and robot.hit("resume").is_visible()
    assert tab.locator("[data-hit=left]").get_attribute("data-shown") == "pivot"
    tab.wait_for_timeout(300)
    assert tab.locator("[data-hit=left]").get_attribute("data-shown") == "pivot"
    tab.keyboard.press("Enter")  # on what has the focus
    robot.work()
    record = handed_in(tab, robot)
    assert differences(robot.record, record) == [] and record["trials"][0]["begun"] == 2


@pytest.mark.browser
@pytest.mark.parametrize(
    ("layout", "arm"), soaked_but([("flicker", "boosted")], [("flicker", "boosted"), ("side", "plain")])
)
def test_axe_finds_nothing_on_any_screen_or_phase(tmp_path: Path, open_page: OpenPage, layout: str, arm: Arm) -> None:
    tab = open_page(marked_page(tmp_path, arm, hit=f'layout = "{layout}"'), bypass_csp=True)
    robot = Robot(tab, lambda shown: Answer("notsure"))
    found, looked = [], set()
    while robot.screen() != "submit":
        place = robot.screen()
        if place in ("training", "study"):
            robot.hit("stage").wait_for()
            place += f" {robot.hit('stage').get_attribute('data-phase')}"
        if place not in looked:
            found += [(place, rule["id"], rule["nodes"][0]["html"]) for rule in Axe().run(tab).response["violations"]]
            looked.add(place)
        if place.startswith(("training", "study")):
            robot.step()
        else:
            robot._leave(place)
    assert found == [] and {"training coach", "study compare", "study pause"} <= looked


@pytest.mark.browser
def test_a_window_too_small_for_both_pictures_is_told_and_larger_ones_go_on(
    tmp_path: Path, open_page: OpenPage
) -> None:
    tab = open_page(marked_page(tmp_path, "boosted"), size=(160, 300))
    assert "pixels" in tab.locator("[data-part=blocked-text]").inner_text()
    tab.set_viewport_size({"width": 900, "height": 700})
    tab.locator("[data-hit=consent]:visible").wait_for()


@pytest.mark.browser
@pytest.mark.parametrize("ratio", [1, 1.5])
def test_one_picture_pixel_is_one_device_pixel(tmp_path: Path, open_page: OpenPage, ratio: float) -> None:
    tab = open_page(marked_page(tmp_path, "boosted", hit="training = 0"), ratio=ratio)
    robot = Robot(tab)
    at_first_question(tab, robot)
    robot._page.wait_for_function("() => document.querySelector('[data-hit=left]').dataset.shown !== 'none'")
    for side in ("left", "right"):
        box = tab.locator(f"[data-part=canvas-{side}]").evaluate(
            "(canvas) => [canvas.width, canvas.height, ...Object.values(canvas.getBoundingClientRect().toJSON())]"
        )
        assert box[:2] == [64, 48]
        x, y, width, height = (ratio * value for value in box[2:6])
        assert max(abs(width - 64), abs(height - 48)) < 0.05
        assert max(abs(x - round(x)), abs(y - round(y))) < 0.05


READ = """
() => ["left", "right"].map((side) => {
  const canvas = document.querySelector(`[data-part=canvas-${side}]`);
  return [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data];
})
"""


@pytest.mark.browser
def test_boosted_pixels_on_the_canvas_are_the_very_numbers_that_were_made(tmp_path: Path, open_page: OpenPage) -> None:
    folder = write_study(tmp_path, method='arms = ["boosted"]\nboost = ["amplify", "zoom"]\n')
    address = built_page(folder)
    manifest = manifest_of(address)
    tab = open_page(address)
    robot = Robot(tab)
    at_first_question(tab, robot)
    while robot.screen() == "training":
        robot.step()
    for _ in range(4):
        robot.hit("toggle").wait_for()
        tab.wait_for_function("() => document.querySelector('[data-hit=left]').dataset.shown === 'version'")
        trial = manifest.pages[0].by_trial[str(robot.hit("stage").get_attribute("data-trial"))]
        shown = [np.array(values, np.uint8).reshape(48, 64, 4) for values in tab.evaluate(READ)]
        for version, found in zip((trial.left, trial.right), shown, strict=True):
            codec = version.codec if version.level else "jpeg"
            ladder = manifest.ladder_of("s0", codec)
            assert ladder
            pack = read_pack(pack_path(folder / "build" / "packs", ladder.pictures[version.level]).read_bytes())
            assert (found[..., :3] == np.asarray(decode_rgb(pack.source.content, "frame"))).all()
        robot.step()
