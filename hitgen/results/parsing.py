"""From a row of the ledger to work that can be graded, or to the fault that forbids it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hitgen.ledger.rows import Received
from hitgen.manifest import Manifest, Page
from hitgen.results.answers import submission_text
from hitgen.results.submission import FaultyError, Submission, TrialRow, plain, read_submission

EDGE_PX = 1.0
"""A mark on the very edge may lie this far outside by rounding."""


@dataclass(frozen=True)
class Work:
    """A submission that was read and fits the page it is for."""

    received: Received
    page: Page
    submission: Submission


@dataclass(frozen=True)
class Faulty:
    """A submission that cannot be graded, and why; its raw answer stays in the ledger."""

    received: Received
    fault: str


def parse(received: Received, manifest: Manifest) -> Work | Faulty:
    """Read one answer; nothing in it can do more than make it `Faulty`."""
    page = manifest.by_page.get(received.page)
    if page is None:
        return Faulty(received, f"is for page {plain(received.page)!r}, which is not in this build")
    try:
        submission = read_submission(submission_text(received.answer))
    except FaultyError as error:
        return Faulty(received, str(error))
    faults = [*_origin_faults(received, manifest, submission), *_trial_faults(page, submission, manifest)]
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        return Faulty(received, plain("; ".join(faults[:3]) + more))
    return Work(received, page, submission)


def _origin_faults(received: Received, manifest: Manifest, submission: Submission) -> Iterator[str]:
    """Whether it says to come from where the recruiter says it comes from; a page may leave the person's id out."""
    pairs = (
        ("batch", submission.batch, manifest.batch),
        ("page", submission.page, received.page),
        ("assignment", submission.assignment or received.assignment, received.assignment),
        ("worker", submission.worker or received.worker, received.worker),
    )
    for name, told, known in pairs:
        if told != known:
            shown = "another one" if name == "worker" else repr(told[:80])
            yield f"is for {name} {shown}, but the recruiter has it for this one"


def _trial_faults(page: Page, submission: Submission, manifest: Manifest) -> Iterator[str]:
    order, rows = submission.order, submission.trials
    if len(set(order)) != len(order) or set(order) != set(page.by_trial):
        yield f"order has {len(set(order) & set(page.by_trial))} of the page's {len(page.trials)} trials, and {len(order)} entries"
    if len({(row.trial, row.attempt) for row in rows}) != len(rows):
        yield "the same attempt is there twice"
    last = {row.trial: row.attempt for row in sorted(rows, key=lambda row: row.attempt)}
    for missing in [trial for trial in page.by_trial if trial not in last]:
        yield f"trial {missing} has no answer"
    for row in rows:
        yield from _row_faults(page, row, last[row.trial], manifest)


def _row_faults(page: Page, row: TrialRow, last: int, manifest: Manifest) -> Iterator[str]:
    known = page.by_trial.get(row.trial)
    if known is None:
        yield f"trial {row.trial[:40]!r} is not on this page"
        return
    coached, ladder = known.role == "training", manifest.by_key[known.key]
    if row.attempt > 1 and not coached:
        yield f"trial {row.trial} has more than one attempt"
    if row.none_seen != (row.level is None):
        yield f"trial {row.trial} says both a level and that none was seen, or neither"
    elif row.level is not None and not 1 <= row.level <= ladder.level_max:
        yield f"trial {row.trial} has level {row.level}; its levels are 1 to {ladder.level_max}"
    wanted = 0 if row.none_seen else manifest.locations
    # A level that coaching refused has no marks yet.
    if len(row.points) != wanted and not (coached and row.attempt < last and len(row.points) == 0):
        yield f"trial {row.trial} has {len(row.points)} marks instead of {wanted}"
    width, height = ladder.width + EDGE_PX, ladder.height + EDGE_PX
    if any(not (-EDGE_PX <= x <= width and -EDGE_PX <= y <= height) for x, y in row.points):
        yield f"trial {row.trial} has a mark outside its picture"
    if row.ended_ms < row.started_ms:
        yield f"trial {row.trial} ends before it starts"
