"""The review table: what the rules propose for every assignment, with what a person changed before."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from hitgen.checks.judged import breaches
from hitgen.config.batch import BatchConfig
from hitgen.errors import InputError
from hitgen.ledger.rows import Received
from hitgen.methods.work import AnyWork
from hitgen.results.reviewfile import ReviewRow
from hitgen.results.screening import passed_share
from hitgen.results.study import Study
from hitgen.results.verdicts import RETURNED, judge

UNPAID = ("Rejected", "Returned")
NOTHING_USD = Decimal("0.00")
Bonuses = dict[str, tuple[Decimal, Decimal]]


def propose(study: Study) -> list[ReviewRow]:
    """One row for every submission, in order of time; edits of the file that is there are kept.

    InputError where one is in a row of an assignment that nobody handed in: it would be lost.
    """
    if study.lost:
        raise InputError(study.lost)
    by_rules = judge(study.works, study.faulty, study.config, {})
    works = {work.received.assignment: work for work in study.works}
    bonuses = bonuses_of(study)
    rows = []
    for received in study.received():
        is_returned, work = received.status == "Returned", works.get(received.assignment)
        verdict = RETURNED if is_returned else by_rules.assignments[received.assignment]
        tally = by_rules.tallies.get(received.worker)
        rejected = by_rules.reject_reasons(received.assignment, received.worker, study.config.screening)
        feedback = _feedback(RETURNED.reasons if is_returned else rejected)
        training_usd, completion_usd = bonuses.get(received.assignment, (NOTHING_USD, NOTHING_USD))
        row = ReviewRow(
            assignment=received.assignment,
            worker=received.worker,
            page=received.page,
            kind=study.manifest.by_page[received.page].kind if received.page in study.manifest.by_page else "",
            submitted_at=received.submitted_at.isoformat(),
            status=received.status,
            minutes=_minutes(work),
            gold_answers=str(tally.answers) if tally else "",
            gold_rate=f"{tally.rate:.2f}" if tally and tally.rate is not None else "",
            pay=verdict.pay,
            use=verdict.use,
            feedback=feedback if verdict.pay == "reject" else "",
            training_bonus_usd=training_usd,
            completion_bonus_usd=completion_usd,
            admit=_admit(work, study.config),
            shut_out="yes" if verdict.shut_out else "no",
            reasons="; ".join(verdict.reasons),
        )
        rows.append(row.with_edits(None if is_returned else study.review.get(received.assignment)))
    return rows


def _minutes(work: AnyWork | None) -> str:
    ms = work.submission.submitted_ms if work else None
    return "" if ms is None else f"{ms / 60_000:.1f}"


def _feedback(reasons: Iterable[str]) -> str:
    return "; ".join(reasons)[:1000]


def quiz_share(work: AnyWork) -> float:
    """The share of gold checks that a submission passed; 0 without gold questions."""
    passes = [attempt.passes for attempt in work.answers("gold")]
    return passed_share(passes) or 0.0


def _admit(work: AnyWork | None, config: BatchConfig) -> str:
    """Whether a qualification page admits its worker; empty for study pages and for what cannot be read."""
    if work is None or work.page.kind != "qualification" or config.qualification is None:
        return ""
    return "yes" if quiz_share(work) >= config.qualification.pass_share and not breaches(work, config) else "no"


def bonuses_of(study: Study) -> Bonuses:
    """The training and completion bonus of each assignment that earns one, in dollars.

    Training: with a worker's first study page that is paid. Completion: with the paid study page that completes
    `completion_pages`, unless the worker's answers are left out.
    """
    table, found = study.config.bonus, Bonuses()
    paid: dict[str, list[Received]] = {}
    for received in study.received():
        page = study.manifest.by_page.get(received.page)
        pays = received.status not in UNPAID and study.judged.assignments[received.assignment].pay == "pay"
        if page and page.kind == "study" and pays:
            paid.setdefault(received.worker, []).append(received)
    for worker, rows in paid.items():
        found[rows[0].assignment] = (table.training_usd, NOTHING_USD)
        kept = study.judged.workers[worker].use != "exclude"
        if kept and len(rows) >= table.completion_pages:
            last = rows[table.completion_pages - 1].assignment
            found[last] = (found.get(last, (NOTHING_USD, NOTHING_USD))[0], table.completion_usd)
    return found
