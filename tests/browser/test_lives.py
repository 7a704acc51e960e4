"""What a page lives through: a second tab, a full storage, a silent recruiter, an end that came too early."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitgen.lib.contract import read_contract
from hitgen.methods.pjnd.robot import Answer, Robot
from tests.browser.test_display import POINTS
from tests.support.batches import built_page, write_batch
from tests.support.browsers import OpenPage

PIXELS = '[display]\nscaling = "pixels"\n'
STATES = "() => Object.values(localStorage).map((text) => JSON.parse(text).state).filter(Boolean)"


@pytest.mark.browser
def test_a_second_tab_takes_over_and_the_first_saves_nothing_over_it(tmp_path: Path, open_page: OpenPage) -> None:
    address = built_page(write_batch(tmp_path, PIXELS))
    first = open_page(address)
    robot = Robot(first, lambda _: Answer(5, POINTS))
    while robot.screen() != "training":
        robot._leave(robot.screen())
    second = first.context.new_page()
    second.goto(address)
    first.wait_for_function("() => document.documentElement.dataset.screen === 'blocked'")
    assert "another tab" in first.locator("[data-part=blocked-text]").inner_text()
    first.set_viewport_size({"width": 1300, "height": 760})
    later = Robot(second, lambda _: Answer(5, POINTS))
    while later.screen() == "training":
        later.step()
    done = second.evaluate(STATES)[0]["finished"]
    first.close()
    second.reload()
    second.wait_for_function("() => document.documentElement.dataset.screen === 'study'")
    assert done and second.evaluate(STATES)[0]["finished"] == done


STOOD_STILL = """window.addEventListener('storage', (event) => event.stopImmediatePropagation(), true);
window.addEventListener('pageshow', () => { window.loads = Number(sessionStorage.loads ?? 0) + 1; sessionStorage.loads = window.loads; });"""


@pytest.mark.browser
def test_a_page_that_comes_back_from_the_history_is_not_older_than_what_was_done_since(
    tmp_path: Path, open_page: OpenPage
) -> None:
    """A page that is left stands still and hears of no other tab; Back shows it as it was."""
    address = built_page(write_batch(tmp_path, PIXELS, study=1))
    page = open_page("about:blank")
    page.add_init_script(STOOD_STILL)
    page.goto(address)
    robot = Robot(page, lambda _: Answer(5, POINTS))
    while robot.screen() != "training":
        robot._leave(robot.screen())
    came_back = "() => window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
    page.evaluate(came_back)
    assert page.evaluate("() => sessionStorage.loads") == "2"  # nothing newer is there: it goes on as it is
    second = page.context.new_page()
    second.goto(address)
    Robot(second, lambda _: Answer(5, POINTS)).work()
    done = second.evaluate(STATES)[0]["finished"]
    assert page.locator("html").get_attribute("data-screen") == "training"
    page.evaluate(came_back)
    page.wait_for_function("() => document.documentElement.dataset.screen === 'submit'")
    assert page.evaluate(STATES)[0]["finished"] == done


@pytest.mark.browser
def test_a_storage_that_fills_up_is_told(tmp_path: Path, open_page: OpenPage) -> None:
    page = open_page(built_page(write_batch(tmp_path, PIXELS)))
    robot = Robot(page, lambda _: Answer(5, POINTS))
    while robot.screen() != "training":
        robot._leave(robot.screen())
    robot.hit("stage").wait_for()
    assert page.locator("[data-part=notice]").is_hidden()
    page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
    )
    while robot.screen() == "training":
        robot.step()
    robot.hit("stage").wait_for()
    assert "no room" in page.locator("[data-part=notice]").inner_text()


@pytest.mark.browser
def test_who_finishes_offline_before_saving_finds_the_files_again(tmp_path: Path, open_page: OpenPage) -> None:
    page = open_page(built_page(write_batch(tmp_path, PIXELS, study=1)))
    robot = Robot(page, lambda _: Answer(5, POINTS))
    robot.work()
    robot.hit("next").click()
    page.wait_for_function("() => document.documentElement.dataset.screen === 'done'")
    robot.hit("return").click()
    page.wait_for_function("() => document.documentElement.dataset.screen === 'submit'")
    with page.expect_download():
        robot.hit("download-json").click()


@pytest.mark.browser
def test_a_recruiter_that_stays_silent_leaves_a_way_to_save(tmp_path: Path, open_page: OpenPage) -> None:
    address = built_page(write_batch(tmp_path, PIXELS, study=1))
    silent = "&turkSubmitTo=https%3A%2F%2Fwww.mturk.com"
    page = open_page("about:blank")
    page.context.add_init_script("HTMLFormElement.prototype.submit = () => {};")  # as a request that nobody answers
    page.goto(f"{address}?assignmentId=A1&workerId=W1&hitId=H1{silent}")
    robot = Robot(page, lambda _: Answer(5, POINTS))
    robot.work()
    robot.hit("submit").click()
    page.wait_for_function("() => !document.querySelector('[data-part=downloads]').hidden", timeout=30_000)
    assert robot.hit("submit").is_enabled()
    with page.expect_download():
        robot.hit("download-json").click()


@pytest.mark.browser
def test_who_starts_over_finds_nothing_of_who_was_there_before(tmp_path: Path, open_page: OpenPage) -> None:
    survey = '[[survey]]\nname = "age"\nkind = "number"\nlabel = "Age"\n[[survey]]\nname = "words"\nkind = "text"\nlabel = "W"\n'
    page = open_page(built_page(write_batch(tmp_path, f"{PIXELS}{survey}", study=1)))
    robot = Robot(page, lambda _: Answer(5, POINTS))
    while robot.screen() != "survey":
        robot.step() if robot.screen() in ("training", "study") else robot._leave(robot.screen())
    page.locator("[name=survey-age]").fill("41")
    page.locator("[name=survey-words]").fill("mine")
    robot.hit("reset").click()
    assert robot.screen() == "survey" and "Erase" in robot.hit("reset").inner_text()  # asked first
    page.locator("[name=survey-words]").focus()
    assert robot.hit("reset").inner_text() == "Start over"
    robot.hit("reset").click()
    robot.hit("reset").click()
    page.wait_for_function("() => document.documentElement.dataset.screen === 'consent'")
    assert not robot.hit("consent").is_checked()
    values = "() => [...document.querySelectorAll('form input, form textarea')].map((field) => field.value)"
    assert set(page.evaluate(values)) == {""}


@pytest.mark.browser
def test_next_stays_on_the_consent_screen_and_says_so_until_the_box_is_ticked(
    tmp_path: Path, open_page: OpenPage
) -> None:
    page = open_page(built_page(write_batch(tmp_path, PIXELS, study=1)))
    robot = Robot(page, lambda _: Answer(5, POINTS))
    assert robot.hit("next").is_enabled()
    robot.hit("next").click()
    assert robot.screen() == "consent" and page.locator("[data-part=consent-fault]").inner_text()
    assert "enabled before it is ticked" in read_contract()["slots"]["consent"]
    robot.hit("consent").check()
    assert page.locator("[data-part=consent-fault]").inner_text() == ""
    robot.hit("next").click()
    page.wait_for_function("() => document.documentElement.dataset.screen === 'instructions'")


@pytest.mark.browser
def test_a_double_click_leaves_one_screen_and_does_not_pass_over_a_question(
    tmp_path: Path, open_page: OpenPage
) -> None:
    page = open_page(built_page(write_batch(tmp_path, "[display]\nwidth_cm = 9\n", study=1)))
    robot = Robot(page, lambda _: Answer(5, POINTS))
    robot.hit("consent").check()
    shown = page.locator("[data-hit=next]:visible")
    for left in ("instructions", "calibration"):
        shown.dblclick()
        assert robot.screen() == left
    shown.dblclick()  # the frame that nobody touched is asked about, once
    assert robot.screen() == "calibration" and page.locator("[data-part=calibration-fault]").inner_text()
