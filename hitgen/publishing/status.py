"""What is out, in, judged and paid, and what it costs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hitgen.ledger.rows import Binding
from hitgen.publishing.collecting import collect
from hitgen.publishing.publication import Account
from hitgen.publishing.standing import Standing


@dataclass(frozen=True)
class Status:
    """Counts of HITs and assignments, and money in US dollars with fees.

    `out` assignments are open to workers, `at_work` accepted; `submitted` wait for a judgement.
    `committed_usd` is what everything costs or may cost, `paid_usd` what approved work and bonuses have.
    """

    account: Binding
    closed: bool
    hits: dict[str, int]
    out: int
    at_work: int
    submitted: int
    approved: int
    rejected: int
    committed_usd: Decimal
    paid_usd: Decimal
    ends_at: datetime | None


def status(account: Account, refresh: bool = True) -> Status:
    """The state of a published batch; with `refresh` the recruiter is asked and submissions are taken in."""
    if refresh:
        collect(account)
    standing, ledger = Standing(account), account.ledger
    judged = Counter(row.status for row in ledger.submissions())
    approved = Counter(row.hit for row in ledger.submissions() if row.status == "Approved")
    open_rows = [row for row in standing.rows if row.state == "created" and not standing.is_over(row)]
    paid = sum((row.cost_usd / row.order.assignments * approved[row.hit] for row in standing.rows), Decimal("0.00"))
    bonuses = [action for action in ledger.actions() if action.action.startswith("bonus:") and action.done_at]
    bound = ledger.account
    assert bound is not None
    return Status(
        account=bound,
        closed=ledger.fact("closed") is not None,
        hits=dict(Counter(row.state for row in standing.rows)),
        out=sum(row.available or 0 for row in open_rows),
        at_work=sum(row.pending or 0 for row in standing.rows if not standing.is_over(row)),
        submitted=judged["Submitted"],
        approved=judged["Approved"],
        rejected=judged["Rejected"],
        committed_usd=standing.committed_usd(),
        paid_usd=(paid + sum(Decimal(action.detail["cost_usd"]) for action in bonuses)).quantize(Decimal("0.01")),
        ends_at=max((row.expires_at for row in open_rows if row.expires_at), default=None),
    )
