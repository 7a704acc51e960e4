"""`python -m tests.bench.measures`: simulated studies of known truth through the real grading, screening and analysis.

300 images at 43 ratings, 20% spammers. Ten gold questions a worker, over 11 seeds (3,300 intervals); then one, two and
three, over three. Takes some 12 minutes; writes soak-results/measures.json; exit 1 where a target is missed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from hitgen.methods.pjnd.analysis.analyse import Analysis, analyse
from hitgen.methods.pjnd.analysis.answers import FloatArray, LadderAnswers, answers_of
from hitgen.methods.pjnd.analysis.pjnd import Estimate
from hitgen.methods.pjnd.analysis.regions import map_correlation, region_map, sigma_px
from hitgen.methods.pjnd.analysis.sur import fit_sur
from hitgen.methods.pjnd.observers import BASE_HEIGHT_PX
from hitgen.methods.pjnd.population import LadderTruth, Population
from hitgen.results.dataset import Dataset, dataset_of
from hitgen.results.study import Study, read_study
from hitgen.simulation.simulate import simulate
from tests.support.figures import write_figures
from tests.support.known_truth import Truth, clipped_mean, read_truth, sur_level
from tests.support.large_study import make_study

SEEDS = tuple(range(3001, 3012))
FEW_GOLD_SEEDS = SEEDS[:3]
STUDY_ON_A_PAGE = {10: 2, 3: 7, 2: 10, 1: 20}
"""About 20 study trials for each worker, whatever the number of gold questions (one a page)."""

TARGETS = {
    "mae_mean": (0, 2), "r_mean": (0.98, 1), "mae_sur75": (0, 2), "honest_kept": (0.95, 1), "spammers_kept": (0, 0.05),
    "map_correlation": (0.95, 1),
}  # fmt: skip
COVERAGE = (0.93, 0.97)


def measure(seed: int, gold: int, images: int = 300, ratings: int = 43) -> dict[str, float]:
    """The figures of one simulated study; `gold` is questions a worker, and as many decide on the worker."""
    population = Population(hits_per_worker=gold)
    with tempfile.TemporaryDirectory() as name:
        folder = make_study(Path(name), images, ratings, STUDY_ON_A_PAGE[gold], gold_answers_min=gold, seed=seed)
        simulate(folder, population, seed)
        begun = time.perf_counter()
        study = read_study(folder)
        dataset = dataset_of(study)
        analysis = analyse(dataset.ratings, dataset.tables["clicks"], dataset.images)
        seconds = time.perf_counter() - begun
        truth = read_truth(folder)
    return {
        "seed": seed, "gold": gold, **_kept(study, dataset, truth), **_levels(analysis, truth.ladders),
        **_unscreened(dataset, truth), "map_correlation": _maps(analysis, truth.ladders, population),
        "ratings_used": float(np.mean([result.pjnd.n for result in analysis.ladders])), "seconds": seconds,
    }  # fmt: skip


def _kept(study: Study, dataset: Dataset, truth: Truth) -> dict[str, float]:
    """The shares of honest workers and of spammers whose ratings are used."""
    used = set(dataset.workers.filter(pl.col("use") == "use")["worker"])
    kept = {person: study.pseudonym(person.worker) in used for person in truth.people}
    return {
        "honest_kept": float(np.mean([kept[person] for person in truth.people if person.honest])),
        "spammers_kept": float(np.mean([kept[person] for person in truth.people if not person.honest])),
    }


def _levels(analysis: Analysis, truths: Mapping[str, LadderTruth]) -> dict[str, float]:
    found = analysis.ladders
    known = [truths[result.answers.ladder] for result in found]
    means = np.array([clipped_mean(truth) for truth in known])
    quartiles = [sur_level(truth, 0.75) for truth in known]
    fitted = [result.sur.fitted_levels[0.75] for result in found]
    estimates = np.array([result.pjnd.mean.value for result in found], float)
    return {
        "mae_mean": float(np.abs(estimates - means).mean()),
        "bias_mean": float((estimates - means).mean()),
        "r_mean": float(np.corrcoef(estimates, means)[0, 1]),
        "mae_sur75": float(
            np.mean([abs((level.value or 0) - true) for level, true in zip(fitted, quartiles, strict=True)])
        ),
        "covered": _covered((result.pjnd.mean for result in found), means),
        "covered_sur75": _covered(fitted, quartiles),
        "intervals": len(found),
    }


def _covered(estimates: Iterable[Estimate], truths: Sequence[float] | FloatArray) -> float:
    inside = [
        estimate.low is not None and estimate.high is not None and estimate.low <= true <= estimate.high
        for estimate, true in zip(estimates, truths, strict=True)
    ]
    return float(np.mean(inside))


def _unscreened(dataset: Dataset, truth: Truth) -> dict[str, float]:
    """The same with every study rating, spammers and all."""
    everything = list(answers_of(dataset.ratings.filter(pl.col("role") == "study"), dataset.images))
    means = [clipped_mean(truth.ladders[ladder.ladder]) for ladder in everything]
    quartiles = [sur_level(truth.ladders[ladder.ladder], 0.75) for ladder in everything]
    given = [float(ladder.clipped.mean()) for ladder in everything]
    levels = [_fitted(ladder) for ladder in everything]
    return {
        "unscreened_mae_mean": float(np.abs(np.subtract(given, means)).mean()),
        "unscreened_r_mean": float(np.corrcoef(given, means)[0, 1]),
        "unscreened_mae_sur75": float(np.abs(np.subtract(levels, quartiles)).mean()),
    }


def _fitted(ladder: LadderAnswers) -> float:
    fit = fit_sur(ladder)
    return (fit.level(0.75).value or 0.0) if fit else 0.0


def _maps(analysis: Analysis, truths: Mapping[str, LadderTruth], population: Population) -> float:
    """Mean correlation of each ladder's map with the density that its hotspots have."""
    found = []
    for result in analysis.ladders:
        if result.clicks:
            truth = truths[result.answers.ladder]
            step = sigma_px(truth.height) / 4
            correlation = map_correlation(region_map(result.clicks, step), _true_map(truth, population, step))
            found.append(correlation or 0.0)
    return float(np.mean(found))


def _true_map(truth: LadderTruth, population: Population, step: float) -> FloatArray:
    """Hotspots by their shares, blurred by jitter and by the map's own sigma; clicks anywhere change no correlation."""
    jitter = population.jitter_px * truth.height / BASE_HEIGHT_PX
    sigma = np.hypot(jitter, sigma_px(truth.height))
    rows = (np.arange(0.5, round(truth.height / step)) * step)[:, None]
    columns = (np.arange(0.5, round(truth.width / step)) * step)[None]
    spots = zip(population.hotspots, truth.hotspots, strict=True)
    parts = [share * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2)) for share, (x, y) in spots]
    density: FloatArray = np.sum(parts, axis=0)
    return density


def main() -> int:
    """Print the table, write the figures, and say which targets are met."""
    rows = []
    for gold, seeds in _cases():
        for seed in seeds:
            print(f"seed {seed}, {gold} gold questions a worker", file=sys.stderr, flush=True)
            rows.append(measure(seed, gold))
    full = [row for row in rows if row["gold"] == 10]
    covered = float(np.average([row["covered"] for row in full], weights=[row["intervals"] for row in full]))
    missed = [
        f"{name} of seed {row['seed']:.0f} is {row[name]:.4g}, wanted {low} to {high}"
        for row in full
        for name, (low, high) in TARGETS.items()
        if not low <= row[name] <= high
    ]
    if not COVERAGE[0] <= covered <= COVERAGE[1]:
        missed.append(f"intervals cover the truth {covered:.2%} of the time, wanted {COVERAGE}")
    summary = {f"gold_{gold}": _averages([row for row in rows if row["gold"] == gold]) for gold in STUDY_ON_A_PAGE}
    intervals = sum(row["intervals"] for row in full)
    write_figures(
        "measures", {"covered": covered, "intervals": intervals, "missed": missed, **summary, "studies": rows}
    )
    return int(bool(missed))


def _cases() -> list[tuple[int, Sequence[int]]]:
    return [(gold, SEEDS if gold == 10 else FEW_GOLD_SEEDS) for gold in STUDY_ON_A_PAGE]


def _averages(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {
        name: round(float(np.mean([row[name] for row in rows])), 4) for name in rows[0] if name not in ("seed", "gold")
    }


if __name__ == "__main__":
    sys.exit(main())
