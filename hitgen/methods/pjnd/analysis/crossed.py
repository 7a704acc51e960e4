"""The crossed model: every rating is its ladder's level plus its worker's bias plus noise, and workers may be spammers.

An answer of an honest worker w to ladder i is mu_i + b_w + s_i c_w e, seen rounded and censored at both ends of the ladder, or blind
with a small probability (a lapse). b_w is normal; the spread s_i and the inconsistency c_w are shrunk towards what is usual, by as
much as the study itself tells (Smyth, Statistical Applications in Genetics and Molecular Biology 3 (2004), article 3). A
spammer's levels do not depend on the ladder: all over it, at one of its ends, or by a histogram of the worker's own. Answers to
gold questions are evidence between the two; a part of the spammers is taken to know them. Parameters are those of an EM algorithm.

All lengths here are shares of a ladder times 100, so that ladders of different length go together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from hitgen.methods.pjnd.analysis.answers import FloatArray, IntArray
from hitgen.methods.pjnd.analysis.shape import NORMAL, Shape, shape_of
from hitgen.methods.pjnd.analysis.variances import shrunk

ROUNDS = 60
ENOUGH = 0.02
"""A round that moves no ladder by so much is the last."""
HONEST_SHARE = 0.8
KNOWS_GOLD = 0.15
"""The share of spammers who are taken to know gold answers, before any are seen."""
LAPSE = 0.02
LAPSE_WEIGHT = 500
MOST_LAPSES = 0.15
END = 4.0
"""How far a spammer at an end strays from it on average."""
STRAY = 0.03
BINS = 12
OWN_WEIGHT = 3.0
LEAST_TO_DOUBT = 8
"""Ratings from which on levels alone may tell a spammer who answered no gold."""
TINY = 1e-300


@dataclass(frozen=True)
class Crossed:
    """Ratings by worker and ladder, as numbers of both; levels as in `LadderAnswers`.

    `honest` and `spam` are the logarithms of how probable each worker's gold answers are of either (0 without any).
    """

    worker: IntArray
    ladder: IntArray
    level: IntArray
    level_max: IntArray
    honest: FloatArray
    spam: FloatArray


@dataclass(frozen=True)
class Model:
    """What was found. `mu` and `spread` are of ladders, `bias`, `bias_variance`, `inconsistency` (squared) and `honest` of workers.

    `sound` is of ratings: how probably each is neither a spammer's nor a lapse; `filled` are the answers as shares of the ladder
    times 100, censored ones at what is expected of them.
    """

    mu: FloatArray
    spread: FloatArray
    bias: FloatArray
    bias_variance: FloatArray
    inconsistency: FloatArray
    honest: FloatArray
    between: float
    lapse: float
    classes: FloatArray
    sound: FloatArray
    filled: FloatArray
    shape: Shape = NORMAL


class Fitting:
    """One study's ratings with what does not change over the rounds."""

    def __init__(self, data: Crossed) -> None:
        self.data = data
        self.workers, self.ladders = len(data.honest), len(data.level_max)
        last = data.level_max[data.ladder].astype(np.float64)
        self.step = 100 / last
        self.at = data.level * self.step
        self.lower = np.where(data.level == 1, -np.inf, self.at - self.step / 2)
        self.upper = np.where(data.level > last, np.inf, self.at + self.step / 2)
        self.blind = 1 / (last + 1)
        self.of_worker = np.bincount(data.worker, minlength=self.workers)
        self.spam = self._spam_likelihoods()
        gold = np.logaddexp(np.log1p(-KNOWS_GOLD) + data.spam, np.log(KNOWS_GOLD) + data.honest)
        self.gold = np.stack([data.honest, *[gold] * len(self.spam)])
        asked = (data.honest != 0) | (data.spam != 0)
        self.may_doubt = asked | (self.of_worker >= LEAST_TO_DOUBT)

    def _spam_likelihoods(self) -> FloatArray:
        """The logarithm of how probable each worker's levels are of every class of spammers; classes x workers."""
        near_left = (self.data.level - 1) * self.step
        near_right = (self.data.level_max[self.data.ladder] + 1 - self.data.level) * self.step
        ends = [
            STRAY * self.blind + (1 - STRAY) * (-np.expm1(-self.step / END)) * np.exp(-near / END)
            for near in (near_left, near_right)
        ]
        single = [np.log(self.blind), *map(np.log, ends)]
        sums = [_sums(self.data.worker, each, self.workers) for each in single]
        return np.stack([*sums, self._own_histogram()])

    def _own_histogram(self) -> FloatArray:
        """A histogram of the worker's own, unknown before: Dirichlet-multinomial over twelfths of the ladder."""
        share = (self.data.level - 0.5) / (self.data.level_max[self.data.ladder] + 1)
        bins = np.minimum((share * BINS).astype(np.int64), BINS - 1)
        counts = np.zeros((self.workers, BINS))
        np.add.at(counts, (self.data.worker, bins), 1)
        alpha, n = OWN_WEIGHT / BINS, counts.sum(1)
        of_bins = special.gammaln(OWN_WEIGHT) - special.gammaln(OWN_WEIGHT + n)
        of_bins = of_bins + (special.gammaln(alpha + counts) - special.gammaln(alpha)).sum(1)
        within = np.log(np.minimum(1, BINS * self.blind))
        return np.asarray(of_bins + _sums(self.data.worker, within, self.workers), dtype=np.float64)

    def start(self) -> Model:
        """Medians of ladders, weighted by what gold says of workers, and nothing known of workers else."""
        count = len(self.spam) + 1
        classes = np.array([HONEST_SHARE, *[(1 - HONEST_SHARE) / (count - 1)] * (count - 1)])
        honest = self._posterior(np.log(classes)[:, None] + self.gold)[0]
        mu = np.array(
            [_weighted_median(*self._of_ladder(ladder, honest)) if n else 50.0
             for ladder, n in enumerate(np.bincount(self.data.ladder, minlength=self.ladders))]
        )  # fmt: skip
        ones = np.ones(self.workers)
        # Half a level at least: where most answers of a short ladder are one, nothing finds back from a spread of none.
        spread = 1.5 * float(np.median(np.abs(self.at - mu[self.data.ladder]))) + np.maximum(
            1.0, 50 / self.data.level_max
        )
        return Model(mu, spread, 0 * ones, 0 * ones, ones, honest, 25.0, LAPSE, classes, np.ones(len(self.at)), self.at)

    def _of_ladder(self, ladder: int, honest: FloatArray) -> tuple[FloatArray, FloatArray]:
        mine = self.data.ladder == ladder
        return self.at[mine], honest[self.data.worker[mine]] + 1e-6

    def _posterior(self, logs: FloatArray) -> FloatArray:
        found: FloatArray = np.exp(logs - special.logsumexp(logs, axis=0))
        found[:, ~self.may_doubt] = np.eye(len(logs))[:, :1]
        return found

    def fitted(self) -> Model:
        """The model of the study as it is."""
        return self.run(self.start(), np.ones(self.workers), ROUNDS)

    def run(self, model: Model, times: FloatArray, rounds: int) -> Model:
        """Rounds of EM from a model on, until they move nothing."""
        for _ in range(rounds):
            before, model = model, self.round(model, times)
            if float(np.abs(model.mu - before.mu).max()) < ENOUGH:
                break
        return model

    def round(self, model: Model, times: FloatArray) -> Model:
        """One round of EM; `times` says how often each worker counts."""
        data, mu, bias = self.data, model.mu, model.bias
        scale = model.spread[data.ladder] * np.sqrt(model.inconsistency[data.worker])
        middle = mu[data.ladder] + bias[data.worker]
        _, filled, filled_variance = _between(self.lower, self.upper, middle, scale)
        mass = model.shape.below((self.upper - middle) / scale) - model.shape.below((self.lower - middle) / scale)
        seen, blind = (1 - model.lapse) * np.maximum(mass, TINY), model.lapse * self.blind
        sound = seen / (seen + blind)

        # who is honest
        logs = _sums(data.worker, np.log(seen + blind), self.workers)
        logs = logs - 0.5 * (bias**2 / model.between + np.log(model.between))
        logs = logs + 0.5 * np.log(np.where(model.bias_variance > 0, model.bias_variance, model.between))
        table = np.stack([logs, *self.spam]) + self.gold + np.log(model.classes)[:, None]
        posterior = self._posterior(table)
        honest = posterior[0]
        classes = (posterior * times).sum(1) + np.array([8.0, *[2.0 / len(self.spam)] * len(self.spam)])

        # workers: bias, then inconsistency
        precision = sound / scale**2
        total = _sums(data.worker, precision, self.workers) + 1 / model.between
        bias = _sums(data.worker, precision * (filled - mu[data.ladder]), self.workers) / total
        bias_variance = 1 / total
        weight = honest * times
        centre = float(weight @ bias / max(weight.sum(), 1e-9))
        bias = bias - centre
        between = float((weight @ (bias**2 + bias_variance) + 25.0) / (weight.sum() + 1))

        # ladders: level, then spread
        every = weight[data.worker]
        pull = every * precision
        mu = _sums(data.ladder, pull * (filled - bias[data.worker]), self.ladders)
        mu = (mu + 1e-9 * model.mu) / (_sums(data.ladder, pull, self.ladders) + 1e-9)
        off = (filled - mu[data.ladder] - bias[data.worker]) ** 2 + bias_variance[data.worker] + filled_variance
        squares = _sums(data.ladder, every * sound * off / model.inconsistency[data.worker], self.ladders)
        counts = _sums(data.ladder, every * sound, self.ladders)
        spread = np.sqrt(shrunk(squares, counts - 1, np.ones(self.ladders), fallback=20.0))
        squares = _sums(data.worker, sound * off / spread[data.ladder] ** 2, self.workers)
        counts = _sums(data.worker, sound, self.workers)
        inconsistency = shrunk(squares, counts - 1, weight, fallback=20.0, target=1.0)
        lapses = (every * (1 - sound)).sum() + LAPSE * LAPSE_WEIGHT
        lapse = min(MOST_LAPSES, float(lapses / (every.sum() + LAPSE_WEIGHT)))
        scale = spread[data.ladder] * np.sqrt(inconsistency[data.worker])
        residuals = (filled - mu[data.ladder] - bias[data.worker]) / scale
        shape = shape_of(residuals, every, lapse * float(np.mean(scale)) / 100, model.shape)
        return Model(
            mu, spread, bias, bias_variance, inconsistency, honest, between, lapse, classes / classes.sum(),
            sound * honest[data.worker], filled, shape,
        )  # fmt: skip


def _between(lower: FloatArray, upper: FloatArray, mean: FloatArray, sd: FloatArray) -> tuple[FloatArray, ...]:
    """Of normal variables that lie between bounds: how probable that is, their mean there and their variance there."""
    a, b = (lower - mean) / sd, (upper - mean) / sd
    turned = a + b > 0  # in the lower tail differences keep their digits
    a, b = np.where(turned, -b, a), np.where(turned, -a, b)
    mass = special.ndtr(b) - special.ndtr(a)
    density_a, density_b = np.exp(-(a**2) / 2), np.exp(-(b**2) / 2)
    known = mass > 1e-200
    safe = np.where(known, mass, 1) * np.sqrt(2 * np.pi)
    nearest = np.where(np.isfinite(a), np.where(np.isfinite(b), (a + b) / 2, a), b)
    shift = np.where(known, (density_a - density_b) / safe, nearest)
    edge_a = np.where(np.isfinite(a), a, 0) * density_a
    edge_b = np.where(np.isfinite(b), b, 0) * density_b
    variance = np.where(known, np.clip(1 + (edge_a - edge_b) / safe - shift**2, 0, 1), 0)
    return np.maximum(mass, TINY), mean + sd * np.where(turned, -shift, shift), sd**2 * variance


def _sums(groups: IntArray, values: FloatArray, count: int) -> FloatArray:
    return np.asarray(np.bincount(groups, values, count), dtype=np.float64)


def _weighted_median(values: FloatArray, weights: FloatArray) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
