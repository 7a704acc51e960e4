"""The crossed model of a whole study: each ladder's mean and SUR levels with intervals from resampling workers, and its SD.

It is used where enough workers rated several ladders: at least 10 workers with at least 3 ratings each, who gave at least half of
the ratings, of at least 3 ladders. All ratings go into it but those that are broken whoever gave them: gold answers and straight
lines are weighed, not cut off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hitgen.lib.progress import OnProgress, silent
from hitgen.methods.pjnd.analysis.answers import FloatArray, LadderAnswers, as_they_came
from hitgen.methods.pjnd.analysis.crossed import Crossed, Fitting, Model
from hitgen.methods.pjnd.analysis.order import CONFIDENCE
from hitgen.methods.pjnd.analysis.pjnd import Estimate, expanded
from hitgen.methods.pjnd.analysis.pooled import level_at, pooled_sur, restricted_mean
from hitgen.methods.pjnd.analysis.spread import (
    LEAST,
    LIKELY,
    NORMAL,
    USUAL_DEGREES,
    on_ladder,
    pooled_kurtosis,
    sd_interval,
    weighted_squares,
)
from hitgen.methods.pjnd.analysis.variances import shrunk

SEVERAL, LEAST_WORKERS, LEAST_LADDERS = 3, 10, 3
LEAST_SOUND = 2.0
"""Ratings of honest people without which nothing is said of a ladder."""
RESAMPLES = 199
ROUNDS = 8
"""Of a resample, which begins where the whole study ended."""
SEED = 20260103


@dataclass(frozen=True)
class LadderCrossed:
    """One ladder by the crossed model; `n` ratings went into it, which count as `sound` ones of honest people."""

    n: int
    sound: float
    mean: Estimate
    sd: Estimate
    levels: Mapping[float, Estimate]
    sur: FloatArray


@dataclass(frozen=True)
class Crossing:
    """The study by the crossed model: its ladders, and of each worker the probability of being honest and the bias in levels of 100."""

    ladders: Mapping[str, LadderCrossed]
    honest: Mapping[str, float]
    bias: Mapping[str, float]


def cross(
    answers: Sequence[LadderAnswers], gold: Mapping[str, float], shares: Sequence[float], progress: OnProgress = silent
) -> Crossing | None:
    """The crossed model of all answers; None where too few workers rated several ladders, or hardly anybody is honest.

    `gold` has of workers the logarithm of how much likelier their gold answers are of honest levels than of guessed ones.
    """
    names = as_they_came(answers)
    if not is_enough(answers):
        return None
    number = {name: at for at, name in enumerate(names)}
    data = Crossed(
        np.array([number[worker] for ladder in answers for worker in ladder.workers], dtype=np.int64),
        np.repeat(np.arange(len(answers)), [len(ladder.levels) for ladder in answers]),
        np.concatenate([ladder.levels for ladder in answers]),
        np.array([ladder.level_max for ladder in answers], dtype=np.int64),
        np.array([gold.get(name, 0.0) for name in names]),
        np.zeros(len(names)),
    )
    fitting = Fitting(data)
    model = fitting.fitted()
    if model.honest.sum() < LEAST_WORKERS / 2:
        return None
    resampled = _resampled(fitting, model, shares, progress)
    sound = np.bincount(data.ladder, model.sound, len(answers))
    sds, found = crossed_sds(data, model), {}
    for at, (ladder, sur) in enumerate(zip(answers, pooled_sur(data, model, np.ones(len(names))), strict=True)):
        if sound[at] < LEAST_SOUND:
            continue
        values = _figures(sur, shares)
        bounds = _bounds(resampled[:, at], max(3.0, float(sound[at])))
        mean, *levels = (
            Estimate(value, min(low, value), max(high, value))
            for value, (low, high) in zip(values, bounds, strict=True)
        )
        found[ladder.ladder] = LadderCrossed(
            len(ladder.levels), float(sound[at]), mean, sds[at], dict(zip(shares, levels, strict=True)), sur
        )
    return Crossing(
        found,
        dict(zip(names, map(float, model.honest), strict=True)),
        dict(zip(names, map(float, model.bias), strict=True)),
    )


def is_enough(answers: Sequence[LadderAnswers]) -> bool:
    """Whether enough workers rated several ladders."""
    given: dict[str, int] = {}
    for ladder in answers:
        for worker in ladder.workers:
            given[worker] = given.get(worker, 0) + 1
    several = [count for count in given.values() if count >= SEVERAL]
    enough = len(several) >= LEAST_WORKERS and 2 * sum(several) >= sum(given.values())
    return enough and len(answers) >= LEAST_LADDERS


def _resampled(fitting: Fitting, model: Model, shares: Sequence[float], progress: OnProgress) -> FloatArray:
    """The figures of every ladder in every resample of workers: resamples x ladders x figures."""
    rng, workers = np.random.default_rng(SEED), fitting.workers
    found = []
    for done in range(RESAMPLES):
        times = rng.multinomial(workers, np.full(workers, 1 / workers)).astype(np.float64)
        again = fitting.run(model, times, ROUNDS)
        found.append([_figures(sur, shares) for sur in pooled_sur(fitting.data, again, times)])
        progress("resamples", done + 1, RESAMPLES)
    return np.array(found)


def crossed_sds(data: Crossed, model: Model) -> list[Estimate]:
    """The SD of each ladder's answers, weighed by how sound they are and drawn towards what is usual, with Bonett's interval.

    The model's own spread is no measure of it: where people are of two kinds, they differ by more on one ladder than on another,
    which a bias of each worker does not tell. Nor would resamples of what is drawn towards the usual tell how far off that is.
    """
    unit = data.level_max / 100
    clipped = np.minimum(data.level, data.level_max[data.ladder]) / unit[data.ladder]
    mine = [np.flatnonzero(data.ladder == ladder) for ladder in range(len(unit))]
    weighed = [(clipped[rows], model.sound[rows]) for rows in mine]
    kurtosis = pooled_kurtosis([values[sound > LIKELY] for values, sound in weighed])
    squares, counts = np.array([weighted_squares(*each) for each in weighed]).T
    by_form = 2 / max((kurtosis or NORMAL) - 1, 0.2)  # degrees of freedom that an answer gives to a variance
    values = shrunk(by_form * squares, by_form * (counts - 1), np.ones(len(unit)), USUAL_DEGREES)
    found = []
    for value, (sample, sound), one, n in zip(np.sqrt(values) * unit, weighed, unit, counts, strict=True):
        if kurtosis is None or n < LEAST or np.ptp(sample) == 0:
            found.append(Estimate(float(value)))
            continue
        low, high = (float(bound * one) for bound in sd_interval(sample, kurtosis, sound))
        found.append(Estimate(float(value), *on_ladder(float(value), (low, high), round(100 * one))))
    return found


def _figures(sur: FloatArray, shares: Sequence[float]) -> list[float]:
    return [restricted_mean(sur), *(level_at(sur, share) for share in shares)]


def _bounds(resamples: FloatArray, n: float) -> list[tuple[float, float]]:
    """Percentiles of each figure, as wide as Student's t asks for with so many ratings."""
    aside = (1 - expanded(CONFIDENCE, round(n))) / 2
    low, high = np.quantile(resamples, [aside, 1 - aside], axis=0)
    return list(zip(map(float, low), map(float, high), strict=True))


def saved_share(pairs: Sequence[tuple[Estimate, Estimate]]) -> float | None:
    """The share of ratings that the first of two estimates saves: so many fewer give it an interval as narrow as the second's, by the squares of their widths.

    The median over ladders that have both, and on which people differ at all; None without any.
    """
    widths = [(one.width, other.width) for one, other in pairs]
    ratios = [1 - (one / other) ** 2 for one, other in widths if one and other]
    return float(np.median(ratios)) if ratios else None
