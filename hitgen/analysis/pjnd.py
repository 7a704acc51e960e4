"""The PJND of each ladder: mean, median and SD over people, with intervals from resampling workers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from hitgen.analysis.answers import LadderAnswers

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
    """The PJND of a ladder; intervals are BCa for mean and SD, percentile for the median."""
    values, n = answers.clipped, len(answers.levels)
    mean, sd = float(values.mean()), float(values.std(ddof=1)) if n > 1 else None
    if n < 3 or np.ptp(values) == 0:
        return Pjnd(
            n, answers.none_seen, Estimate(mean), _seen(answers, float(np.median(answers.levels))), Estimate(sd)
        )
    found: Any = stats.bootstrap(
        (values,),
        lambda sample, axis: np.stack([sample.mean(axis), sample.std(axis, ddof=1)]),
        n_resamples=RESAMPLES,
        confidence_level=expanded(CONFIDENCE, n),
        method="BCa",
        rng=answers.random("mean"),
    ).confidence_interval
    return Pjnd(
        n,
        answers.none_seen,
        Estimate(mean, float(found.low[0]), float(found.high[0])),
        _median_estimate(answers),
        Estimate(sd, float(found.low[1]), float(found.high[1])),
    )


def _median_estimate(answers: LadderAnswers) -> Estimate:
    found = stats.bootstrap(
        (answers.levels,), np.median, n_resamples=RESAMPLES, method="percentile", rng=answers.random("median")
    ).confidence_interval
    return Estimate(*(_seen(answers, float(value)).value for value in (float(np.median(answers.levels)), *found)))


def _seen(answers: LadderAnswers, level: float) -> Estimate:
    """A level as an estimate; None beyond the highest one, where nothing was seen."""
    return Estimate(level if level <= answers.level_max else None)
