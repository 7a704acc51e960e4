"""What a pilot says of the study to come: time and pay."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import polars as pl


@dataclass(frozen=True)
class Pilot:
    """Median minutes on a study page, and what an hour of it pays."""

    median_minutes: float | None
    hourly_usd: Decimal | None
    excluded_share: float


def pilot(ratings: pl.DataFrame, reward_usd: Decimal, excluded_share: float) -> Pilot:
    """The figures of a pilot; minutes run from opening a page to its last answer."""
    minutes = _median_minutes(ratings)
    hourly = (reward_usd * 60 / Decimal(minutes)).quantize(Decimal("0.01")) if minutes else None
    return Pilot(minutes, hourly, excluded_share)


def _median_minutes(ratings: pl.DataFrame) -> float | None:
    study = ratings.filter(pl.col("kind") == "study")
    ends = study.group_by("assignment").agg(pl.col("ended_ms").max())["ended_ms"]
    middle = ends.median()
    return float(middle) / 60_000 if isinstance(middle, int | float) and middle else None
