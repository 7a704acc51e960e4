"""How many ratings a wanted precision needs, by the spread of the answers so far."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from hitgen.methods.pjnd.analysis.order import CONFIDENCE
from hitgen.methods.pjnd.analysis.pjnd import Pjnd

WIDTHS = (2.0, 4.0, 6.0, 8.0)
"""Full widths of the 95% interval of a mean, in levels."""


@dataclass(frozen=True)
class Needed:
    """For one width of the interval: used ratings a ladder, and ratings to collect so that as many are used."""

    width: float
    used: int
    collected: int


def needed(pjnds: Sequence[Pjnd], excluded_share: float) -> tuple[float | None, tuple[Needed, ...]]:
    """The PJND's typical SD, and the ratings needed for each width at this rate of exclusions."""
    deviations = [pjnd.sd.value for pjnd in pjnds if pjnd.sd.value is not None]
    if not deviations:
        return None, ()
    typical, kept = math.sqrt(float(np.mean(np.square(deviations)))), max(1e-9, 1 - excluded_share)
    counts = [ratings_needed(typical, width) for width in WIDTHS] if typical and excluded_share < 1 else []
    rows = (Needed(width, n, math.ceil(n / kept)) for width, n in zip(WIDTHS, counts, strict=False))
    return typical, tuple(rows)


def ratings_needed(sd: float, width: float) -> int:
    """The least n for which Student's 95% interval of a mean is at most `width` levels wide."""
    n = 2
    while 2 * float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * sd / math.sqrt(n) > width:
        # The normal's n is never too many; from there it is a few steps.
        n = max(n + 1, math.ceil((2 * float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * sd / width) ** 2))
    return n
