"""`make bench`: ratios taken in one run, printed, written as JSON with the commit; exit 1 on a miss."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench import build


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        figures = build.measure(Path(name))
    for key, value in figures.items():
        target = build.TARGETS.get(key)
        verdict = "" if target is None else f"  at most {target}: {'met' if value <= target else 'MISSED'}"
        print(f"{key:16} {value:10.4g}{verdict}")
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    folder = Path("bench-results")
    folder.mkdir(exist_ok=True)
    (folder / "build.json").write_text(json.dumps({"commit": commit, **figures}, indent=2) + "\n")
    return int(any(figures[key] > target for key, target in build.TARGETS.items()))


if __name__ == "__main__":
    sys.exit(main())
