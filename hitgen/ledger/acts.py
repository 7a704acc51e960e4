"""What is done to a worker or an assignment exactly once, and what to do where its outcome is not known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from hitgen.ledger.rows import Bonus

Verb = Literal["approve", "reject", "bonus", "admit", "exclude", "seen", "done", "notify"]
IN_DOUBT: dict[Verb, Literal["repeat", "ask", "never"]] = {
    "approve": "repeat",
    "reject": "repeat",
    "admit": "repeat",
    "exclude": "repeat",
    "seen": "repeat",
    "done": "repeat",
    "bonus": "ask",
    "notify": "never",
}
"""What to do with an act that was begun and whose outcome is not known: `repeat` it, since doing it twice changes
nothing; `ask` the recruiter for what was paid; `never` again, since a missing mail is better than the same one twice."""

Key = tuple[Verb, str, str, str]


@dataclass(frozen=True)
class Act:
    """One act; `verb`, `worker`, `subject` and `purpose` together tell it from every other.

    `subject` is an assignment, or the group of trials that the worker has seen. A bonus has its `amount_usd`
    and `cost_usd`, which is with the fee. `words` are what the worker reads.
    """

    verb: Verb
    worker: str
    subject: str = ""
    purpose: str = ""
    amount_usd: Decimal = Decimal("0.00")
    cost_usd: Decimal = Decimal("0.00")
    words: str = ""

    @property
    def key(self) -> Key:
        """What tells this act from every other."""
        return self.verb, self.worker, self.subject, self.purpose

    @property
    def bonus(self) -> Bonus:
        """The bonus as the recruiter pays it."""
        return Bonus(self.subject, self.worker, self.amount_usd, self.words)


@dataclass(frozen=True)
class Intent:
    """An act as the ledger keeps it from before it is done; `done_at` is None until its outcome is known."""

    act: Act
    token: str
    intended_at: datetime
    done_at: datetime | None
    outcome: str
