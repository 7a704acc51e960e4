"""Turns: who of a panel was given which place, by the id that the panel knows them by; kept in the inbox's file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hitgen.collector.inbox import Inbox

Why = str
"""Why somebody left a page without answers; empty for whoever did not."""
COLUMNS = """SELECT *, EXISTS (
  SELECT 1 FROM submissions WHERE submissions.assignment = turns.assignment AND version = 0
) AS delivered FROM turns"""

BEGIN = "INSERT INTO turns (assignment, person, hit, begun_at, seen_at, carried) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True)
class Turn:
    """One person's turn at one HIT; `carried` is what else the panel's address said."""

    assignment: str
    person: str
    hit: str
    seen_at: datetime
    left: Why
    carried: Mapping[str, str]
    delivered: bool


@dataclass(frozen=True)
class Taken:
    """How many of a HIT's places delivered, and how many are held by people at work."""

    delivered: int = 0
    at_work: int = 0

    @property
    def places(self) -> int:
        """How many places are not free."""
        return self.delivered + self.at_work


Choose = Callable[[Sequence[Turn], Mapping[str, Taken]], str]
"""Which HIT somebody with these turns gets, given what is taken; empty for none."""


class Turns:
    """The turns of one batch; several processes may use them at once, and what is given is on the disk first."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def of(self, person: str) -> list[Turn]:
        """A person's turns, oldest first."""
        rows = self._inbox.query(f"{COLUMNS} WHERE person = ? ORDER BY number", (person,))
        return [_turn(row) for row in rows]

    def all(self) -> list[Turn]:
        """Everybody's turns, oldest first."""
        return [_turn(row) for row in self._inbox.query(f"{COLUMNS} ORDER BY number")]

    def named(self, assignment: str) -> Turn | None:
        """The turn of this name, which nobody can make up; None where there is none."""
        rows = self._inbox.query(f"{COLUMNS} WHERE turns.assignment = ?", (assignment,))
        return _turn(rows[0]) if rows else None

    def taken(self, since: datetime) -> dict[str, Taken]:
        """What is taken of each HIT, where a place is held by whoever was seen since then."""
        rows = self._inbox.query(
            f"SELECT hit, sum(delivered) AS done, sum(NOT delivered AND why = '' AND seen_at >= ?) AS held"
            f" FROM ({COLUMNS}) GROUP BY hit",
            (since.isoformat(),),
        )
        return {row["hit"]: Taken(row["done"], row["held"]) for row in rows}

    def begin(
        self,
        person: str,
        carried: Mapping[str, str],
        now: datetime,
        since: datetime,
        choose: Choose,
        name: Callable[[str], str],
    ) -> Turn | None:
        """A person's turn at the HIT that `choose` picks, `name` giving it its name; None where it picks none.

        Whoever comes twice at the same time is given one place: what is chosen is held before the next one is asked for.
        """
        with self._inbox.together() as database:
            mine = self.of(person)
            hit = choose(mine, self.taken(since))
            if not hit:
                return None
            old = next((turn for turn in mine if turn.hit == hit), None)
            if old is None:
                text = json.dumps(dict(carried))
                database.execute(BEGIN, (name(hit), person, hit, now.isoformat(), now.isoformat(), text))
            else:
                self._see(database, old.assignment, now, carried)
            return next(turn for turn in self.of(person) if turn.hit == hit)

    def see(self, assignment: str, now: datetime, carried: Mapping[str, str]) -> None:
        """Note that a person came back, and what the panel's address says this time."""
        with self._inbox.together() as database:
            self._see(database, assignment, now, carried)

    @staticmethod
    def _see(database: Any, assignment: str, now: datetime, carried: Mapping[str, str]) -> None:
        database.execute("UPDATE turns SET seen_at = ? WHERE assignment = ?", (now.isoformat(), assignment))
        if carried:
            text = json.dumps(dict(carried))
            database.execute("UPDATE turns SET carried = ? WHERE assignment = ?", (text, assignment))

    def leave(self, assignment: str, why: Why) -> None:
        """Note why a person left a page; the first reason stands."""
        with self._inbox.together() as database:
            database.execute("UPDATE turns SET why = ? WHERE assignment = ? AND why = ''", (why, assignment))


def _turn(row: Any) -> Turn:
    return Turn(
        assignment=row["assignment"],
        person=row["person"],
        hit=row["hit"],
        seen_at=datetime.fromisoformat(row["seen_at"]),
        left=row["why"],
        carried=json.loads(row["carried"]),
        delivered=bool(row["delivered"]),
    )
