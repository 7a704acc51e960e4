"""How far a batch is and what it costs, as its ledger tells without asking anybody."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from hitgen.ledger.ledger import Ledger
from hitgen.publishing.publication import LEDGER


@dataclass(frozen=True)
class Spending:
    """HITs by state, submissions by judgement, and US dollars with fees."""

    environment: str
    simulated: bool
    hits: dict[str, int]
    judged: dict[str, int]
    asked: int
    submitted: int
    committed_usd: Decimal
    paid_usd: Decimal


def spending(folder: Path) -> Spending | None:
    """The state of a batch as last seen; None before its first publication."""
    path = folder / LEDGER
    if not path.exists():
        return None
    with Ledger(path) as ledger:
        hits, rows = ledger.hits(), list(ledger.submissions())
        bonuses = [act for act in ledger.actions() if act.action.startswith("bonus:") and act.done_at]
        account, forgotten_usd = ledger.account, ledger.forgotten_bonuses_usd
    cost = {hit.hit: hit.cost_usd / hit.order.assignments for hit in hits if hit.order.assignments}
    approved = Counter(row.hit for row in rows if row.status == "Approved")
    made = [hit for hit in hits if hit.hit_id]
    bonus_usd = sum((Decimal(str(act.detail.get("cost_usd", "0"))) for act in bonuses), forgotten_usd)
    paid = sum((cost.get(name, Decimal(0)) * count for name, count in approved.items()), bonus_usd)
    return Spending(
        environment=account.environment if account else "",
        simulated=account is not None and account.endpoint == "simulated",
        hits=dict(Counter(hit.state for hit in hits)),
        judged=dict(Counter(row.status for row in rows)),
        asked=sum(hit.order.assignments for hit in made),
        submitted=len(rows),
        committed_usd=(sum((hit.cost_usd for hit in made), Decimal(0)) + bonus_usd).quantize(Decimal("0.01")),
        paid_usd=paid.quantize(Decimal("0.01")),
    )
