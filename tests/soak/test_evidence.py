"""The analysis against known truth on fresh seeds, ten studies a case: errors, ratings saved, coverage, whom gold keeps, time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from hitgen.methods.pjnd.analysis.answers import LadderAnswers
from hitgen.methods.pjnd.analysis.crossed_study import cross
from hitgen.methods.pjnd.analysis.pjnd import Estimate, estimate_pjnd
from hitgen.methods.pjnd.analysis.pooled import level_at, pooled_sur, restricted_mean
from hitgen.methods.pjnd.analysis.spread import pooled_kurtosis
from hitgen.methods.pjnd.analysis.sur import estimate_sur, fit_sur
from hitgen.methods.pjnd.population import LadderTruth, Population, draw_noise, draw_truth
from tests.support.crossed_study import Rated, rated, restricted_sd
from tests.support.figures import write_figures
from tests.support.known_truth import clipped_mean, share_above, sur_level
from tests.test_crossed import modelled
from tests.test_evidence import honest

pytestmark = pytest.mark.soak
STUDIES = 10
FIRST_SEED = 610_000
Case = tuple[dict[str, Any], dict[str, Any], tuple[float, float] | None]

CASES: dict[str, Case] = {
    "10 ratings": ({}, {"ratings": 10}, (2.9, 3.1)),
    "20 ratings": ({}, {}, (2.05, 2.2)),
    "43 ratings": ({}, {"ratings": 43}, (1.45, 1.6)),
    "one gold": ({}, {"gold": 1}, (2.05, 2.2)),
    "six ratings and one gold a worker": ({}, {"gold": 1, "each": 6}, (2.0, 2.15)),
    "two ratings and one gold a worker": ({}, {"gold": 1, "each": 2}, None),
    "spammers know the gold": ({"gold_known": 1}, {}, (2.15, 2.25)),
    "a program that decodes frames": ({"kinds": ("decoder",)}, {}, None),
    "inconsistent workers": ({"inconsistency": 0.5}, {}, None),
    "lognormal": ({"shape": "lognormal"}, {}, None),
    "bimodal": ({"shape": "bimodal", "worker_sd": 3}, {}, None),
    "heavy tails": ({"shape": "heavy-tails"}, {}, None),
    "workers do not differ": ({"worker_sd": 0}, {}, None),
    "no spam": ({"spammers": 0}, {}, None),
    "30% late": ({"late": 0.3}, {}, None),
    "no gold": ({}, {"gold": 0}, None),
}  # fmt: skip
"""Population, study, and at most these errors of mean and 75% level."""

FEWER = {"20 ratings": 15, "one gold": 12}
"""So many of the 20 ratings of these cases are enough for the error that screening, mean and fit have with all of them."""


def errors(study: Rated) -> dict[str, float]:
    """Mean absolute errors of mean and 75% level, crossed and screened, and whom the crossed model takes for honest."""
    data, model = modelled(study)
    sur = pooled_sur(data, model, np.ones(len(study.people)))
    means = np.array([clipped_mean(truth) for truth in study.truths])
    levels = np.array([sur_level(truth, 0.75) for truth in study.truths])
    screened = study.answers(study.kept_by_thresholds())
    fits = [fit_sur(ladder) for ladder in screened]
    fitted = [_or_last(fit.level(0.75).value) if fit else np.nan for fit in fits]
    counted = [float(ladder.clipped.mean()) if len(ladder.levels) else np.nan for ladder in screened]
    return {
        "mean": _mae([restricted_mean(one) for one in sur], means),
        "level75": _mae([level_at(one, 0.75) for one in sur], levels),
        "screened_mean": _mae(counted, means), "screened_level75": _mae(fitted, levels),
        "honest_taken_for_spam": float((model.honest[study.honest] < 0.5).mean()),
    }  # fmt: skip


def _or_last(level: float | None) -> float:
    return 100.0 if level is None else level


def _mae(found: Sequence[float], truth: np.ndarray) -> float:
    return float(np.nanmean(np.abs(np.asarray(found) - truth)))


def averages(name: str, ratings: int | None = None) -> dict[str, float]:
    """Over the studies of a case, whole or with the first `ratings` of each ladder alone."""
    people, asked, _ = CASES[name]
    seed, rows = FIRST_SEED + 100 * [*CASES].index(name), []
    for n in range(STUDIES):
        study = rated(Population(**people), seed + n, **asked)
        rows.append(errors(study if ratings is None else study.first(ratings)))
    return {key: round(float(np.mean([row[key] for row in rows])), 3) for key in rows[0]}


@pytest.mark.timeout(3600)
def test_errors_in_every_case() -> None:
    found = {name: averages(name) for name in CASES}
    fewer = {name: averages(name, ratings) for name, ratings in FEWER.items()}
    missed = [name for name, (_, _, most) in CASES.items() if most and not _within(found[name], most)]
    missed += [
        f"{name}, {figure}" for name, row in found.items() for figure in ("mean", "level75") if row[figure] > row[f"screened_{figure}"]
    ]  # fmt: skip
    missed += [
        f"{FEWER[name]} of {name}, {figure}" for name, row in fewer.items()
        for figure in ("mean", "level75") if row[figure] > found[name][f"screened_{figure}"]
    ]  # fmt: skip
    write_figures("evidence-errors", {"studies": STUDIES, "missed": missed, "errors": found, "fewer_ratings": fewer})
    assert missed == []


def _within(row: dict[str, float], most: tuple[float, float]) -> bool:
    return row["mean"] <= most[0] and row["level75"] <= most[1]


CELLS: dict[str, tuple[dict[str, Any], float]] = {
    "normal": ({}, 0), "lognormal": ({"shape": "lognormal"}, 0), "8% blind": ({}, 0.08),
    "two kinds of people": ({"shape": "bimodal", "worker_sd": 3}, 0),
}  # fmt: skip
LADDERS, CELL_STUDIES = 30, 40


@pytest.mark.timeout(3600)
def test_intervals_of_single_ladders_cover() -> None:
    found = {f"{name}, n = {n}": coverage(name, n) for name in CELLS for n in (15, 25, 43)}
    missed = [
        f"{cell}: {figure} {share}" for cell, row in found.items()
        for figure, share in row.items() if figure in ("mean", "sd", "median", "level75") and not 0.92 <= share <= 0.98
    ]  # fmt: skip
    write_figures(
        "evidence-coverage", {"intervals_a_cell": LADDERS * CELL_STUDIES, "missed": missed, "coverage": found}
    )
    assert missed == []


def coverage(name: str, n: int) -> dict[str, float]:
    """How often the 95% intervals of a cell hold what is true of its population, blind answers included."""
    people, blind = CELLS[name]
    rng = np.random.default_rng([FIRST_SEED, [*CELLS].index(name), n])
    inside: dict[str, list[bool]] = {}
    for study in range(CELL_STUDIES):
        truths = [
            draw_truth(Population(**people), f"{name} {n} {study} {at}", (640, 480), 100, rng) for at in range(LADDERS)
        ]
        answers = [_sampled(truth, n, blind, rng) for truth in truths]
        kurtosis = pooled_kurtosis([ladder.clipped for ladder in answers])
        for truth, ladder in zip(truths, answers, strict=True):
            sur = share_above(truth) * (1 - blind) + blind * np.array([1 - level / 100 for level in range(101)])
            pjnd, levels = estimate_pjnd(ladder, kurtosis), estimate_sur(ladder)
            for figure, estimate, value in (
                ("mean", pjnd.mean, restricted_mean(sur)), ("sd", pjnd.sd, restricted_sd(sur)),
                ("median", pjnd.median, level_at(sur, 0.5) + 1), ("level75", levels.fitted_levels[0.75], level_at(sur, 0.75)),
                ("level75_counted", levels.empirical_levels[0.75], level_at(sur, 0.75)),
                ("level50", levels.fitted_levels[0.5], level_at(sur, 0.5)),
            ):  # fmt: skip
                inside.setdefault(figure, []).append(_holds(estimate, value))
    return {figure: round(float(np.mean(held)), 3) for figure, held in inside.items()}


def _sampled(truth: LadderTruth, n: int, blind: float, rng: np.random.Generator) -> LadderAnswers:
    """Answers of n people, each of a kind and with a bias and a noise of their own."""
    shares, offsets = np.array(truth.kinds).T
    own = rng.choice(offsets, n, p=shares / shares.sum()) + rng.normal(0, truth.worker_sd, n)
    noise = truth.noise_sd * np.array([draw_noise(truth.shape, rng) for _ in range(n)])
    levels = np.clip(np.round(truth.mean + own + noise), 1, 101).astype(np.int64)
    levels = np.where(rng.random(n) < blind, rng.integers(1, 101, n), levels)
    names = tuple(f"w{number}" for number in range(n))
    return LadderAnswers(truth.ladder, "", "", "", 100, levels, names, np.full(101, np.nan))


def _holds(estimate: Estimate, value: float) -> bool:
    low, high = estimate.low, estimate.high
    return (low is None or low <= value) and (high is None or value <= high)


@pytest.mark.timeout(3600)
def test_intervals_of_the_crossed_model_cover() -> None:
    found = {}
    for number, (name, (people, asked)) in enumerate(
        {"normal": ({}, {}), "one gold": ({}, {"gold": 1}), "lognormal": ({"shape": "lognormal"}, {}),
         "two kinds of people": ({"shape": "bimodal", "worker_sd": 3}, {})}.items()
    ):  # fmt: skip
        rows: dict[str, list[bool]] = {"mean": [], "sd": [], "level75": []}
        for seed in range(STUDIES):
            study = rated(Population(**people), FIRST_SEED + 5000 + 100 * number + seed, **asked)
            crossing = cross(study.answers(), study.gold_evidence(), (0.75,))
            assert crossing is not None
            for truth in study.truths:
                one, sur = crossing.ladders[truth.ladder], share_above(truth)
                for figure, estimate, value in (
                    ("mean", one.mean, restricted_mean(sur)), ("sd", one.sd, restricted_sd(sur)),
                    ("level75", one.levels[0.75], level_at(sur, 0.75)),
                ):  # fmt: skip
                    rows[figure].append(_holds(estimate, value))
        found[name] = {figure: round(float(np.mean(held)), 3) for figure, held in rows.items()}
    write_figures("evidence-crossed-coverage", {"studies": STUDIES, "coverage": found})
    assert all(0.9 <= row[figure] <= 0.99 for row in found.values() for figure in ("mean", "level75"))
    assert all(0.92 <= row["sd"] <= 0.98 for row in found.values())


PEOPLE = {
    "honest": (0.84, 0.94), "sloppy": (0.70, 0.88), "late": (0.35, 0.97), "uniform": (0.08, 0.04), "random clicks": (0.84, 0.04)
}  # fmt: skip


@pytest.mark.timeout(600)
def test_whom_gold_answers_keep() -> None:
    rng, found = np.random.default_rng(FIRST_SEED), {}
    for gold in (1, 2, 3, 5, 10):
        for name, shares in PEOPLE.items():
            passes = (rng.random((4000, gold, 2)) < shares).tolist()
            keys = [tuple(sorted(map(tuple, person))) for person in passes]
            probable = {key: honest(*key) for key in set(keys)}
            found[f"{name}, {gold} gold"] = {
                "used": round(float(np.mean([probable[key] >= 0.9 for key in keys])), 4),
                "left_out": round(float(np.mean([probable[key] < 0.1 for key in keys])), 4),
                "by_thresholds": round(float(np.mean(np.mean(passes, axis=(1, 2)) >= 0.7)), 4),
            }
    write_figures("evidence-kept", {"people": 4000, "kept": found})
    assert found["honest, 3 gold"]["used"] >= 0.97 and found["sloppy, 3 gold"]["used"] >= 0.93
    assert found["uniform, 3 gold"]["used"] <= 0.02 and found["random clicks, 3 gold"]["used"] <= 0.02


@pytest.mark.timeout(600)
def test_the_model_of_a_large_study_takes_seconds() -> None:
    study = rated(Population(), FIRST_SEED + 9000, images=300, ratings=43, gold=3)
    begun = time.process_time()
    data, model = modelled(study)
    pooled_sur(data, model, np.ones(len(study.people)))
    fitted = time.process_time() - begun
    begun = time.process_time()
    cross(study.answers(), study.gold_evidence(), (0.5, 0.75))
    write_figures(
        "evidence-time", {"model_s": round(fitted, 2), "with_intervals_s": round(time.process_time() - begun, 1)}
    )
    assert fitted < 5
