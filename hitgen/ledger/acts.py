"""What is done to a worker or an assignment exactly once, and what to do where its outcome is not known."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from hitgen.ledger.rows import Bonus, moment

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

ELSEWHERE = "elsewhere"
"""With a number the purpose of a bonus that another copy of the ledger paid, or a person, where the service does not say what it was for."""

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


def columns_of(act: Act) -> dict[str, str]:
    """An act as columns of the ledger, money as text."""
    return {name: str(value) for name, value in vars(act).items()}


def intent_of(row: sqlite3.Row) -> Intent:
    """A row of the ledger's table of acts."""
    return Intent(
        Act(
            **{name: row[name] for name in ("verb", "worker", "subject", "purpose", "words")},
            amount_usd=Decimal(row["amount_usd"]),
            cost_usd=Decimal(row["cost_usd"]),
        ),
        token=row["token"],
        intended_at=datetime.fromisoformat(row["intended_at"]),
        done_at=moment(row["done_at"]),
        outcome=row["outcome"],
    )
