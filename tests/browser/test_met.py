"""What people meet: a bad address before the work, places that differ, coaching that speaks of what is seen, a card that is held."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page

from hitgen.build import build
from hitgen.methods.pjnd.robot import Answer, Robot
from tests.support.batches import built_page, link_batch, write_batch
from tests.support.browsers import OpenPage

pytestmark = pytest.mark.browser
POINTS = [(64.0, 48.0), (256.0, 48.0), (160.0, 192.0)]
CORNERS = ((0.2, 0.2), (0.8, 0.2), (0.5, 0.8))
SEAL = "a" * 26


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of pictures shown pixel by pixel, whose answers go to a marketplace."""
    return built_page(write_batch(tmp_path_factory.mktemp("met"), '[display]\nscaling = "pixels"\n', study=1))


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page for own participants, whose collector nobody runs."""
    folder = tmp_path_factory.mktemp("own") / "batch"
    link_batch(folder, 8470)
    return (build(folder, workers=1).folder.pages / "p0001.html").resolve().as_uri()


def begun(page: Page, until: str = "training") -> Robot:
    robot = Robot(page, lambda _: Answer(5, POINTS))
    while robot.screen() != until:
        robot._leave(robot.screen())
    if until == "training":
        robot.hit("stage").wait_for()
    return robot


def text(page: Page, part: str) -> str:
    return page.locator(f"[data-part={part}]").inner_text()


def locked(robot: Robot, level: int) -> None:
    robot.set_level(level)
    robot.press("confirm")


@pytest.mark.parametrize("query", ["&turkSubmitTo=https%3A%2F%2Fevil.example", ""])
def test_an_address_that_cannot_send_says_so_before_anything_is_done(
    address: str, open_page: OpenPage, query: str
) -> None:
    page = open_page(f"{address}?assignmentId=A1&workerId=W1{query}")
    page.get_by_text("cannot send them").wait_for()
    assert Robot(page).screen() == "consent"


@pytest.mark.parametrize(
    "place", ["p0001.1-1-aaaa", f"p0002.1-1-{SEAL}", f"p0001.1-1-{SEAL}%20", f"p0001.1-1-{SEAL.upper()}"]
)
def test_a_damaged_place_or_another_page_s_is_told_at_once(linked: str, open_page: OpenPage, place: str) -> None:
    page = open_page(f"{linked}?assignmentId={place}")
    page.wait_for_function("() => document.documentElement.dataset.screen === 'blocked'")
    assert "not one that was given out for this page" in text(page, "blocked-text")
    page.set_viewport_size({"width": 1200, "height": 900})
    assert Robot(page).screen() == "blocked", "no larger window makes the address right"


def test_a_slow_display_is_told_before_consent(tmp_path: Path, open_page: OpenPage) -> None:
    extra = '[display]\nscaling = "pixels"\nrefuse_slow_display = true\n'
    address = built_page(write_batch(tmp_path, extra, (64, 48), study=1))
    page = open_page("about:blank")
    slow = "window.requestAnimationFrame = (act) => setTimeout(() => act(performance.now()), 130)"
    page.add_init_script(slow)
    page.goto(address)
    page.wait_for_function("() => document.documentElement.dataset.screen === 'blocked'")
    assert "fast and evenly enough" in text(page, "blocked-text")


def test_places_differ_and_a_mark_too_many_and_the_way_back_have_answers(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    robot = begun(page)
    locked(robot, 5)
    assert text(page, "task").startswith("Right, the flicker begins here. Click 3")
    stage = robot.hit("stage")
    assert stage.get_attribute("data-apart") == "12.8"
    for x, y in ((50, 50), (55, 55)):
        stage.click(position={"x": x, "y": y})
    assert "too close to a place" in text(page, "task") and text(page, "marked") == "1 of 3 marked"
    for x in (120, 180, 240):
        stage.click(position={"x": x, "y": 50})
    assert "already marked 3 places" in text(page, "task") and text(page, "marked") == "3 of 3 marked"
    robot.hit("back").click()
    assert stage.get_attribute("data-phase") == "adjust" and page.locator(".mark").count() == 0
    assert robot.hit("slider").is_enabled() and not robot.hit("back").count()
    locked(robot, 6)
    for x, y in POINTS:
        stage.click(position={"x": x, "y": y})
    robot.press("confirm")
    page.wait_for_function("() => document.documentElement.dataset.screen === 'study'")
    assert text(page, "task").startswith("Right. Here is the next picture.")
    assert text(page, "resumed").startswith("Practice is over.")
    robot.set_level(3)
    assert text(page, "task").startswith("Move the slider")
    robot.work()
    assert page.locator("[data-part=resumed]").is_hidden()
    with page.expect_download() as download:
        robot.hit("download-json").click()
    first = json.loads(Path(download.value.path()).read_text())["trials"][0]
    assert (first["attempt"], first["level"], len(first["points"])) == (1, 6, 3)


def test_coaching_speaks_of_the_band_that_is_seen(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    robot = begun(page)
    said = []
    for level in (12, 1):
        locked(robot, level)
        said.append(robot.hit("hint").inner_text())
        assert (
            page.locator("[data-part=window]").is_visible() and robot.hit("hint").get_attribute("data-level") == "4 6"
        )
        robot.hit("retry").click()
    assert "to the right of it" in said[0] and "to the left of it" in said[1]
    assert not any(char.isdigit() for char in "".join(said)) and "people" not in "".join(said)


def test_a_page_in_its_reader_s_language_asks_no_translator(address: str, open_page: OpenPage) -> None:
    translate = "() => document.documentElement.translate"
    assert [open_page(address, locale=tag).evaluate(translate) for tag in ("en-GB", "de-DE")] == [False, True]


def test_an_untouched_card_is_asked_about_and_flagged_and_its_corner_stays(tmp_path: Path, open_page: OpenPage) -> None:
    page = open_page(built_page(write_batch(tmp_path, "[display]\nwidth_cm = 5\n", (64, 48), study=1)))
    robot = begun(page, "calibration")
    robot.hit("next").click()
    assert robot.screen() == "calibration" and "still the size it had" in text(page, "calibration-fault")
    robot.hit("next").click()
    assert robot.screen() == "distance"
    state = "() => Object.entries(localStorage).map(([, value]) => JSON.parse(value).state.calibration.adjusted)[0]"
    assert page.evaluate(state) is False
    robot._leave("distance")
    Robot(page, lambda trial: Answer(5, [(trial.width * x, trial.height * y) for x, y in CORNERS])).work()
    with page.expect_download() as download:
        robot.hit("download-json").click()
    record = json.loads(Path(download.value.path()).read_text())
    assert "the card's frame was left as it stood" in record["display"]["warnings"]

    page = open_page(page.url)
    robot = begun(page, "calibration")
    before, handle = robot.hit("card").bounding_box(), page.locator("[data-part=card-handle]").bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 25, steps=4)
    page.mouse.up()
    after = robot.hit("card").bounding_box()
    assert (after["x"], after["y"]) == (before["x"], before["y"]) and after["width"] == pytest.approx(
        before["width"] + 40
    )
    robot.hit("next").click()
    assert robot.screen() == "distance"
