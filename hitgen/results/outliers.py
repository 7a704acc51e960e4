"""Ratings far from the others of their ladder; they are the tail that SUR describes, so they are flagged."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, quantiles, stdev

FEWEST = 4


def outliers(levels: Sequence[int], z: float, iqr: float) -> list[tuple[bool, bool]]:
    """For each level, whether it is more than `z` standard deviations from the mean, and whether it lies more than
    `iqr` interquartile ranges (Tukey's fences, quartiles with ends included) outside the quartiles.

    Fewer than four ratings have no outliers.
    """
    if len(levels) < FEWEST:
        return [(False, False)] * len(levels)
    mean, sd = fmean(levels), stdev(levels)
    low, _, high = quantiles(levels, n=4, method="inclusive")
    reach = iqr * (high - low)
    return [(abs(level - mean) > z * sd, not low - reach <= level <= high + reach) for level in levels]
