"""The PJND of each ladder: mean, median and SD over people, with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from hitgen.methods.pjnd.analysis.answers import FloatArray, LadderAnswers
from hitgen.methods.pjnd.analysis.order import CONFIDENCE, order_interval
from hitgen.methods.pjnd.analysis.spread import LEAST, on_ladder, pooled_kurtosis, sd_interval

RESAMPLES = 1999
LEAST_TO_RESAMPLE = 6
"""Resamples of n answers cannot leave their range, which holds the mean of 97% of samples of 6, but of 75% of samples of 3."""


@dataclass(frozen=True)
class Estimate:
    """A value with its 95% interval, in levels; None where the answers do not tell."""

    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def width(self) -> float | None:
        """Of the interval; None where it has none or is open."""
        return None if self.low is None or self.high is None else self.high - self.low


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


def estimate_pjnd(answers: LadderAnswers, kurtosis: float | None = None) -> Pjnd:
    """The PJND of a ladder; no intervals from fewer than 3 people, or from equal answers.

    `kurtosis` is that of the study's ladders together, the ladder's own where it is not given.
    """
    values, n = answers.clipped, len(answers.levels)
    if n < 3 or np.ptp(values) == 0:
        mean, sd = float(values.mean()), float(values.std(ddof=1)) if n > 1 else None
        return Pjnd(
            n, answers.none_seen, Estimate(mean), _seen(answers, float(np.median(answers.levels))), Estimate(sd)
        )
    return Pjnd(
        n,
        answers.none_seen,
        _mean_estimate(answers),
        _median_estimate(answers),
        _sd_estimate(values, kurtosis, answers.level_max),
    )


def _mean_estimate(answers: LadderAnswers) -> Estimate:
    """Percentiles over resamples of workers: BCa's correction for skewness would follow the few blind answers that every crowd gives.

    Of few answers Student's interval, as far as the ladder goes.
    """
    values, n = answers.clipped, len(answers.levels)
    if n < LEAST_TO_RESAMPLE:
        reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * values.std(ddof=1) / math.sqrt(n))
        return _estimate(values.mean(), np.clip(values.mean() + np.array([-reach, reach]), 1, answers.level_max))
    resamples = values[answers.random("mean").integers(0, n, (RESAMPLES, n))].mean(1)
    aside = (1 - expanded(CONFIDENCE, n)) / 2
    return _estimate(values.mean(), np.quantile(resamples, [aside, 1 - aside]))


def _sd_estimate(values: FloatArray, kurtosis: float | None, level_max: int) -> Estimate:
    sd, kurtosis = float(values.std(ddof=1)), kurtosis or pooled_kurtosis([values])
    if not kurtosis or len(values) < LEAST:
        return Estimate(sd)
    return Estimate(sd, *on_ladder(sd, sd_interval(values, kurtosis), level_max))


def _estimate(value: float, bounds: FloatArray) -> Estimate:
    return Estimate(float(value), float(bounds[0]), float(bounds[1]))


def _median_estimate(answers: LadderAnswers) -> Estimate:
    """The median with an interval from order statistics; a bound beyond which nobody answered is left open."""
    low, high = order_interval(np.sort(answers.levels).astype(np.float64), 0.5)
    found = (float(np.median(answers.levels)), low, high)
    return Estimate(*(None if value is None else _seen(answers, value).value for value in found))


def _seen(answers: LadderAnswers, level: float) -> Estimate:
    """A level as an estimate; None beyond the highest one, where nothing was seen."""
    return Estimate(level if level <= answers.level_max else None)
