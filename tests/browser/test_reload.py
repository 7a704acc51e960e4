"""A reload anywhere loses nothing; storage that fails loses nothing but going on after a reload."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from hitgen.methods.pjnd.robot import Answer, Robot, Trial, differences
from tests.support.batches import built_page, write_batch
from tests.support.browsers import OpenPage, rest
from tests.support.runs import soaked_but

EVERYTHING = '[display]\nwidth_cm = 9\n[[survey]]\nname = "glasses"\nkind = "text"\nlabel = "What do you wear?"\n'
BROKEN_STORAGE = {
    "throws": "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no'); }})",
    "null": "Object.defineProperty(window, 'localStorage', {get() { return null; }})",
    "full": "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }",
}
WHERE = """
() => {
  const stage = document.querySelector('[data-hit=stage]');
  const slider = document.querySelector('[data-hit=slider]');
  const hint = document.querySelector('[data-hit=hint]');
  const screen = document.documentElement.dataset.screen;
  if (!['training', 'study'].includes(screen)) return [screen];
  return [screen, stage.dataset.trial, stage.dataset.phase, slider.value,
    document.querySelector('[data-hit=progress]').textContent, hint.textContent, hint.dataset.level, hint.dataset.points,
    document.querySelector('[data-part=marked]').textContent, [...document.querySelectorAll('[data-part=overlay] circle')].map((ring) => ring.outerHTML)];
}
"""


class Reloader(Robot):
    """Reloads wherever it comes to, twice for each kind of place, and finds everything as it was."""

    def __init__(self, page: Page, policy: Any) -> None:
        super().__init__(page, policy)
        self.reloaded: list[str] = []

    def reload(self, name: str) -> None:
        if self.reloaded.count(name) == 2:
            return
        if self.screen() in ("training", "study"):
            self._page.wait_for_function("() => !document.querySelector('[data-hit=stop]').disabled")
        before = self._page.evaluate(WHERE)
        self._page.reload()
        self._page.wait_for_function("was => document.documentElement.dataset.screen === was", arg=before[0])
        if before[0] in ("training", "study"):
            self._page.wait_for_function("() => !document.querySelector('[data-hit=stop]').disabled")
        assert self._page.evaluate(WHERE) == before
        self.reloaded.append(name)

    def _leave(self, screen: str) -> None:
        if screen == "calibration":
            self.hit("card-grow").click()
            width = self.hit("card").bounding_box()["width"]
            self.reload(screen)
            assert self.hit("card").bounding_box()["width"] == width
        else:
            if screen == "survey":
                self._page.locator("[data-part=survey] textarea").fill("Glasses, “thin”.")
            self.reload(screen)
        super()._leave(screen)

    def _adjust(self, trial: Trial, answer: Answer) -> None:
        self.set_level(3)
        rest(self._page, 500)
        self.reload("adjust")
        super()._adjust(trial, answer)

    def _locate(self, trial: Trial, answer: Answer) -> None:
        if self.record.attempts[-1].points:
            self._begin(trial, self.record.attempts[-1].level)
        for x, y in answer.points:
            box = self.hit("stage").bounding_box()
            self._page.mouse.click(
                box["x"] + x * box["width"] / trial.width, box["y"] + y * box["height"] / trial.height
            )
            self.record.attempts[-1].points.append((x, y))
            self.reload("locate")
        self.press("confirm")

    def _learn(self, trial: Trial, answer: Answer) -> None:
        self.reload("coach on level" if self.hit("hint").get_attribute("data-level") else "coach on places")
        super()._learn(trial, answer)


def downloaded(robot: Robot) -> dict[str, Any]:
    with robot._page.expect_download() as download:
        robot.hit("download-json").click()
    told: dict[str, Any] = json.loads(Path(download.value.path()).read_text())
    return told


@pytest.mark.browser
def test_a_reload_on_every_screen_and_in_every_phase_loses_nothing(tmp_path: Path, open_page: OpenPage) -> None:
    robot = Reloader(
        open_page(built_page(write_batch(tmp_path, EVERYTHING, study=1))),
        lambda _: Answer(11, [(8, 8), (50, 200), (310, 9)]),
    )
    record = robot.work()
    robot.reload("submit")
    submission = downloaded(robot)
    assert differences(record, submission) == []
    assert set(robot.reloaded) == {
        "consent", "instructions", "calibration", "distance", "adjust", "locate", "coach on level", "coach on places", "survey", "submit",
    }  # fmt: skip
    assert submission["order"] == list(dict.fromkeys(submission["order"])) and len(submission["order"]) == 3
    assert submission["survey"] == {"glasses": "Glasses, “thin”."}
    assert submission["consent"]["at"] and submission["calibration"]["css_px_per_cm"] > 0
    started = [row["started_ms"] for row in submission["trials"]]
    assert started == sorted(started)


@pytest.mark.browser
@pytest.mark.parametrize("broken", soaked_but(["throws", "full"], BROKEN_STORAGE))
def test_storage_that_fails_loses_nothing_but_resuming(tmp_path: Path, browser: Browser, broken: str) -> None:
    address = built_page(write_batch(tmp_path, '[display]\nscaling = "pixels"\n', study=1))
    context = browser.new_context(viewport={"width": 1366, "height": 768}, offline=True)
    context.add_init_script(BROKEN_STORAGE[broken])
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    robot = Robot(page, lambda trial: Answer(5, [(64, 48), (256, 48), (160, 192)]))
    record = robot.work()
    assert differences(record, downloaded(robot)) == []
    page.reload()
    assert robot.screen() == "consent" and complaints == []
    context.close()


LATE_STORAGE = """
const late = history.state?.late;  // sessionStorage would lag behind just as localStorage does
if (late !== undefined) {
  Object.defineProperty(window, 'localStorage', {get() { return {getItem: () => late, setItem() {}, removeItem() {}}; }});
}
"""
STORED = "() => Object.values(localStorage)[0]"


def at_calibration(folder: Path, open_page: OpenPage) -> tuple[Page, Robot]:
    """A page at its calibration, whose reloads see late what was stored wherever `late` says so."""
    page = open_page("about:blank")
    page.context.add_init_script(LATE_STORAGE)
    page.goto(built_page(write_batch(folder, EVERYTHING, study=1)))
    robot = Robot(page, lambda _: Answer(5, []))
    while robot.screen() != "calibration":
        robot._leave(robot.screen())
    return page, robot


def late(page: Page, text: str | None) -> None:
    page.evaluate("(late) => history.replaceState({...history.state, late}, '')", text)
    page.reload()


@pytest.mark.browser
def test_a_reload_that_does_not_see_the_last_saves_yet_loses_none(tmp_path: Path, open_page: OpenPage) -> None:
    """A browser may reload in another process, which for a while shows storage as it was, or as empty."""
    page, robot = at_calibration(tmp_path, open_page)
    before = page.evaluate(STORED)
    robot._leave("calibration")
    for seen in (before, None):
        late(page, seen)
        page.wait_for_function("() => document.documentElement.dataset.screen === 'distance'")


@pytest.mark.browser
def test_what_was_erased_stays_erased_where_a_reload_still_sees_it(tmp_path: Path, open_page: OpenPage) -> None:
    page, robot = at_calibration(tmp_path, open_page)
    before = page.evaluate(STORED)
    robot.hit("reset").click()
    page.wait_for_function("() => document.documentElement.dataset.screen === 'consent'")
    late(page, before)
    page.wait_for_function("() => document.documentElement.dataset.screen === 'consent'")
    assert not robot.hit("consent").is_checked()


@pytest.mark.browser
def test_what_the_document_before_a_reload_stored_last_is_no_other_tab(tmp_path: Path, open_page: OpenPage) -> None:
    """What it stores as it ends may be told to the document after it, with a number that one has not come to yet."""
    page, robot = at_calibration(tmp_path, open_page)
    saved = json.loads(page.evaluate(STORED))
    page.reload()
    page.wait_for_function("() => document.documentElement.dataset.screen === 'calibration'")
    for by, screen in ((saved["by"], "calibration"), ("another", "blocked")):
        page.evaluate(
            "(newValue) => dispatchEvent(new StorageEvent('storage', {key: Object.keys(localStorage)[0], newValue}))",
            json.dumps({**saved, "saves": saved["saves"] + 50, "by": by}),
        )
        assert robot.screen() == screen
