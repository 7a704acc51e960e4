"""Detection after JPEG AIC-2: is a level told from its source more often than by half of those who guess the other half?

Three in four correct is the threshold: half of the answers are right by chance, so that half of the people see it there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from scipy import special, stats

from hitgen.methods.compare.analysis.tally import natural
from hitgen.methods.compare.answers import Answer
from hitgen.methods.compare.row import Arm

THRESHOLD = 0.75
ALPHA = 0.05
PRIOR = 2.0
"""What is taken for known of a level before its answers: two right and two wrong ones, Beta(2, 2) (Agresti and Coull 1998)."""
SURE = 1 - ALPHA
"""The least probability of a verdict."""
ANSWERS_MIN = 15
"""Fewer answers, all of them right, are not `SURE` of "not visually lossless": where one verdict alone could be given, none is."""
Verdict = Literal["visually lossless", "not visually lossless", "undecided"]


@dataclass(frozen=True)
class Detection:
    """How often one level was told from its source; "not sure" counts half.

    `lossless` is the probability that the true share is at most `THRESHOLD`, by which the verdict goes; `low` and `high` are
    the exact interval of the share.
    """

    arm: Arm
    source: str
    codec: str
    level: int
    answers: int
    correct: float
    low: float
    high: float
    lossless: float
    verdict: Verdict

    @property
    def share(self) -> float:
        return self.correct / self.answers


def exact_interval(correct: float, answers: int) -> tuple[float, float]:
    """The 95% interval of a share by Clopper and Pearson (1934), its beta quantiles taken at halves too."""
    low = float(stats.beta.ppf(ALPHA / 2, correct, answers - correct + 1)) if correct > 0 else 0.0
    high = float(stats.beta.ppf(1 - ALPHA / 2, correct + 1, answers - correct)) if correct < answers else 1.0
    return low, high


def lossless_probability(correct: float, answers: int) -> float:
    """How probable it is that at most `THRESHOLD` of all answers would be right: of the posterior Beta(2 + right, 2 + wrong)."""
    return float(special.betainc(PRIOR + correct, PRIOR + answers - correct, THRESHOLD))


def verdict_of(lossless: float, answers: int) -> Verdict:
    """The side of the threshold on which the true share lies with a probability of at least `SURE`, if there is one."""
    if answers < ANSWERS_MIN:
        return "undecided"
    if lossless >= SURE:
        return "visually lossless"
    return "not visually lossless" if 1 - lossless >= SURE else "undecided"


def detections(answers: Iterable[Answer]) -> list[Detection]:
    """The verdict on each level that was held against its source, by arm, source, codec and level; traps left out."""
    found: dict[tuple[Arm, str, str, int], list[float]] = defaultdict(list)
    for answer in answers:
        if answer.asked == "source" and answer.response != "skip":
            codec, level = answer.left if answer.left[1] else answer.right
            found[answer.arm, answer.source, codec, level].append(answer.credit)
    rows = []
    for (arm, source, codec, level), given in found.items():
        correct, count = sum(given), len(given)
        lossless = lossless_probability(correct, count)
        verdict = verdict_of(lossless, count)
        rows.append(
            Detection(arm, source, codec, level, count, correct, *exact_interval(correct, count), lossless, verdict)
        )
    return sorted(rows, key=lambda row: (row.arm != "plain", natural(row.source), natural(row.codec), row.level))
