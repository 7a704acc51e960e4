"""Marked pictures and an observer that is not the page's: what is on the canvas in every animation frame."""

from __future__ import annotations

from bisect import bisect
from itertools import pairwise
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from hitgen.methods.pjnd.robot import Answer, Robot
from tests.support.batches import HEAD, built_page
from tests.support.browsers import OpenPage

LEVELS = 20
OBSERVER = """
() => {
  const canvas = document.querySelector('[data-hit=stage] canvas');
  const stage = document.querySelector('[data-hit=stage]');
  const surface = canvas.getContext('2d');
  window.seen = [];
  const look = (t) => {
    const pixel = surface.getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data;
    window.seen.push([t, pixel[0], stage.dataset.shown]);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""
DRAG = """
async ([seconds, last]) => {
  const slider = document.querySelector('[data-hit=slider]');
  const end = performance.now() + seconds * 1000;
  const moves = [];
  for (let step = 0; performance.now() < end; step += 1) {
    const level = 1 + (step % (2 * last - 2) < last ? step % (2 * last - 2) : 2 * last - 2 - step % (2 * last - 2)) % last;
    slider.value = level;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    moves.push([performance.now(), level]);
    await new Promise((resolve) => setTimeout(resolve, 70));
  }
  return moves;
}
"""


def grey(level: int) -> int:
    return 40 + 8 * level


def marked_page(folder: Path) -> str:
    """A page whose frames are plain greys: the source 40, level d 40 + 8 d."""
    (folder / "ladder").mkdir()
    for level in range(LEVELS + 1):
        name = "s.png" if level == 0 else f"s_{level}.png"
        Image.new("RGB", (320, 240), (grey(level),) * 3).save(folder / "ladder" / name)
    (folder / "batch.toml").write_text(
        HEAD + '[[images]]\nname = "study"\nsources = "ladder/s.png"\ncodec = "files"\n'
        f'frames = "ladder/{{source}}_{{index}}.png"\nlevels = {LEVELS}\n'
        '[hit]\ntraining = 0\nstudy = 1\ngold = 0\n[display]\nscaling = "pixels"\n'
    )
    return built_page(folder)


def at_study(open_page: OpenPage, folder: Path) -> Page:
    page = open_page(marked_page(folder))
    robot = Robot(page, lambda _: Answer(1, []))
    while robot.screen() != "study":
        robot._leave(robot.screen())
    robot.hit("stage").wait_for()
    page.wait_for_function("() => document.querySelector('[data-hit=stage]').dataset.shown === 'source'")
    return page


def observe(open_page: OpenPage, folder: Path, seconds: float, slowdown: int = 1) -> tuple[list, list]:
    page = at_study(open_page, folder)
    if slowdown > 1:
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.evaluate(OBSERVER)
    moves = page.evaluate(DRAG, [seconds, LEVELS])
    return page.evaluate("() => window.seen"), moves


def swap_times(seen: list) -> list[float]:
    phases = [(t, shown == "source") for t, _, shown in seen]
    return [after[0] for before, after in pairwise(phases) if before[1] != after[1]]


def around(frames: list[float], due: float) -> list[float]:
    place = bisect(frames, due)
    return frames[max(0, place - 1) : place + 1]


def at(seen: list, t: float) -> list:
    return seen[bisect(seen, t, key=lambda entry: entry[0]) - 1]
