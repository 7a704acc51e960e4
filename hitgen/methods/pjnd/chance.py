"""How often a known answer of `pjnd` is given: by chance, as its window and the reach of its points say, and by honest people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from hitgen.methods.evidence import PassRates
from hitgen.methods.pjnd.manifest import Known, Point, Question

LEVEL, PLACE, CATCH = PassRates(0.08, 0.8, 1.2), PassRates(0.04, 0.93, 0.8), PassRates(0.4, 0.9, 0.8)
"""Of a usual question. Honest people differ much in their criterion for the level, and little in where they see flicker."""
CELLS = 200
"""Cells of a picture's longer side, by which areas are counted."""


@lru_cache(maxsize=4096)
def known_rates(
    question: Question, level_max: int, size: tuple[int, int], locations: int
) -> tuple[PassRates, PassRates]:
    """The rates of a question's level and of its places, on a ladder and a picture of this size, for so many marks."""
    by_level = LEVEL.honest if question.level_rate is None else question.level_rate
    by_marks = PLACE.honest if question.place_rate is None else question.place_rate
    return (
        PassRates(level_chance(question, level_max), by_level, LEVEL.spread),
        PassRates(place_chance(question, size, locations), by_marks, PLACE.spread),
    )


def level_chance(known: Known, level_max: int) -> float:
    """The share of all answers, "none seen" among them, that lie in the window."""
    return max(0, min(known.level[1], level_max) - known.level[0] + 1) / (level_max + 1)


def place_chance(known: Known, size: tuple[int, int], locations: int) -> float:
    """How probably so many marks anywhere in a picture match enough points; where reaches overlap, the nearer point has the mark."""
    areas = _areas(known.points, known.radius_px, size)
    hit: dict[frozenset[int], float] = {frozenset(): 1.0}
    for _ in range(locations):
        after: dict[frozenset[int], float] = {}
        for met, share in hit.items():
            free = {point: area for point, area in enumerate(areas) if point not in met and area}
            for point, area in free.items():
                after[met | {point}] = after.get(met | {point}, 0.0) + share * area
            after[met] = after.get(met, 0.0) + share * (1 - sum(free.values()))
        hit = after
    return sum(share for met, share in hit.items() if len(met) >= known.matches)


def _areas(points: Sequence[Point], radius_px: float, size: tuple[int, int]) -> list[float]:
    """The share of the picture that is in reach of each point and nearest to it."""
    import numpy as np  # which only judging needs, not every verb that knows the method

    step = max(size) / CELLS
    xs = (np.arange(max(1, math.floor(size[0] / step))) + 0.5) * step
    ys = (np.arange(max(1, math.floor(size[1] / step))) + 0.5) * step
    far = np.stack([np.hypot(xs[None] - x, ys[:, None] - y) for x, y in points])
    nearest = np.where(far.min(0) <= radius_px, far.argmin(0), -1)
    return [float((nearest == number).mean()) for number in range(len(points))]
