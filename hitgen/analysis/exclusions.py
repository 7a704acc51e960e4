"""What was left out, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Exclusions:
    """Study ratings by verdict and by reason."""

    verdicts: dict[str, int]
    reasons: dict[str, int]

    @property
    def excluded_share(self) -> float:
        """The share of study ratings that are not used."""
        total = sum(self.verdicts.values())
        return 1 - self.verdicts.get("use", 0) / total if total else 0.0


def exclusions(ratings: pl.DataFrame) -> Exclusions:
    """What the verdicts leave out of the study ratings."""
    study = ratings.filter(pl.col("role") == "study")
    verdicts = dict(study.group_by("use").len().sort("len", descending=True).iter_rows())
    left_out = study.filter(pl.col("use") != "use")["reasons"]
    reasons = Counter(_kind(reason) for text in left_out for reason in (text or "no reason given").split("; "))
    return Exclusions(verdicts, dict(reasons.most_common()))


def _kind(reason: str) -> str:
    """A reason without its numbers, so that equal ones are counted together."""
    words = ["…" if any(char.isdigit() for char in word) else word for word in reason.split()]
    return " ".join(words)
