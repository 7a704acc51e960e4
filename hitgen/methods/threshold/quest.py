"""QUEST+ for one ladder: what answers to flicker comparisons say of its SUR, and which level would say most next.

Everybody who looked is taken as one collective observer: the share who see flicker at level x is a normal distribution's,
with the population's mean and SD of the PJND as its parameters. A posterior is an array of weights over a grid of both, in
shares of the ladder. Watson (2017), J. Vision 17(3):10; as assets/methods/threshold/quest.js, and held to `questplus` in tests.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

MEANS = tuple(round(0.02 + 0.04 * step, 2) for step in range(29))
SDS = (0.04, 0.07, 0.1, 0.13, 0.17, 0.22, 0.3)
PRIOR_MEAN, PRIOR_MEAN_SD, PRIOR_SD, PRIOR_SD_LOG = 0.4, 0.16, 0.11, 0.25
"""What is known of a picture before anybody looked: published PJND studies, in shares of the ladder."""
Weights = NDArray[np.float64]
Seen = tuple[int, bool]
"""A level, and whether the side that flickered was found."""
Outcome = Literal["none", "found", "wrong", "both"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""What a response comes to: no flicker named, the side of the higher level, the other side, or both."""
Levels = tuple[int, int]
"""The higher level, and the one at the other side (0: the source)."""
Compared = tuple[int, int, Outcome]
"""The levels, and what came of them."""
LEAST_LAPSE = 0.001
"""With fewer an answer could be impossible, and nothing be left of a posterior."""
PAIRED_LEVELS = 50
"""Of so many levels at most pairs are made."""


def prior() -> Weights:
    """What is known before the first answer: means x SDs, summing to 1."""
    of_means = np.exp(-0.5 * ((np.array(MEANS) - PRIOR_MEAN) / PRIOR_MEAN_SD) ** 2)
    of_sds = np.exp(-0.5 * (np.log(np.array(SDS) / PRIOR_SD) / PRIOR_SD_LOG) ** 2)
    weights = np.outer(of_means, of_sds)
    return np.asarray(weights / weights.sum())


def normal_cdf(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """The standard normal distribution, to 1e-7: the formula that the page has too (Press et al., erfcc)."""
    x = np.abs(z) / math.sqrt(2)
    t = 1 / (1 + 0.5 * x)
    sum_ = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (
        0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))))  # fmt: skip
    tail = 0.5 * t * np.exp(-x * x + sum_)
    return np.asarray(np.where(z > 0, 1 - tail, tail))


def found_rates(levels: Weights, level_max: int, guess: float, lapse: float) -> Weights:
    """How often the flickering side is found: levels x means x SDs."""
    mean, sd = np.array(MEANS)[None, :, None] * level_max, np.array(SDS)[None, None, :] * level_max
    seen = normal_cdf((levels[:, None, None] - mean) / sd)
    return np.asarray(guess + (1 - guess - lapse) * seen)


def updated(weights: Weights, answers: Iterable[Seen], level_max: int, guess: float, lapse: float) -> Weights:
    """The posterior after answers to one level each."""
    logs = np.log(weights)
    for level, found in answers:
        rate = found_rates(np.array([float(level)]), level_max, guess, lapse)[0]
        logs = logs + np.log(rate if found else 1 - rate)
    result = np.exp(logs - logs.max())
    return np.asarray(result / result.sum())


def expected_entropies(weights: Weights, level_max: int, guess: float, lapse: float) -> NDArray[np.float64]:
    """The entropy to be expected after an answer at each level 1..level_max, in nats."""
    rates = found_rates(np.arange(1.0, level_max + 1), level_max, guess, lapse)
    total = np.zeros(level_max)
    for outcome in (rates, 1 - rates):
        joint = outcome * weights
        share = joint.sum((1, 2))
        total += _left(joint, share, (1, 2))
    return total


def _left(joint: Weights, share: Weights, axes: tuple[int, int]) -> Weights:
    """The entropy that outcomes leave, times how often they come; what cannot be leaves none."""
    logs, log = (np.log(np.where(each > 0, each, 1)) for each in (joint, share))
    return np.asarray(share * log - (joint * logs).sum(axes))


def entropy(weights: Weights) -> float:
    """What is not known, in nats."""
    held = weights[weights > 0]
    return float(-(held * np.log(held)).sum())


def expected_gain(weights: Weights, level_max: int, guess: float, lapse: float) -> float:
    """How much one more answer is expected to say, in nats."""
    return entropy(weights) - float(expected_entropies(weights, level_max, guess, lapse).min())


def outcome_of(side: str, response: str) -> Outcome:
    """What a response comes to where the higher level flickered at `side`; one picture of several flickers at "here"."""
    return "none" if response == "none" else "both" if response == "both" else "found" if response == side else "wrong"


def outcome_rates(seen: Sequence[Weights], guess: float, lapse: float, choices: int) -> Weights:
    """How often each of OUTCOMES comes, where `seen` says how often nothing, the higher level alone, the other alone and both are seen.

    Who sees nothing names each side with probability `guess`; with two `choices` one picture is asked about, which is its only side.
    A share `lapse` of answers is drawn blindly from `choices`.
    """
    unseen, higher, lower, both = seen
    lapse = max(lapse, LEAST_LAPSE)
    blind, looked = lapse / choices, 1 - lapse
    sides = sides_of(choices)
    wrong = lower + unseen * guess * (sides - 1)
    rates = [unseen * (1 - sides * guess), higher + unseen * guess, wrong, both]
    return np.stack([looked * rate + (blind if at < choices else 0) for at, rate in enumerate(rates)])


def sides_of(choices: int) -> int:
    """Of how many pictures an answer says which flickers."""
    return min(2, choices - 1)


def pairs(level_max: int) -> list[Levels]:
    """The pairs of levels that a page chooses from, the lowest first."""
    levels = range(level_max, 0, -math.ceil(level_max / PAIRED_LEVELS))
    return sorted((high, low) for high in levels for low in levels if low < high)


def pair_rates(chosen: Sequence[Levels], level_max: int, guess: float, lapse: float) -> Weights:
    """How often each outcome of pairs of levels comes: outcomes x pairs x means x SDs."""
    levels, at = np.unique(np.array(chosen, dtype=np.float64), return_inverse=True)
    sees = found_rates(levels, level_max, 0, 0)[at.reshape(-1, 2)]
    high, low = sees[:, 0], sees[:, 1]
    return outcome_rates((1 - high, high - low, np.zeros_like(low), low), guess, lapse, len(OUTCOMES))


def updated_by_pairs(
    weights: Weights, answers: Iterable[Compared], level_max: int, guess: float, lapse: float
) -> Weights:
    """The posterior after comparisons of pairs."""
    for high, low, outcome in answers:
        weights = weights * pair_rates([(high, low)], level_max, guess, lapse)[OUTCOMES.index(outcome), 0]
        weights = weights / weights.sum()
    return weights


def expected_entropies_of_pairs(weights: Weights, level_max: int, guess: float, lapse: float) -> Weights:
    """The entropy to be expected after an answer to each of `pairs`, in nats."""
    joint = pair_rates(pairs(level_max), level_max, guess, lapse) * weights
    share = joint.sum((2, 3))
    return np.asarray(_left(joint, share, (2, 3)).sum(0))


def choices(
    weights: Weights, answers: Sequence[Compared], level_max: int, guess: float, lapse: float, paired: bool
) -> tuple[list[Levels], Weights]:
    """What a page that began with `weights` can choose after answers, and the entropy to be expected after each choice, in nats.

    The first of those with the least is chosen: pairs of levels where both sides may flicker, and one level against the source otherwise.
    """
    if paired and level_max > 1:
        known = updated_by_pairs(weights, answers, level_max, guess, lapse)
        return pairs(level_max), expected_entropies_of_pairs(known, level_max, guess, lapse)
    seen = [(level, outcome == "found") for level, _, outcome in answers]
    left = expected_entropies(updated(weights, seen, level_max, guess, lapse), level_max, guess, lapse)
    return [(level, 0) for level in range(1, level_max + 1)], left


def chosen(
    weights: Weights, answers: Sequence[Compared], level_max: int, guess: float, lapse: float, paired: bool
) -> Levels:
    """The levels that a page chooses."""
    levels, left = choices(weights, answers, level_max, guess, lapse, paired)
    return levels[int(left.argmin())]
