"""What tells natural gold: nothing is done to it, so that only the choice of ladders could.

Three crops of each photograph are rated by simulated people who see as the eye's model does: each has a threshold of its own, finds
the first level that is above it, and marks what is most above it. Of the ladders that they agree on, those that
`hitgen gold --from` takes are held against all others by all features of docs/gold.md.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hitgen.config.images import JpegSet
from hitgen.methods.pjnd.eye import Eye, mean_around
from hitgen.methods.pjnd.gold_natural import Answers, Fit, UnfitError, agreed, spread_out
from hitgen.stimuli.views import as_it_is
from tests.soak.test_gold_told import LEVELS, Ladder, apart, features, growth, of_whose, offered, telling
from tests.support.figures import write_figures

pytestmark = pytest.mark.soak
CROPS, PEOPLE, MOST, STEP = 3, 30, 10, 4
SEEN_AT, PEOPLE_SD = 0.8, 0.27
"""Of what is most above the threshold of seeing, where half of the people see it; the SD of its logarithm over people: 8 to 14 levels."""
ATTENTION = 20.0
CELL_PX = 16


def crops(path: Path, rng: np.random.Generator) -> Iterator[Image.Image]:
    """Parts of a photograph of 70 to 100% of its width."""
    with Image.open(path) as opened:
        photo = opened.convert("RGB")
    for _ in range(CROPS):
        width = min(photo.width, photo.height * 4 / 3) * rng.uniform(0.7, 1)
        left, top = rng.uniform(0, photo.width - width), rng.uniform(0, photo.height - width * 0.75)
        box = (left, top, left + width, top + width * 0.75)
        yield photo.resize((640, 480), Image.Resampling.LANCZOS, box=box)


def rated(ladder: Ladder, rng: np.random.Generator) -> Answers:
    """The levels and marks of people who look at a ladder."""
    eye, levels = Eye(ladder.picture), np.arange(STEP, LEVELS + 1, STEP)
    thresholds = [eye.thresholds(np.repeat(ladder.luma[level][..., None], 3, 2)) for level in levels]
    peaks = [float(np.quantile(each, 0.995)) for each in thresholds]
    peak = np.maximum.accumulate(np.interp(np.arange(1, LEVELS + 1), levels, peaks))
    around = [mean_around(each, 17)[CELL_PX // 2 :: CELL_PX, CELL_PX // 2 :: CELL_PX] for each in thresholds]
    found: Answers = {}
    for person in range(PEOPLE):
        needed = SEEN_AT * np.exp(rng.normal(0, PEOPLE_SD))
        level = int(np.argmax(peak >= needed)) + 1 if peak[-1] >= needed else None
        seen = around[int(np.abs(levels - (level or LEVELS)).argmin())]
        found[f"w{person}"] = (level, tuple(_marks(seen, rng)))
    return found


def _marks(seen: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[float, float]]:
    """Three places apart, mostly where most is seen, some anywhere."""
    weights = np.exp(ATTENTION * seen / seen.max())
    rows, columns = np.indices(seen.shape)
    for _ in range(3):
        at = rng.choice(weights.size, p=(weights / weights.sum()).ravel())
        row, column = np.unravel_index(at, seen.shape)
        x, y = rng.normal((column * CELL_PX + 8, row * CELL_PX + 8), 15)
        if rng.random() < 0.15:
            x, y = rng.uniform((0, 0), (640, 480))
        weights = weights * (np.hypot(columns * CELL_PX + 8 - x, rows * CELL_PX + 8 - y) > 50)
        yield float(x), float(y)


def largest(rows: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Of each feature (columns) the area under the curve of those that are taken against the others."""
    return np.array([apart([*column[~taken]], [*column[taken]]) for column in rows.T])


@pytest.mark.timeout(3600)
def test_the_choice_of_natural_gold_tells_no_more_than_chance(tmp_path: Path) -> None:
    rng = np.random.default_rng(20_261)
    rows: list[dict[str, float]] = []
    told: list[dict[str, float]] = []
    kept: list[Fit] = []
    means: list[float] = []
    refused: Counter[str] = Counter()
    images = JpegSet(name="study", sources="*.png", codec="jpeg")
    for number, picture in enumerate(itertools.chain.from_iterable(crops(path, rng) for path in offered(tmp_path))):
        path = tmp_path / f"crop{number}.png"
        picture.save(path, compress_level=1)
        ladder, view = Ladder(path), as_it_is(LEVELS)
        rows.append({**features(ladder, view), **growth(ladder, view)})
        told.append(telling(ladder, view))
        answers = rated(ladder, rng)
        means.append(float(np.mean([LEVELS if level is None else level for level, _ in answers.values()])))
        try:
            kept.append(Fit(agreed(answers, LEVELS, (640, 480)), images, str(number), path))
        except UnfitError as why:
            refused[str(why)] += 1
    count = min(MOST, len(kept) // 2)
    assert count >= 4, refused
    chosen = {int(each.source) for each in spread_out(kept, count)}
    best = {int(each.source) for each in sorted(kept, key=lambda each: -each.answer.telling)[:count]}
    figures, tables = {}, {"features": rows, "as the eye sees": told, "mean level": [{"mean": mean} for mean in means]}
    for name, table in tables.items():
        values = np.array([[*row.values()] for row in table])
        areas, of_best = (largest(values, np.isin(np.arange(len(rows)), [*each])) for each in (chosen, best))
        by_chance = [
            largest(values, np.isin(np.arange(len(rows)), rng.choice(len(rows), len(chosen), replace=False))).max()
            for _ in range(200)
        ]
        figures[name] = {
            "largest": float(areas.max()), "of": [*table[0]][int(areas.argmax())],
            "of as many by chance, half and 95%": np.quantile(by_chance, [0.5, 0.95]).round(3).tolist(),
            "were the most telling taken": float(of_best.max()),
            "areas": dict(zip(table[0], areas.tolist(), strict=True)),
        }  # fmt: skip
    counts: dict[str, Any] = {"ladders": len(rows), "fit": len(kept), "chosen": len(chosen), "refused": refused}
    write_figures(f"gold-natural-told{of_whose()}", {**counts, **figures})
    for name, each in figures.items():
        assert each["largest"] <= each["of as many by chance, half and 95%"][1], (name, each)
