"""Acts towards workers, each exactly once however often it is asked for and whatever is cut off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from hitgen.ledger.acts import IN_DOUBT, Act, Intent
from hitgen.ledger.rows import Bonus
from hitgen.publishing.publication import Account
from hitgen.recruiters.base import RefusedError

UNKNOWN = "unknown"
"""The outcome of an act that may or may not have been done, and is not done again."""


def once(account: Account, act: Act) -> str:
    """Do an act unless it is done; what came of it, now or before.

    The intent is on the disk before the call, the outcome after it. An act that was intended before is finished as
    it was intended then. Raises whatever the recruiter raises, and then the outcome is not known yet.
    """
    before = account.ledger.act(act)
    if before and before.done_at and before.outcome != "Returned":  # work that was returned may come back
        return before.outcome
    if before and IN_DOUBT[act.verb] == "never":
        return UNKNOWN
    # Asked also when this ledger means it for the first time: another copy of it may have paid, and perhaps another amount.
    known = account.recruiter.bonuses(act.subject) if IN_DOUBT[act.verb] == "ask" else []
    if IN_DOUBT[act.verb] == "ask" and not before and (unasked_usd := account.recruiter.unasked_usd(act.bonus)):
        told = (
            f"${unasked_usd:.2f} of bonus were paid for it that this ledger did not ask for: by another copy of it, or by hand. "
            "Nothing was paid: set this bonus to 0 in results/review.csv, and pay what is still due by hand"
        )
        raise RefusedError("unasked", told)
    intent = account.ledger.intend_act(act if before else _as_paid(account, act, known), account.now())
    paid = intent.act.bonus in known
    outcome = "paid" if paid else _do(account, intent)
    with account.ledger.together():
        account.ledger.done(act, outcome, account.now())
        if act.verb in ("approve", "reject"):
            account.ledger.set_status(act.subject, outcome)
    return outcome


def _as_paid(account: Account, act: Act, known: Iterable[Bonus]) -> Act:
    """A bonus with the amount that was paid for the same reason without this ledger's knowing, where there is one."""
    mine = [intent.act.bonus for intent in account.ledger.acts("bonus", act.worker)]
    for bonus in known:
        if (bonus.worker, bonus.reason) == (act.worker, act.words) and bonus not in mine:
            fee_usd = account.kind.bonus_fee_usd(bonus.amount_usd, 1)
            return replace(act, amount_usd=bonus.amount_usd, cost_usd=bonus.amount_usd + fee_usd)
    return act


def _do(account: Account, intent: Intent) -> str:
    act, recruiter = intent.act, account.recruiter
    match act.verb:
        case "approve":
            return recruiter.approve(act.subject, act.words)
        case "reject":
            return recruiter.reject(act.subject, act.words)
        case "bonus":
            recruiter.bonus(act.bonus, intent.token)
            return "paid"
        case "notify":
            recruiter.notify([act.worker], account.config.notices.subject, act.words)
            return "sent"
        case "admit":
            recruiter.admit(act.worker)
        case "exclude":
            recruiter.exclude(act.worker)
        case "seen":
            recruiter.exclude(act.worker, act.subject)
        case "done":
            recruiter.done(act.worker)
    return "granted"


def bonus_act(
    account: Account, purpose: str, worker: str, assignment: str, amount_usd: Decimal, words: str, places: int
) -> Act:
    """The act of paying a bonus; `places` is the size of the assignment's HIT, on which the fee depends."""
    cost_usd = amount_usd + account.kind.bonus_fee_usd(amount_usd, places)
    return Act("bonus", worker, assignment, purpose, amount_usd, cost_usd, words)
