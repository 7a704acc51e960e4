"""Thurstone's case V for one source: how likely answers are at given distances, and which distances make them likeliest.

A version's distance d from its source is the sum of the steps up to it, each step above 0. Of two pictures the left is
said to differ more with the chance Phi(z): z = d_left - d_right in the plain arm, z = h(d_left) - h(d_right) in the boosted
one, where h(d) = g1 d + g2 d^2 rises from slope s0 at 0 to slope s1 at the codec's last version: g1 = s0,
g2 = (s1 - s0) / (2 D). "Not sure" counts half to either side, or, with thresholds t, has the chance
Phi(t - z) - Phi(-t - z). With a small chance of its own in each arm, an answer is a lapse, drawn among those there are.
Everything is estimated as a logarithm (lapses as log odds), so that steps, slopes, thresholds and lapses stay above 0.

All arrays have the resample as their first axis: many fits are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from scipy import optimize, special

Array = np.ndarray[Any, np.dtype[np.float64]]

STEP_SD, FIRST_STEP_SD = 1.0, 2.0
SLOPE_SD, THRESHOLD_SD, LAPSE_SD, LAPSE_APART_SD, TIED_LAPSE_SD = 1.0, 1.0, 0.7, 0.7, 0.5
FIRST_STEP, SLOPE, THRESHOLD, LAPSE = np.log(0.01), np.log(3.0), np.log(0.3), np.log(0.005)
"""The weak prior, normal in logarithms: a step of one level is like its neighbour within a factor of e, a codec's first is
about 0.01 (it lies next to lossless) within e^2; slopes of the boost are about 3 (two boosts, each of 2) and thresholds
about 0.3, within e; lapses are about 0.5% within a factor of 2, those of the arms within 2 of each other, since large
differences, which tell them, are boosted (with thresholds within e^0.5, each arm for itself). It moves a scale that has answers
by less than their noise, and gives one to answers that are unanimous."""
SMALLEST = 1e-12
MOST_STEPS = 40
DONE = 1e-4
"""The gain in log posterior, as the step itself foretells it, below which no further step is taken."""


@dataclass(frozen=True)
class Design:
    """What was asked of one source: versions, codec by codec with rising levels, and pairs of them by arm.

    `left` and `right` are numbers of versions, that of the source is their count; `boosted` says which pairs are.
    """

    codecs: tuple[str, ...]
    codec: np.ndarray[Any, np.dtype[np.int64]]
    level: np.ndarray[Any, np.dtype[np.int64]]
    left: np.ndarray[Any, np.dtype[np.int64]]
    right: np.ndarray[Any, np.dtype[np.int64]]
    boosted: np.ndarray[Any, np.dtype[np.bool_]]
    ties: bool
    """Whether "not sure" has thresholds."""

    @property
    def versions(self) -> int:
        return len(self.codec)

    @property
    def parameters(self) -> int:
        """Steps, two slopes a codec, two lapses, two thresholds."""
        return self.versions + 2 * len(self.codecs) + 2 + 2 * self.ties

    @cached_property
    def summing(self) -> Array:
        """(versions, versions): a version's distance is the sum of its codec's steps up to it."""
        number = np.arange(self.versions)
        same = self.codec[:, None] == self.codec[None, :]
        return np.asarray(same & (number[None, :] <= number[:, None]), np.float64)

    @cached_property
    def last(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The last version of each codec."""
        return np.array([np.flatnonzero(self.codec == codec)[-1] for codec in range(len(self.codecs))])

    @cached_property
    def prior(self) -> tuple[Array, Array]:
        """(parameters,) means and (parameters, parameters) precision of the prior."""
        mean, precision = np.zeros(self.parameters), np.zeros((self.parameters, self.parameters))
        before = np.where(np.diff(self.codec, prepend=-1) != 0, 0, np.concatenate([[0], self.level[:-1]]))
        mean[: self.versions] = FIRST_STEP + np.log(self.level - before)
        for version in range(self.versions):
            if version and self.codec[version] == self.codec[version - 1]:
                pair = np.ix_([version - 1, version], [version - 1, version])
                precision[pair] += np.array([[1.0, -1.0], [-1.0, 1.0]]) / STEP_SD**2
            else:
                precision[version, version] += 1 / FIRST_STEP_SD**2
        slopes = slice(self.versions, self.versions + 2 * len(self.codecs))
        mean[slopes] = SLOPE
        precision[slopes, slopes] = np.eye(2 * len(self.codecs)) / SLOPE_SD**2
        lapses = slice(slopes.stop, slopes.stop + 2)
        mean[lapses] = LAPSE
        # With thresholds, people who are often unsure look like lapses, which must not spread from arm to arm.
        alike = np.eye(2) * TIED_LAPSE_SD**2 if self.ties else LAPSE_SD**2 + LAPSE_APART_SD**2 / 2 * np.eye(2)
        precision[lapses, lapses] = np.linalg.inv(alike)
        if self.ties:
            mean[-2:] = THRESHOLD
            precision[-2:, -2:] = np.eye(2) / THRESHOLD_SD**2
        return mean, precision


class Counts(NamedTuple):
    """How often each pair was answered how, (resamples, pairs)."""

    left: Array
    right: Array
    unsure: Array


def distances(design: Design, at: Array) -> Array:
    """(resamples, versions) distances from the source at given parameters."""
    return np.exp(at[:, : design.versions]) @ design.summing.T


def boost(design: Design, at: Array) -> tuple[Array, Array]:
    """(resamples, codecs) g1 and g2 of the boost at given parameters."""
    slopes = np.exp(at[:, design.versions : design.versions + 2 * len(design.codecs)]).reshape(len(at), -1, 2)
    reach = distances(design, at)[:, design.last]
    return slopes[:, :, 0], (slopes[:, :, 1] - slopes[:, :, 0]) / (2 * reach)


def seen(design: Design, at: Array) -> tuple[Array, Array]:
    """Of one study's parameters, (2, versions + 1) how far versions and the source are seen to lie plain and boosted, and (2,) the lapses of both."""
    first = design.versions + 2 * len(design.codecs)
    return _stood(design, at)[0][0], np.asarray(special.expit(at[0, first : first + 2]), np.float64)


def _stood(design: Design, at: Array) -> tuple[Array, Array]:
    """Both scales, (resamples, 2, versions + 1) plain and boosted, and how they move with the parameters."""
    count, versions = len(at), design.versions
    steps = np.exp(at[:, :versions])
    plain = steps @ design.summing.T
    by_step = design.summing[None] * steps[:, None, :]
    slopes = np.exp(at[:, versions : versions + 2 * len(design.codecs)]).reshape(count, -1, 2)[:, design.codec]
    first, last = slopes[:, :, 0], slopes[:, :, 1]
    reach = plain[:, design.last][:, design.codec]
    share = plain / reach
    boosted = first * plain * (1 - share / 2) + last * plain * share / 2
    rise = first + (last - first) * share
    fall = (last - first) * share**2 / 2
    both, moves = np.zeros((count, 2, versions + 1)), np.zeros((count, 2, versions + 1, design.parameters))
    both[:, 0, :versions], both[:, 1, :versions] = plain, boosted
    moves[:, 0, :versions, :versions] = by_step
    moves[:, 1, :versions, :versions] = (
        rise[:, :, None] * by_step - fall[:, :, None] * by_step[:, design.last][:, design.codec]
    )
    number = np.arange(versions)
    moves[:, 1, number, versions + 2 * design.codec] = first * plain * (1 - share / 2)
    moves[:, 1, number, versions + 2 * design.codec + 1] = last * plain * share / 2
    return both, moves


def _weighed(design: Design, at: Array, counts: Counts, z: Array, moves: Array) -> tuple[Array, Array, Array]:
    """Logarithm of the likelihood, its gradient and the expected information.

    `answers` (kinds, resamples, pairs) are counts, `chances` of them and `pulls` how the chances move with the
    parameters that are the pair's arm's own: z, the lapse and the threshold.
    """
    answers, chances, pulls = (_three if design.ties else _two)(design, at, counts, z)
    total = answers.sum(0)
    first = design.versions + 2 * len(design.codecs)
    own = np.zeros((len(z), z.shape[1], len(pulls) - 1, design.parameters))
    for number in range(len(pulls) - 1):
        own[:, np.arange(z.shape[1]), number, first + 2 * number + design.boosted.astype(np.int64)] = 1
    every = np.concatenate([moves[:, :, None], own], 2)
    gradient, information = np.zeros_like(at), np.zeros((*at.shape, at.shape[1]))
    for number, pull in enumerate(pulls):
        gradient += _through(every[:, :, number], (answers / chances * pull).sum(0))
        for other, against in enumerate(pulls):
            weights = total * (pull * against / chances).sum(0)
            information += np.matmul((every[:, :, number] * weights[:, :, None]).transpose(0, 2, 1), every[:, :, other])
    return (answers * np.log(chances)).sum((0, 2)), gradient, information


def _lapse(design: Design, at: Array) -> Array:
    first = design.versions + 2 * len(design.codecs)
    return np.asarray(special.expit(at[:, first : first + 2]), np.float64)[:, design.boosted.astype(np.int64)]


def _two(design: Design, at: Array, counts: Counts, z: Array) -> tuple[Array, Array, list[Array]]:
    """Left and right, "not sure" half to either."""
    lapse = _lapse(design, at)
    answers = np.stack([counts.left + counts.unsure / 2, counts.right + counts.unsure / 2])
    seen = np.stack([special.ndtr(z), special.ndtr(-z)])
    chances = lapse / 2 + (1 - lapse) * seen
    by_z = (1 - lapse) * _density(z)
    return answers, np.maximum(chances, SMALLEST), [np.stack([by_z, -by_z]), lapse * (1 - lapse) * (0.5 - seen)]


def _three(design: Design, at: Array, counts: Counts, z: Array) -> tuple[Array, Array, list[Array]]:
    """Left, right and "not sure" with its threshold."""
    lapse, threshold = _lapse(design, at), np.exp(at[:, -2:])[:, design.boosted.astype(np.int64)]
    answers = np.stack([counts.left, counts.right, counts.unsure])
    seen = np.stack([special.ndtr(z - threshold), special.ndtr(-z - threshold)])
    seen = np.concatenate([seen, 1 - seen.sum(0, keepdims=True)])
    up, down = _density(z - threshold), _density(-z - threshold)
    by_z, by_threshold = np.stack([up, -down, down - up]), np.stack([-up, -down, up + down])
    pulls = [(1 - lapse) * by_z, lapse * (1 - lapse) * (1 / 3 - seen), (1 - lapse) * by_threshold * threshold]
    return answers, np.maximum(lapse / 3 + (1 - lapse) * seen, SMALLEST), pulls


def _density(z: Array) -> Array:
    return np.asarray(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi), np.float64)


def _through(moves: Array, weights: Array) -> Array:
    return np.asarray(np.matmul(weights[:, None, :], moves)[:, 0], np.float64)


def judged(design: Design, at: Array, counts: Counts, middle: Array) -> tuple[Array, Array, Array]:
    """Logarithm of the posterior (up to a constant), its gradient and the expected information, for each resample.

    `middle` (parameters,) or (resamples, parameters) is where the prior has its middle.
    """
    both, moves = _stood(design, at)
    arm = design.boosted.astype(np.int64)
    z = both[:, arm, design.left] - both[:, arm, design.right]
    by = moves[:, arm, design.left] - moves[:, arm, design.right]
    value, gradient, information = _weighed(design, at, counts, z, by)
    _, precision = design.prior
    off = at - middle
    pulled = off @ precision
    return value - (pulled * off).sum(1) / 2, gradient - pulled, information + precision


def fitted(design: Design, counts: Counts) -> Array:
    """(1, parameters) the likeliest parameters of one study's answers, by scipy from the prior's mean."""
    mean, _ = design.prior

    def cost(at: Array) -> tuple[float, Array]:
        value, gradient, _ = judged(design, at[None], counts, mean)
        return -float(value[0]), -gradient[0]

    def curvature(at: Array) -> Array:
        return np.asarray(judged(design, at[None], counts, mean)[2][0], np.float64)

    found = optimize.minimize(
        cost, mean, jac=True, hess=curvature, method="trust-exact", options={"gtol": 1e-6, "maxiter": 500}
    )
    return np.asarray(found.x, np.float64)[None]


def drawn_middles(design: Design, resamples: int, rng: np.random.Generator) -> Array:
    """(resamples, parameters) middles of the prior drawn from the prior itself.

    A resample that is drawn towards another middle each time is as unsure as the prior where answers say little
    (randomize-then-optimize; Bardsley and others 2014).
    """
    mean, precision = design.prior
    return np.asarray(mean + rng.standard_normal((resamples, len(mean))) @ np.linalg.inv(np.linalg.cholesky(precision)))


def refitted(design: Design, start: Array, counts: Counts, middles: Array) -> Array:
    """The likeliest parameters of each resample of answers (resamples x parameters), found by scoring that begins at those of the whole study.

    `middles` (resamples, parameters) are the middles of their priors, as `drawn_middles` gives them.
    """
    at = np.repeat(start, len(counts.left), 0)
    value, gradient, information = judged(design, at, counts, middles)
    damping = np.full(len(at), 1e-6)
    active = np.arange(len(at))
    for _ in range(MOST_STEPS):
        own = information[active]
        scale = np.einsum("bpp->bp", own)
        steep = own + (damping[active][:, None] * scale)[:, :, None] * np.eye(design.parameters)
        move = np.linalg.solve(steep, gradient[active][:, :, None])[:, :, 0]
        foretold = (gradient[active] * move).sum(1) / 2
        tried = at[active] + move
        seen = judged(design, tried, Counts(*(count[active] for count in counts)), middles[active])
        better = seen[0] >= value[active] - 1e-9
        damping[active] = np.where(better, damping[active] / 10, np.maximum(damping[active], 1e-4) * 10)
        taken = active[better]
        at[taken] = tried[better]
        value[taken], gradient[taken], information[taken] = (part[better] for part in seen)
        active = active[(foretold >= DONE) & (damping[active] < 1e8)]
        if not len(active):
            break
    return at
