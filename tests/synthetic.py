"""Studies without pictures: a batch folder with config and manifest as large as wanted, in no time."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from hitgen.config.loading import read_config
from hitgen.plan import Plan, make_plan

LEVELS = 100
SIZE = (640, 480)
WINDOW_LEVELS = 8

CONFIG = """
[batch]
name = "measures"
seed = {seed}
[[images]]
name = "study"
sources = "images/*.png"
codec = "jpeg"
[[images]]
name = "gold"
sources = "gold/*.png"
codec = "jpeg"
role = "gold"
[hit]
training = 0
study = {study}
gold = 1
ratings = {ratings}
[consent]
title = "Study"
contact = "a@example.org"
exemption = "none needed"
retention = "ten years"
withdrawal = "any time"
[screening]
gold_answers_min = {gold_answers_min}
"""


def make_study(
    folder: Path,
    images: int,
    ratings: int = 43,
    study: int = 2,
    gold: int = 30,
    gold_answers_min: int = 10,
    seed: int = 1,
) -> Path:
    """A batch that looks built: `images` study ladders, `study` a page beside one of `gold` questions."""
    folder.mkdir(parents=True, exist_ok=True)
    values = {"seed": seed, "study": study, "ratings": ratings, "gold_answers_min": gold_answers_min}
    (folder / "batch.toml").write_text(CONFIG.format(**values))
    names = {"study": [f"study/s{n:04d}" for n in range(images)], "gold": [f"gold/g{n:04d}" for n in range(gold)]}
    ladders = [_ladder(key, role) for role, keys in names.items() for key in keys]
    rng = np.random.default_rng(seed)
    questions = [_question(key, rng) for key in names["gold"]]
    plan = make_plan(read_config(folder / "batch.toml"), {"training": [], **names})
    manifest = {
        "schema": 1, "batch": "measures", "hitgen": "0", "locations": 3, "pages": _pages(plan), "questions": questions,
        "ladders": ladders,
    }  # fmt: skip
    (folder / "build").mkdir(exist_ok=True)
    (folder / "build" / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _ladder(key: str, role: str) -> dict[str, Any]:
    images, source = key.split("/")
    levels = [
        {"level": n, "parameter": 101 - n if n else None, "frame": _digest(f"{key}{n}")} for n in range(LEVELS + 1)
    ]
    return {
        "ladder": _digest(key), "images": images, "source": source, "codec": "jpeg", "role": role, "bytes": 1,
        "pack": _digest(f"pack {key}"), "width": SIZE[0], "height": SIZE[1], "levels": levels,
    }  # fmt: skip


def _question(key: str, rng: np.random.Generator) -> dict[str, Any]:
    """A window of 8 levels, and three places whose circles don't meet, as `hitgen gold` makes them."""
    onset = int(rng.integers(15, 60))
    while True:
        points = rng.uniform((70, 70), (SIZE[0] - 70, SIZE[1] - 70), (3, 2))
        if min(np.hypot(*(points[a] - points[b])) for a, b in ((0, 1), (0, 2), (1, 2))) > 145:
            break
    return {
        "question": key, "images": "gold", "source": key.split("/")[1], "ladder": _digest(key), "role": "gold",
        "level": [onset, onset + WINDOW_LEVELS - 1], "points": points.round(1).tolist(), "radius_px": 70, "matches": 2,
    }  # fmt: skip


def _pages(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "page": page.page, "kind": page.kind, "assignments": page.assignments, "file": f"pages/{page.page}.html",
            "sha256": _digest(page.page), "bytes": 1,
            "trials": [
                {
                    "trial": trial.trial, "ladder": _digest(trial.ladder), "images": trial.ladder.split("/")[0],
                    "source": trial.ladder.split("/")[1], "codec": "jpeg", "role": trial.role, "question": trial.question,
                }
                for trial in page.trials
            ],
        }
        for page in plan.pages
    ]  # fmt: skip
