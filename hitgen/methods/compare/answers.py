"""Answers as the analysis reads them, wherever they come from, and what one assignment's answers tell of its worker."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from hitgen.methods.compare.row import Arm, Asked, Response

JND = 0.6744897501960817
"""The distance at which three in four answers name the one that differs more: the normal quantile of 0.75."""
Side = tuple[str, int]
"""A codec and a level; at level 0 the source, whatever the codec is called."""


def worse_of(left: Side, right: Side) -> Response | None:
    """The side that differs more by the order of levels; None across codecs and where both are the same."""
    (codec, level), (other, against) = left, right
    if level == against or (level and against and codec != other):
        return None
    return "left" if level > against else "right"


class Answer(NamedTuple):
    """One answer to one question."""

    arm: Arm
    worker: str
    assignment: str
    asked: Asked
    source: str
    left: Side
    right: Side
    response: Response
    response_time_ms: int | None
    toggles: int | None = None
    order: int = 0

    @property
    def worse(self) -> Response | None:
        """The side that differs more by the order of levels; None across codecs and where both are the same."""
        return worse_of(self.left, self.right)

    @property
    def credit(self) -> float:
        """1 for the side that differs more, a half for "not sure", 0 for the other side and for none."""
        return 1.0 if self.response == self.worse else 0.5 if self.response == "notsure" else 0.0

    @property
    def scaled(self) -> bool:
        """Whether it counts for the scale: traps have let their worker in, and bias questions say nothing."""
        return self.asked in ("same", "cross", "source") and self.response != "skip"


@dataclass(frozen=True)
class Habits:
    """What the answers of one assignment in one arm tell of how it was worked; shares are None where nothing tells."""

    arm: Arm
    answers: int
    traps: int
    trap_share: float | None
    lefts: int
    rights: int
    unsure: int
    skipped: int
    response_ms: float | None
    toggles: float | None
    guess_p: float | None
    """The chance that one who guesses puts the levels of a codec in order at least as well (normal approximation)."""
    guesses_known: bool = False
    """Whether its questions can tell who guesses from who looks."""

    @property
    def side_share(self) -> float | None:
        """The share of the commoner side among left and right."""
        told = self.lefts + self.rights
        return max(self.lefts, self.rights) / told if told else None

    @property
    def same_share(self) -> float:
        """The share of the commonest answer."""
        return max(self.lefts, self.rights, self.unsure) / self.answers if self.answers else 0.0


def habits(answers: Iterable[Answer]) -> Habits:
    """The habits in the answers of one assignment in one arm; at least one answer."""
    given = list(answers)
    traps = [answer.credit for answer in given if answer.asked == "trap"]
    asked = [answer for answer in given if answer.asked not in ("trap", "bias")]
    told = [answer for answer in asked if answer.response in ("left", "right")]
    ordered = [2 * answer.credit - 1 for answer in told if answer.worse]
    times = [answer.response_time_ms for answer in asked or given if answer.response_time_ms is not None]
    toggles = [answer.toggles for answer in given if answer.toggles is not None and answer.response != "skip"]
    return Habits(
        arm=given[0].arm, answers=len(asked), traps=len(traps), trap_share=sum(traps) / len(traps) if traps else None,
        lefts=sum(answer.response == "left" for answer in told), rights=sum(answer.response == "right" for answer in told),
        unsure=sum(answer.response == "notsure" for answer in asked),
        skipped=sum(answer.response == "skip" for answer in asked),
        response_ms=median(times) if times else None,
        toggles=sum(toggles) / len(toggles) if toggles else None,
        guess_p=math.erfc(sum(ordered) / math.sqrt(2 * len(ordered))) / 2 if ordered else None,
    )  # fmt: skip


def otsu(shares: Iterable[float]) -> float | None:
    """The threshold that parts shares into two groups of least variance (Otsu 1979): those at or above it are kept.

    It lies half way between the two groups' nearest shares; None where all are the same.
    """
    values = sorted(shares)
    best, found = -1.0, None
    for cut in range(1, len(values)):
        if values[cut] == values[cut - 1]:
            continue
        low, high = values[:cut], values[cut:]
        apart = sum(high) / len(high) - sum(low) / len(low)
        if (between := len(low) * len(high) * apart**2) > best:
            best, found = between, (values[cut - 1] + values[cut]) / 2
    return found
