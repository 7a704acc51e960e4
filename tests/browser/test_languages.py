"""A page in several languages: chosen by address, by hand or by the browser, until consent is given; one vocabulary of answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page

from hitgen.manifest import read_manifest
from hitgen.methods.pjnd.robot import Answer, Robot
from tests.support.batches import built_page
from tests.support.browsers import OpenPage
from tests.support.languages import write_study

PLACES = [(64.0, 48.0), (256.0, 48.0), (160.0, 192.0)]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = write_study(tmp_path_factory.mktemp("languages"))
    return folder, built_page(folder)


def spoken(page: Page) -> tuple[str, str, str, str]:
    root = page.evaluate("() => [document.documentElement.lang, document.documentElement.dir, document.title]")
    return *root, page.locator("#consent-heading").text_content() or ""


ENGLISH = ("en", "ltr", "Find where the picture flickers", "Before you begin")
GERMAN = ("de", "ltr", "Finden Sie, wo das Bild flackert", "Bevor Sie beginnen")


@pytest.mark.browser
def test_the_address_comes_before_the_browser_and_the_first_language_last(
    study: tuple[Path, str], open_page: OpenPage
) -> None:
    address = study[1]
    for query, locale, language in (
        ("", "fr-FR", "en"),
        ("", "de-CH", "de"),
        ("?lang=ar", "de-DE", "ar"),
        ("?hl=DE-at", "en-US", "de"),
        ("?lang=xx", "ar", "ar"),
    ):
        page = open_page(f"{address}{query}", locale=locale)
        assert spoken(page)[0] == language, (query, locale)
        assert page.locator("[data-hit=language]").input_value() == language


@pytest.mark.browser
def test_a_choice_rewords_the_page_until_consent_is_given_and_is_kept(
    study: tuple[Path, str], open_page: OpenPage
) -> None:
    folder, address = study
    page = open_page(address, locale="en-GB")
    robot = Robot(page, lambda _: Answer(5, PLACES))
    assert spoken(page) == ENGLISH
    choice = page.get_by_label("Language")
    assert [option.inner_text() for option in choice.locator("option").all()] == ["English", "Deutsch", "العربية"]
    robot.hit("consent").check()
    robot.hit("consent").uncheck()
    robot.hit("next").click()
    assert page.locator("#consent-fault").inner_text()
    robot.hit("consent").check()
    choice.focus()
    page.keyboard.press("ArrowDown")
    assert spoken(page) == GERMAN
    assert not robot.hit("consent").is_checked(), "what was ticked were other words"
    assert page.locator("#consent-fault").inner_text() == ""
    assert page.locator(".lead").inner_text() == "Eine kleine Studie"
    assert page.locator(".facts dd").all_inner_texts() == [
        "someone@example.org",
        "Ein Test.",
        "Nichts wird aufbewahrt.",
        "Jederzeit.",
    ]
    page.reload()
    assert spoken(page) == GERMAN
    page.get_by_label("Sprache").select_option("ar")
    assert spoken(page)[:2] == ("ar", "rtl")
    page.get_by_label("اللغة").select_option("en")
    assert spoken(page) == ENGLISH
    page.get_by_label("Language").select_option("de")
    worked_in_german(page, robot, folder)


def worked_in_german(page: Page, robot: Robot, folder: Path) -> None:
    robot._leave("consent")
    assert page.locator("[data-hit=language]").is_hidden()
    page.reload()
    assert spoken(page) == GERMAN and robot.screen() == "instructions"
    robot._leave("instructions")
    assert robot.hit("next").inner_text() == "Los"
    page.set_viewport_size({"width": 300, "height": 200})
    page.reload()
    told(page, "blocked-text", "Das Bild")
    assert page.locator("[data-hit=language]").is_hidden()
    page.set_viewport_size({"width": 1366, "height": 768})
    page.wait_for_function("() => document.documentElement.dataset.screen === 'distance'")
    while robot.screen() != "survey":
        robot.step() if robot.screen() in ("training", "study") else robot._leave(robot.screen())
    page.get_by_label("nein").check()
    assert page.locator(".scale-end").all_inner_texts() == ["schwer", "leicht"]
    robot.hit("next").click()
    with page.expect_download() as download:
        robot.hit("download-json").click()
    said = json.loads(Path(download.value.path()).read_text())
    assert said["survey"] == {"glasses": "no", "ease": None}
    consents = read_manifest(folder).pages[0].consents
    assert (said["consent"]["language"], said["consent"]["sha256"]) == ("de", consents["de"])


def told(page: Page, part: str, start: str) -> None:
    page.wait_for_function(
        "([part, start]) => document.querySelector(`[data-part=${part}]`).textContent.startsWith(start)",
        arg=[part, start],
    )


@pytest.mark.browser
def test_what_the_script_said_is_said_anew(study: tuple[Path, str], open_page: OpenPage) -> None:
    address = study[1]
    for query, size, part, english, german in (
        ("?assignmentId=A", (1366, 768), "first-notice", "This page does not know", "Diese Seite"),
        ("?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE", (1366, 768), "preview-text", "This is a preview", "Dies ist"),
        ("", (500, 300), "blocked-text", "The picture", "Das Bild"),
    ):
        page = open_page(f"{address}{query}", locale="en-GB", size=size)
        told(page, part, english)
        page.get_by_label("Language").select_option("de")
        told(page, part, german)
        page.get_by_label("Sprache").select_option("en")
        told(page, part, english)
