"""What was left out, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import polars as pl

from hitgen.results.flow import Flow


@dataclass(frozen=True)
class Exclusions:
    """The way from what was handed in to what is used, and all reasons of study ratings that are not."""

    flow: Flow
    reasons: dict[str, int]

    @property
    def ratings(self) -> int:
        """All study ratings that could be read."""
        return self.flow.read.ratings or 0

    @property
    def used(self) -> int:
        """Those in use."""
        return self.flow.used.ratings or 0

    @property
    def excluded_share(self) -> float:
        """The share of study ratings that are not used."""
        return 1 - self.used / self.ratings if self.ratings else 0.0


def exclusions(flow: Flow, ratings: pl.DataFrame) -> Exclusions:
    """What is left out of the study ratings."""
    left_out = ratings.filter((pl.col("role") == "study") & (pl.col("use") != "use"))["reasons"]
    reasons = Counter(_kind(reason) for text in left_out for reason in (text or "no reason given").split("; "))
    return Exclusions(flow, dict(reasons.most_common()))


def _kind(reason: str) -> str:
    """A reason without its numbers, so that equal ones are counted together."""
    words = ["…" if any(char.isdigit() for char in word) else word for word in reason.split()]
    return " ".join(words)
