"""What a recruiter sees of the ledger, and what it keeps there from run to run."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from hitgen.ledger.rows import Order

SEATS = """CREATE TABLE seats (
  hit TEXT NOT NULL, number INTEGER NOT NULL, participant INTEGER NOT NULL, PRIMARY KEY (hit, number)
) STRICT"""
"""Which participant of one's own has which place of a HIT; 0 is nobody, in place of who was forgotten."""

ASIDE = "aside"


class Notebook:
    """A ledger's orders, notes by topic and name, and seats; what is written is on the disk at once."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def orders(self) -> list[Order]:
        """All orders that were ever meant, in that order."""
        return [_order(row[0]) for row in self._database.execute('SELECT "order" FROM hits ORDER BY rowid')]

    def order(self, annotation: str) -> Order | None:
        """The order of this annotation, once it was meant."""
        row = self._database.execute('SELECT "order" FROM hits WHERE annotation = ?', (annotation,)).fetchone()
        return _order(row[0]) if row else None

    def order_of(self, hit: str) -> Order | None:
        """The order of the HIT that we call `hit`, once it was meant."""
        row = self._database.execute('SELECT "order" FROM hits WHERE hit = ?', (hit,)).fetchone()
        return _order(row[0]) if row else None

    def noted(self, topic: str, name: str) -> str | None:
        """What was noted under a topic and a name."""
        row = self._database.execute("SELECT value FROM kept WHERE name = ?", (f"{topic}:{name}",)).fetchone()
        return str(row[0]) if row else None

    def notes(self, topic: str) -> dict[str, str]:
        """Everything noted under a topic by name, in the order in which it was first noted."""
        start = f"{topic}:"
        rows = self._database.execute(
            "SELECT name, value FROM kept WHERE substr(name, 1, ?) = ? ORDER BY rowid", (len(start), start)
        )
        return {row[0].removeprefix(start): row[1] for row in rows}

    def note(self, topic: str, name: str, value: str) -> None:
        """Note something, in place of what was noted there before."""
        self._database.execute(
            "INSERT INTO kept VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (f"{topic}:{name}", value),
        )

    def note_all(self, topic: str, values: Mapping[str, str]) -> None:
        """Note several things under a topic by name, all or none."""
        self._database.execute(
            "INSERT INTO kept SELECT ? || key, value FROM json_each(?) WHERE true"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (f"{topic}:", json.dumps(dict(values))),
        )

    def first_note(self, topic: str, name: str, value: str) -> str:
        """Note something unless there is a note already; the one that stands."""
        self._database.execute("INSERT OR IGNORE INTO kept VALUES (?, ?)", (f"{topic}:{name}", value))
        return self.noted(topic, name) or value

    def drop(self, topic: str, name: str) -> None:
        """Take a note away; one that is not there is as good."""
        self._database.execute("DELETE FROM kept WHERE name = ?", (f"{topic}:{name}",))

    def drop_named(self, names: set[str]) -> None:
        """Take away every note about one of these names, and every record that holds one."""
        for name, value in self._database.execute("SELECT name, value FROM kept").fetchall():
            if name.split(":", 2)[-1] in names or names & _texts(value):
                self._database.execute("DELETE FROM kept WHERE name = ?", (name,))

    def set_aside(self, hits: Mapping[str, tuple[Decimal, Decimal]]) -> None:
        """Note by HIT, as we call it, what of its cost is for no place, and what of that is spent, in dollars with fees."""
        self.note_all(ASIDE, {hit: json.dumps([str(usd) for usd in both]) for hit, both in hits.items()})

    def aside(self, hit: str) -> dict[str, Any]:
        """What was last noted of a HIT as `aside_usd` and `spent_usd`."""
        both = map(Decimal, json.loads(self.noted(ASIDE, hit) or '["0", "0"]'))
        return dict(zip(("aside_usd", "spent_usd"), both, strict=True))

    def empty_seats(self, participant: int) -> None:
        """Leave the seats of a participant to nobody, whose number is 0."""
        self._database.execute("UPDATE seats SET participant = 0 WHERE participant = ?", (participant,))

    def seats(self) -> Iterator[tuple[str, int]]:
        """HIT and participant of every seat, those of one HIT in order."""
        yield from self._database.execute("SELECT hit, participant FROM seats ORDER BY hit, number")

    def seats_of(self, hit: str) -> tuple[int, ...]:
        """The participants who have a HIT's places 1, 2, ..."""
        rows = self._database.execute("SELECT participant FROM seats WHERE hit = ? ORDER BY number", (hit,))
        return tuple(row[0] for row in rows)

    def give_seats(self, hit: str, participants: Iterable[int]) -> None:
        """Write down who has a HIT's places 1, 2, ..., all or none."""
        rows = json.dumps(list(participants))
        self._database.execute("INSERT INTO seats SELECT ?, key + 1, value FROM json_each(?) ORDER BY key", (hit, rows))


def _texts(value: str) -> set[str]:
    """The values of a note that is a record."""
    try:
        found = json.loads(value)
    except ValueError:
        return set()
    return {text for text in found.values() if isinstance(text, str)} if isinstance(found, dict) else set()


def _order(text: str) -> Order:
    return Order.from_json(json.loads(text))


def from_kept_orders(database: sqlite3.Connection) -> None:
    """From schema 1, in which recruiters kept copies of their orders as JSON among their notes."""
    database.execute(SEATS)
    book = Notebook(database)
    for hit, text in book.notes("link:hit").items():
        values = json.loads(text)
        book.give_seats(hit, values["participants"])
        book.note("link:opened", hit, values["created_at"])
        book.note("link:ends", hit, values["expires_at"])
        if values["deleted"]:
            book.note("link:deleted", hit, "yes")
        book.drop("link:hit", hit)
    for annotation in book.notes("turkle:order"):
        book.drop("turkle:order", annotation)
    placed = {name: json.loads(text) for name, text in book.notes("prolific:study").items()}
    for annotation in placed:
        book.drop("prolific:study", annotation)
    for annotation, row in sorted(placed.items(), key=lambda item: item[1]["number"]):
        book.note("prolific:study", annotation, row["study"])
        book.note("prolific:kind", row["study"], row["order"]["kind"])
