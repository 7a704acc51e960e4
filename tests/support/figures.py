"""The figures of long proofs, kept as JSON beside the commit that they were measured on."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]


def commit() -> str:
    """The checkout's commit, with `+changes` where files differ from it."""
    described = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+changes"]
    return subprocess.run(described, capture_output=True, text=True, check=True).stdout.strip()


def write_figures(name: str, figures: Mapping[str, object]) -> Path:
    """Prints the figures and writes them to soak-results/NAME.json with commit, day and machine."""
    record = {
        "commit": commit(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **figures,
    }
    folder = ROOT / "soak-results"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.json"
    text = json.dumps(record, indent=2, default=str)
    path.write_text(text + "\n", encoding="utf-8")
    print(f"{name}: {text}")
    return path
