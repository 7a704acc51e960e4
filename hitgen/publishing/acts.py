"""Judging, paying and telling workers, each exactly once however often it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hitgen.ledger.rows import Bonus, Judgement
from hitgen.publishing.publication import Account

MAX_NOTIFIED = 100


def approve(account: Account, assignment: str, worker: str, feedback: str = "") -> Judgement:
    """Approve an assignment; the answer is what it is now, which may be what others judged before."""
    return _judge(account, "approve", assignment, worker, feedback)


def reject(account: Account, assignment: str, worker: str, reason: str) -> Judgement:
    """Reject an assignment with a reason that the worker reads; the answer is what it is now."""
    return _judge(account, "reject", assignment, worker, reason)


def _judge(account: Account, verb: str, assignment: str, worker: str, words: str) -> Judgement:
    name = f"{verb}:{assignment}"
    action = account.ledger.mean(name, worker, account.now(), words=words)
    if action.done_at:
        return action.outcome  # type: ignore[return-value]
    # Judging twice changes nothing at the recruiter, so a cut-off intent is simply carried out again.
    judge = account.recruiter.approve if verb == "approve" else account.recruiter.reject
    outcome = judge(assignment, action.detail["words"])
    with account.ledger.together():
        account.ledger.done(name, outcome, account.now())
        account.ledger.set_status(assignment, outcome)
    return outcome


def pay_bonus(account: Account, purpose: str, bonus: Bonus, assignments: int) -> bool:
    """Pay a bonus unless it was paid; `purpose` tells several bonuses of one assignment apart.

    `assignments` is the size of the HIT, on which the fee depends. Returns whether this call paid.
    An intent without an outcome is sent again with its token while that is valid; after that it is
    paid only if the recruiter's list of payments does not have it.
    """
    name = f"bonus:{purpose}:{bonus.assignment}"
    ledger, before = account.ledger, account.ledger.action(f"bonus:{purpose}:{bonus.assignment}")
    if before and before.done_at:
        return False
    cost = bonus.amount_usd + account.kind.bonus_fee_usd(bonus.amount_usd, assignments)
    detail = {"amount_usd": str(bonus.amount_usd), "reason": bonus.reason, "cost_usd": str(cost)}
    action = ledger.mean(name, bonus.worker, account.now(), **detail)
    meant = Bonus(bonus.assignment, bonus.worker, Decimal(action.detail["amount_usd"]), action.detail["reason"])
    if before and meant in account.recruiter.bonuses(bonus.assignment):
        ledger.done(name, "paid", account.now())
        return False
    account.recruiter.bonus(meant, action.token)
    ledger.done(name, "paid", account.now())
    return True


def exclude(account: Account, worker: str) -> None:
    """Shut a worker out of every batch that names the excluding qualification."""
    _grant(account, f"exclude:{worker}", worker)


def admit(account: Account, worker: str) -> None:
    """Let a worker into the study pages of this batch."""
    _grant(account, f"admit:{worker}", worker)


def _grant(account: Account, name: str, worker: str) -> None:
    if account.ledger.mean(name, worker, account.now()).done_at:
        return
    if name.startswith("admit:"):
        account.recruiter.admit(worker)
    else:
        account.recruiter.exclude(worker)
    account.ledger.done(name, "granted", account.now())


def notify(account: Account, purpose: str, workers: Sequence[str], subject: str, text: str) -> list[str]:
    """Mail workers once for each purpose; returns those who were mailed by this call.

    A mail whose fate is unknown is not sent again: missing one is better than getting it twice.
    """
    new = [worker for worker in workers if account.ledger.action(f"notify:{purpose}:{worker}") is None]
    for start in range(0, len(new), MAX_NOTIFIED):
        some = new[start : start + MAX_NOTIFIED]
        for worker in some:
            account.ledger.mean(f"notify:{purpose}:{worker}", worker, account.now(), subject=subject)
        account.recruiter.notify(some, subject, text)
        for worker in some:
            account.ledger.done(f"notify:{purpose}:{worker}", "sent", account.now())
    return new
