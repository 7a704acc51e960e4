"""What was left out, why, and how the figures would look with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from hitgen.analysis.answers import LadderAnswers, answers_of, used


@dataclass(frozen=True)
class Change:
    """One ladder's mean and SD with every study rating, against those of the used ones."""

    name: str
    n_used: int
    n_all: int
    mean_used: float
    mean_all: float
    sd_used: float
    sd_all: float

    @property
    def shift(self) -> float:
        """How far the mean moves, in levels."""
        return abs(self.mean_all - self.mean_used)


@dataclass(frozen=True)
class Exclusions:
    """Ratings by verdict and by reason, and the change of each ladder that has used ratings."""

    verdicts: dict[str, int]
    reasons: dict[str, int]
    changes: tuple[Change, ...]

    @property
    def excluded_share(self) -> float:
        """The share of study ratings that are not used."""
        total = sum(self.verdicts.values())
        return 1 - self.verdicts.get("use", 0) / total if total else 0.0

    @property
    def mean_change(self) -> float:
        """Mean absolute change of the ladders' means, in levels."""
        return float(np.mean([change.shift for change in self.changes])) if self.changes else 0.0


def exclusions(ratings: pl.DataFrame, images: pl.DataFrame) -> Exclusions:
    """What the verdicts leave out of the study ratings."""
    study = ratings.filter(pl.col("role") == "study")
    verdicts = dict(study.group_by("use").len().sort("len", descending=True).iter_rows())
    left_out = study.filter(pl.col("use") != "use")["reasons"]
    reasons = Counter(_kind(reason) for text in left_out for reason in (text or "no reason given").split("; "))
    before = {ladder.ladder: ladder for ladder in answers_of(study, images)}
    after = list(answers_of(used(ratings), images))
    return Exclusions(verdicts, dict(reasons.most_common()), tuple(_changes(before, after)))


def _kind(reason: str) -> str:
    """A reason without its numbers, so that equal ones are counted together."""
    words = ["…" if any(char.isdigit() for char in word) else word for word in reason.split()]
    return " ".join(words)


def _changes(before: dict[str, LadderAnswers], after: Sequence[LadderAnswers]) -> list[Change]:
    found = []
    for ladder in after:
        everything = before[ladder.ladder]
        found.append(
            Change(
                f"{ladder.source} ({ladder.codec})",
                *(len(ladder.levels), len(everything.levels)),
                *(float(ladder.clipped.mean()), float(everything.clipped.mean())),
                *(_sd(ladder), _sd(everything)),
            )
        )
    return found


def _sd(ladder: LadderAnswers) -> float:
    return float(ladder.clipped.std(ddof=1)) if len(ladder.levels) > 1 else 0.0
