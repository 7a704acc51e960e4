"""One press means one thing: the second half of a double click, a key that is still held and a slider that is still dragged answer nothing."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from hitgen.methods.pjnd.robot import Answer, Robot
from tests.support.batches import built_page, write_batch
from tests.support.browsers import OpenPage, rest

pytestmark = pytest.mark.browser
PIXELS = '[display]\nscaling = "pixels"\n'
PHASE = "(phase) => document.querySelector('[data-hit=stage]').dataset.phase === phase"
READY = "() => !document.querySelector('[data-hit=confirm]').disabled"
SAVED = "() => JSON.parse(Object.values(localStorage).find((text) => text.includes('\"active\"'))).state"
WRONG, RIGHT = 12, 5
"""Levels of the training question, whose window is 4 to 6."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return built_page(write_batch(tmp_path_factory.mktemp("meant") / "batch", PIXELS, size=(65, 49), study=1))


def at_training(page: Page, level: int) -> Robot:
    """A robot in training, whose level can be locked."""
    robot = Robot(page, lambda _: Answer(1, []))
    while robot.screen() not in ("training", "study"):
        robot._leave(robot.screen())
    page.wait_for_function("() => !document.querySelector('[data-hit=slider]').disabled")
    page.keyboard.press("End")
    page.wait_for_function("() => !document.querySelector('[data-hit=none-seen]').disabled")
    for _ in range(12 - level):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function(READY)
    return robot


def saved(page: Page) -> Any:
    """The state that a reload would come back to, once what changes fast is in it."""
    rest(page, 400)
    return page.evaluate(SAVED)


def test_a_double_click_on_lock_leaves_what_coaching_says_to_be_read(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    robot = at_training(page, WRONG)
    button = robot.hit("confirm").bounding_box()
    robot.hit("confirm").dblclick(position={"x": button["width"] - 8, "y": button["height"] / 2})
    rest(page, 50)
    assert page.evaluate(PHASE, "coach") and robot.hit("hint").is_visible()


def test_a_double_click_on_back_is_no_answer_that_nothing_was_seen(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    robot = at_training(page, RIGHT)
    robot.hit("confirm").click()
    page.wait_for_function(PHASE, arg="locate")
    robot.hit("back").dblclick()
    assert page.evaluate(PHASE, "adjust") and saved(page)["rows"] == []


def test_who_stops_by_a_double_click_has_stopped(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    robot = at_training(page, RIGHT)
    robot.hit("stop").dblclick()
    rest(page, 50)
    assert robot.hit("resume").is_visible() and not robot.hit("stop").is_visible()
    robot.hit("resume").dispatch_event("click", {"detail": 2})  # where a layout puts it in the other's place
    assert robot.hit("resume").is_visible()
    robot.hit("resume").click()
    assert robot.hit("stop").is_visible()


def test_enter_that_is_still_held_marks_no_place_and_passes_no_coaching(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    robot = at_training(page, WRONG)
    robot.hit("confirm").focus()
    for _ in range(4):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    assert page.evaluate(PHASE, "coach")
    page.keyboard.press("Enter")
    for _ in range(WRONG - RIGHT):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function(READY)
    robot.hit("confirm").focus()
    for _ in range(4):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    assert page.evaluate(PHASE, "locate") and page.locator("circle.mark").count() == 0
    page.keyboard.press("Enter")
    assert page.locator("circle.mark").count() == 1


def test_a_locked_level_stays_whatever_still_holds_the_slider_and_a_click_without_a_place_is_no_mark(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(address)
    robot = at_training(page, RIGHT)
    level = saved(page)["active"]["level"]
    slider = robot.hit("slider").bounding_box()
    at = slider["x"] + 8 + (slider["width"] - 16) * RIGHT / 12
    middle = slider["y"] + slider["height"] / 2
    page.mouse.move(at, middle)
    page.mouse.down()
    page.wait_for_function(READY)
    robot.hit("confirm").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(PHASE, arg="locate")
    page.mouse.move(at + slider["width"] / 3, middle)
    page.mouse.up()
    move = "() => { const slider = document.querySelector('[data-hit=slider]'); slider.value = 2; slider.dispatchEvent(new Event('input', { bubbles: true })); return slider.value; }"
    assert page.evaluate(move) == str(level)
    assert saved(page)["active"]["level"] == level
    page.evaluate("() => document.querySelector('[data-hit=stage]').click()")
    assert page.locator("circle.mark").count() == 0
