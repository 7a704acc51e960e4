"""How probable it is that a worker is honest, given the answers to gold questions: Bayes' rule over what each kind of people would answer.

An honest person passes a check with a probability of the question's own, moved by how careful that person is: on the scale of log
odds, normally, the same for all of a person's answers to one check. Who guesses passes by chance alone, either every check or those
that the method says can be guessed while others are looked for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NODES = [step / 4 for step in range(-18, 19)]
DENSITIES = [math.exp(-(node**2) / 2) for node in NODES]
WEIGHTS = [density / sum(DENSITIES) for density in DENSITIES]
"""A standard normal variable in steps fine enough for sums to be integrals."""
LEAST_RATE, MOST_RATE = 0.002, 0.998
"""No question is always passed, nor never."""


@dataclass(frozen=True)
class PassRates:
    """How often one check of one question is passed: by chance, and by honest people; `spread` is the SD of their log odds."""

    chance: float
    honest: float
    spread: float = 1.0


@dataclass(frozen=True)
class Evidence:
    """What gold answers say of a worker: `honest` is the probability of being honest.

    `levels` is the logarithm of how much likelier the answers are of somebody who looks for the answer (though perhaps not for all
    that is asked) than of one who guesses all.
    """

    honest: float
    levels: float


Asked = tuple[Sequence[PassRates], Sequence[bool | None]]
"""A gold answer: the rates of its checks, and which were passed; None where a question does not ask for one."""


def evidence(answers: Iterable[Asked], guessing: Sequence[Sequence[int]], honest_share: float) -> Evidence:
    """What a worker's gold answers say, where `honest_share` of people are honest and the others guess in equal parts.

    `guessing` has for each kind of people who guess the numbers of the checks that they guess; the first guesses all.
    """
    found = list(answers)
    checks = len(found[0][0]) if found else 0
    asked = [
        [(rates[n], passed) for rates, passes in found if (passed := passes[n]) is not None] for n in range(checks)
    ]
    looked = [_looked_for(each) for each in asked]
    guessed = [sum(_log_chance(rates, passed) for rates, passed in each) for each in asked]
    each = (1 - honest_share) / len(guessing) if guessing else 0
    kinds = [(honest_share, sum(looked))]
    kinds += [(each, sum(guessed[n] if n in guess else looked[n] for n in range(checks))) for guess in guessing]
    total = _log_sum(kinds)
    able = [kinds[0], *kinds[2:]]
    share = sum(weight for weight, _ in able)
    levels = _log_sum(able) - math.log(share) - kinds[1][1] if len(kinds) > 1 and share else 0.0
    return Evidence(math.exp(math.log(honest_share) + kinds[0][1] - total) if honest_share else 0.0, levels)


def _log_sum(kinds: Sequence[tuple[float, float]]) -> float:
    logs = [math.log(weight) + log for weight, log in kinds if weight > 0]
    top = max(logs)
    return top + math.log(sum(math.exp(log - top) for log in logs))


def _log_chance(rates: PassRates, passed: bool) -> float:
    chance = min(max(rates.chance, LEAST_RATE), MOST_RATE)
    return math.log(chance if passed else 1 - chance)


def _looked_for(answers: Sequence[tuple[PassRates, bool]]) -> float:
    """The logarithm of how probable answers to one check are of honest people, over how careful they may be."""
    counts = Counter(answers)
    likely = 0.0
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        log = 0.0
        for (rates, passed), count in counts.items():
            chance = min(max(rates.honest, LEAST_RATE), MOST_RATE)
            odds = math.log(chance / (1 - chance)) + rates.spread * node
            log -= count * math.log1p(math.exp(-odds if passed else odds))
        likely += weight * math.exp(log)
    return math.log(likely)
