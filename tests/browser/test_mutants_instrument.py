"""Faults of earlier tools in the instrument itself: its clock, its pictures, its storage and its network.

Each check passes on the product and fails on a mutant that has the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from hitgen.build import build
from hitgen.methods.pjnd.robot import Answer, Robot
from tests.browser.test_mutants import PIXELS, mutate
from tests.support.batches import built_page, write_batch
from tests.support.runs import soaked_but

IN_FRAMES = """
let inFrame = false;
window.outside = 0;
const real = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (act) => real((t) => { inFrame = true; act(t); queueMicrotask(() => { inFrame = false; }); });
document.addEventListener('DOMContentLoaded', () => {
  const stage = document.querySelector('[data-hit=stage]');
  window.swaps = 0;
  new MutationObserver(() => { window.swaps += 1; if (!inFrame) window.outside += 1; })
    .observe(stage, {attributes: true, attributeFilter: ['data-shown']});
});
"""
SLOW_DECODING = """
const decode = window.createImageBitmap.bind(window);
window.createImageBitmap = async (...given) => { await new Promise((go) => setTimeout(go, 250)); return decode(...given); };
window.Worker = class extends window.Worker {
  set onmessage(act) { this.addEventListener('message', (event) => setTimeout(() => act(event), 250)); }
};
"""
BLACK_FRAMES = """
async () => {
  const canvas = document.querySelector('[data-hit=stage] canvas');
  const slider = document.querySelector('[data-hit=slider]');
  const surface = canvas.getContext('2d');
  let black = 0;
  for (let frame = 0; frame < 150; frame += 1) {
    if (frame % 15 === 0) { slider.value = 1 + (frame / 15) * 5 % 12; slider.dispatchEvent(new Event('input', {bubbles: true})); }
    await new Promise((shown) => requestAnimationFrame(shown));
    const [red, green, blue] = surface.getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data;
    if (red + green + blue < 60) black += 1;
  }
  return black;
}
"""
EXAMPLE_CHANGES = """
async (seconds) => {
  const canvas = document.querySelector('[data-part=example]');
  const surface = canvas.getContext('2d');
  const look = () => surface.getImageData(canvas.width * 0.55, canvas.height * 0.72, 1, 1).data.join();
  let before = look();
  let changes = 0;
  let last = 0;
  const end = performance.now() + seconds * 1000;
  while (last < end) {
    last = await new Promise((shown) => requestAnimationFrame(shown));
    const now = look();
    changes += now !== before;
    before = now;
  }
  return changes;
}
"""


@contextmanager
def visit(browser: Browser, address: str, script: str = "", offline: bool = True) -> Iterator[Page]:
    """A page in a context of its own; unlike the tests' usual one it may complain, as mutants do."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, offline=offline)
    if script:
        context.add_init_script(script)
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(address)
    yield page
    context.close()


def go_to(page: Page, screen: str) -> Robot:
    robot = Robot(page, lambda _: Answer(1, []))
    while robot.screen() != screen:
        robot._leave(robot.screen())
    return robot


def the_example_flickers_at_its_rate_and_stops(browser: Browser, address: str) -> bool:
    with visit(browser, address) as page:
        go_to(page, "instructions")
        if not any(13 <= page.evaluate(EXAMPLE_CHANGES, 2) <= 17 for _ in range(3)):  # a busy machine leaves frames out
            return False
        toggle = page.locator("[data-part=example-stop]")
        for _ in range(5):
            toggle.click()
        return bool(page.evaluate(EXAMPLE_CHANGES, 1) == 0)


def pictures_change_on_the_frame_clock(browser: Browser, address: str) -> bool:
    with visit(browser, address, IN_FRAMES) as page:
        robot = go_to(page, "training")
        robot.hit("stage").wait_for()
        robot.set_level(9)
        page.wait_for_function("() => window.swaps > 10")
        # one change is not a swap: a new ladder's stage says `none`
        return bool(page.evaluate("() => window.outside <= 1"))


def nothing_is_shown_that_is_not_decoded(browser: Browser, address: str) -> bool:
    with visit(browser, address, SLOW_DECODING) as page:
        robot = go_to(page, "training")
        robot.hit("stage").wait_for()
        page.wait_for_function("() => document.querySelector('[data-hit=stage]').dataset.shown === 'source'")
        return bool(page.evaluate(BLACK_FRAMES) == 0)


def the_page_works_where_storage_is_blocked(browser: Browser, address: str) -> bool:
    blocked = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked'); }})"
    with visit(browser, address, blocked) as page:
        return bool(page.evaluate("() => document.documentElement.dataset.screen") == "consent")


def nobody_else_is_asked(browser: Browser, address: str) -> bool:
    refused = (
        "window.refused = []; addEventListener('securitypolicyviolation', (e) => window.refused.push(e.blockedURI));"
    )
    asked: list[str] = []
    with visit(browser, "about:blank", refused, offline=False) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        go_to(page, "training")
        foreign = [url for url in asked if not url.startswith(("file:", "blob:", "data:"))]
        return foreign == [] and page.evaluate("() => window.refused") == []


FAULTS: dict[str, tuple[Callable[[Browser, str], bool], str, str, str]] = {
    "5 the example has no interval": (
        the_example_flickers_at_its_rate_and_stops, "method.js",
        "function makeSchedule({ swaps_per_second: swapsPerSecond, schedule: kind }) {", "function makeSchedule({ swapsPerSecond, schedule: kind }) {",
    ),
    "5 the example's timers stack": (
        the_example_flickers_at_its_rate_and_stops, "alternation.js", "clock.cancel(request);", "",
    ),
    "6 the flicker runs on a timer": (
        pictures_change_on_the_frame_clock, "runtime/main.js",
        "raf: (tick) => requestAnimationFrame((t) => (display.look(t), tick(t))),", "raf: (tick) => setTimeout(() => tick(performance.now()), 125),",
    ),
    "8 frames are shown before they are decoded": (
        nothing_is_shown_that_is_not_decoded, "flicker.js", "if (next === painted && !stale) return;",
        "if (!decoder.get(level)) { surface.fillRect(0, 0, canvas.width, canvas.height); stale = true; return; }",
    ),
    "11 storage is not guarded": (
        the_page_works_where_storage_is_blocked, "storage.js",
        "} catch {\n      return null; // blocked, missing or full: memory serves\n    }", "} finally {}",
    ),
    "12 another service is told": (
        nobody_else_is_asked, "runtime/main.js", "const measured = measure();",
        'fetch("https://address.example/").catch(() => null);\nconst measured = measure();',
    ),
}  # fmt: skip

OFTEN = (
    "5 the example has no interval",
    "6 the flicker runs on a timer",
    "11 storage is not guarded",
    "12 another service is told",
)
"""What every run looks for; the others are soaked."""


@pytest.mark.browser
@pytest.mark.parametrize("name", soaked_but(OFTEN, FAULTS))
def test_the_fault_is_not_there_and_would_be_seen(name: str, tmp_path: Path, browser: Any) -> None:
    check, module, old, new = FAULTS[name]
    folder = write_batch(tmp_path, PIXELS, (320, 200))
    assert check(browser, built_page(folder))
    mutate(folder, module, old, new)
    assert not check(browser, (build(folder, workers=1).folder.pages / "p0001.html").resolve().as_uri())
