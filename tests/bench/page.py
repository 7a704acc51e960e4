"""What a worker waits for and sees: weight, first stimulus, swaps, slider to picture, memory; in a real Chromium."""

from __future__ import annotations

import gzip
import re
import statistics
from bisect import bisect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from hitgen.build import build
from hitgen.manifest import read_manifest
from hitgen.methods.pjnd.robot import Answer, Robot
from hitgen.stimuli.packs import read_pack
from tests.bench.build import photographs
from tests.support.batches import HEAD
from tests.support.browsers import CHROMIUM, FLAGS
from tests.support.painting import DRAG, LEVELS, OBSERVER, around, at, at_study, grey, swap_times
from tests.support.servers import PageServer, serve

MBIT_PER_S, LATENCY_MS = 10, 40
ACCEPTED = "?assignmentId=A1&hitId=H1&workerId=W1"
HURRY = """
const wait = () => {
  const consent = document.querySelector('[data-hit=consent]');
  const screen = document.documentElement.dataset.screen;
  if (['consent', 'instructions', 'distance'].includes(screen)) {
    if (screen === 'consent') consent.checked = true;
    [...document.querySelectorAll('[data-hit=next]')].find((button) => button.getClientRects().length)?.click();
  }
  if (document.querySelector('[data-hit=stage]')?.dataset.shown === 'source') window.firstStimulus = performance.now();
  else requestAnimationFrame(wait);
};
requestAnimationFrame(wait);
"""
SLOW_MOVES = """
async ([moves, last]) => {
  const slider = document.querySelector('[data-hit=slider]');
  const made = [];
  for (let step = 0; step < moves; step += 1) {
    const level = 1 + (step * 7) % last;
    slider.value = level;
    made.push([performance.now(), level]);
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    await new Promise((resolve) => setTimeout(resolve, 260 + (step * 37) % 125));
  }
  return made;
}
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def study(folder: Path, packs: str, count: int = 3, more: str = "") -> Path:
    """A built batch of photographs, 100 JPEG levels each, on one page."""
    photographs(folder / "images", count)
    (folder / "batch.toml").write_text(
        f'{HEAD}[[images]]\nname = "study"\nsources = "images/*.png"\ncodec = "jpeg"\n'
        f'[hit]\ntraining = 0\nstudy = {count}\ngold = 0\npacks = "{packs}"\n[display]\nscaling = "pixels"\n{more}',
        encoding="utf-8",
    )
    build(folder)
    return folder


def weights(folder: Path) -> dict[str, int]:
    """Bytes of a batch's one page: gzipped whole and shell, its packs, the distinct frames in them."""
    html = (folder / "build" / "pages" / "p0001.html").read_bytes()
    shell = re.sub(rb'<script type="application/octet-stream;base64"[^>]*>[^<]*</script>', b"", html)
    packs = [path.read_bytes() for path in (folder / "build" / "packs").glob("*.pack")]
    frames = {frame.content for pack in packs for frame in read_pack(pack).frames}
    return {
        "page_gzipped": len(gzip.compress(html, 6)),
        "shell_gzipped": len(gzip.compress(shell, 6)),
        "packs": sum(map(len, packs)),
        "frames": sum(map(len, frames)),
    }


def slowed(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    rate = MBIT_PER_S * 1e6 / 8
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": LATENCY_MS, "downloadThroughput": rate, "uploadThroughput": rate},
    )
    return session


def first_stimulus_s(browser: Browser, server: PageServer) -> float:
    """From navigation to the first painted picture, for a worker who clicks at once."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.add_init_script(HURRY)
    page = context.new_page()
    slowed(page)
    page.goto(f"{server.url}/pages/p0001.html{ACCEPTED}", wait_until="commit")
    page.wait_for_function("() => window.firstStimulus", timeout=60_000)
    seconds = float(page.evaluate("() => window.firstStimulus")) / 1000
    context.close()
    return seconds


def loading(browser: Browser, scratch: Path) -> dict[str, float]:
    """Weight over the wire and time to the first stimulus, each against what the bytes alone demand."""
    figures: dict[str, float] = {}
    for packs in ("inline", "linked"):
        folder = study(scratch / packs, packs)
        weight = weights(folder)
        with serve(folder / "build") as server:
            times = [first_stimulus_s(browser, server) for _ in range(3)]
        first_pack = read_manifest(folder).ladders[0].bytes
        share = weight["page_gzipped"] / (weight["shell_gzipped"] + weight["packs"]) if packs == "inline" else 1.0
        requests = 1 if packs == "inline" else 2
        needed = weight["shell_gzipped"] + share * first_pack
        transfer_s = needed * 8 / (MBIT_PER_S * 1e6) + requests * LATENCY_MS / 1000
        sent = weight["page_gzipped"] if packs == "inline" else weight["packs"]
        figures |= {
            f"{packs}_first_stimulus_s": statistics.median(times),
            f"{packs}_first_stimulus_ratio": statistics.median(times) / transfer_s,
            f"{packs}_wire_ratio": sent / weight["frames"],
            f"{packs}_shell_kb": weight["shell_gzipped"] / 1000,
        }
    return figures


def opener(browser: Browser) -> Callable[[str], Page]:
    def opened(address: str) -> Page:
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        page.goto(address)
        return page

    return opened


def painted(seen: list[Any]) -> dict[str, float]:
    """Of one run: swaps' distance from their due time, by phase, in ms; swaps off the nearest frame; wrong pictures."""
    known = {grey(level): "source" if level == 0 else f"level:{level}" for level in range(LEVELS + 1)}
    frames = [entry[0] for entry in seen]
    swaps = swap_times(seen)[1:]
    start = statistics.median(t - 125 * number for number, t in enumerate(swaps))
    errors: dict[str, list[float]] = {"source": [], "distorted": []}
    beyond = []
    for number, t in enumerate(swaps):
        due = start + 125 * number
        errors["source" if at(seen, t)[2] == "source" else "distorted"].append(abs(t - due))
        beyond.append(abs(t - due) - min(abs(frame - due) for frame in around(frames, due)))
    every = errors["source"] + errors["distorted"]
    frame_ms = statistics.median(b - a for a, b in pairwise(frames))
    return {
        "median_ms": float(np.median(every)),
        "p99_ms": float(np.quantile(every, 0.99)),
        "worst_ms": max(every),
        "source_median_ms": float(np.median(errors["source"])),
        "distorted_median_ms": float(np.median(errors["distorted"])),
        "worst_frames_beyond_nearest": max(beyond) / frame_ms,
        "blank_frames": sum(known.get(entry[1]) != entry[2] for entry in seen),
    }


def flicker(browser: Browser, scratch: Path, seconds: float = 20) -> dict[str, float]:
    """Swaps idle, while the slider is dragged, and the same on a processor slowed four times."""
    figures: dict[str, float] = {}
    for name, slowdown in (("idle", 1), ("drag", 1), ("slowed", 4)):
        (scratch / name).mkdir()
        page = at_study(opener(browser), scratch / name)
        if slowdown > 1:
            page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        page.evaluate(OBSERVER)
        if name == "idle":
            page.evaluate(DRAG, [0.05, LEVELS])
            page.wait_for_timeout(seconds * 1000)
        else:
            page.evaluate(DRAG, [seconds, LEVELS])
        figures |= {f"{name}_{key}": value for key, value in painted(page.evaluate("() => window.seen")).items()}
        page.context.close()
    return figures


def slider_to_picture(browser: Browser, scratch: Path, moves: int = 120) -> dict[str, float]:
    """From moving the slider to the new level on the canvas, in ms."""
    scratch.mkdir()
    page = at_study(opener(browser), scratch)
    page.evaluate(OBSERVER)
    made = page.evaluate(SLOW_MOVES, [moves, LEVELS])
    seen = page.evaluate("() => window.seen")
    page.context.close()
    times = [entry[0] for entry in seen]
    waits = []
    for moved, level in made[1:-1]:
        later = seen[bisect(times, moved) :]
        waits.append(next(entry[0] for entry in later if entry[2] == f"level:{level}") - moved)
    return {"slider_median_ms": float(np.median(waits)), "slider_p95_ms": float(np.quantile(waits, 0.95))}


def large(browser: Browser, scratch: Path) -> dict[str, float]:
    """The most memory of a browser's processes on a 3840x2160 ladder of 100 levels, dragged through, in MB."""
    (scratch / "images").mkdir(parents=True)
    photo = Image.open(photographs(scratch / "small", 1)[0])
    noise = np.random.default_rng(1).integers(-6, 7, (2160, 3840, 3))
    picture = np.asarray(photo.resize((3840, 2160), Image.Resampling.LANCZOS)).astype(int) + noise
    Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(scratch / "images" / "large.png", compress_level=1)
    (scratch / "batch.toml").write_text(
        f'{HEAD}[[images]]\nname = "study"\nsources = "images/*.png"\ncodec = "jpeg"\n'
        '[hit]\ntraining = 0\nstudy = 1\ngold = 0\npacks = "linked"\n[display]\nscaling = "pixels"\n',
        encoding="utf-8",
    )
    build(scratch)
    with serve(scratch / "build") as server:
        context = browser.new_context(viewport={"width": 3900, "height": 2460})
        page = context.new_page()
        page.goto(f"{server.url}/pages/p0001.html{ACCEPTED}")
        robot = Robot(page, lambda _: Answer(1, []))
        while robot.screen() != "study":
            robot._leave(robot.screen())
        page.wait_for_function(
            "() => document.querySelector('[data-hit=stage]').dataset.shown === 'source'", timeout=60_000
        )
        page.evaluate(
            "() => { window.wrong = 0; const look = () => { if (document.querySelector('[data-hit=stage]').dataset.shown === 'none') window.wrong += 1; requestAnimationFrame(look); }; look(); }"
        )
        most = 0
        for _ in range(8):
            page.evaluate(DRAG, [2, 100])
            most = max(most, renderer_bytes())
        robot.set_level(90)
        page.wait_for_function(
            "() => document.querySelector('[data-hit=stage]').dataset.shown === 'level:90'", timeout=20_000
        )
        blanks = page.evaluate("() => window.wrong")
        context.close()
    return {"large_memory_mb": most / 1e6, "large_blank_frames": float(blanks)}


def renderer_bytes() -> int:
    """Resident memory of the largest renderer among this process's children."""
    return max(
        child.memory_info().rss
        for child in psutil.Process().children(recursive=True)
        if "--type=renderer" in " ".join(child.cmdline())
    )


def measure(scratch: Path) -> dict[str, float]:
    """All figures of the page in one run."""
    with chromium() as browser:
        return {
            **loading(browser, scratch / "loading"),
            **flicker(browser, scratch),
            **slider_to_picture(browser, scratch / "slider"),
            **large(browser, scratch / "large"),
        }


TARGETS = {
    "inline_first_stimulus_ratio": 1.3,
    "linked_first_stimulus_ratio": 1.3,
    "inline_wire_ratio": 1.05,
    "linked_wire_ratio": 1.02,
    "inline_shell_kb": 150,
    "linked_shell_kb": 150,
    "idle_worst_frames_beyond_nearest": 0.5,
    "drag_worst_frames_beyond_nearest": 0.5,
    "slowed_worst_frames_beyond_nearest": 1,
    "idle_blank_frames": 0,
    "drag_blank_frames": 0,
    "slowed_blank_frames": 0,
    "slider_median_ms": 50,
    "slider_p95_ms": 150,
    "large_memory_mb": 1500,
    "large_blank_frames": 0,
}
