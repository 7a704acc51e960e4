"""Tickets: who of the participants was given their addresses, and for which button's ticket; kept in the inbox's file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from hitgen.collector.inbox import Inbox


class Tickets:
    """The participants of an inbox who were given their addresses one by one."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def issue(self, participants: Sequence[str], ticket: str, now: datetime, hold: timedelta) -> str | None:
        """The first of these participants that nobody was given yet, given now for this ticket; None where all were.

        The same ticket gets the same one. Where all were given, the one who was not seen for longest is given anew,
        once that is longer ago than `hold`.
        """
        with self._inbox.together() as database:
            rows = database.execute("SELECT participant, ticket, max(issued_at, seen_at) AS at FROM people").fetchall()
            if mine := next((row["participant"] for row in rows if row["ticket"] == ticket), None):
                return str(mine)
            seen = {row["participant"]: datetime.fromisoformat(row["at"]) for row in rows}
            free = next((each for each in participants if each not in seen), None)
            if free is None:
                stale = [each for each in participants if seen[each] < now - hold]
                free = min(stale, key=lambda each: seen[each], default=None)
            if free is not None:
                database.execute(
                    "INSERT OR REPLACE INTO people (participant, issued_at, ticket) VALUES (?, ?, ?)",
                    (free, now.isoformat(), ticket),
                )
            return free

    def is_free(self, participants: Sequence[str], now: datetime, hold: timedelta) -> bool:
        """Whether `issue` would give one of these participants."""
        rows = self._inbox.query("SELECT participant, max(issued_at, seen_at) FROM people")
        held = {row[0] for row in rows if datetime.fromisoformat(row[1]) >= now - hold}
        return any(each not in held for each in participants)

    def of(self, participant: str) -> str | None:
        """For which ticket a participant was given; empty in files of an earlier hitgen, None where nobody was."""
        rows = self._inbox.query("SELECT ticket FROM people WHERE participant = ?", (participant,))
        return str(rows[0][0]) if rows else None

    def see(self, participant: str, now: datetime) -> None:
        """Note that a participant came back."""
        with self._inbox.together() as database:
            database.execute("UPDATE people SET seen_at = ? WHERE participant = ?", (now.isoformat(), participant))
