"""The screens of the checks in a browser: by keyboard alone, kept over a reload, with no rule of axe-core broken."""

from __future__ import annotations

import json
import math
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Page

from hitgen.build import build
from hitgen.checks.made import checkup_of, seeing
from hitgen.config.kinds import CHECKS
from hitgen.config.read import read_config
from hitgen.manifest import read_manifest
from hitgen.methods.pjnd.robot import Answer, Robot
from hitgen.methods.pjnd.row import Row
from hitgen.methods.submission import read_submission
from tests.browser.test_access import tab_to, violations
from tests.support.batches import write_batch
from tests.support.browsers import OpenPage

pytestmark = pytest.mark.browser
EACH = "".join(f'[[check]]\nkind = "{kind}"\n' for kind in CHECKS.names())
EACH = EACH.replace('kind = "distance"\n', 'kind = "distance"\nsweeps = 3\n')
MOVED = """() => {
  const [dot, square] = ["dot", "square"].map((each) => document.querySelector(`[data-part=distance-${each}]`).getBoundingClientRect());
  return square.left - dot.left > 200;
}"""
"""The dot has moved for longer than it takes a slip of the finger to be heard."""
CHECKED = "() => document.documentElement.dataset.screen.startsWith('check-')"


def built(folder: Path, checks: str) -> Path:
    write_batch(folder, f"[display]\nwidth_cm = 4\ndistance_cm = 50\n{checks}", (64, 48), study=1)
    build(folder, workers=1)
    return folder


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with every check."""
    return built(tmp_path_factory.mktemp("checked"), EACH)


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that checks colours and the screen, and no more."""
    return built(tmp_path_factory.mktemp("colours"), '[[check]]\nkind = "colour"\n[[check]]\nkind = "screen"\n')


def address(folder: Path) -> str:
    return (folder / "build" / "pages" / "p0001.html").resolve().as_uri()


def robot_at(page: Page, folder: Path) -> Robot:
    robot = Robot(page, lambda _: Answer(5, [(3, 3), (5, 5), (7, 7)]))
    robot.sees = seeing(read_config(folder / "batch.toml"), read_manifest(folder))
    return robot


def go_to_checks(robot: Robot, page: Page) -> None:
    while not page.evaluate(CHECKED):
        robot._leave(robot.screen())


def handed_in(page: Page) -> dict[str, Any]:
    with page.expect_download() as download:
        page.locator("[data-hit=download-json]").click()
    return dict(json.loads(Path(download.value.path()).read_text()))


def found(folder: Path, submission: dict[str, Any]) -> dict[str, Any]:
    """What each check finds of a submission, by kind."""
    config, keys = read_config(folder / "batch.toml"), read_manifest(folder).pages[0].checks
    read = read_submission(json.dumps(submission), Row)
    work: Any = SimpleNamespace(submission=read, answers=lambda role: [])
    kinds = [(table, checkup_of(table)) for table in config.check]
    return {
        table.kind: kind.judge(table, kind.read(read.checks[table.kind]), keys[table.kind], config, work)
        for table, kind in kinds
    }


def test_a_robot_passes_every_check_and_axe_finds_nothing(checked: Path, open_page: OpenPage) -> None:
    page = open_page(address(checked), bypass_csp=True)
    robot, faults, seen = robot_at(page, checked), [], []
    go_to_checks(robot, page)
    while page.evaluate(CHECKED):
        screen = robot.screen()
        seen.append(screen)
        assert robot.hit("next").is_disabled()
        faults += violations(page)
        robot._check(screen.removeprefix("check-"))
        faults += violations(page)
        robot._leave(screen)
    robot.work()
    assert faults == [] and robot.screen() == "submit"
    kinds = [table.kind for table in read_config(checked / "batch.toml").check if checkup_of(table).has_screen]
    assert seen == [f"check-{kind}" for kind in kinds]
    told = found(checked, handed_in(page))
    assert {kind: each.breach for kind, each in told.items()} == dict.fromkeys(told, "")
    assert "training" in robot.record.screens


def test_plates_are_read_by_keys_and_what_is_over_stays_over_after_a_reload(colours: Path, open_page: OpenPage) -> None:
    page = open_page(address(colours))
    robot = robot_at(page, colours)
    go_to_checks(robot, page)
    assert robot.screen() == "check-colour"
    key = read_manifest(colours).pages[0].checks["colour"]["digits"]
    page.keyboard.press(key[0])
    # A French keyboard without Shift, an Arabic one and an input method write other signs on the same key.
    page.evaluate(
        "(code) => document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Process', code, cancelable: true}))",
        f"Digit{key[1]}",
    )
    assert page.locator("[data-part=colour-progress]").inner_text() == "3 of 7"
    page.reload()
    page.wait_for_function(CHECKED)
    assert page.locator("[data-part=colour-progress]").inner_text() == "1 of 7"  # a check that was not over begins anew
    tab_to(page, "withdraw")  # wherever the focus is, the keys are heard
    for digit in key[:-1]:
        page.keyboard.press(digit)
    for _ in range(20):
        if page.evaluate("() => document.activeElement.dataset.answer") == "none":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.dataset.hit") == "next"
    page.reload()
    page.wait_for_function(CHECKED)
    assert robot.hit("next").is_enabled() and not page.locator("[data-part=colour-plate]").is_visible()
    tab_to(page, "next")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.documentElement.dataset.screen !== 'check-colour'")
    robot.work()
    assert handed_in(page)["checks"]["colour"] == {"answers": [*key[:-1], "none"]}


def test_squares_gaps_and_the_dot_are_answered_by_keys(checked: Path, open_page: OpenPage) -> None:
    page = open_page(address(checked))
    robot = robot_at(page, checked)
    go_to_checks(robot, page)
    keys, pressed = read_manifest(checked).pages[0].checks, page.keyboard.press
    while page.evaluate(CHECKED):
        screen = robot.screen()
        if screen == "check-colour":
            for digit in keys["colour"]["digits"]:
                pressed(digit)
        elif screen == "check-brightness":
            for panel in ("dark", "light"):
                pressed(str(len(keys["brightness"][panel])))
        elif screen == "check-acuity":
            for _ in range(2):
                pressed(f"Arrow{robot.gap_of('acuity-ring').capitalize()}")
            while robot.hit("next").is_disabled():  # sees the first size and nothing finer
                gap = robot.gap_of("acuity-ring")
                pressed("ArrowLeft" if gap != "left" else "ArrowRight")
        else:
            while robot.hit("next").is_disabled():
                pressed("Space")
                page.wait_for_function(MOVED)
                pressed("Space")
        tab_to(page, "next")
        pressed("Enter")
        page.wait_for_function("was => document.documentElement.dataset.screen !== was", arg=screen)
    robot.work()
    submission = handed_in(page)
    told = found(checked, submission)
    assert [kind for kind, each in told.items() if each.breach and kind != "distance"] == ["acuity"]
    assert told["acuity"].values["acuity_logmar"] == 1.0
    # the dot went so far while keys were on their way: who was too near, or too far, is told so once
    first, *again = submission["checks"]["distance"]["rounds"]
    scale = submission["checks"]["distance"]["css_px_per_cm"] * math.tan(math.radians(13.5))
    was_off = abs(median(sweep["px"] for sweep in first) / scale - 50) > 0.3 * 50
    assert len(first) == 3 and len(again) == was_off


@pytest.mark.soak
def test_nobody_is_held_by_a_dot_that_never_vanishes(tmp_path: Path, open_page: OpenPage) -> None:
    folder = write_batch(
        tmp_path,
        '[display]\nwidth_cm = 4\ndistance_cm = 95\n[[check]]\nkind = "distance"\nsweeps = 3\ntries = 1\n',
        (64, 48),
        study=1,
    )
    build(folder, workers=1)
    page = open_page(address(folder), size=(600, 640))
    robot = robot_at(page, folder)
    go_to_checks(robot, page)
    resting = page.locator("[data-part=distance-press]").inner_text()
    while robot.hit("next").is_disabled():
        page.keyboard.press("Space")
        page.wait_for_function(
            "(text) => document.querySelector('[data-part=distance-press]').textContent === text || !document.querySelector('[data-screen-part=check-distance] [data-hit=next]').disabled",
            arg=resting,
        )
    robot.work()
    told = found(folder, handed_in(page))["distance"]
    assert told.values["distance_rounds"] == 1 and "95 cm were asked for" in told.breach


def test_a_small_screen_is_turned_away_until_the_window_stands_on_a_larger_one(
    colours: Path, open_page: OpenPage
) -> None:
    page = open_page(address(colours), screen={"width": 1024, "height": 768})
    page.wait_for_function("() => document.documentElement.dataset.screen === 'blocked'")
    said = page.locator("[data-part=blocked-text]").inner_text()
    assert "1280 x 720" in said and "1024 x 768" in said
    session = page.context.new_cdp_session(page)

    def move(width: int, height: int) -> None:
        session.send(
            "Emulation.setDeviceMetricsOverride",
            {
                "width": 1280,
                "height": 700,
                "deviceScaleFactor": 1,
                "mobile": False,
                "screenWidth": width,
                "screenHeight": height,
            },
        )

    move(1920, 1080)
    page.wait_for_function("() => document.documentElement.dataset.screen === 'consent'")
    robot = robot_at(page, colours)
    while robot.screen() != "training":
        if page.evaluate(CHECKED):
            robot._check(robot.screen().removeprefix("check-"))
        robot._leave(robot.screen())
    page.wait_for_function("() => JSON.stringify(localStorage).includes('1920,1080')")
    move(2560, 1440)
    page.wait_for_function("() => JSON.stringify(localStorage).includes('2560,1440')")
    robot.work()
    sizes = [then["size"] for then in handed_in(page)["checks"]["screen"]["screens"]]
    assert sizes == [[1920, 1080], [2560, 1440]]


def test_a_double_click_reads_one_plate(colours: Path, open_page: OpenPage) -> None:
    page = open_page(address(colours))
    go_to_checks(robot_at(page, colours), page)
    progress = page.locator(".check-progress:visible")
    first = progress.inner_text()
    page.locator("[data-answer]:visible").first.dblclick()
    once = progress.inner_text()
    page.locator("[data-answer]:visible").first.click()
    assert [text.split()[0] for text in (first, once, progress.inner_text())] == ["1", "2", "3"]
