"""What a picture of 3840x2160 costs: memory while it is dragged through, and how long a level is waited for; in a real Chromium."""

from __future__ import annotations

import math
import mmap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
from PIL import Image
from playwright.sync_api import Browser

from hitgen.build import build
from hitgen.methods.pjnd.robot import Answer, Robot
from hitgen.stimuli.form import Frames
from tests.bench.build import FORMS, photographs
from tests.bench.page import ACCEPTED, JUMPS, chromium, waits
from tests.support.batches import HEAD
from tests.support.painting import DRAG
from tests.support.servers import serve

WATCH = """() => {
  const stage = document.querySelector('[data-hit=stage]');
  window.seen = [];
  const look = (t) => {
    window.seen.push([t, 0, stage.dataset.shown]);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
"""What the stage says that it shows: reading 4K back would be the slowest part."""


def large_study(folder: Path, frames: Frames) -> Path:
    """A 3840x2160 picture, 100 levels."""
    (folder / "images").mkdir(parents=True)
    photo = Image.open(photographs(folder / "small", 1)[0])
    noise = np.random.default_rng(1).integers(-6, 7, (2160, 3840, 3))
    picture = np.asarray(photo.resize((3840, 2160), Image.Resampling.LANCZOS)).astype(int) + noise
    Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(folder / "images" / "large.png", compress_level=1)
    (folder / "batch.toml").write_text(
        f'{HEAD}[[images]]\nname = "study"\nsources = "images/*.png"\ncodec = "jpeg"\n'
        f'[hit]\ntraining = 0\nstudy = 1\ngold = 0\npacks = "linked"\nframes = "{frames}"\n[display]\nscaling = "pixels"\n'
    )
    build(folder)
    return folder


def large(browser: Browser, scratch: Path) -> dict[str, float]:
    """A 3840x2160 ladder dragged through: the most memory of the page's process above an empty page's, in MB; waits."""
    figures: dict[str, float] = {}
    for frames in FORMS:
        folder = large_study(scratch / frames, frames)
        with serve(folder / "build") as server:
            context = browser.new_context(viewport={"width": 3900, "height": 2460})
            page = context.new_page()
            page.wait_for_timeout(2000)
            empty = renderer().memory_info().rss
            page.goto(f"{server.url}/pages/p0001.html{ACCEPTED}")
            robot = Robot(page, lambda _: Answer(1, []))
            while robot.screen() != "study":
                robot._leave(robot.screen())
            page.wait_for_function(
                "() => document.querySelector('[data-hit=stage]').dataset.shown === 'source'", timeout=60_000
            )
            page.evaluate(WATCH)
            with watched_bytes() as looks:
                for _ in range(8):
                    page.evaluate(DRAG, [2, 100])
            empty += debugger_bytes(renderer().pid, list((folder / "build" / "packs").iterdir()))
            page.wait_for_timeout(1000)
            blanks = sum(entry[2] == "none" for entry in page.evaluate("() => window.seen"))
            jumps = page.evaluate(JUMPS, [40, 100])
            found = waits(page.evaluate("() => window.seen"), jumps)
            context.close()
        figures |= {
            f"{frames}_large_memory_mb": (max(looks) - empty) / 1e6,
            f"{frames}_large_blank_frames": float(blanks),
            **{f"{frames}_large_slider_{key}": value for key, value in found.items() if key != "late_frames"},
        }
    return figures


def debugger_bytes(pid: int, packs: list[Path]) -> int:
    """Memory in which the debugger that drives a page keeps what the page has fetched, as base64: blocks of just that size."""
    sizes = [4 * math.ceil(pack.stat().st_size / 3) for pack in packs]
    found = 0
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        ends, _, rest = line.partition(" ")
        start, end = (int(address, 16) for address in ends.split("-"))
        if rest.split()[3] == "0" and any(0 <= end - start - size <= 2 * mmap.PAGESIZE for size in sizes):
            found += end - start
    return found


def renderer() -> psutil.Process:
    """The largest renderer among this process's children."""
    return max(
        (
            child
            for child in psutil.Process().children(recursive=True)
            if "--type=renderer" in " ".join(child.cmdline())
        ),
        key=lambda child: child.memory_info().rss,
    )


@contextmanager
def watched_bytes() -> Iterator[list[int]]:
    """Looks at the renderer's resident memory, some thirty a second."""
    process, done, looks = renderer(), threading.Event(), [0]

    def look() -> None:
        while not done.wait(0.03):
            looks.append(process.memory_info().rss)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield looks
    finally:
        done.set()
        thread.join()


def measure(scratch: Path) -> dict[str, float]:
    """All figures of a large picture in one run."""
    with chromium() as browser:
        return large(browser, scratch)


TARGETS = {
    "made_large_memory_mb": 300,
    "carried_large_memory_mb": 1500,
    "made_large_slider_p95_ms": 250,
    **{f"{frames}_large_blank_frames": 0 for frames in FORMS},
}
