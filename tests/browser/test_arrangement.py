"""The picture stays where it is, whatever is said and asked; a window that is too low takes another arrangement."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from hitgen.methods.pjnd.robot import Answer, Robot
from tests.support.batches import built_page, write_batch
from tests.support.browsers import OpenPage
from tests.support.runs import soaked_but

PIXELS = '[display]\nscaling = "pixels"\n'
LAPTOPS = [(1366, 625), (1280, 689), (1366, 768), (1280, 720), (1920, 1080)]
PLACES = """() => {
  const rect = (name) => document.querySelector(`[data-hit="${name}"]`).getBoundingClientRect();
  const [stage, slider] = [rect("stage"), rect("slider")];
  const buttons = [...document.querySelectorAll(".controls button")].map((button) => button.getBoundingClientRect());
  return {
    strips: [".task", ".progress"].map((name) => document.querySelector(name).getBoundingClientRect()).map(({ x, width }) => [x, width]),
    stage: [stage.x, stage.y].map((at) => Math.round(100 * at) / 100), slider: Math.round(slider.width),
    lowest: Math.max(...buttons.map((button) => button.bottom)), right: Math.max(...buttons.map((button) => button.right)),
    least: Math.min(...buttons.filter((button) => button.width).map((button) => button.top)),
    scrolls: ["html", ".controls", ".task"].filter((name) => {
      const element = document.querySelector(name);
      return element.scrollHeight > element.clientHeight + 1 || element.scrollWidth > element.clientWidth + 1;
    }),
  };
}"""


def through_all_phases(page: Page) -> dict[str, dict]:
    """Where things are: adjusting, stopped, coached on the level, locating, marked, coached on places."""
    robot = Robot(page, lambda _: Answer(5, []))
    while robot.screen() != "training":
        robot._leave(robot.screen())
    robot.hit("stage").wait_for()
    found = {}

    def look(phase: str) -> None:
        page.evaluate("() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))")
        found[phase] = page.evaluate(PLACES)

    def confirm(level: int) -> None:
        robot.hit("slider").fill(str(level))
        page.wait_for_function("() => !document.querySelector('[data-hit=confirm]').disabled")
        look(f"confirm {level}")
        robot.hit("confirm").click()

    page.wait_for_function("() => document.querySelector('[data-hit=stage]').dataset.shown === 'source'")
    look("adjust")
    page.keyboard.press("Escape")
    look("stopped")
    robot.hit("resume").click()
    confirm(12)
    look("coach level")
    robot.hit("stop").click()
    look("coach level, stopped")
    robot.hit("resume").click()
    robot.hit("retry").click()
    confirm(5)
    look("locate")
    for number in range(3):
        robot.hit("stage").click(position={"x": 5 + 40 * number, "y": 9})
    look("marked")
    robot.hit("confirm").click()
    look("coach places")
    return found


def check(found: dict[str, dict], size: tuple[int, int]) -> None:
    assert len({tuple(places["stage"]) for places in found.values()}) == 1, found
    assert len({places["slider"] for places in found.values()}) == 1, found
    assert len({str(places["strips"]) for places in found.values()}) == 1, "what stands above does not jump"
    for phase, places in found.items():
        assert places["lowest"] <= size[1] and places["right"] <= size[0] and places["least"] > 40, (phase, places)
        assert places["scrolls"] == [], (phase, places)


@pytest.mark.browser
@pytest.mark.parametrize(("size",), soaked_but([(each,) for each in LAPTOPS[:1]], [(each,) for each in LAPTOPS]))
def test_common_laptops_show_the_default_layout_whole_and_still(
    tmp_path: Path, open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = open_page(built_page(write_batch(tmp_path, PIXELS, (640, 419), study=1)), size=size)
    check(through_all_phases(page), size)


@pytest.mark.browser
@pytest.mark.parametrize(("size", "picture"), [((1280, 600), (640, 480)), ((560, 640), (480, 320))])
def test_small_windows_that_fit_show_everything(
    tmp_path: Path, open_page: OpenPage, size: tuple[int, int], picture: tuple[int, int]
) -> None:
    page = open_page(built_page(write_batch(tmp_path, PIXELS, picture, study=1)), size=size)
    check(through_all_phases(page), size)


@pytest.mark.browser
@pytest.mark.parametrize("scaling", soaked_but(["physical"], ["pixels", "physical"]))
def test_a_window_too_low_takes_the_picture_beside_the_controls_and_back(
    tmp_path: Path, open_page: OpenPage, scaling: str
) -> None:
    extra = f'[display]\nscaling = "{scaling}"\nwidth_cm = 16\n'
    page = open_page(built_page(write_batch(tmp_path, extra, (640, 500), study=1)), size=(1280, 620))
    robot = Robot(page, lambda _: Answer(5, [(128.0, 100.0), (512.0, 100.0), (320.0, 400.0)]))
    while robot.screen() != "training":
        robot._leave(robot.screen())
    robot.hit("stage").wait_for()
    assert page.evaluate("() => document.documentElement.dataset.arrangement") == "side"
    page.set_viewport_size({"width": 900, "height": 900})  # no room beside it any longer, but below
    page.wait_for_function("() => document.documentElement.dataset.arrangement === ''")
    page.set_viewport_size({"width": 1280, "height": 620})
    page.wait_for_function("() => document.documentElement.dataset.arrangement === 'side'")
    assert robot.work().screens[-1] == "submit"


@pytest.mark.browser
def test_words_twice_as_long_leave_the_slider_and_the_picture_alone(tmp_path: Path, open_page: OpenPage) -> None:
    address = built_page(write_batch(tmp_path, PIXELS, (640, 419), study=1))
    page = open_page(address, size=(1366, 768))
    page.evaluate(
        "() => { for (const label of document.querySelectorAll('.slider-row label, .slider-end, .controls button'))"
        " label.textContent = `${label.textContent} ${label.textContent}`; }"
    )
    found = through_all_phases(page)
    check(found, (1366, 768))
    assert min(places["slider"] for places in found.values()) > 400


@pytest.mark.browser
def test_nothing_is_written_beside_the_picture_while_nothing_changes(tmp_path: Path, open_page: OpenPage) -> None:
    page = open_page(built_page(write_batch(tmp_path, PIXELS, study=1)))
    robot = Robot(page, lambda _: Answer(5, []))
    while robot.screen() != "training":
        robot._leave(robot.screen())
    robot.hit("slider").fill("5")
    page.wait_for_function("() => !document.querySelector('[data-hit=confirm]').disabled")
    robot.hit("confirm").click()
    written = page.evaluate(
        """async () => {
          const translate = (element) => { element.innerHTML = `<font><font>${element.textContent} indeed</font></font>`; };
          for (const element of document.querySelectorAll('.marked, .task p, .controls button')) { // as a translator does it
            const again = new MutationObserver(() => {
              if (element.textContent && !element.textContent.endsWith('indeed')) translate(element);
            });
            again.observe(element, { childList: true });
            if (element.textContent) translate(element);
          }
          await new Promise((seen) => requestAnimationFrame(seen));
          let count = 0;
          const observer = new MutationObserver((records) => { count += records.length; });
          observer.observe(document.body, { subtree: true, childList: true, characterData: true });
          await new Promise((rested) => setTimeout(rested, 1000));
          return count;
        }"""
    )
    assert written == 0


@pytest.mark.browser
def test_a_window_that_no_screen_makes_large_enough_is_told_before_consent(tmp_path: Path, open_page: OpenPage) -> None:
    page = open_page(built_page(write_batch(tmp_path, "[display]\nwidth_cm = 14\n", study=1)), size=(640, 420))
    page.wait_for_function("() => document.documentElement.dataset.screen === 'blocked'")
    assert page.locator("[data-hit=recalibrate]").is_hidden()
    page.set_viewport_size({"width": 1280, "height": 720})
    page.wait_for_function("() => document.documentElement.dataset.screen === 'consent'")
