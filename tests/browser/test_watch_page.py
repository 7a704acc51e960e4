"""The page of `hitgen watch` in a real browser: it follows what is written, by keyboard too, and breaks no rule of axe-core."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hitgen.build import build
from hitgen.cli import main
from tests.browser.test_access import violations
from tests.support.batches import write_batch
from tests.support.browsers import OpenPage
from tests.support.in_memory import in_memory
from tests.support.watched import Asker, watching

pytestmark = pytest.mark.browser
SOON_MS = 30_000


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_batch(tmp_path_factory.mktemp("watch") / "study", size=(64, 48), study=1)
    build(folder, workers=1)
    assert main(["simulate", str(folder), "--people", "2"]) == 0
    return folder


@pytest.fixture
def watched(answered: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asker]:
    with watching(answered, monkeypatch) as found:
        found.until(lambda state: state["submitted"]["total"] == 2)
        yield found


def opened(open_page: OpenPage, port: int, **more: object) -> Page:
    return open_page(f"http://127.0.0.1:{port}/", offline=False, **more)


def test_what_arrives_appears_by_itself_and_the_end_is_told(
    tmp_path: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = in_memory(tmp_path / "study", toml="[screening]\ngold_answers_min = 1\n")
    with watching(study.folder, monkeypatch) as found:
        page = opened(open_page, found.port)
        expect(page.locator("#places tbody tr")).to_have_count(2, timeout=SOON_MS)
        expect(page.locator("#submissions-count")).to_have_text("none yet", timeout=SOON_MS)
        study.work("p0001", "W1")
        study.work("p0001", "W2", gold="wrong")
        study.review()
        expect(page.locator("#submissions tbody tr")).to_have_count(2, timeout=SOON_MS)
        expect(page.locator("#status")).to_contain_text("2 to be judged", timeout=SOON_MS)
        expect(page.locator("#tiles")).to_contain_text("2 of 10", timeout=SOON_MS)
        assert sorted(page.locator("#submissions .use").all_inner_texts()) == ["left out", "used"]
        assert page.locator("#link").inner_text() == "watching"


def test_the_end_is_told_and_what_was_seen_stays(
    answered: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(30_000)
        with watching(answered, monkeypatch) as found:
            page.goto(f"http://127.0.0.1:{found.port}/")
            page.locator("#submissions tbody tr").first.wait_for()
        expect(page.locator("#link")).to_contain_text("has ended; this is what was seen last", timeout=SOON_MS)
        assert page.locator("#submissions tbody tr").count() == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_lists_and_in_a_replay(watched: Asker, open_page: OpenPage, scheme: str) -> None:
    page = opened(open_page, watched.port, bypass_csp=True, color_scheme=scheme)
    expect(page.locator("#submissions tbody tr")).to_have_count(2, timeout=SOON_MS)
    assert violations(page) == []
    page.locator("#submissions tbody button").first.click()
    page.locator("#player canvas[data-picture]").wait_for()
    assert violations(page) == []
    page.set_viewport_size({"width": 1366, "height": 768})
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366


def test_an_attempt_is_seen_again_by_keyboard_alone(watched: Asker, open_page: OpenPage) -> None:
    page = opened(open_page, watched.port)
    button = page.locator("#submissions tbody button").first
    button.wait_for()
    reach(page, "#submissions button")
    page.keyboard.press("Enter")
    canvas = page.locator("#player canvas")
    page.locator("#player canvas[data-picture]").wait_for()
    assert page.locator("#player .answered").count() == 1, "it begins with what was answered"
    reach(page, ".controls .go")
    expect(page.locator(".clock")).to_have_text(re.compile(r"^(\d+\.\d) of \1 s$"), timeout=SOON_MS)
    page.locator(".controls select").select_option("1")
    reach(page, ".controls .go", back=True)
    page.keyboard.press("Space")
    expect(page.locator(".go")).to_have_text("Pause", timeout=SOON_MS)
    expect(page.locator(".clock")).to_have_text(re.compile(r"^0\.[1-9]|^[1-9]"), timeout=SOON_MS)
    page.keyboard.press("Space")
    expect(page.locator(".go")).to_have_text("Play", timeout=SOON_MS)
    reach(page, ".controls input[type=range]")
    page.keyboard.press("Home")
    assert page.locator("#player .answered").count() == 0
    drawn = "canvas => [...canvas.getContext('2d').getImageData(9, 9, 3, 3).data].join()"
    expect(canvas).to_have_attribute("data-picture", "0", timeout=SOON_MS)
    source = canvas.evaluate(drawn)
    page.keyboard.press("End")
    expect(canvas).not_to_have_attribute("data-picture", "0", timeout=SOON_MS)
    assert canvas.evaluate(drawn) != source
    reach(page, "#trials button")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#trials tr.chosen td").first).to_have_text("2", timeout=SOON_MS)
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden(timeout=SOON_MS)
    assert page.evaluate("document.activeElement.closest('#submissions') !== null"), "back where it was opened"


def test_it_flickers_when_asked_to_and_never_before(watched: Asker, open_page: OpenPage) -> None:
    page = opened(open_page, watched.port)
    page.locator("#submissions tbody button").first.click()
    canvas = page.locator("#player canvas[data-picture]")
    canvas.wait_for()
    page.evaluate(
        "() => { window.seen = new Set(); const canvas = document.querySelector('#player canvas');"
        "new MutationObserver(() => window.seen.add(canvas.dataset.picture)).observe(canvas, { attributes: true }) }"
    )
    page.get_by_label("let it flicker").check()
    page.wait_for_function("() => window.seen.has('0') && window.seen.size > 1")
    page.get_by_label("let it flicker").uncheck()
    expect(canvas).not_to_have_attribute("data-picture", "0", timeout=SOON_MS)


def reach(page: Page, selector: str, back: bool = False) -> None:
    """Go by the Tab key until the control is reached."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"{selector} cannot be reached by the Tab key")
