"""Carrying out a review: every act once, whatever is killed and however often it is repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from hitgen import acts
from hitgen.errors import Fault, InputError
from hitgen.publication import Account
from hitgen.recruiters.base import Bonus, RefusedError
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
    run = _Run(account, progress)
    judged = run.each(
        "judging",
        (
            *(
                (f"approve {row.assignment}", _approval(account, row.assignment, row.worker, row.feedback))
                for row in plan.approve
            ),
            *(
                (f"reject {row.assignment}", _rejection(account, row.assignment, row.worker, row.feedback))
                for row in plan.reject
            ),
        ),
    )
    paid = run.each(
        "bonuses",
        [
            (f"bonus of {p.bonus.assignment}", _payment(account, p.purpose, p.bonus, p.assignments))
            for p in plan.bonuses
        ],
    )
    admitted = run.each("admitting", [(f"admit {name}", _grant(acts.admit, account, name)) for name in plan.admit])
    shut_out = run.each(
        "shutting out", [(f"shut out {name}", _grant(acts.exclude, account, name)) for name in plan.shut_out]
    )
    notices, told = account.config.notices, []
    for purpose, workers, text in (
        ("admitted", plan.notify_admitted, notices.admitted),
        ("shut_out", plan.notify_shut_out, notices.shut_out),
    ):
        told += run.each("telling", [(f"mail {name}", _mail(account, purpose, name, text)) for name in workers])
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

    def __init__(self, account: Account, progress: Progress | None) -> None:
        self._account = account
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


def _approval(account: Account, assignment: str, worker: str, words: str) -> Callable[[], object]:
    return lambda: acts.approve(account, assignment, worker, words)


def _rejection(account: Account, assignment: str, worker: str, words: str) -> Callable[[], object]:
    def reject() -> object:
        outcome = acts.reject(account, assignment, worker, words)
        if outcome != "Rejected":
            raise RefusedError(outcome, "it was approved before, by a person or by itself")
        return outcome

    return reject


def _payment(account: Account, purpose: str, bonus: Bonus, assignments: int) -> Callable[[], object]:
    return lambda: acts.pay_bonus(account, purpose, bonus, assignments)


def _grant(grant: Callable[[Account, str], None], account: Account, worker: str) -> Callable[[], object]:
    return lambda: grant(account, worker)


def _mail(account: Account, purpose: str, worker: str, text: str) -> Callable[[], object]:
    # One worker a call: a refusal of one, who may have left, keeps no other from being told.
    return lambda: acts.notify(account, purpose, [worker], account.config.notices.subject, text)


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
