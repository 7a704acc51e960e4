"""Boosted and plain pages from a file, worked by keyboard in other engines, which show the same pictures in the same frames."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from hitgen.methods.compare.row import Arm
from tests.browser.test_compare_page import WATCH, check_pictures, manifest_of
from tests.support import keyboard
from tests.support.compare import marked_page
from tests.support.engines import Window, missing, opened

pytestmark = pytest.mark.browser
ENGINES = ["firefox", "webkit"]
KEYS = {"left": "ArrowLeft", "right": "ArrowRight", "notsure": "ArrowDown"}
PLACE = """() => {
  const stage = document.querySelector("[data-hit=stage]");
  const { trial, phase, arm } = stage.dataset;
  return [document.documentElement.dataset.screen, trial, phase, arm];
}"""
READY = """() => {
  const shown = document.querySelector("[data-hit=left]").dataset.shown;
  return shown !== "none" && [...document.querySelectorAll("[data-hit=go-on], [data-hit=toggle], [data-hit=answer-left]")].some((button) => !button.hidden && !button.disabled);
}"""
CHANGED = """(was) => {
  const stage = document.querySelector("[data-hit=stage]");
  return JSON.stringify([document.documentElement.dataset.screen, stage.dataset.trial, stage.dataset.phase, stage.dataset.arm]) !== was;
}"""


@pytest.fixture(params=ENGINES)
def window(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Window]:
    if lacks := missing(request.param):
        pytest.skip(lacks)
    (tmp_path / "profile").mkdir()
    with opened(request.param, browser, tmp_path / "profile") as made:
        yield made


def answer(window: Window, arm: str, response: str) -> None:
    """One question: the source first where it is toggled, then the answer as soon as it counts."""
    if arm == "plain":
        window.press("Space")
        window.wait("() => document.querySelector('[data-hit=left]').dataset.shown === 'pivot'")
    window.wait("() => !document.querySelector('[data-hit=answer-left]').disabled")
    window.press(KEYS[response])


def work(window: Window) -> list[tuple[str, str]]:
    """Answer all questions, in turn left, right and not sure; what was answered."""
    done: list[tuple[str, str]] = []
    window.wait(READY)
    while (place := window.evaluate(PLACE))[0] in ("training", "study"):
        _, trial, phase, arm = place
        if phase != "pause":
            window.wait(READY)
        if phase == "compare":
            done.append((trial, list(KEYS)[len(done) % 3]))
            answer(window, arm, done[-1][1])
        else:
            keyboard.press_on(window, "go-on", "Enter")
        window.wait(CHANGED, json.dumps(place, separators=(",", ":")))
    return done


@pytest.mark.soak
@pytest.mark.parametrize("arm", ["boosted", "plain"])
def test_a_page_is_worked_by_keyboard_and_shows_what_it_says(window: Window, tmp_path: Path, arm: Arm) -> None:
    (tmp_path / "study").mkdir()
    address = marked_page(tmp_path / "study", arm)
    window.goto(address)
    while (screen := window.evaluate(keyboard.SCREEN)) not in ("training", "study"):
        keyboard.leave(window, screen)
    window.evaluate(f"() => {{ ({WATCH})(); return true; }}")
    done = work(window)
    page = manifest_of(address).pages[0]
    frames = check_pictures(window.evaluate("() => window.seen"), page.by_trial)
    assert set(frames) == set(page.by_trial)
    keyboard.press_on(window, "download-json", "Enter")
    record: dict[str, Any] = json.loads(window.saved().read_text())
    assert [(row["trial"], row["response"]) for row in record["trials"]] == done
