"""Gold and training answers held against what is known: the level, and the places matched one to one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hitgen.ledger.rows import Received
from hitgen.manifest import Ladder, Manifest, Question, Trial
from hitgen.results.parsing import Work
from hitgen.results.submission import Point, TrialRow


@dataclass(frozen=True)
class Attempt:
    """One attempt with its trial, its place in the worker's order (1..) and, where an answer is known, its grade."""

    known: Trial
    ladder: Ladder
    row: TrialRow
    order: int
    level_pass: bool | None
    place_pass: bool | None

    @property
    def moves(self) -> int | None:
        """How often the slider is known to have moved; None where the trace had to go and nothing tells."""
        row = self.row
        if row.way.moves is None:
            return None if row.slider_start is None or row.level == row.slider_start else 1
        return row.way.moves


@dataclass(frozen=True)
class GradedWork:
    """A submission with all its attempts, in the order they were worked."""

    work: Work
    attempts: tuple[Attempt, ...]

    @property
    def received(self) -> Received:
        """Where it came from, by the recruiter's word."""
        return self.work.received

    def answers(self, role: str) -> list[Attempt]:
        """The one attempt at each study or gold trial, or all at training trials."""
        return [attempt for attempt in self.attempts if attempt.known.role == role]


def grade(work: Work, manifest: Manifest) -> GradedWork:
    """A submission with its gold and training answers graded."""
    place = {trial: number for number, trial in enumerate(work.submission.order, start=1)}
    attempts = [
        _graded(work.page.by_trial[row.trial], row, place[row.trial], manifest) for row in work.submission.trials
    ]
    return GradedWork(work, tuple(sorted(attempts, key=lambda attempt: (attempt.order, attempt.row.attempt))))


def _graded(known: Trial, row: TrialRow, order: int, manifest: Manifest) -> Attempt:
    ladder, answer = manifest.by_key[known.key], manifest.by_question.get(known.question or "")
    if answer is None or known.role == "study":
        return Attempt(known, ladder, row, order, None, None)
    right = level_is_right(row.level, answer), places_are_right(row.points, answer)
    return Attempt(known, ladder, row, order, *right)


def level_is_right(level: int | None, answer: Question) -> bool:
    """Whether a level lies in the window, its ends included; "none seen" (None) never does."""
    return level is not None and answer.level[0] <= level <= answer.level[1]


def places_are_right(marks: Sequence[Point], answer: Question) -> bool:
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
