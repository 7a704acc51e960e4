"""Acts towards workers, each exactly once however often it is asked for and whatever is cut off."""

from __future__ import annotations

from decimal import Decimal

from hitgen.ledger.acts import IN_DOUBT, Act, Intent
from hitgen.publishing.publication import Account

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
    intent = account.ledger.intend_act(act, account.now())
    # Asked also when this ledger means it for the first time: another copy of it may have paid.
    paid = IN_DOUBT[act.verb] == "ask" and intent.act.bonus in account.recruiter.bonuses(act.subject)
    outcome = "paid" if paid else _do(account, intent)
    with account.ledger.together():
        account.ledger.done(act, outcome, account.now())
        if act.verb in ("approve", "reject"):
            account.ledger.set_status(act.subject, outcome)
    return outcome


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
