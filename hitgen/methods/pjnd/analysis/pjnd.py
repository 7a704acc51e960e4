"""The PJND of each ladder: mean, median and SD over people, with intervals from resampling workers."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from hitgen.methods.pjnd.analysis.answers import FloatArray, LadderAnswers

RESAMPLES = 1999
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A value with its 95% interval, in levels; None where the answers do not tell."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Pjnd:
    """What one ladder's answers say of the PJND.

    The mean counts "none seen" as the highest level (a restricted mean, hence a lower bound of the true one where
    `none_seen` is not 0). The median is None where half of the people saw nothing.
    """

    n: int
    none_seen: int
    mean: Estimate
    median: Estimate
    sd: Estimate


def expanded(confidence: float, n: int) -> float:
    """The nominal level at which a percentile interval of a mean of n has the width of Student's.

    Resampling n values understates their spread by sqrt((n - 1) / n) and takes normal for Student's tails; Hesterberg,
    "What teachers should know about the bootstrap", The American Statistician 69 (2015), section 4.3.
    """
    student = float(stats.t.ppf((1 + confidence) / 2, n - 1))
    return float(1 - 2 * stats.norm.sf(math.sqrt(n / (n - 1)) * student))


def estimate_pjnd(answers: LadderAnswers) -> Pjnd:
    """The PJND of a ladder; no intervals from fewer than 3 people, or from equal answers."""
    values, n = answers.clipped, len(answers.levels)
    if n < 3 or np.ptp(values) == 0:
        mean, sd = float(values.mean()), float(values.std(ddof=1)) if n > 1 else None
        return Pjnd(
            n, answers.none_seen, Estimate(mean), _seen(answers, float(np.median(answers.levels))), Estimate(sd)
        )
    spread = _bootstrap(answers)
    return Pjnd(n, answers.none_seen, spread[0], _median_estimate(answers), spread[1])


def _bootstrap(answers: LadderAnswers) -> tuple[Estimate, Estimate]:
    """Mean and SD with their intervals, from the same resamples of workers.

    Percentiles for the mean: BCa's correction for skewness would follow the few blind answers that every crowd gives.
    BCa for the SD, whose resamples are too small on average; percentiles where answers are too alike for it.
    """
    values = answers.clipped
    options: Any = {"confidence_level": expanded(CONFIDENCE, len(answers.levels))}
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        corrected: Any = stats.bootstrap(
            (values,), _mean_and_sd, n_resamples=RESAMPLES, method="BCa", rng=answers.random("mean"), **options
        )
    plain: Any = stats.bootstrap(
        (values,), _mean_and_sd, n_resamples=0, bootstrap_result=corrected, method="percentile", **options
    )
    mean, sd = np.stack(plain.confidence_interval).T
    careful = np.stack(corrected.confidence_interval)[:, 1]
    return _estimate(values.mean(), mean), _estimate(values.std(ddof=1), sd if np.isnan(careful).any() else careful)


def _estimate(value: float, bounds: FloatArray) -> Estimate:
    return Estimate(float(value), float(bounds[0]), float(bounds[1]))


def _mean_and_sd(sample: FloatArray, axis: int) -> FloatArray:
    return np.stack([sample.mean(axis), sample.std(axis, ddof=1)])


def _median_estimate(answers: LadderAnswers) -> Estimate:
    found = stats.bootstrap(
        (answers.levels,), np.median, n_resamples=RESAMPLES, method="percentile", rng=answers.random("median")
    ).confidence_interval
    return Estimate(*(_seen(answers, float(value)).value for value in (float(np.median(answers.levels)), *found)))


def _seen(answers: LadderAnswers, level: float) -> Estimate:
    """A level as an estimate; None beyond the highest one, where nothing was seen."""
    return Estimate(level if level <= answers.level_max else None)
