"""How each ladder's figures would look with what was left out."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from hitgen.methods.pjnd.analysis.answers import LadderAnswers, answers_of, used


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


def changes(ratings: pl.DataFrame, images: pl.DataFrame) -> tuple[Change, ...]:
    """The change of each ladder that has used ratings."""
    before = {ladder.ladder: ladder for ladder in answers_of(ratings.filter(pl.col("role") == "study"), images)}
    return tuple(
        Change(
            f"{ladder.source} ({ladder.codec})",
            *(len(ladder.levels), len(everything.levels)),
            *(float(ladder.clipped.mean()), float(everything.clipped.mean())),
            *(_sd(ladder), _sd(everything)),
        )
        for ladder in answers_of(used(ratings), images)
        for everything in [before[ladder.ladder]]
    )


def _sd(ladder: LadderAnswers) -> float:
    return float(ladder.clipped.std(ddof=1)) if len(ladder.levels) > 1 else 0.0
