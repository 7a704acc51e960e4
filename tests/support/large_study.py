"""Studies without pictures: a batch folder with config and manifest as large as wanted, in no time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hitgen.config.images import Role
from hitgen.config.read import read_config
from hitgen.manifest import Ladder, Question
from hitgen.plan import make_plan
from tests.support import manifests
from tests.support.batches import CONSENT, STUDY
from tests.support.manifests import SIZE

WINDOW_LEVELS = 8

CONFIG = f"""
[batch]
name = "measures"
seed = {{seed}}
{STUDY}
[[images]]
name = "gold"
sources = "gold/*.png"
codec = "jpeg"
role = "gold"
[hit]
training = 0
study = {{study}}
gold = 1
ratings = {{ratings}}
repeats = {{repeats}}
{CONSENT}
[screening]
{{screening}}
"""


def make_study(
    folder: Path,
    images: int,
    ratings: int = 43,
    study: int = 2,
    gold: int = 30,
    gold_answers_min: int | None = 10,
    seed: int = 1,
    repeats: int = 0,
) -> Path:
    """A batch that looks built: `images` study ladders, `study` a page beside one of `gold` questions.

    Without `gold_answers_min` gold is evidence.
    """
    folder.mkdir(parents=True, exist_ok=True)
    screening = 'rule = "evidence"' if gold_answers_min is None else f"gold_answers_min = {gold_answers_min}"
    values = {"seed": seed, "study": study, "ratings": ratings, "repeats": repeats, "screening": screening}
    (folder / "batch.toml").write_text(CONFIG.format(**values))
    names: dict[Role, list[str]] = {
        "study": [f"study/s{n:04d}" for n in range(images)],
        "gold": [f"gold/g{n:04d}" for n in range(gold)],
    }
    roles: tuple[Role, ...] = ("study", "gold")
    ladders = {key: manifests.ladder(role, key.partition("/")[2], role) for role in roles for key in names[role]}
    rng = np.random.default_rng(seed)
    questions = [_question(ladders[key], rng) for key in names["gold"]]
    plan = make_plan(read_config(folder / "batch.toml"), {"training": [], **names})
    pages = [
        manifests.page(
            page.page, [ladders[trial.ladder] for trial in page.trials], page.assignments, page.kind,
            [trial.trial for trial in page.trials],
        )
        for page in plan.pages
    ]  # fmt: skip
    manifests.write(folder, pages, ladders.values(), questions, batch="measures")
    return folder


def _question(ladder: Ladder, rng: np.random.Generator) -> Question:
    """A window of 8 levels, and three places whose circles don't meet, as `hitgen gold` makes them."""
    onset = int(rng.integers(15, 60))
    while True:
        points = rng.uniform((70, 70), (SIZE[0] - 70, SIZE[1] - 70), (3, 2))
        if min(np.hypot(*(points[a] - points[b])) for a, b in ((0, 1), (0, 2), (1, 2))) > 145:
            break
    return manifests.question(ladder, (onset, onset + WINDOW_LEVELS - 1), points.round(1).tolist())
