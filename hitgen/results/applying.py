"""Carrying out a review: every act once, whatever is killed and however often it is repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial

from hitgen.errors import Fault, InputError
from hitgen.publishing import acts
from hitgen.publishing.publication import Account
from hitgen.recruiters.base import RefusedError
from hitgen.results.acting import ReviewPlan

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Applied:
    """What a review came to; `failed` names what the recruiter refused."""

    approved: int
    rejected: int
    bonuses: int
    admitted: int
    shut_out: int
    notified: int
    failed: tuple[str, ...]


def apply_review(
    account: Account, plan: ReviewPlan, typed_total: str = "", progress: Progress | None = None
) -> Applied:
    """Carry out a plan: judgements first, then money, then admission, shutting out and mails.

    Production starts only if `typed_total` is the plan's total. What the recruiter refuses of one act does not
    keep the others from being done; when it cannot be reached OutsideError ends the run, to be repeated.
    """
    _check_total(plan, typed_total)
    run = _Run(progress)
    judged = run.each("judging", _judgements(account, plan))
    paid = run.each("bonuses", _payments(account, plan))
    admitted = run.each("admitting", [(f"admit {name}", partial(acts.admit, account, name)) for name in plan.admit])
    shut_out = run.each(
        "shutting out", [(f"shut out {name}", partial(acts.exclude, account, name)) for name in plan.shut_out]
    )
    told = run.each("telling", _mails(account, plan))
    return Applied(
        approved=judged.count("Approved"),
        rejected=judged.count("Rejected"),
        bonuses=paid.count(True),
        admitted=len(admitted),
        shut_out=len(shut_out),
        notified=len(told),
        failed=tuple(run.failed),
    )


Act = tuple[str, Callable[[], object]]


class _Run:
    """Does acts one after the other and remembers what was refused."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self.failed: list[str] = []

    def each(self, step: str, named: Iterable[Act]) -> list[object]:
        todo, outcomes = list(named), []
        for number, (name, act) in enumerate(todo, start=1):
            try:
                outcomes.append(act())
            except RefusedError as error:
                self.failed.append(f"{name}: {error}")
            if self._progress:
                self._progress(step, number, len(todo))
        return outcomes


def _judgements(account: Account, plan: ReviewPlan) -> Iterator[Act]:
    for row in plan.approve:
        yield f"approve {row.assignment}", partial(_approve, account, row.assignment, row.worker, row.feedback)
    for row in plan.reject:
        yield f"reject {row.assignment}", partial(_reject, account, row.assignment, row.worker, row.feedback)


def _approve(account: Account, assignment: str, worker: str, feedback: str) -> str:
    outcome = acts.approve(account, assignment, worker, feedback)
    if outcome != "Approved":
        raise RefusedError(outcome, "it was rejected before, by a person")
    return outcome


def _reject(account: Account, assignment: str, worker: str, reason: str) -> str:
    outcome = acts.reject(account, assignment, worker, reason)
    if outcome != "Rejected":
        raise RefusedError(outcome, "it was approved before, by a person or by itself")
    return outcome


def _payments(account: Account, plan: ReviewPlan) -> Iterator[Act]:
    # What was rejected elsewhere since the plan earns nothing; a bonus that was meant before may be out, and is settled.
    rejected = {row.assignment for row in account.ledger.submissions() if row.status == "Rejected"}
    meant = {action.action for action in account.ledger.actions()}
    for planned in plan.bonuses:
        assignment = planned.bonus.assignment
        if assignment in rejected and f"bonus:{planned.purpose}:{assignment}" not in meant:
            continue
        pay = partial(acts.pay_bonus, account, planned.purpose, planned.bonus, planned.assignments)
        yield f"{planned.purpose} bonus of {planned.bonus.assignment}", pay


def _mails(account: Account, plan: ReviewPlan) -> Iterator[Act]:
    """One worker a call: a refusal of one, who may have left, keeps no other from being told."""
    notices = account.config.notices
    for purpose, workers, text in (
        ("admitted", plan.notify_admitted, notices.admitted),
        ("shut_out", plan.notify_shut_out, notices.shut_out),
    ):
        for name in workers:
            yield f"mail {name}", partial(acts.notify, account, purpose, [name], notices.subject, text)


def _check_total(plan: ReviewPlan, typed_total: str) -> None:
    if plan.environment != "production" or not plan.total_usd:
        return
    try:
        agreed = Decimal(typed_total.strip().removeprefix("$")) == plan.total_usd
    except InvalidOperation:
        agreed = False
    if not agreed:
        problem = f"production spends ${plan.total_usd}, and that total was not typed"
        raise InputError(Fault("review", "--apply", problem, "typing it when asked, or --total"))
