"""Detection after JPEG AIC-2: is a level told from its source more often than by half of those who guess the other half?

Three in four correct is the threshold: half of the answers are right by chance, so that half of the people see it there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from scipy import stats

from hitgen.methods.compare.analysis.tally import natural
from hitgen.methods.compare.answers import Answer
from hitgen.methods.compare.row import Arm

THRESHOLD = 0.75
ALPHA = 0.05
Verdict = Literal["visually lossless", "not visually lossless", "undecided"]


@dataclass(frozen=True)
class Detection:
    """How often one level was told from its source; "not sure" counts half."""

    arm: Arm
    source: str
    codec: str
    level: int
    answers: int
    correct: float
    low: float
    high: float
    verdict: Verdict

    @property
    def share(self) -> float:
        return self.correct / self.answers


def exact_interval(correct: float, answers: int) -> tuple[float, float]:
    """The 95% interval of a share by Clopper and Pearson (1934), its beta quantiles taken at halves too."""
    low = float(stats.beta.ppf(ALPHA / 2, correct, answers - correct + 1)) if correct > 0 else 0.0
    high = float(stats.beta.ppf(1 - ALPHA / 2, correct + 1, answers - correct)) if correct < answers else 1.0
    return low, high


def verdict_of(low: float, high: float) -> Verdict:
    """What an interval says of the threshold; undecided where it holds it."""
    if high < THRESHOLD:
        return "visually lossless"
    return "not visually lossless" if low > THRESHOLD else "undecided"


def detections(answers: Iterable[Answer]) -> list[Detection]:
    """The verdict on each level that was held against its source, by arm, source, codec and level; traps left out."""
    found: dict[tuple[Arm, str, str, int], list[float]] = defaultdict(list)
    for answer in answers:
        if answer.asked == "source" and answer.response != "skip":
            codec, level = answer.left if answer.left[1] else answer.right
            found[answer.arm, answer.source, codec, level].append(answer.credit)
    rows = []
    for (arm, source, codec, level), given in found.items():
        low, high = exact_interval(sum(given), len(given))
        rows.append(Detection(arm, source, codec, level, len(given), sum(given), low, high, verdict_of(low, high)))
    return sorted(rows, key=lambda row: (row.arm != "plain", natural(row.source), natural(row.codec), row.level))
