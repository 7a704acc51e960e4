"""Marked pictures and an observer that is not the page's: what is on the canvas in every animation frame."""

from __future__ import annotations

from bisect import bisect
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

from PIL import Image
from playwright.sync_api import Page

from hitgen.lib.shipped import shipped
from hitgen.methods.pjnd.robot import Answer, Robot
from hitgen.stimuli import form
from hitgen.stimuli.form import Frames
from tests.support.batches import HEAD, built_page
from tests.support.browsers import OpenPage
from tests.support.pictures import photograph

LEVELS = 20
SWAP_MS = 125
MAKE = "kept.frames(frame.quality)"
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


def marked_page(folder: Path, frames: Frames = "carried", size: tuple[int, int] = (320, 240)) -> str:
    """A page whose frames have a grey middle: in the source 40, at level d 40 + 8 d.

    Carried ones are grey all over. Made ones are a photograph around it, made by the page's own script as any other, which
    then paints the middle: that is added for the test.
    """
    if frames == "carried":
        (folder / "ladder").mkdir()
        for level in range(LEVELS + 1):
            name = "s.png" if level == 0 else f"s_{level}.png"
            Image.new("RGB", size, (grey(level),) * 3).save(folder / "ladder" / name)
        images = 'sources = "ladder/s.png"\ncodec = "files"\nframes = "ladder/{source}_{index}.png"\n'
    else:
        (folder / "images").mkdir()
        picture = photograph("coffee.png", size)
        picture.paste((grey(0),) * 3, middle(size))
        picture.save(folder / "images" / "s.png")
        maker = (shipped("assets") / "codecs" / "maker.js").read_text(encoding="utf-8")
        assert maker.count(MAKE) == 1
        left, top, right, bottom = middle(size)
        (folder / "assets" / "codecs").mkdir(parents=True)
        (folder / "assets" / "codecs" / "maker.js").write_text(
            maker.replace(MAKE, f"mark({MAKE}, width, {grey(0)} + 8 * (101 - frame.quality))")
            + f"""function* mark(strips, width, grey) {{
  for (const pixels of strips) {{
    for (let y = {top}; y < {bottom}; y += 1) pixels.fill(grey, 4 * (y * width + {left}), 4 * (y * width + {right}));
    for (let y = {top}; y < {bottom}; y += 1) for (let x = {left}; x < {right}; x += 1) pixels[4 * (y * width + x) + 3] = 255;
    yield pixels;
  }}
}}
"""
        )
        images = 'sources = "images/s.png"\ncodec = "jpeg"\n'
    (folder / "batch.toml").write_text(
        f'{HEAD}[[images]]\nname = "study"\n{images}levels = {LEVELS}\n'
        f'[hit]\ntraining = 0\nstudy = 1\ngold = 0\nframes = "{frames}"\n[display]\nscaling = "pixels"\n'
    )
    with patch.object(form, "_own_codec", lambda folder: None):  # it would have all carried
        return built_page(folder)


def middle(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The marked part of a picture: left, top, right, bottom."""
    width, height = size
    return width // 2 - 24, height // 2 - 24, width // 2 + 24, height // 2 + 24


def at_study(open_page: OpenPage, folder: Path, frames: Frames = "carried", size: tuple[int, int] = (320, 240)) -> Page:
    page = open_page(marked_page(folder, frames, size))
    robot = Robot(page, lambda _: Answer(1, []))
    while robot.screen() != "study":
        robot._leave(robot.screen())
    robot.hit("stage").wait_for()
    page.wait_for_function("() => document.querySelector('[data-hit=stage]').dataset.shown === 'source'")
    return page


def observe(
    open_page: OpenPage, folder: Path, seconds: float, slowdown: int = 1, frames: Frames = "carried"
) -> tuple[list, list]:
    page = at_study(open_page, folder, frames)
    if slowdown > 1:
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.evaluate(OBSERVER)
    moves = page.evaluate(DRAG, [seconds, LEVELS])
    return page.evaluate("() => window.seen"), moves


def swap_times(seen: list) -> list[float]:
    phases = [(t, shown == "source") for t, _, shown in seen]
    return [after[0] for before, after in pairwise(phases) if before[1] != after[1]]


def stretches(seen: list) -> list[list]:
    """What was seen between standstills of the machine in which no frame came for as long as a swap takes.

    Two swaps may fall into one, which leave no trace, and after a longer one the flicker begins anew.
    """
    ends = [number for number, (a, b) in enumerate(pairwise(seen), start=1) if b[0] - a[0] >= SWAP_MS]
    return [seen[begun:end] for begun, end in pairwise([0, *ends, len(seen)])]


def around(frames: list[float], due: float) -> list[float]:
    place = bisect(frames, due)
    return frames[max(0, place - 1) : place + 1]


def at(seen: list, t: float) -> list:
    return seen[bisect(seen, t, key=lambda entry: entry[0]) - 1]
