"""How many gold answers screening needs, and what share of people it would keep, by the rule that batch.toml has chosen."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hitgen.config.batch import BatchConfig
from hitgen.methods.base import AnyMethod, method_of
from hitgen.methods.evidence import evidence

MOST_ANSWERS = 25
"""So many gold answers decide on everybody; more need not be gone through."""


@dataclass(frozen=True)
class KeptShares:
    """The shares of people who would be used: average honest ones, sloppy honest ones, and those who guess, all kinds alike."""

    honest: float
    sloppy: float
    guessing: float


def gold_needed(config: BatchConfig) -> int:
    """The least number of gold answers, all of them right, with which a worker's ratings are used; 100 where none is enough."""
    rules, method = config.screening, method_of(config)
    if rules.judged_by == "thresholds":
        return rules.gold_answers_min
    usual = sum(check.usual for check in method.checks)
    return next((n for n in range(100) if _is_used(config, method, n, (n,) * usual)), 100)


def kept_shares(config: BatchConfig, answers: Iterable[int]) -> KeptShares:
    """Of people who give so many gold answers each."""
    method, numbers = method_of(config), Counter(min(n, MOST_ANSWERS) for n in answers)
    usual = [(at, check) for at, check in enumerate(method.checks) if check.usual]
    honest, sloppy = ([getattr(check, name) for _, check in usual] for name in ("honest", "sloppy"))
    guessing = [
        [check.rates.chance if at in guess else check.honest for at, check in usual] for guess in method.guessing
    ]
    kinds = [honest, sloppy, *guessing]
    used = [0.0] * len(kinds)
    for number, people in numbers.items():
        for passes in itertools.product(range(number + 1), repeat=len(usual)):
            if _is_used(config, method, number, passes):
                for kind, passing in enumerate(kinds):
                    used[kind] += people * _probability(passing, passes, number)
    shares = [share / max(1, numbers.total()) for share in used]
    return KeptShares(shares[0], shares[1], sum(shares[2:]) / max(1, len(guessing)))


def _is_used(config: BatchConfig, method: AnyMethod, answers: int, passes: Sequence[int]) -> bool:
    rules = config.screening
    if rules.judged_by == "thresholds":
        rate = sum(passes) / (answers * len(passes)) if answers and passes else 1.0
        return answers >= rules.gold_answers_min and rate >= rules.gold_rate
    if not passes:  # a method without checks has no gold to go by
        return True
    rates, counts = [check.rates for check in method.checks], iter(passes)
    passed = [next(counts) if check.usual else None for check in method.checks]
    asked = [(rates, [None if n is None else number < n for n in passed]) for number in range(answers)]
    return evidence(asked, method.guessing, rules.honest_share).honest >= rules.use_above


def _probability(passing: Sequence[float], passes: Sequence[int], answers: int) -> float:
    return math.prod(
        math.comb(answers, count) * share**count * (1 - share) ** (answers - count)
        for count, share in zip(passes, passing, strict=True)
    )
