"""The survey under the hands of people: numbers as they write them, and nothing that changes by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from hitgen.methods.pjnd.robot import Answer, Robot
from tests.browser.test_display import POINTS, display_of
from tests.support import nodes
from tests.support.batches import built_page, write_batch
from tests.support.browsers import OpenPage
from tests.support.runs import soaked_but

SURVEY = """[display]
scaling = "pixels"
[[survey]]
name = "age"
kind = "number"
label = "Age"
min = 2
max = 100
[[survey]]
name = "said"
kind = "text"
label = "Say"
"""


def at_survey(open_page: OpenPage, folder: Path, **more: object) -> tuple[Page, Robot]:
    page = open_page(built_page(write_batch(folder, SURVEY, study=1)), **more)
    robot = Robot(page, lambda _: Answer(5, POINTS))
    while robot.screen() != "survey":
        robot.step() if robot.screen() in ("training", "study") else robot._leave(robot.screen())
    return page, robot


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("30", 30), ("12,5", 12.5), ("12.5", 12.5), (" 7 ", 7), ("-3", -3), ("\u22123", -3), ("0,125", 0.125), (".5", 0.5), ("5.", 5),
        ("\u0663\u0660", 30), ("\u06f1\u06f2\u066b\u06f5", 12.5), ("\uff13\uff10", 30), ("\uff11\uff12\uff0e\uff15", 12.5), ("\u300030\u3000", 30),
        ("\uff0d\uff13", -3), ("\u200f\u0663\u0660\u200e", 30), ("\u206630\u2069", 30), ("30\u200b\ufeff", 30), ("12\u00b2", None), ("\u00bd", None),
        ("1,000", None), ("1.000,5", None), ("1e3", None), ("thirty", None), ("0x10", None), ("1 2", None), ("--1", None), ("", None), (".", None),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(text: str, number: float | None) -> None:
    assert nodes.run("runtime/survey.js", f"return module.readNumber({text!r});") == number


@pytest.mark.browser
def test_the_wheel_changes_no_number(tmp_path: Path, open_page: OpenPage) -> None:
    page, robot = at_survey(open_page, tmp_path, locale="en-US")
    field = page.locator("#survey-age")
    field.click()
    page.keyboard.type("12,5")
    field.hover()
    for _ in range(3):
        page.mouse.wheel(0, 120)
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(200)
    assert field.input_value() == "12,5"
    said = "\u0634\u0643\u0631\u0627 " * 20
    page.locator("#survey-said").fill(said)
    robot.hit("next").click()
    page.wait_for_function("() => document.documentElement.dataset.screen === 'submit'")
    state = page.evaluate("() => Object.values(localStorage).map((text) => JSON.parse(text).state).find(Boolean)")
    assert state["survey"] == {"age": 12.5, "said": said}


@pytest.mark.browser
def test_enter_leads_nowhere_and_no_answer_is_none_or_too_long(tmp_path: Path, open_page: OpenPage) -> None:
    """A form of one field is sent by Enter; an extension that corrects words heeds no limit; a space is no answer."""
    page, robot = at_survey(open_page, tmp_path)
    page.evaluate("() => { window.mark = true; }")
    page.locator("#survey-age").fill("30")
    page.locator("#survey-age").press("Enter")
    page.locator("#survey-said").fill("  \n ")
    assert page.evaluate("() => window.mark") and robot.screen() == "survey"
    answers = "() => Object.values(localStorage).map((text) => JSON.parse(text).state).find(Boolean).survey"
    assert page.evaluate(answers) == {"age": 30, "said": None}
    page.locator("#survey-said").evaluate(
        "field => { field.value = 'x'.repeat(100000); field.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    robot.hit("next").click()
    page.wait_for_function("() => document.documentElement.dataset.screen === 'submit'")
    assert page.evaluate(answers) == {"age": 30, "said": "x" * 500}


@pytest.mark.browser
def test_a_number_out_of_range_or_none_is_told(tmp_path: Path, open_page: OpenPage) -> None:
    page, robot = at_survey(open_page, tmp_path)
    for bad in ("1", "101", "1,000", "old"):
        page.locator("#survey-age").fill(bad)
        robot.hit("next").click()
        assert page.locator("[data-survey-fault=age]").inner_text() and robot.screen() == "survey", bad
    page.locator("#survey-age").fill("")
    robot.hit("next").click()
    page.wait_for_function("() => document.documentElement.dataset.screen === 'submit'")


FALSE_RATIO = "Object.defineProperty(window, 'devicePixelRatio', {get: () => 2});"
INVERTED = (
    "addEventListener('DOMContentLoaded', () => document.documentElement.style.setProperty('filter', 'invert(1)'));"
)
FAST_CLOCK = "const now = performance.now.bind(performance); performance.now = () => 3 * now();"
CLOCK_BACK = "const date = Date.now; Date.now = () => date() - (document.documentElement.dataset.screen === 'submit' ? 36e5 : 0);"


HALVED = (
    "addEventListener('DOMContentLoaded', () => { const style = new CSSStyleSheet();"
    "style.replaceSync('[data-hit=stage] canvas { width: 50% !important; height: 50% !important; }');"
    "document.adoptedStyleSheets = [style]; });"
)
NOISE = (
    "const paint = CanvasRenderingContext2D.prototype.drawImage;"
    "CanvasRenderingContext2D.prototype.drawImage = function (...given) { paint.apply(this, given); this.fillRect(0, 0, 1, 1); };"
)
READ_NOISE = (
    "const read = CanvasRenderingContext2D.prototype.getImageData;"
    "CanvasRenderingContext2D.prototype.getImageData = function (...given) {"
    " const found = read.apply(this, given); found.data[0] ^= 1; return found; };"
)


MADE: list[tuple[str, dict[str, str], str]] = [
    (FALSE_RATIO, {}, "the pixel ratio that the browser tells is false"),
    (FAST_CLOCK, {}, "the clock was changed"),
    (CLOCK_BACK, {}, "the clock was changed"),
    ("", {"forced_colors": "active"}, "forced colours replace the grey around the picture"),
    ("", {"color_scheme": "dark"}, ""),
    (READ_NOISE, {}, ""),
    (HALVED, {}, "a picture was not shown at its own size"),
    (
        INVERTED.replace("document.documentElement", "document.querySelector('[data-hit=stage] canvas')"),
        {},
        "a style that is not the page's alters its pictures",
    ),
    (
        INVERTED.replace("'filter', 'invert(1)'", "'scale', '0.5'"),
        {},
        "a style that is not the page's alters its pictures",
    ),
    (NOISE, {}, "what draws the pictures is not the browser's own"),
    (INVERTED, {}, "a style that is not the page's alters its pictures"),
]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("script", "more", "warning"),
    soaked_but(
        [MADE[0], MADE[2], MADE[3], MADE[6], MADE[-2]],
        MADE,
    ),
)
def test_what_the_browser_makes_of_the_page_is_recorded(
    tmp_path: Path, open_page: OpenPage, script: str, more: dict[str, str], warning: str
) -> None:
    address = built_page(write_batch(tmp_path, '[display]\nscaling = "pixels"\n', study=1))
    page = open_page("about:blank", **more)
    page.context.add_init_script(script)
    page.goto(address)
    robot = Robot(page, lambda _: Answer(5, POINTS))
    robot.work()
    display = display_of(robot)
    told = {
        "the pixel ratio that the browser tells is false",
        "the clock was changed",
        "forced colours replace the grey around the picture",
        "a style that is not the page's alters its pictures",
        "a picture was not shown at its own size",
        "what draws the pictures is not the browser's own",
    }
    assert told & set(display["warnings"]) == ({warning} if warning else set())
    assert ("dark" in display["preferences"]) == ("color_scheme" in more)
    assert ("forced_colors" in display["preferences"]) == ("forced_colors" in more)
