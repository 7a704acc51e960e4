"""`make bench`: ratios taken in one run, printed, written as JSON with the commit; exit 1 on a miss."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.bench import build, large, memory, page
from tests.support.figures import commit

PARTS = {"page": page, "memory": memory, "build": build, "large": large}
LOCJND = {
    "bytes of a whole page, and requests": "76.7 MB, 535",
    "linked_first_stimulus_s": "8.8 or 19.5",
    "slider_median_ms": "147",
    "slider_p95_ms": "240",
    "drag_blank_frames": "up to 3 s of them",
}
"""Measured on the published demonstration: real images, 10 Mbit/s, 40 ms."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="only these (default: all)")
    chosen = parser.parse_args().parts or list(PARTS)
    figures: dict[str, float] = {}
    missed: list[str] = []
    for name in chosen:
        with tempfile.TemporaryDirectory() as scratch:
            measured = PARTS[name].measure(Path(scratch))
        missed += show(measured, PARTS[name].TARGETS)
        figures |= measured
    folder = Path("bench-results")
    folder.mkdir(exist_ok=True)
    record = {"commit": commit(), **figures, "missed": missed}
    (folder / f"{'-'.join(chosen)}.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return int(bool(missed))


def show(figures: dict[str, float], targets: dict[str, float]) -> list[str]:
    """Print figures beside their targets and the published demonstration's; the names of those that miss."""
    missed = []
    for key, value in figures.items():
        words = ""
        if key in targets:
            met = value <= targets[key]
            words = f"at most {targets[key]:g}: {'met' if met else 'MISSED'}"
            missed += [] if met else [key]
        theirs = f"   LocJND: {LOCJND[key]}" if key in LOCJND else ""
        print(f"{key:38} {value:10.4g}  {words}{theirs}", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(main())
