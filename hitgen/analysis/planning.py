"""What a pilot says of the study to come: time, pay, and how many ratings a wanted precision needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import polars as pl
from scipy import stats

from hitgen.analysis.pjnd import CONFIDENCE, Pjnd

WIDTHS = (2.0, 4.0, 6.0, 8.0)
"""Full widths of the 95% interval of a mean, in levels."""


@dataclass(frozen=True)
class Needed:
    """For one width of the interval: used ratings a ladder, and ratings to collect so that as many are used."""

    width: float
    used: int
    collected: int


@dataclass(frozen=True)
class Pilot:
    """Median minutes on a study page, what an hour of it pays, and the ratings needed."""

    median_minutes: float | None
    hourly_usd: Decimal | None
    excluded_share: float
    typical_sd: float | None
    needed: tuple[Needed, ...]


def pilot(ratings: pl.DataFrame, reward_usd: Decimal, excluded_share: float, pjnds: Sequence[Pjnd]) -> Pilot:
    """The figures of a pilot; minutes run from opening a page to its last answer."""
    minutes = _median_minutes(ratings)
    deviations = [pjnd.sd.value for pjnd in pjnds if pjnd.sd.value is not None]
    typical = math.sqrt(float(np.mean(np.square(deviations)))) if deviations else None
    hourly = (reward_usd * 60 / Decimal(minutes)).quantize(Decimal("0.01")) if minutes else None
    counts = [ratings_needed(typical, width) for width in WIDTHS] if typical else []
    kept = max(1e-9, 1 - excluded_share)
    needed = [
        Needed(width, n, math.ceil(n / kept)) for width, n in zip(WIDTHS, counts, strict=False) if excluded_share < 1
    ]
    return Pilot(minutes, hourly, excluded_share, typical, tuple(needed))


def _median_minutes(ratings: pl.DataFrame) -> float | None:
    study = ratings.filter(pl.col("kind") == "study")
    ends = study.group_by("assignment").agg(pl.col("ended_ms").max())["ended_ms"]
    middle = ends.median()
    return float(middle) / 60_000 if isinstance(middle, int | float) and middle else None


def ratings_needed(sd: float, width: float) -> int:
    """The least n for which Student's 95% interval of a mean is at most `width` levels wide."""
    n = 2
    while 2 * float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * sd / math.sqrt(n) > width:
        # The normal's n is never too many; from there it is a few steps.
        n = max(n + 1, math.ceil((2 * float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * sd / width) ** 2))
    return n
