"""What a worker waits for and sees: weight, first stimulus, swaps, slider to picture; in a real Chromium."""

from __future__ import annotations

import gzip
import re
import shutil
import statistics
from bisect import bisect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate, pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from hitgen.build import build
from hitgen.manifest import read_manifest
from hitgen.stimuli.form import Frames
from hitgen.stimuli.packs import Frame, read_pack
from tests.bench.build import FORMS, photographs
from tests.support.batches import HEAD
from tests.support.browsers import CHROMIUM, FLAGS
from tests.support.painting import DRAG, LEVELS, OBSERVER, around, at, at_study, grey, swap_times
from tests.support.servers import PageServer, serve

MBIT_PER_S, LATENCY_MS = 10, 40
SIZE = (640, 480)
STALL_MS = 250
"""As in assets/instrument/flicker.js."""
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
JUMPS = """
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


def study(folder: Path, packs: str, frames: Frames, count: int = 3) -> Path:
    """A built batch of photographs, 100 JPEG levels each, on one page."""
    photographs(folder / "images", count)
    (folder / "batch.toml").write_text(
        f'{HEAD}[[images]]\nname = "study"\nsources = "images/*.png"\ncodec = "jpeg"\n'
        f'[hit]\ntraining = 0\nstudy = {count}\ngold = 0\npacks = "{packs}"\nframes = "{frames}"\n'
        '[display]\nscaling = "pixels"\n',
        encoding="utf-8",
    )
    build(folder)
    return folder


def weights(folder: Path) -> dict[str, int]:
    """Bytes of a batch's one page: gzipped whole and shell, its packs, the distinct frames in carried ones."""
    html = (folder / "build" / "pages" / "p0001.html").read_bytes()
    shell = re.sub(rb'<script type="application/octet-stream;base64"[^>]*>[^<]*</script>', b"", html)
    packs = [path.read_bytes() for path in (folder / "build" / "packs").glob("*.pack")]
    frames = {frame.content for pack in packs for frame in read_pack(pack).frames if isinstance(frame, Frame)}
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


def first_stimulus_s(browser: Browser, server: PageServer, slowdown: int = 1) -> float:
    """From navigation to the first painted picture, for a worker who clicks at once."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.add_init_script(HURRY)
    page = context.new_page()
    slowed(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.goto(f"{server.url}/pages/p0001.html{ACCEPTED}", wait_until="commit")
    page.wait_for_function("() => window.firstStimulus", timeout=60_000)
    seconds = float(page.evaluate("() => window.firstStimulus")) / 1000
    context.close()
    return seconds


def loading(browser: Browser, scratch: Path) -> dict[str, float]:
    """Weight over the wire and time to the first stimulus, each against what the bytes alone demand."""
    figures: dict[str, float] = {}
    for packs in ("inline", "linked"):
        distinct = 0
        for frames in FORMS:
            folder = study(scratch / f"{frames}-{packs}", packs, frames)
            weight = weights(folder)
            distinct = distinct or weight["frames"]  # those that made ones show as well
            with serve(folder / "build") as server:
                times = [first_stimulus_s(browser, server) for _ in range(11)]
                slow = [first_stimulus_s(browser, server, 4) for _ in range(3)]
            manifest = read_manifest(folder)
            first = manifest.pages[0].trials[0].ladder  # another one in each batch, of another weight
            first_pack = next(ladder.bytes for ladder in manifest.ladders if ladder.ladder == first)
            share = weight["page_gzipped"] / (weight["shell_gzipped"] + weight["packs"]) if packs == "inline" else 1.0
            requests = 1 if packs == "inline" else 2
            needed = weight["shell_gzipped"] + share * first_pack
            transfer_s = needed * 8 / (MBIT_PER_S * 1e6) + requests * LATENCY_MS / 1000
            sent = weight["page_gzipped"] if packs == "inline" else weight["packs"]
            name = f"{frames}_{packs}"
            figures |= {
                f"{name}_first_stimulus_s": statistics.median(times),
                f"{name}_first_stimulus_ratio": statistics.median(times) / transfer_s,
                f"{name}_first_stimulus_slowed_s": statistics.median(slow),
                f"{name}_wire_ratio": sent / distinct,
                f"{name}_shell_kb": weight["shell_gzipped"] / 1000,
            }
    return figures


def demo(scratch: Path) -> dict[str, float]:
    """What the demo's pages weigh, and of its ladders those that pages make, against what they would with their frames carried."""
    folder = scratch / "demo"
    shutil.copytree("batches/demo", folder, ignore=shutil.ignore_patterns("build", "cache"))
    build(folder)
    page_bytes = [page.bytes for page in read_manifest(folder).pages]
    made = [ladder for ladder in read_manifest(folder).ladders if ladder.made]
    return {
        "demo_largest_page_mb": max(page_bytes) / 1e6,
        "demo_made_ratio": sum(ladder.bytes for ladder in made) / sum(ladder.carried_bytes or 0 for ladder in made),
    }


def opener(browser: Browser) -> Callable[[str], Page]:
    def opened(address: str) -> Page:
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        page.goto(address)
        return page

    return opened


def painted(seen: list[Any]) -> dict[str, float]:
    """Of one run: swaps' distance from their due time, by phase, in ms; swaps off the nearest frame; wrong pictures.

    After a stall, whose end begins the swaps anew, due times are counted anew as well.
    """
    known = {grey(level): "source" if level == 0 else f"level:{level}" for level in range(LEVELS + 1)}
    frames = [entry[0] for entry in seen]
    errors: dict[str, list[float]] = {"source": [], "distorted": []}
    beyond = []
    stalls = [after for before, after in pairwise(frames) if after - before >= STALL_MS]
    missed = 0
    for begin, end in pairwise([frames[0], *stalls, frames[-1] + 1]):
        swaps = [t for t in swap_times(seen)[1:] if begin < t < end]
        if len(swaps) < 2:
            continue
        numbers = list(accumulate((_swaps_between(*pair) for pair in pairwise(swaps)), initial=0))
        missed += numbers[-1] - len(swaps) + 1
        start = statistics.median(t - 125 * number for number, t in zip(numbers, swaps, strict=True))
        for number, t in zip(numbers, swaps, strict=True):
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
        "late_frames": sum(after - before > 1.5 * frame_ms for before, after in pairwise(frames)),
        "stalls": len(stalls),
        "missed_swaps": missed,
        "blank_frames": sum(known.get(entry[1]) != entry[2] for entry in seen),
    }


def _swaps_between(before: float, after: float) -> int:
    """How many swaps were due from one that was seen to the next: an odd number, as they take turns."""
    return 1 + 2 * round(((after - before) / 125 - 1) / 2)


def flicker(browser: Browser, scratch: Path, seconds: float = 15) -> dict[str, float]:
    """Swaps idle, while the slider is dragged, and the same on a processor slowed four times, carried and made."""
    figures: dict[str, float] = {}
    for frames, (name, slowdown) in product(FORMS, (("idle", 1), ("drag", 1), ("slowed", 4))):
        folder = scratch / f"{frames}_{name}"
        folder.mkdir()
        page = at_study(opener(browser), folder, frames, SIZE)
        if slowdown > 1:
            page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        page.evaluate(OBSERVER)
        if name == "idle":
            page.evaluate(DRAG, [0.05, LEVELS])
            page.wait_for_timeout(seconds * 1000)
        else:
            page.evaluate(DRAG, [seconds, LEVELS])
        seen = page.evaluate("() => window.seen")
        figures |= {f"{frames}_{name}_{key}": value for key, value in painted(seen).items()}
        page.context.close()
    return figures


def slider_to_picture(browser: Browser, scratch: Path, moves: int = 120) -> dict[str, float]:
    """From a jump of the slider to the new level on the canvas, and beyond the end of a source phase."""
    figures: dict[str, float] = {}
    for frames in FORMS:
        folder = scratch / frames
        folder.mkdir(parents=True)
        page = at_study(opener(browser), folder, frames, SIZE)
        page.evaluate(OBSERVER)
        jumps = page.evaluate(JUMPS, [moves, LEVELS])
        figures |= {
            f"{frames}_slider_{key}": value for key, value in waits(page.evaluate("() => window.seen"), jumps).items()
        }
        page.context.close()
    return figures


def waits(seen: list[Any], jumps: list[Any]) -> dict[str, float]:
    """What jumps of the slider had to wait for, in ms: `seen` are times, greys and shown pictures, `jumps` times and levels.

    Of jumps in a distorted phase, from the jump; of those in a source phase, from its end, in whose frame the level is due.
    Late are frames that show the level from before although the new one was asked for more than two frames before.
    """
    times = [entry[0] for entry in seen]
    frame_ms = statistics.median(b - a for a, b in pairwise(times))
    waited: dict[bool, list[float]] = {True: [], False: []}
    late = 0
    for (_, old), (moved, level), (until, _) in zip(jumps, jumps[1:], jumps[2:], strict=False):
        start = bisect(times, moved)
        later = seen[start : bisect(times, until)]
        in_source = seen[start - 1][2] == "source"
        due = next((entry[0] for entry in later if entry[2] != "source"), until) if in_source else moved
        waited[in_source].append(next((entry[0] for entry in later if entry[2] == f"level:{level}"), until) - due)
        late += sum(entry[2] == f"level:{old}" and entry[0] > moved + 2.5 * frame_ms for entry in later)
    return {
        "median_ms": float(np.median(waited[False])),
        "p95_ms": float(np.quantile(waited[False], 0.95)),
        "past_source_ms": max(waited[True]),
        "late_frames": late,
    }


def measure(scratch: Path) -> dict[str, float]:
    """All figures of the page in one run."""
    with chromium() as browser:
        return {
            **demo(scratch / "demo"),
            **loading(browser, scratch / "loading"),
            **flicker(browser, scratch),
            **slider_to_picture(browser, scratch / "slider"),
        }


TARGETS = {
    "demo_made_ratio": 0.15,
    "made_inline_first_stimulus_s": 1.0,
    "made_linked_first_stimulus_s": 1.0,
    "made_inline_first_stimulus_slowed_s": 2.0,
    "made_inline_wire_ratio": 0.12,
    "made_linked_wire_ratio": 0.12,
    "carried_inline_wire_ratio": 1.05,
    "carried_linked_wire_ratio": 1.02,
    "made_slider_median_ms": 17,
    "made_slider_late_frames": 0,
    "made_slider_past_source_ms": 0,
    "carried_slider_median_ms": 50,
    "carried_slider_p95_ms": 150,
    **{f"{frames}_{packs}_first_stimulus_ratio": 1.3 for frames in FORMS for packs in ("inline", "linked")},
    **{f"{frames}_{packs}_shell_kb": 150 for frames in FORMS for packs in ("inline", "linked")},
    **{
        f"{frames}_{name}_{key}": most
        for frames in FORMS
        for name, beyond in (("idle", 0.5), ("drag", 0.5), ("slowed", 1))
        for key, most in (("worst_frames_beyond_nearest", beyond), ("blank_frames", 0))
    },
}
