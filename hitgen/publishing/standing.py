"""Where the HITs of a ledger stand: which are over, what is left of them, what they cost."""

from __future__ import annotations

from decimal import Decimal

from hitgen.ledger.rows import Hit
from hitgen.lib.money import CENT
from hitgen.publishing.publication import Account


class Standing:
    """A look at the ledger at one moment; `rows` are all HITs."""

    def __init__(self, account: Account) -> None:
        self.rows = account.ledger.hits()
        self._taken = account.ledger.submission_counts()
        self._bonuses = [
            Decimal(action.detail["cost_usd"])
            for action in account.ledger.actions()
            if action.action.startswith("bonus:")
        ]
        self._bonuses.append(account.ledger.forgotten_bonuses_usd)
        self._now = account.now()

    def taken(self, row: Hit) -> int:
        """How many places were handed in."""
        return self._taken[row.hit]

    def left(self, row: Hit) -> int:
        """How many places were not handed in."""
        return row.order.assignments - self.taken(row)

    def is_over(self, row: Hit) -> bool:
        """Whether nobody can hand in for this HIT any more."""
        if row.state in ("deleted", "refused"):
            return True
        if row.state == "intended" or row.pending is None:
            return False
        expired = row.state == "ended" or (row.expires_at is not None and row.expires_at <= self._now)
        return self.left(row) <= 0 or (expired and row.pending == 0)

    def cost_usd(self, row: Hit) -> Decimal:
        """What a HIT costs or may cost with fees: its worked places if it is over, else all of them."""
        if row.state == "refused":
            return Decimal("0.00")
        if self.is_over(row):
            return (row.cost_usd / row.order.assignments * self.taken(row)).quantize(CENT)
        return row.cost_usd

    def committed_usd(self) -> Decimal:
        """What all HITs and bonuses cost or may cost with fees."""
        return sum(map(self.cost_usd, self.rows), Decimal("0.00")) + sum(self._bonuses, Decimal("0.00"))
