"""How people lean to a side, and how much nearer to each other that makes versions look.

Who leans by b answers as if every left version lay b farther from its source. Over people whose b is normal about 0 with an SD of s the chance
Phi(z) becomes Phi(z / k), k = sqrt(1 + s^2), so that distances that are fitted to all answers together come out k times too small. How somebody leans
shows in which side is named how often, given what was asked; s is the one that makes the sides of all people likeliest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from hitgen.methods.compare.analysis.likelihood import Array

LEANINGS = np.linspace(-2, 2, 41)
SPREADS, SPREAD_SD = np.linspace(0, 1.5, 151), 0.5
"""What s can be; before any answer half-normal of this SD, since who answers little shows no leaning."""
THRESHOLDS = np.linspace(0, 3, 301)
ROUNDS = 4
"""The larger s, the farther versions lie apart; and s hardly hangs on how far."""
AT_ONCE = 20_000
SMALLEST = 1e-12
Whole = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Sided:
    """One answer as it was given: by whom, how much farther the left version lies by the fit, what was named (0 left, 1 right, 2 not sure).

    `lapse` is the chance of a blind answer.
    """

    worker: str
    z: float
    response: int
    lapse: float


@dataclass(frozen=True)
class Lean:
    """The SD of how people lean, and (resamples,) those of resamples of people."""

    spread: float
    spreads: Array
    people: int

    @property
    def factor(self) -> float:
        """How many times larger distances are than they look."""
        return float(np.hypot(1, self.spread))

    def factors(self, widening: float) -> Array:
        """(resamples,) that of each resample, `widening` times as far from the estimate."""
        return np.asarray(self.factor * (np.hypot(1, self.spreads) / self.factor) ** widening, np.float64)


def leaning(answers: Iterable[Sided], halves: bool, resamples: int, rng: np.random.Generator) -> Lean:
    """How people of one arm lean; `halves`: "not sure" has counted half in the fit, which shrinks its distances too."""
    by_worker: dict[str, list[tuple[float, int, float]]] = defaultdict(list)
    for answer in answers:
        by_worker[answer.worker].append((answer.z, answer.response, answer.lapse))
    # By what they answered: neither names nor the order of answers change a figure.
    given = sorted(sorted(mine) for mine in by_worker.values())
    if not given:
        return Lean(0.0, np.zeros(resamples), 0)
    starts = np.cumsum([0, *map(len, given)])[:-1]
    z, said, lapse = (np.array(column) for column in zip(*(row for mine in given for row in mine), strict=True))
    apart, asked = np.unique(z, return_counts=True)
    threshold = threshold_of(apart, asked.astype(np.float64), float((said == 2).sum()), halves)
    shrunk = float(np.hypot(1, threshold)) if halves else 1.0
    spread, before = 0.0, -((SPREADS / SPREAD_SD) ** 2) / 2
    for _ in range(ROUNDS):
        likely = _likely(np.hypot(1, spread) * shrunk * z, said, lapse, threshold, starts)
        by_spread = _by_spread(likely)
        spread = float(SPREADS[(by_spread.sum(0) + before).argmax()])
    weights = rng.multinomial(len(given), np.full(len(given), 1 / len(given)), size=resamples)
    return Lean(spread, np.asarray(SPREADS[(weights @ by_spread + before).argmax(1)], np.float64), len(given))


def threshold_of(z: Array, asked: Array, unsure: float, halves: bool) -> float:
    """The threshold below which people would be unsure as often as they were, where what lies `z` apart was `asked` so often.

    `halves`: z is of a fit that counts half, of which t makes it smaller by the root of 1 + t^2.
    """
    t = THRESHOLDS[:, None]
    apart = z * np.hypot(1, t) if halves else z
    shares = special.ndtr(t - apart) - special.ndtr(-t - apart)
    return float(np.interp(unsure, np.maximum.accumulate(shares @ asked), THRESHOLDS))


def _likely(z: Array, said: Whole, lapse: Array, threshold: float, starts: Whole) -> Array:
    """(people, leanings) the logarithm of how likely each one's answers are."""
    chances = np.empty((len(z), len(LEANINGS)))
    kinds = 3 if threshold else 2
    for start in range(0, len(z), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        leant = z[some, None] + LEANINGS
        left, right = special.ndtr(leant - threshold), special.ndtr(-leant - threshold)
        seen = np.choose(said[some, None], (left, right, 1 - left - right))
        blind = lapse[some, None]
        chances[some] = np.log(np.maximum(blind / kinds + (1 - blind) * seen, SMALLEST))
    return np.asarray(np.add.reduceat(chances, starts), np.float64)


def _by_spread(likely: Array) -> Array:
    """(people, spreads) the logarithm of how likely each one's answers are where people lean by so much."""
    with np.errstate(divide="ignore"):
        away = -((LEANINGS[None] / SPREADS[:, None].clip(1e-9)) ** 2) / 2
    shares = np.exp(away) / np.exp(away).sum(1, keepdims=True)
    top = likely.max(1, keepdims=True)
    return np.asarray(top + np.log(np.exp(likely - top) @ shares.T), np.float64)
