"""Faults of earlier tools that must not come back: each check passes on the product and fails on a mutant that has the fault.

A mutant is a runtime module of the batch's own, which wins over the shipped one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hitgen.build import build
from hitgen.lib.shipped import shipped
from hitgen.methods.pjnd.robot import Answer, Robot, Trial, differences
from tests.support.batches import built_page, write_batch
from tests.support.browsers import OpenPage
from tests.support.runs import soaked_but

PIXELS = '[display]\nscaling = "pixels"\n'
Check = Callable[[OpenPage, str], bool]


def mutate(folder: Path, module: str, old: str, new: str) -> None:
    found = shipped("assets").rglob(module)
    (file,) = (path for path in found if path.parent.parent.name != "methods" or path.parent.name == "pjnd")
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{module} no longer has {old!r} once"
    target = folder / "assets" / file.relative_to(shipped("assets"))
    target.parent.mkdir(parents=True)
    target.write_text(text.replace(old, new), encoding="utf-8")


def worked(open_page: OpenPage, address: str, policy: Callable[[Trial], Answer]) -> tuple[Robot, dict]:
    page = open_page(address)
    robot = Robot(page, policy)
    robot.work()
    with page.expect_download() as download:
        robot.hit("download-json").click()
    return robot, json.loads(Path(download.value.path()).read_text())


def places_of_a_trial_are_its_own(open_page: OpenPage, address: str) -> bool:
    try:
        robot, submission = worked(
            open_page, address, lambda t: Answer(5, [(t.width * n, t.height * n) for n in (0.2, 0.5, 0.7)])
        )
    except RuntimeError:
        return False  # coaching never ends, as the page does not see the marks where they are
    return differences(robot.record, submission) == []


def one_mark_serves_one_point(open_page: OpenPage, judge: str) -> bool:
    script = judge.replace("export ", "")
    call = (
        "matchCount([[50, 50], [900, 900]], [[40, 50], [60, 50]], 70)",
        "matchCount([[50, 50], [10, 50]], [[40, 50], [100, 50]], 60)",
    )
    page = open_page("about:blank")
    return [page.evaluate(f"() => {{ {script}; return {each}; }}") for each in call] == [1, 2]


def a_preview_runs_nothing(open_page: OpenPage, address: str) -> bool:
    page = open_page(f"{address}?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE")
    return page.evaluate("() => document.documentElement.dataset.screen") == "preview"


def only_known_addresses_are_sent_to(open_page: OpenPage, address: str) -> bool:
    query = "?assignmentId=A1&workerId=W1&turkSubmitTo=https%3A%2F%2Fevil.example"
    page = open_page(address + query)
    robot = Robot(page, lambda _: Answer(5, [(64, 48), (256, 48), (160, 192)]))
    robot.work()
    return robot.hit("submit").count() == 0 and robot.hit("download-json").count() == 1


def marks_do_not_count_while_the_answer_is_shown(open_page: OpenPage, address: str) -> bool:
    page = open_page(address)
    robot = Robot(page, lambda _: Answer(5, [(2, 2), (20, 20), (40, 40)]))
    while robot.screen() != "training":
        robot._leave(robot.screen())
    robot.step()
    robot.step()
    box = robot.hit("stage").bounding_box()
    page.mouse.click(box["x"] + 50, box["y"] + 50)
    robot.hit("retry").click()
    return robot.hit("undo").is_disabled()


def the_order_survives_a_reload(open_page: OpenPage, address: str) -> bool:
    page = open_page(address)
    robot = Robot(page, lambda _: Answer(5, [(64, 48), (256, 48), (160, 192)]))
    while robot.screen() != "study":
        robot.step() if robot.screen() == "training" else robot._leave(robot.screen())
    seen = set()
    for _ in range(4):
        robot.hit("stage").wait_for()
        seen.add(robot._trial().trial)
        page.reload()
        page.wait_for_function("() => document.documentElement.dataset.screen")
        if robot.screen() != "study":
            return False
    return len(seen) == 1


def training_comes_first(open_page: OpenPage, address: str) -> bool:
    robot, _ = worked(open_page, address, lambda _: Answer(5, [(64, 40), (256, 40), (160, 160)]))
    at_work = [screen for screen in robot.record.screens if screen in ("training", "study")]
    return at_work == ["training", "study"] and len(robot.record.order) == 4


FAULTS: dict[str, tuple[Check, str, str, str, str]] = {
    "1 clicks of earlier trials count": (
        places_of_a_trial_are_its_own, PIXELS, "trial.js",
        "phase, level, points: [], coach", "phase, level, points: active.points ?? window.kept ?? (window.kept = []), coach",
    ),
    "4 training never runs": (
        training_comes_first, PIXELS, "sequence.js",
        "const training = page.training.find(open);", "const training = null; page.training.length = 0;",
    ),
    "9 a reload starts over": (the_order_survives_a_reload, PIXELS, "storage.js", "return newest.state ?? memory;", "return memory;"),
    "10 the preview runs everything": (a_preview_runs_nothing, PIXELS, "environment.js", 'else if (assignment === contract.preview_assignment) mode = "preview";', ""),
    "13 any address is sent to": (
        only_known_addresses_are_sent_to, PIXELS, "environment.js", "if (!loopback && !submitOrigins.includes(url.origin)) return null;", "",
    ),
    "14 one ratio for both axes": (
        places_of_a_trial_are_its_own, PIXELS, "geometry.js",
        "((clientX - rect.left) / rect.width) * source.width", "((clientX - rect.left) / rect.height) * source.width",
    ),
    "16 marks count while the answer is shown": (
        marks_do_not_count_while_the_answer_is_shown, PIXELS, "trial.js",
        'newAttempt("locate", active.level, active.slider_start);',
        'const kept = active.points; newAttempt("locate", active.level, active.slider_start); active.points = kept;',
    ),
}  # fmt: skip


OFTEN = (
    "4 training never runs",
    "10 the preview runs everything",
    "13 any address is sent to",
    "16 marks count while the answer is shown",
)
"""What every run looks for; the others are soaked."""
FREE: set[tuple[Check, str]] = set()
"""What the page as it is was seen to be free of, so that two faults of one check ask it once."""


@pytest.mark.browser
@pytest.mark.parametrize("name", soaked_but(OFTEN, FAULTS))
def test_the_fault_is_not_there_and_would_be_seen(name: str, tmp_path: Path, open_page: OpenPage) -> None:
    check, extra, module, old, new = FAULTS[name]
    folder = write_batch(tmp_path, extra, (320, 200))
    if (check, extra) not in FREE:
        assert check(open_page, built_page(folder))
        FREE.add((check, extra))
    mutate(folder, module, old, new)
    assert not check(open_page, (build(folder, workers=1).folder.pages / "p0001.html").resolve().as_uri())


@pytest.mark.browser
def test_2_one_mark_serves_one_point(open_page: OpenPage) -> None:
    greedy = (
        "function matchCount(marks, points, radius) {"
        " return points.filter(([a, b]) => marks.some(([x, y]) => Math.hypot(x - a, y - b) <= radius)).length; }"
    )
    assert one_mark_serves_one_point(open_page, (shipped("assets") / "methods" / "pjnd" / "judge.js").read_text())
    assert not one_mark_serves_one_point(open_page, greedy)
