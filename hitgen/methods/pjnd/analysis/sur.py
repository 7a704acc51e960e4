"""Satisfied-user ratio: the share of people whose PJND is above a level, as counted and as fitted.

The level for a share p is the largest one with SUR >= p. A rating d says that the PJND lies between d - 1/2 and d + 1/2,
the lowest one that it lies below 3/2, and "none seen" that it lies above level_max + 1/2: fits use that likelihood.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, stats

from hitgen.methods.pjnd.analysis.answers import FloatArray, LadderAnswers
from hitgen.methods.pjnd.analysis.families import FAMILIES, Family
from hitgen.methods.pjnd.analysis.goodness import goodness
from hitgen.methods.pjnd.analysis.order import CONFIDENCE, order_interval, rank_of
from hitgen.methods.pjnd.analysis.pjnd import Estimate

SHARES = (0.5, 0.75)
LEAST_TO_FIT = 5
REFUSED = 0.2
"""The best of six families fits better than one named before: at 20% some 8% of normal answers are refused, which costs them nothing."""
TINY = 1e-300
STEP = 1e-4
LOG_SCALE = (-8.0, 8.0)
"""Beyond these a fit is one step, or flat over the whole ladder."""


@dataclass(frozen=True)
class Fit:
    """The family with the lowest AIC and its parameters; `aic` has every family's."""

    family: Family
    location: float
    scale: float
    covariance: FloatArray
    """Of location and log scale, robust: a worker's answers are one cluster (sandwich estimator)."""
    n: int
    level_max: int
    aic: Mapping[str, float]

    def sur(self, levels: FloatArray) -> FloatArray:
        """The fitted SUR at integer levels."""
        return 1 - self.family.standard(levels + 0.5, self.location, self.scale)

    def level(self, share: float) -> Estimate:
        """The largest level with SUR >= share, with its interval; None beyond the highest level."""
        z = float(self.family.quantile(np.array(1 - share)))
        gradient = np.array([1.0, self.scale * z])
        error = math.sqrt(max(0.0, float(gradient @ self.covariance @ gradient)))
        width = float(stats.t.ppf((1 + CONFIDENCE) / 2, self.n - 1)) * error
        middle = self.location + self.scale * z
        return Estimate(*(self._whole(value) for value in (middle, middle - width, middle + width)))

    def _whole(self, quantile: float) -> float | None:
        if self.family.logarithmic:
            quantile = math.exp(min(quantile, 50))
        level = math.floor(quantile - 0.5)
        return None if level > self.level_max else float(max(0, level))


@dataclass(frozen=True)
class Sur:
    """A ladder's SUR: counted at levels 0..level_max, the fit (None with too few different answers), and both levels.

    `suits` is the probability of answers that fit the family no better (Anderson-Darling, None without a fit). Where it is below
    20%, no family suits: the fitted levels are the counted ones then, with their intervals.
    """

    empirical: FloatArray
    fit: Fit | None
    suits: float | None
    empirical_levels: Mapping[float, Estimate]
    fitted_levels: Mapping[float, Estimate]


def estimate_sur(answers: LadderAnswers) -> Sur:
    """The SUR of a ladder with its 50% and 75% levels; intervals of counted levels are from order statistics."""
    fit = fit_sur(answers)
    suits = goodness(answers, fit.family, fit.location, fit.scale) if fit else None
    counted = {share: _empirical_level(answers, share) for share in SHARES}
    fitted = {share: fit.level(share) if fit else Estimate(None) for share in SHARES}
    return Sur(empirical_sur(answers), fit, suits, counted, counted if is_refused(suits) else fitted)


def is_refused(suits: float | None) -> bool:
    """Whether the answers are not ones of the family that fits them best."""
    return suits is not None and suits < REFUSED


def empirical_sur(answers: LadderAnswers) -> FloatArray:
    """The share of answers above level 0..level_max; "none seen" is above all."""
    counts = np.bincount(answers.levels, minlength=answers.level_max + 2)
    above: FloatArray = 1 - np.cumsum(counts)[:-1] / len(answers.levels)
    return above


def _empirical_level(answers: LadderAnswers, share: float) -> Estimate:
    """One below the k-th largest answer, k being the share's count of people; level_max is "none seen" to all k."""
    ordered = np.sort(answers.levels).astype(np.float64)
    value = float(ordered[rank_of(share, len(ordered))]) - 1
    low, high = order_interval(ordered, 1 - share)
    if len(ordered) < LEAST_TO_FIT:
        return Estimate(value)
    # the largest level whose upper half lies below the quantile: one below an answer, as `value` is
    bounds = (0.0 if low is None else low - 0.5, float(answers.level_max) if high is None else high - 0.5)
    return Estimate(value, *(float(math.floor(bound)) for bound in bounds))


def fit_sur(answers: LadderAnswers) -> Fit | None:
    """The best of all families by AIC; None where fewer than 5 people answered, or their answers bound it at one level only."""
    values, numbers = np.unique(answers.levels, return_counts=True)
    counts = numbers.astype(np.float64)
    lower = np.where(values == 1, -np.inf, values - 0.5)
    upper = np.where(values > answers.level_max, np.inf, values + 0.5)
    bounds = {bound for bound in (*lower, *upper) if math.isfinite(bound)}
    if len(answers.levels) < LEAST_TO_FIT or len(values) < 2 or len(bounds) < 2:
        return None
    found = [(family, *maximise(family, lower, upper, counts, answers.clipped)) for family in FAMILIES]
    aic = {family.name: 4 + 2 * loss for family, _, loss in found}
    family, best, _ = min(found, key=lambda entry: entry[2])
    return Fit(
        *(
            family,
            float(best[0]),
            math.exp(float(np.clip(best[1], *LOG_SCALE))),
            _covariance(family, best, lower, upper, counts),
        ),
        *(len(answers.levels), answers.level_max, aic),
    )


def _log_shares(family: Family, at: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    location, scale = float(at[0]), math.exp(float(np.clip(at[1], *LOG_SCALE)))
    between = family.standard(upper, location, scale) - family.standard(lower, location, scale)
    return np.log(np.maximum(between, TINY))


def maximise(
    family: Family, lower: FloatArray, upper: FloatArray, counts: FloatArray, values: FloatArray
) -> tuple[FloatArray, float]:
    """Location and log scale of the largest likelihood, and its negative logarithm.

    scipy's `fit` on CensoredData finds the same, but takes 50 times as long, since it cannot count equal answers.
    """
    known = np.log(values) if family.logarithmic else values
    start = np.array([known.mean(), math.log(max(known.std(), 0.05))])
    accuracy: Any = {"xatol": 1e-4, "fatol": 1e-6, "maxiter": 400}

    def loss(at: FloatArray) -> float:
        return -float(counts @ _log_shares(family, at, lower, upper))

    found: Any = optimize.minimize(loss, start, method="Nelder-Mead", options=accuracy)
    return found.x, float(found.fun)


def _covariance(family: Family, at: FloatArray, lower: FloatArray, upper: FloatArray, counts: FloatArray) -> FloatArray:
    """The sandwich H^-1 (sum of squared scores) H^-1 n / (n - 1): to first order what resampling workers would give."""
    steps = np.eye(2) * STEP

    def scores(where: FloatArray) -> FloatArray:
        return np.stack(
            [
                (_log_shares(family, where + step, lower, upper) - _log_shares(family, where - step, lower, upper))
                / (2 * STEP)
                for step in steps
            ]
        )

    hessian = np.stack([(scores(at + step) - scores(at - step)) @ counts / (2 * STEP) for step in steps])
    meat = (scores(at) * counts) @ scores(at).T
    bread = np.linalg.pinv((hessian + hessian.T) / 2)
    n = counts.sum()
    covariance: FloatArray = bread @ meat @ bread * n / (n - 1)
    return covariance
