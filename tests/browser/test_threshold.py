"""A robot works a page of comparisons offline; what the page chose can be recomputed from what it recorded."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitgen.lib.shipped import shipped
from hitgen.manifest import read_manifest
from hitgen.methods.threshold import quest
from hitgen.methods.threshold.robot import Answer, Robot, Shown, differences
from tests.browser.test_page import work
from tests.support.batches import built_page
from tests.support.browsers import OpenPage
from tests.test_threshold import GUESS, LAPSE, LEVELS, study

HIT = "study = 2\nratings = 2\ncomparisons = 2\ncatch = 1\n"


def sees_from_20(shown: Shown) -> Answer:
    return shown.answered(shown.side if shown.level >= 20 else "none")


@pytest.mark.browser
def test_pairs_that_the_page_chose_are_recomputed_from_the_record(tmp_path: Path, open_page: OpenPage) -> None:
    folder = study(tmp_path / "study", hit=HIT)
    page = open_page(built_page(folder))
    record, submission = work(Robot(page, sees_from_20))
    assert differences(record, submission) == []
    planned = {trial.trial: trial for trial in read_manifest(folder).pages[0].trials}
    before: dict[str, list[quest.Compared]] = {}
    for row in submission["trials"]:
        trial = planned[row["trial"]]
        weights = quest.updated_by_pairs(quest.prior(), before.get(trial.ladder, []), LEVELS, GUESS, LAPSE)
        expected = quest.expected_entropies_of_pairs(weights, LEVELS, GUESS, LAPSE)
        chosen = quest.pairs(LEVELS).index((row["level"], row["other"]))
        assert expected[chosen] == pytest.approx(expected.min(), abs=1e-8)
        if trial.asked == "compare":  # type: ignore[attr-defined]
            outcome = quest.outcome_of(row["side"], row["response"])
            before.setdefault(trial.ladder, []).append((row["level"], row["other"], outcome))


@pytest.mark.browser
def test_what_the_page_chose_is_recomputed_from_the_record(tmp_path: Path, open_page: OpenPage) -> None:
    folder = study(tmp_path / "study", 'flickering = "one"\n', hit=HIT)
    page = open_page(built_page(folder))
    record, submission = work(Robot(page, sees_from_20))
    assert {row["other"] for row in submission["trials"]} == {0}
    assert not [told for told in submission["display"]["warnings"] if "picture" in told]
    assert differences(record, submission) == []
    manifest = read_manifest(folder)
    planned = {trial.trial: trial for trial in manifest.pages[0].trials}
    asked = [planned[row["trial"]].asked for row in submission["trials"]]  # type: ignore[attr-defined]
    assert sorted(asked) == ["catch"] + ["compare"] * 4
    before: dict[str, list[quest.Seen]] = {}
    for row, kind in zip(submission["trials"], asked, strict=True):
        ladder = planned[row["trial"]].ladder
        weights = quest.updated(quest.prior(), before.get(ladder, []), LEVELS, GUESS, LAPSE)
        expected = quest.expected_entropies(weights, LEVELS, GUESS, LAPSE)
        assert expected[row["level"] - 1] == pytest.approx(expected.min(), abs=1e-8)
        assert (row["side"] == "none") == (kind == "catch")
        if kind == "compare":
            before.setdefault(ladder, []).append((row["level"], row["response"] == row["side"]))


@pytest.mark.browser
def test_a_reload_keeps_level_and_side_and_keys_answer(tmp_path: Path, open_page: OpenPage) -> None:
    folder = study(tmp_path / "study", hit=HIT)
    page = open_page(built_page(folder))
    robot = Robot(page, sees_from_20)
    while robot.screen() != "study":
        robot._leave(robot.screen())
    robot.step()
    shown = """() => ["left", "right"].some((side) => document.querySelector(`[data-hit=${side}]`).dataset.shown.startsWith("level:"))"""
    page.wait_for_function(shown)
    before = page.evaluate("() => Object.values(localStorage).find((text) => text.includes('\"active\"'))")
    page.reload()
    page.wait_for_function(shown)
    after = page.evaluate("() => Object.values(localStorage).find((text) => text.includes('\"active\"'))")
    active = re.compile(r'"active":\{"trial":"\w+","level":\d+,"other":\d+,"side":"\w+"')
    assert active.search(before)[0] == active.search(after)[0]  # type: ignore[index]
    page.wait_for_function("() => !document.querySelector('[data-hit=answer-none]').disabled")
    page.keyboard.press("ArrowUp")
    page.wait_for_function('() => Object.values(localStorage).some((text) => text.includes(\'"response":"both"\'))')
    _, submission = work(robot)
    assert len(submission["trials"]) == 5


@pytest.mark.browser
def test_both_pictures_lie_on_whole_device_pixels(tmp_path: Path, open_page: OpenPage) -> None:
    """Of pictures of an odd width the second one, when it gets its size, moves the first by half a pixel."""
    folder = study(tmp_path / "study", hit="study = 1\nratings = 2\ncomparisons = 1\ncatch = 0\n")
    for path in (folder / "images").iterdir():
        with Image.open(path) as picture:
            picture.resize((65, 49)).save(path)
    page = open_page(built_page(folder))
    robot = Robot(page, sees_from_20)
    while robot.screen() != "study":
        robot._leave(robot.screen())
    page.wait_for_function("() => document.querySelector('[data-hit=right]').dataset.shown !== 'none'")
    boxes = [page.locator(f"[data-part=canvas-{side}]").bounding_box() for side in ("left", "right")]
    assert [round(value, 2) % 1 for box in boxes if box for value in (box["x"], box["y"])] == [0] * 4


@pytest.mark.browser
def test_both_go_on_flickering_where_few_of_a_ladder_s_frames_are_kept(tmp_path: Path, open_page: OpenPage) -> None:
    """As with pictures of 640x480 of 100 levels, of which not all frames fit: what is shown on either side stays."""
    folder = study(tmp_path / "study", hit="study = 1\nratings = 2\ncomparisons = 1\ncatch = 0\n")
    bitmaps = (shipped("assets") / "runtime" / "bitmaps.js").read_text(encoding="utf-8")
    (folder / "assets" / "runtime").mkdir(parents=True)
    few, count = re.subn(r"(?m)^const BUDGET_BYTES = .*$", "const BUDGET_BYTES = 100_000;", bitmaps)
    assert count == 1
    (folder / "assets" / "runtime" / "bitmaps.js").write_text(few, encoding="utf-8")
    page = open_page(built_page(folder))
    robot = Robot(page, sees_from_20)
    while robot.screen() != "study":
        robot._leave(robot.screen())
    page.wait_for_function("() => document.querySelector('[data-hit=right]').dataset.shown !== 'none'")
    page.evaluate(COUNT)
    page.wait_for_function("() => Object.values(window.turns).every((turns) => turns >= 10)")
    page.wait_for_function("() => !document.querySelector('[data-hit=answer-both]').disabled")


COUNT = """() => {
  window.turns = { left: 0, right: 0 };
  for (const side of ["left", "right"]) {
    const place = document.querySelector(`[data-hit=${side}]`);
    const told = () => (window.turns[side] += place.dataset.shown.startsWith("level:") ? 1 : 0);
    new MutationObserver(told).observe(place, { attributeFilter: ["data-shown"] });
  }
}"""
"""How often each side has turned to its level since."""


@pytest.mark.browser
def test_nothing_changes_in_a_catch_trial_and_one_side_does_in_others(tmp_path: Path, open_page: OpenPage) -> None:
    folder = study(tmp_path / "study", hit="study = 1\nratings = 2\ncomparisons = 1\ncatch = 1\n")
    page = open_page(built_page(folder))
    kinds = {trial.trial: trial.asked for trial in read_manifest(folder).pages[0].trials}  # type: ignore[attr-defined]
    pixels: dict[str, list[bool]] = {}

    def watched(shown: Shown) -> Answer:
        pixels[kinds[shown.trial]] = page.evaluate(LOOK, shown.side)
        return shown.answered(shown.side)

    work(Robot(page, watched))
    assert set(pixels["catch"]) == {True}
    assert set(pixels["compare"]) == {True, False}
    assert np.mean(pixels["compare"]) < 0.9


LOOK = """async (side) => {
  const [there, other] = [side, side === "left" ? "right" : "left"].map((name) => document.querySelector(`[data-part=canvas-${name}]`));
  const text = (canvas) => canvas.toDataURL();
  const same = [];
  for (let frame = 0; frame < 40; frame += 1) {
    await new Promise(requestAnimationFrame);
    same.push(text(there) === text(other));
  }
  return same;
}"""
