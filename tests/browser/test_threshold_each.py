"""Several pictures at once on a real page: by robot, by keyboard, after a reload, in rooms of any size, and for who cannot see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from hitgen.check import check
from hitgen.manifest import read_manifest
from hitgen.methods.threshold import quest
from hitgen.methods.threshold.robot import Answer, Robot, Shown, differences
from tests.browser.test_page import work
from tests.support.batches import built_page
from tests.support.browsers import OpenPage
from tests.support.screens import cut_off, violations
from tests.test_threshold import GUESS, LAPSE, LEVELS, study

pytestmark = pytest.mark.browser
EACH = 'flickering = "each"\n'
HIT = "study = 3\nratings = 2\ncomparisons = 2\ncatch = 3\n"
READY = "() => !document.querySelector('[data-hit=go-on]').disabled"
SAVED = "() => JSON.parse(Object.values(localStorage).find((text) => text.includes('\"active\"'))).state"
WATCH = """(what) => new Promise((done) => {
  const pictures = [...document.querySelectorAll("[data-picture]")], seen = [];
  const look = () => {
    const shown = pictures.map(({ dataset }) => dataset.shown.split(":")[0]);
    seen.push(what === "shown" ? shown : pictures.map((each, at) => [shown[at], each.querySelector("canvas").toDataURL()]));
    const often = (kind) => seen.filter((frame) => frame.flat().includes(kind)).length >= 8;
    if (seen.length < 600 && !(often("source") && often("level"))) requestAnimationFrame(look);
    else done(what === "shown" ? seen : pictures.map((_, at) => new Set(seen.map((frame) => frame[at][1])).size));
  };
  requestAnimationFrame(look);
})"""
"""What stands on each picture frame by frame, or how many different ones each had, until both source and level were seen several times."""
STILL = "() => [...document.querySelectorAll('[data-picture]')].map(({ dataset }) => dataset.shown)"


def sees_from_12(shown: Shown) -> Answer:
    return shown.answered(shown.side if shown.level >= 12 else "none")


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = study(tmp_path_factory.mktemp("several") / "study", EACH, hit=HIT)
    return folder, built_page(folder)


def at_work(page: Page) -> Robot:
    """A robot at the first trial, which can be answered."""
    robot = Robot(page, sees_from_12)
    while robot.screen() != "study":
        robot._leave(robot.screen())
    page.wait_for_function(READY)
    return robot


def pressed(page: Page) -> list[str | None]:
    return [each.get_attribute("aria-pressed") for each in page.locator("[data-picture]").all()]


def test_what_the_page_chose_for_each_picture_is_recomputed_from_the_record(
    several: tuple[Path, str], open_page: OpenPage
) -> None:
    folder, address = several
    page = open_page(address)
    robot = at_work(page)
    assert page.locator("[data-hit=progress]").text_content() == "1 / 3"
    record, submission = work(robot)
    assert differences(record, submission) == []
    manifest: Any = read_manifest(folder)
    planned = manifest.pages[0].by_trial
    assert sorted(planned[row["trial"]].asked for row in submission["trials"]) == ["catch"] * 3 + ["compare"] * 6
    groups: dict[int, list[dict[str, Any]]] = {}
    before: dict[str, list[quest.Seen]] = {}
    for row in submission["trials"]:
        trial = planned[row["trial"]]
        groups.setdefault(trial.group, []).append(row)
        weights = quest.updated(quest.prior(), before.get(trial.ladder, []), LEVELS, GUESS, LAPSE)
        expected = quest.expected_entropies(weights, LEVELS, GUESS, LAPSE)
        assert expected[row["level"] - 1] == pytest.approx(expected.min(), abs=1e-8)
        assert row["side"] == ("here" if trial.asked == "compare" else "none") and row["timing"]["swaps"] >= 4
        if trial.asked == "compare":
            before.setdefault(trial.ladder, []).append((row["level"], row["response"] == "here"))
    for rows in groups.values():
        assert sorted(row["position"] for row in rows) == [1, 2, 3]
        assert len({(row["started_ms"], row["ended_ms"]) for row in rows}) == 1


def test_keys_select_and_take_back_and_nothing_selected_is_an_answer(
    several: tuple[Path, str], open_page: OpenPage
) -> None:
    page = open_page(several[1])
    robot = at_work(page)
    go_on = page.locator("[data-hit=go-on]")
    assert go_on.text_content() == "I see no flicker" and pressed(page) == ["false"] * 3
    page.keyboard.press("2")
    page.keyboard.press("Numpad3")
    assert pressed(page) == ["false", "true", "true"] and go_on.text_content() == "Confirm"
    page.keyboard.press("4")
    page.keyboard.press("2")
    page.keyboard.press("3")
    assert pressed(page) == ["false"] * 3 and go_on.text_content() == "I see no flicker"
    first = page.locator("[data-picture]").first
    first.click()
    assert pressed(page) == ["true", "false", "false"]
    trial = page.locator("[data-hit=stage]").get_attribute("data-trial")
    page.keyboard.press("Enter")  # whoever clicked a picture goes on, and does not take it back
    page.wait_for_function("was => document.querySelector('[data-hit=stage]').dataset.trial !== was", arg=trial)
    page.wait_for_function(READY)
    rows = page.evaluate(SAVED)["rows"]
    assert sorted((row["position"], row["response"]) for row in rows) == [(1, "here"), (2, "none"), (3, "none")]
    assert pressed(page) == ["false"] * 3
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert pressed(page) == ["true", "false", "false"], "the first picture comes first after the stage"
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    assert page.locator("[data-hit=resume]").is_visible() and page.evaluate(STILL) == ["source"] * 3
    page.locator("[data-hit=resume]").click()
    _, submission = work(robot)
    assert len(submission["trials"]) == 9 and submission["order"][:3] == str(trial).split()


def test_a_reload_keeps_levels_places_and_what_was_selected(several: tuple[Path, str], open_page: OpenPage) -> None:
    page = open_page(several[1])
    robot = at_work(page)
    page.keyboard.press("3")
    before = page.evaluate(SAVED)
    page.reload()
    page.wait_for_function(READY)
    after = page.evaluate(SAVED)
    assert before["active"] == after["active"] and before["order"] == after["order"] and len(after["order"]) == 3
    assert pressed(page) == ["false", "false", "true"]
    page.keyboard.press("3")
    record, submission = work(robot)
    assert differences(record, submission) == []


def test_pictures_swap_in_the_same_frame_and_catch_pictures_never_change(
    several: tuple[Path, str], open_page: OpenPage
) -> None:
    folder, address = several
    page = open_page(address)
    robot = at_work(page)
    seen = page.evaluate(WATCH, "shown")
    assert {len(set(frame)) for frame in seen} == {1} and {frame[0] for frame in seen} == {"source", "level"}
    planned = read_manifest(folder).pages[0].by_trial
    flickered: dict[str, set[bool]] = {}
    while robot.screen() == "study":
        page.wait_for_function(READY)
        names = [str(each.get_attribute("data-picture")) for each in page.locator("[data-picture]").all()]
        for name, kinds in zip(names, page.evaluate(WATCH, "pixels"), strict=True):
            flickered.setdefault(planned[name].asked, set()).add(kinds > 1)  # type: ignore[attr-defined]
        robot.step()
    assert flickered == {"compare": {True}, "catch": {False}}


@pytest.mark.parametrize(("pictures", "layout"), [(3, "flicker"), pytest.param(4, "side", marks=pytest.mark.soak)])
def test_a_page_needs_the_room_that_check_tells_and_nothing_is_cut_off(
    tmp_path: Path, open_page: OpenPage, pictures: int, layout: str
) -> None:
    hit = f'layout = "{layout}"\nstudy = 4\nratings = 2\ncomparisons = 1\ncatch = 3\n'
    folder = study(tmp_path / "study", f"{EACH}pictures = {pictures}\n", hit=hit)
    photographs = sorted((folder / "images").iterdir())
    (folder / "images" / "more.png").write_bytes(photographs[0].read_bytes())
    grow(folder, (300, 200))
    width, height = check(folder, workers=1).planned.outlook.window
    page = open_page(built_page(folder), size=(width, height), bypass_csp=True)
    at_work(page)
    page.keyboard.press("1")
    assert cut_off(page, "study") + violations(page, "study") == []
    boxes = [each.bounding_box() for each in page.locator("[data-picture] canvas").all()]
    assert all(box and (box["width"], box["height"]) == (300, 200) for box in boxes)
    assert len({box["y"] for box in boxes if box}) == (1 if pictures == 3 else 2)
    page.set_viewport_size({"width": width - 1, "height": min(height, 559) - 1})
    page.wait_for_function(
        "() => document.documentElement.dataset.screen === 'blocked' || document.querySelector('[data-part=blocked-text]').checkVisibility()"
    )
    page.set_viewport_size({"width": width, "height": height})
    page.locator("[data-hit=stage]").wait_for()


def grow(folder: Path, size: tuple[int, int]) -> None:
    """Other pictures, of this size, each another one."""
    from PIL import Image, ImageOps

    for number, path in enumerate(sorted((folder / "images").iterdir())):
        with Image.open(path) as picture:
            made = picture.convert("RGB").resize(size)
        (ImageOps.mirror(made) if number == 2 else made).rotate(180 * (number % 2)).save(path)


def test_places_go_from_left_to_right_in_any_language(tmp_path: Path, open_page: OpenPage) -> None:
    folder = study(tmp_path / "study", EACH, hit=HIT)
    text = (folder / "batch.toml").read_text()
    from tests.support.languages import translation

    (folder / "batch.toml").write_text(
        text.replace("seed = 5\n", 'seed = 5\nlanguages = ["en", "ar"]\n', 1) + translation("ar", survey=False)
    )
    page = open_page(f"{built_page(folder)}?lang=ar", bypass_csp=True)
    at_work(page)
    assert page.evaluate("() => document.documentElement.dir") == "rtl"
    boxes = [each.bounding_box() for each in page.locator("[data-picture]").all()]
    assert [box["x"] for box in boxes if box] == sorted(box["x"] for box in boxes if box)
    labels = [each.get_attribute("aria-label") for each in page.locator("[data-picture]").all()]
    assert labels == ["الصورة 1", "الصورة 2", "الصورة 3"] and json.dumps(labels)
    assert violations(page, "study") == []
