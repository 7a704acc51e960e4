"""Everything the marketplace knows, in one SQLite file: what was promised survives the process."""

from __future__ import annotations

import secrets
import sqlite3
import string
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hitgen.doubles.mturk.clock import Clock
from hitgen.doubles.mturk.refusals import RefusalError
from hitgen.lib.files import private_file

TABLES = """
CREATE TABLE IF NOT EXISTS money (name TEXT PRIMARY KEY, cents INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS hit_types (hit_type TEXT PRIMARY KEY, digest TEXT UNIQUE NOT NULL, "values" TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS hits (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, hit_id TEXT UNIQUE NOT NULL, hit_type TEXT NOT NULL REFERENCES hit_types,
  question TEXT NOT NULL, annotation TEXT NOT NULL, max_assignments INTEGER NOT NULL,
  created_at REAL NOT NULL, expires_at REAL NOT NULL, status TEXT NOT NULL, review_status TEXT NOT NULL,
  each_cents INTEGER NOT NULL, held_cents INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS hits_by_status ON hits (status, expires_at);
CREATE TABLE IF NOT EXISTS tokens (
  operation TEXT NOT NULL, token TEXT NOT NULL, at REAL NOT NULL, subject TEXT NOT NULL, PRIMARY KEY (operation, token)
) STRICT;
CREATE TABLE IF NOT EXISTS assignments (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, assignment_id TEXT UNIQUE NOT NULL, hit_id TEXT NOT NULL, worker TEXT NOT NULL,
  state TEXT NOT NULL, accepted_at REAL NOT NULL, deadline REAL NOT NULL, submitted_at REAL, auto_approval_at REAL,
  judged_at REAL, answer TEXT NOT NULL DEFAULT '', feedback TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS assignments_by_hit ON assignments (hit_id, state);
CREATE INDEX IF NOT EXISTS assignments_by_deadline ON assignments (state, deadline);
CREATE INDEX IF NOT EXISTS assignments_by_approval ON assignments (state, auto_approval_at);
CREATE TABLE IF NOT EXISTS qualification_types (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT UNIQUE NOT NULL, name TEXT UNIQUE NOT NULL, "values" TEXT NOT NULL,
  created_at REAL NOT NULL, deleted_at REAL
) STRICT;
CREATE TABLE IF NOT EXISTS qualifications (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, worker TEXT NOT NULL, value INTEGER NOT NULL,
  status TEXT NOT NULL, at REAL NOT NULL, UNIQUE (type, worker)
) STRICT;
CREATE TABLE IF NOT EXISTS bonuses (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, assignment_id TEXT NOT NULL, hit_id TEXT NOT NULL, worker TEXT NOT NULL,
  cents INTEGER NOT NULL, fee_cents INTEGER NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS mails (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, worker TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, at REAL NOT NULL
) STRICT;
"""
ALPHABET = string.ascii_uppercase + string.digits
TOKEN_VALID_S = 24 * 3600


def new_id() -> str:
    """A name as the service gives them: 30 capital letters and digits."""
    return "3" + "".join(secrets.choice(ALPHABET) for _ in range(29))


class State:
    """The open state; one thread at a time works on it, inside `at_once`."""

    def __init__(self, path: Path, clock: Clock, funds_cents: int) -> None:
        self.clock = clock
        self._lock = threading.RLock()
        private_file(path)
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._database.row_factory = sqlite3.Row
        self._database.execute("PRAGMA journal_mode = WAL")
        # The marketplace may be killed, but its machine does not lose power in a rehearsal.
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(TABLES)
        self._database.execute("INSERT OR IGNORE INTO money VALUES ('available', ?), ('spent', 0)", (funds_cents,))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """All that is written inside is kept together, or not at all."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def run(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Carry out one statement."""
        return self._database.execute(sql, values)

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._lock:
            return self._database.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        return next(iter(self.rows(sql, *values)), None)

    # Money, in cents

    def cents(self, name: str) -> int:
        """How much is `available` or `spent`."""
        found = self.row("SELECT cents FROM money WHERE name = ?", name)
        return int(found[0]) if found else 0

    def take(self, cents: int) -> None:
        """Take from what is available, or give back a negative amount; raises RefusalError where it does not suffice."""
        if cents > 0 and cents > self.cents("available"):
            told = "This Requester has insufficient funds in their account to complete this transaction."
            raise RefusalError("InsufficientFunds", told)
        self.run("UPDATE money SET cents = cents - ? WHERE name = 'available'", cents)

    def spend(self, cents: int) -> None:
        """Pay out of what is available."""
        self.take(cents)
        self.run("UPDATE money SET cents = cents + ? WHERE name = 'spent'", cents)

    # Request tokens

    def token_used(self, operation: str, token: str | None) -> str | None:
        """What an earlier call with this token made in the last 24 hours."""
        if token is None:
            return None
        since = self.clock.now() - TOKEN_VALID_S
        found = self.row(
            "SELECT subject FROM tokens WHERE operation = ? AND token = ? AND at > ?", operation, token, since
        )
        return str(found[0]) if found else None

    def note_token(self, operation: str, token: str | None, subject: str) -> None:
        """Remember what a call with this token made."""
        if token is not None:
            self.run("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?)", operation, token, self.clock.now(), subject)
