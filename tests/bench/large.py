"""Large batches: how time grows with the number of sources, and what memory 10,000 linked pages take."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

from tests.support.batches import HEAD

GROWTH = (10, 100, 1000)
LARGE_SOURCES = 1008
LARGE_RATINGS = 10


def batch(folder: Path, count: int, ratings: int, size: tuple[int, int]) -> Path:
    """Sources that all differ, 100 JPEG levels each; one linked page a source and rating."""
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(3)
    texture = rng.integers(0, 256, (size[1] * 2, size[0] * 2, 3), dtype=np.uint8)
    smooth = Image.fromarray(texture).resize((size[0] * 2, size[1] * 2)).resize((size[0] // 4, size[1] // 4))
    for number in range(count):
        left, top = rng.integers(0, size[0] // 16, 2)
        part = smooth.crop((left, top, left + size[0] // 8, top + size[1] // 8)).resize(size, Image.Resampling.BICUBIC)
        part.putpixel((number % size[0], number // size[0]), (255, 0, 0))
        part.save(folder / "images" / f"s{number:04d}.png", compress_level=1)
    (folder / "batch.toml").write_text(
        f'{HEAD}[[images]]\nname = "study"\nsources = "images/*.png"\ncodec = "jpeg"\n'
        f'[hit]\ntraining = 0\nstudy = 1\ngold = 0\nratings = {ratings}\nassignments = 1\npacks = "linked"\n',
        encoding="utf-8",
    )
    return folder


def build_cost(folder: Path) -> tuple[float, float]:
    """Seconds that `hitgen build` takes, and the most memory of it and its processes together, in MB."""
    start = time.perf_counter()
    process = psutil.Popen([sys.executable, "-m", "hitgen", "build", str(folder)], stdout=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        most = max(most, _resident(process))
        time.sleep(0.1)
    if process.returncode:
        raise RuntimeError(f"the build of {folder.name} failed")
    return time.perf_counter() - start, most / 1e6


def _resident(process: psutil.Process) -> int:
    total = 0
    try:
        for each in [process, *process.children(recursive=True)]:
            total += each.memory_info().rss
    except psutil.NoSuchProcess:
        return total
    return total


def measure(scratch: Path) -> dict[str, Any]:
    """Growth of time from 10 to 1,000 sources, and time and memory of a large batch above those of one page."""
    times = [build_cost(batch(scratch / f"growth{count}", count, 1, (320, 240)))[0] for count in GROWTH]
    _, one_mb = build_cost(batch(scratch / "one", 1, 1, (160, 120)))
    large = batch(scratch / "large", LARGE_SOURCES, LARGE_RATINGS, (160, 120))
    large_s, large_mb = build_cost(large)
    pages = len(list((large / "build" / "pages").glob("*.html")))
    slope = np.polyfit(np.log(GROWTH[1:]), np.log(times[1:]), 1)[0]
    return {
        **{f"growth_{count}_s": seconds for count, seconds in zip(GROWTH, times, strict=True)},
        "growth_exponent": float(slope),
        "large_pages": pages,
        "large_build_s": large_s,
        "large_memory_above_one_page_mb": large_mb - one_mb,
    }


TARGETS = {"growth_exponent": 1.05, "large_memory_above_one_page_mb": 400}
