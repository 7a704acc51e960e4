"""Every screen of every language at 1280 by 720: nothing is cut off or out of reach, and axe-core finds nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from hitgen.checks.made import seeing
from hitgen.config.kinds import CHECKS
from hitgen.config.read import read_config
from hitgen.manifest import read_manifest
from hitgen.methods.compare.robot import Answer as CompareAnswer
from hitgen.methods.compare.robot import Robot as CompareRobot
from hitgen.methods.pjnd.robot import Answer, Robot
from hitgen.methods.threshold.robot import Robot as ThresholdRobot
from hitgen.pages.texts import shipped_languages
from tests.support import compare
from tests.support.batches import built_page
from tests.support.browsers import OpenPage
from tests.support.languages import translation, write_study
from tests.support.screens import SIZE, cut_off, first_look, violations, walk
from tests.test_threshold import study as threshold_study

OTHERS = [each for each in shipped_languages() if each != "en"]
SOAKED = [pytest.param(each, marks=pytest.mark.soak) for each in shipped_languages() if each != "de"]
SHOTS = os.environ.get("HITGEN_SHOTS")
"""A folder for pictures of what was looked at, for people."""


class Looks:
    """What was wrong wherever it was looked."""

    def __init__(self, method: str, language: str) -> None:
        self.found: list[str] = []
        self._folder = Path(SHOTS) / method / language if SHOTS else None
        self._count = 0

    def __call__(self, page: Page, at: str) -> None:
        self.found += [*cut_off(page, at), *violations(page, at)]
        if self._folder:
            self._folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=self._folder / f"{self._count:02d}-{at}.png")
        self._count += 1


def spoken(folder: Path) -> str:
    """The address of a page that a study has in all languages."""
    config = folder / "batch.toml"
    text = config.read_text()
    words = "".join(translation(each, survey=False) for each in OTHERS)
    config.write_text(text.replace("seed = 5\n", f"seed = 5\nlanguages = {json.dumps(['en', *OTHERS])}\n", 1) + words)
    return built_page(folder)


@pytest.fixture(scope="module")
def pjnd(tmp_path_factory: pytest.TempPathFactory) -> str:
    return built_page(write_study(tmp_path_factory.mktemp("pjnd"), languages=("en", *OTHERS), scaling="physical"))


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("compare")
    return spoken(compare.write_study(folder, study=4))


@pytest.fixture(scope="module")
def threshold(tmp_path_factory: pytest.TempPathFactory) -> str:
    return spoken(
        threshold_study(
            tmp_path_factory.mktemp("threshold") / "study", hit="study = 2\nratings = 2\ncomparisons = 2\ncatch = 1\n"
        )
    )


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> str:
    hit = "study = 3\nratings = 2\ncomparisons = 1\ncatch = 3\n"
    return spoken(threshold_study(tmp_path_factory.mktemp("several") / "study", 'flickering = "each"\n', hit=hit))


@pytest.mark.browser
@pytest.mark.parametrize("language", ["de", *SOAKED])
def test_nothing_is_cut_off_and_axe_finds_nothing(pjnd: str, open_page: OpenPage, language: str) -> None:
    look = Looks("pjnd", language)
    page = open_page(f"{pjnd}?lang={language}", size=SIZE, bypass_csp=True)
    assert page.evaluate("() => document.documentElement.lang") == language
    seen = walk(page, Robot(page, lambda _: Answer(12, [(3, 3), (5, 5), (7, 7)])), look)
    preview = open_page(f"{pjnd}?lang={language}&assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE", size=SIZE, bypass_csp=True)
    first_look(preview, "preview-text", look, "preview")
    noticed = open_page(f"{pjnd}?lang={language}&assignmentId=A", size=SIZE, bypass_csp=True)
    first_look(noticed, "first-notice", look, "notice")
    low = open_page(f"{pjnd}?lang={language}", size=(1280, 300), bypass_csp=True)
    first_look(low, "blocked-text", look, "blocked")
    assert look.found == []
    assert {
        "training-adjust",
        "training-coach",
        "training-coach-places",
        "study-adjust",
        "study-locate",
        "survey",
    } <= seen


@pytest.mark.soak
@pytest.mark.browser
@pytest.mark.parametrize("language", shipped_languages())
def test_nothing_is_cut_off_in_comparisons(
    compared: str, threshold: str, several: str, open_page: OpenPage, language: str
) -> None:
    look = Looks("compare", language)
    page = open_page(f"{compared}?lang={language}", size=SIZE, bypass_csp=True)
    seen = walk(page, CompareRobot(page, lambda _: CompareAnswer("notsure")), look)
    assert {"training-compare", "training-coach", "study-compare"} <= seen
    page = open_page(f"{threshold}?lang={language}", size=SIZE, bypass_csp=True)
    further = Looks("threshold", language)
    assert "study" in walk(page, ThresholdRobot(page), further)
    page = open_page(f"{several}?lang={language}", size=SIZE, bypass_csp=True)
    at_once = Looks("threshold-each", language)
    assert "study" in walk(page, ThresholdRobot(page), at_once)
    assert look.found + further.found + at_once.found == []


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A study with every check, and the address of its page."""
    each = "".join(f'[[check]]\nkind = "{kind}"\n' for kind in CHECKS.names())
    folder = write_study(tmp_path_factory.mktemp("checked"), each, languages=("en", *OTHERS), scaling="physical")
    return folder, built_page(folder)


@pytest.mark.soak
@pytest.mark.browser
@pytest.mark.parametrize("language", shipped_languages())
def test_nothing_is_cut_off_in_checks(checked: tuple[Path, str], open_page: OpenPage, language: str) -> None:
    folder, address = checked
    look = Looks("checks", language)
    page = open_page(f"{address}?lang={language}", size=SIZE, bypass_csp=True)
    robot = Robot(page, lambda _: Answer(5, [(3, 3), (5, 5), (7, 7)]))
    robot.sees = seeing(read_config(folder / "batch.toml"), read_manifest(folder))
    seen = []
    while (screen := robot.screen()) != "training":
        if screen.startswith("check-"):
            seen.append(screen)
            look(page, screen)
            robot._check(screen.removeprefix("check-"))
            look(page, f"{screen} over")
        robot._leave(screen)
    assert look.found == [] and len(seen) == 4
