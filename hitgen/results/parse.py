"""From a row of the ledger to work that can be graded, or to the fault that forbids it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hitgen.ledger.rows import Received
from hitgen.lib.text import plain
from hitgen.manifest import Manifest, Page, Trial
from hitgen.methods.base import AnyMethod
from hitgen.methods.submission import FaultyError, Row, Submission, read_submission
from hitgen.methods.work import AnyWork, Attempt, Work
from hitgen.results.raw import submission_text


@dataclass(frozen=True)
class Faulty:
    """A submission that cannot be graded, and why; its raw answer stays in the ledger."""

    received: Received
    fault: str


def parse(received: Received, manifest: Manifest, method: AnyMethod) -> AnyWork | Faulty:
    """Read and grade one answer; nothing in it can do more than make it `Faulty`."""
    page = manifest.by_page.get(received.page)
    if page is None:
        return Faulty(received, f"is for page {plain(received.page)!r}, which is not in this build")
    try:
        submission = read_submission(submission_text(received.answer), method.row)
    except FaultyError as error:
        return Faulty(received, str(error))
    faults = [
        *_origin_faults(received, manifest, submission),
        *_consent_faults(page, submission),
        *_trial_faults(page, submission, manifest, method),
    ]
    faults = faults or list(method.submission_faults(submission, page, manifest))
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        return Faulty(received, plain("; ".join(faults[:3]) + more))
    order = {trial: number for number, trial in enumerate(submission.order, start=1)}
    attempts = [_graded(page.by_trial[row.trial], row, order[row.trial], manifest, method) for row in submission.trials]
    attempts.sort(key=lambda attempt: (attempt.order, attempt.row.attempt))
    return Work(received, page, submission, tuple(attempts))


def _graded(known: Trial, row: Row, order: int, manifest: Manifest, method: AnyMethod) -> Attempt[Any]:
    question = manifest.by_question.get(known.question or "")
    ladder = manifest.by_key[known.key]
    if question is None or known.role == "study":
        return Attempt(known, ladder, row, order)
    return Attempt(known, ladder, row, order, method.grade(row, question), method.rates(question, ladder, manifest))


def _origin_faults(received: Received, manifest: Manifest, submission: Submission[Any]) -> Iterator[str]:
    """Whether it says to come from where the recruiter says it comes from; a page may leave the person's id out."""
    pairs = (
        ("batch", submission.batch, manifest.batch),
        ("page", submission.page, received.page),
        ("assignment", submission.assignment or received.assignment, received.assignment),
        ("worker", submission.worker or received.worker, received.worker),
    )
    for name, told, known in pairs:
        if told != known:
            # A fault is told in reports, which name nobody.
            shown = "another one" if name in ("worker", "assignment") else repr(told[:80])
            yield f"is for {name} {shown}, but the recruiter has it for this one"


def _consent_faults(page: Page, submission: Submission[Any]) -> Iterator[str]:
    """Whether what was agreed to is what this page says, in the language that it says it in."""
    given = submission.consent
    known = page.consents.values() if not given.language else [page.consents.get(given.language)]
    if page.consents and given.sha256 not in known:
        yield "agrees to a consent that is not this page's"


def _trial_faults(page: Page, submission: Submission[Any], manifest: Manifest, method: AnyMethod) -> Iterator[str]:
    order, rows = submission.order, submission.trials
    if len(set(order)) != len(order) or set(order) != set(page.by_trial):
        yield f"order has {len(set(order) & set(page.by_trial))} of the page's {len(page.trials)} trials, and {len(order)} entries"
    if len({(row.trial, row.attempt) for row in rows}) != len(rows):
        yield "the same attempt is there twice"
    last = {row.trial: row.attempt for row in sorted(rows, key=lambda row: row.attempt)}
    for missing in [trial for trial in page.by_trial if trial not in last]:
        yield f"trial {missing} has no answer"
    for row in rows:
        yield from _row_faults(page, row, last[row.trial], manifest, method)
    yield from _overlaps(page, order, rows)


def _overlaps(page: Page, order: Sequence[str], rows: Sequence[Row]) -> Iterator[str]:
    """A page shows one trial after the other, or some at once."""
    at = {trial: number for number, trial in enumerate(order)}
    together = {trial.trial: trial.at_once for trial in page.trials}
    worked = sorted(rows, key=lambda row: (at.get(row.trial, len(order)), row.attempt))
    for before, row in pairwise(worked):
        alone = row.trial == before.trial or together.get(row.trial) != together.get(before.trial)
        if alone and row.started_ms < before.ended_ms:
            yield f"trial {row.trial[:40]} starts before the one before it ends"


def _row_faults(page: Page, row: Row, last: int, manifest: Manifest, method: AnyMethod) -> Iterator[str]:
    known = page.by_trial.get(row.trial)
    if known is None:
        yield f"trial {row.trial[:40]!r} is not on this page"
        return
    if row.attempt > 1 and known.role != "training":
        yield f"trial {row.trial} has more than one attempt"
    yield from method.row_faults(row, known, last, manifest)
    if row.ended_ms < row.started_ms:
        yield f"trial {row.trial} ends before it starts"
