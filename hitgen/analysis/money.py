"""How far a batch is and what it costs, as its ledger tells without asking anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hitgen.ledger.access import read_ledger
from hitgen.ledger.ledger import LEDGER, Ledger
from hitgen.ledger.rows import OFFLINE
from hitgen.ledger.totals import Totals, totals
from hitgen.lib.clock import utc_now


@dataclass(frozen=True)
class Spending:
    """The totals of a batch's ledger, where it was published, and whether there is nothing left to close."""

    environment: str
    simulated: bool
    totals: Totals
    closed: bool = False


def spending(folder: Path, now: datetime | None = None) -> Spending | None:
    """The state of a batch as last seen; None before its first publication."""
    path = folder / LEDGER
    if not path.exists():
        return None
    return read_ledger(path, lambda ledger: _spending(ledger, now or utc_now()))


def _spending(ledger: Ledger, now: datetime) -> Spending:
    bound = ledger.account
    return Spending(
        environment=bound.environment if bound else "",
        simulated=bound is not None and bound.is_simulated,
        totals=totals(ledger, now),
        closed=ledger.fact("closed") is not None or (bound is not None and bound.endpoint == OFFLINE),
    )
