"""Gold and training answers held against what is known: the level, and the places matched one to one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hitgen.methods.pjnd.manifest import Known, Point


def level_is_right(level: int | None, answer: Known) -> bool:
    """Whether a level lies in the window, its ends included; "none seen" (None) never does."""
    return level is not None and answer.level[0] <= level <= answer.level[1]


def places_are_right(marks: Sequence[Point], answer: Known) -> bool:
    """Whether enough points have a mark of their own within the radius."""
    return match_count(marks, answer.points, answer.radius_px) >= answer.matches


def match_count(marks: Sequence[Point], points: Sequence[Point], radius_px: float) -> int:
    """The largest number of pairs of one mark and one point at most `radius_px` apart (augmenting paths)."""
    near = [[math.dist(mark, point) <= radius_px for point in points] for mark in marks]
    owner: dict[int, int] = {}

    def placed(mark: int, tried: set[int]) -> bool:
        for point, close in enumerate(near[mark]):
            if not close or point in tried:
                continue
            tried.add(point)
            if point not in owner or placed(owner[point], tried):
                owner[point] = mark
                return True
        return False

    return sum(placed(mark, set()) for mark in range(len(marks)))
