"""Intervals of quantiles from order statistics: they hold whatever the distribution is.

Nyblom, "Note on interpolated order statistics", Statistics & Probability Letters 14 (1992), 129-131: how many values lie below a
quantile is binomial; between the two ranks of which one is too far out and one not far enough lies the bound.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy import stats

from hitgen.methods.pjnd.analysis.answers import FloatArray

CONFIDENCE = 0.95


def order_interval(ordered: FloatArray, share: float) -> tuple[float | None, float | None]:
    """The 95% interval of the quantile of `share` from ordered values; None on a side where no value is far enough out."""
    low = _bound(ordered, *_rank(len(ordered), share))
    high = _bound(-ordered[::-1], *_rank(len(ordered), 1 - share))
    return low, None if high is None else -high


def _bound(ordered: FloatArray, rank: int, part: float) -> float | None:
    """The value at a rank (from 1), and a part of the way to the next."""
    if rank == 0:
        return None
    following = ordered[rank] if part else ordered[rank - 1]  # of two that are beyond every level nothing is between
    return float(ordered[rank - 1] + part * (following - ordered[rank - 1]))


@lru_cache(maxsize=4096)
def _rank(n: int, share: float) -> tuple[int, float]:
    """The rank of n values, and the part of the way to the next, below which the quantile lies 2.5% of the time; 0 where there is none."""
    aside = (1 - CONFIDENCE) / 2
    beyond = np.asarray(stats.binom.cdf(np.arange(n), n, share))  # [r - 1]: the quantile lies below the value of rank r
    rank = int((beyond <= aside).sum())
    if rank in (0, n):
        return rank, 0.0
    near, far = float(beyond[rank]), float(beyond[rank - 1])
    odds = rank * (1 - share) * (near - aside) / ((n - rank) * share * max(aside - far, 1e-12))
    return rank, 1 / (1 + odds)


def rank_of(share: float, n: int) -> int:
    """The rank, from 0, of the value above which at least `share` of n values lie, itself counted."""
    return n - math.ceil(share * n - 1e-9)
