"""Everyone can work a page: by keyboard alone, and with no rule of axe-core broken on any screen or phase."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from hitgen.methods.pjnd.robot import Answer, Robot
from tests.support.batches import built_page, write_batch
from tests.support.browsers import OpenPage

SURVEY = """
[[survey]]
name = "age"
kind = "number"
label = "Your age"
required = true
[[survey]]
name = "eyes"
kind = "choice"
label = "Glasses?"
options = ["yes", "no"]
[[survey]]
name = "ease"
kind = "scale"
label = "How easy?"
low = "hard"
high = "easy"
[[survey]]
name = "words"
kind = "text"
label = "Anything else?"
"""


def violations(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{page.evaluate('() => document.documentElement.dataset.screen')}: {rule['id']} {rule['nodes'][0]['html']}"
        for rule in found
    ]


@pytest.mark.browser
@pytest.mark.parametrize("layout", ["flicker", pytest.param("side", marks=pytest.mark.soak)])
def test_axe_finds_nothing_on_any_screen_or_phase(tmp_path: Path, open_page: OpenPage, layout: str) -> None:
    extra = f'layout = "{layout}"\n[display]\nwidth_cm = 9\n{SURVEY}'
    page = open_page(built_page(write_batch(tmp_path, extra)), bypass_csp=True)
    answers = {"level": 12}
    robot = Robot(page, lambda _: Answer(answers["level"], [(3, 3), (5, 5), (7, 7)]))
    found: list[str] = []
    looked: set[str] = set()
    while robot.screen() != "submit":
        place = robot.screen()
        if place in ("training", "study"):
            robot.hit("stage").wait_for()
            place += f"-{robot.hit('stage').get_attribute('data-phase')}"
        if place not in looked:
            looked.add(place)
            found += violations(page)
            if place == "study-adjust":
                page.keyboard.press("Escape")
                found += violations(page)
                robot.hit("resume").click()
                page.reload()
                robot.hit("stage").wait_for()
                found += violations(page)
        if robot.screen() == "survey":
            robot.hit("next").click()
            found += violations(page)
            page.get_by_label("Your age").fill("33")
        if robot.screen() in ("training", "study"):
            robot.step()
        else:
            robot._leave(robot.screen())
    found += violations(page)
    robot.hit("next").click()
    found += violations(page)
    page.set_viewport_size({"width": 500, "height": 300})
    assert found == []
    assert {"training-adjust", "training-coach", "training-locate", "study-adjust", "study-locate", "survey"} <= looked


@pytest.mark.browser
def test_axe_finds_nothing_in_the_preview_or_when_blocked(tmp_path: Path, open_page: OpenPage) -> None:
    address = built_page(write_batch(tmp_path, '[display]\nscaling = "pixels"\n'))
    preview = open_page(f"{address}?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE", bypass_csp=True)
    assert preview.evaluate("() => document.documentElement.dataset.screen") == "preview"
    assert violations(preview) == []
    small = open_page(address, bypass_csp=True, size=(500, 300))
    small.wait_for_function("() => document.documentElement.dataset.screen === 'blocked'")
    assert violations(small) == []


def tab_to(page, slot: str) -> None:
    for _ in range(40):
        if page.evaluate("() => document.activeElement?.dataset?.hit") == slot:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{slot} cannot be reached by the Tab key")


@pytest.mark.browser
def test_the_keyboard_alone_completes_a_page(tmp_path: Path, open_page: OpenPage) -> None:
    page = open_page(built_page(write_batch(tmp_path, f"[display]\nwidth_cm = 9\n{SURVEY}")))
    robot = Robot(page, lambda _: Answer(5, []))
    pressed = page.keyboard.press
    tab_to(page, "consent")
    pressed("Space")
    while (screen := robot.screen()) != "submit":
        if screen == "calibration":
            tab_to(page, "card-grow")
            pressed("Enter")
        if screen == "survey":
            page.keyboard.press("Tab")
            while page.evaluate("() => document.activeElement.name") != "survey-age":
                pressed("Tab")
            page.keyboard.type("40")
        if screen in ("training", "study"):
            work_by_keys(page, robot)
            continue
        tab_to(page, "next")
        pressed("Enter")
        page.wait_for_function("was => document.documentElement.dataset.screen !== was", arg=screen)
    tab_to(page, "download-json")
    with page.expect_download() as download:
        pressed("Enter")
    rows = json.loads(Path(download.value.path()).read_text())["trials"]
    assert len(rows) >= 4 and all(row["level"] == 5 and len(row["points"]) == 3 for row in rows)


def work_by_keys(page, robot: Robot) -> None:
    robot.hit("stage").wait_for()
    phase, pressed = robot.hit("stage").get_attribute("data-phase"), page.keyboard.press
    if phase == "adjust":
        tab_to(page, "slider")
        for _ in range(5):
            pressed("ArrowRight")
        page.wait_for_function("() => !document.querySelector('[data-hit=confirm]').disabled")
    else:
        tab_to(page, "stage")
        for keys in (
            ["Shift+ArrowLeft"] * 4 + ["Shift+ArrowUp"] * 3,
            ["Shift+ArrowRight"] * 8,
            ["Shift+ArrowDown"] * 6 + ["Shift+ArrowLeft"] * 4,
        ):
            for key in keys:
                pressed(key)
            pressed("Enter")
    tab_to(page, "confirm")
    pressed("Enter")
