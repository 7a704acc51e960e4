"""Whether the questions of an assignment can tell who guesses from who looks: near levels are put in order little better than by guessing.

To leave out whoever fails at hard questions would keep those who were lucky there: distances would come out too large, and levels
that nobody sees would seem to be seen.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import NormalDist
from typing import NamedTuple

from hitgen.methods.compare.answers import Answer, Side
from hitgen.methods.compare.row import Arm

LOST = 0.02
"""The largest share of those who look that may be taken for guessing."""
Pair = tuple[Arm, str, frozenset[Side]]


class Ordered(NamedTuple):
    """How often each two levels of a codec were told apart, and how often in the right order."""

    told: Counter[Pair]
    right: Counter[Pair]


def ordered(answers: Iterable[Answer]) -> Ordered:
    """The counts of answers to study questions about levels of one codec, the source being level 0."""
    counts = Ordered(Counter(), Counter())
    for answer in answers:
        if answer.asked in ("same", "source") and answer.response in ("left", "right") and answer.worse:
            pair = answer.arm, answer.source, frozenset((answer.left, answer.right))
            counts.told[pair] += 1
            counts.right[pair] += answer.response == answer.worse
    return counts


def tells(own: Sequence[Answer], everybody: Ordered, counted: bool, guess_p: float) -> bool:
    """Whether at most `LOST` of those who look would put the levels that `own` are about in order as badly as guessing does.

    How hard they are is told by `everybody` else: of n others with r right (1 + r) / (2 + n) are taken for right, nearer to guessing
    than they were. `counted`: the own answers are among those. `guess_p` is the rule's own chance.
    """
    mine = ordered(own)
    mean = variance = 0.0
    for pair, times in mine.told.items():
        told = everybody.told[pair] - times * counted
        share = (1 + everybody.right[pair] - mine.right[pair] * counted) / (2 + told)
        mean += times * (2 * share - 1)
        variance += times * 4 * share * (1 - share) * (1 + times / (2 + told))
    normal = NormalDist()
    least = normal.inv_cdf(1 - guess_p) * math.sqrt(mine.told.total())
    return bool(mine.told) and mean + normal.inv_cdf(LOST) * math.sqrt(variance) >= least
