"""What was handed in, once it is read and graded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Generic

from hitgen.ledger.rows import Received
from hitgen.manifest import Ladder, Page, Trial
from hitgen.methods.evidence import PassRates
from hitgen.methods.submission import RowT, Submission

Key = tuple[str, str]
"""An assignment and one of its trials."""


@dataclass(frozen=True)
class Attempt(Generic[RowT]):
    """One attempt with its trial, the trial's place in the worker's order (1..) and, where an answer is known, its grade.

    `passes` says for each of the method's checks whether it was passed, None where the question does not ask it, `rates` how often it
    is; empty where no answer is known.
    """

    known: Trial
    ladder: Ladder
    row: RowT
    order: int
    passes: tuple[bool | None, ...] = ()
    rates: tuple[PassRates, ...] = ()


@dataclass(frozen=True)
class Work(Generic[RowT]):
    """A submission that was read and fits the page it is for, with all its attempts in the order they were worked."""

    received: Received
    page: Page
    submission: Submission[RowT]
    attempts: tuple[Attempt[RowT], ...]

    def answers(self, role: str) -> list[Attempt[RowT]]:
        """The one attempt at each study or gold trial, or all at training trials."""
        return [attempt for attempt in self.attempts if attempt.known.role == role]


AnyWork = Work[Any]


@dataclass(frozen=True)
class Finding:
    """One breach of a rule: of a whole worker (`assignment` None), of one assignment, or of one trial of it.

    `other` is the assignment of somebody else that the reason names.
    """

    rule: str
    reason: str
    worker: str
    assignment: str | None = None
    trial: str | None = None
    other: str = ""

    @property
    def told(self) -> str:
        """The reason as the worker may read it."""
        return self.reason.replace(f"assignment {self.other}", "another assignment") if self.other else self.reason


def trials_during(work: AnyWork, spans: Sequence[tuple[float, float]]) -> Iterator[str]:
    """The study trials that were worked on in one of these spans, in ms since the page was opened."""
    for attempt in work.answers("study"):
        row = attempt.row
        if any(begun < row.ended_ms and end > row.started_ms for begun, end in spans):
            yield attempt.known.trial


def trial_s(attempts: Iterable[Attempt[Any]]) -> float | None:
    """The median time on a trial in seconds; None without trials."""
    times = [(attempt.row.ended_ms - attempt.row.started_ms) / 1000 for attempt in attempts]
    return median(times) if times else None
