"""Acts towards workers, each exactly once however often it is asked for and whatever is cut off."""

from __future__ import annotations

from hitgen.ledger.acts import IN_DOUBT, Act, Intent
from hitgen.publishing.bonuses import adopt_again, as_paid
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
    intent = account.ledger.intend_act(act if before else as_paid(account, act, known), account.now())
    paid = intent.act.bonus in known
    outcome = "paid" if paid else _do(account, intent)
    again = adopt_again(account, act.subject, act.worker) if act.verb == "bonus" else None
    with account.ledger.together():
        account.ledger.done(act, outcome, account.now())
        if again:
            again()
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
