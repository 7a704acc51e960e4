"""Submissions that came in by any way, each kept once; what is no submission is counted and dropped."""

from __future__ import annotations

import hashlib
import json
import math
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from hitgen.lib.contract import SUBMISSION_LIMIT_BYTES
from hitgen.lib.sqlite import open_database, transaction

FILE = "collected.sqlite"
LIMIT_BYTES = SUBMISSION_LIMIT_BYTES
MAX_VERSIONS = 3
"""So many different submissions are kept of one place; the first one counts."""
MAX_BYTES = 4 * 2**30
"""How large the file may grow."""
ASSIGNMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
PAGE = re.compile(r"[A-Za-z0-9_-]{1,64}")

Outcome = Literal["stored", "again", "other", "too-large", "not-json", "not-ours", "not-http", "unknown-place", "full"]
ACCEPTED: frozenset[Outcome] = frozenset({"stored", "again", "other"})
IsPlace = Callable[[str], bool]

TABLES = """
CREATE TABLE IF NOT EXISTS submissions (
  assignment TEXT NOT NULL, version INTEGER NOT NULL, page TEXT NOT NULL, sha256 TEXT NOT NULL, way TEXT NOT NULL,
  opened_at TEXT NOT NULL, received_at TEXT NOT NULL, answer TEXT NOT NULL,
  PRIMARY KEY (assignment, version), UNIQUE (assignment, sha256)
) STRICT;
CREATE TABLE IF NOT EXISTS counts (
  outcome TEXT PRIMARY KEY, times INTEGER NOT NULL, bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS taken (name TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS people (participant TEXT PRIMARY KEY, issued_at TEXT NOT NULL) STRICT;
"""


@dataclass(frozen=True)
class Arrival:
    """The submission that counts for one place; `answer` is its JSON text, times are UTC."""

    assignment: str
    page: str
    opened_at: datetime
    received_at: datetime
    answer: str


def read_submission(body: bytes, batch: str) -> tuple[Outcome, dict[str, Any]]:
    """Whether `body` is a submission of this batch, and its values; nothing of it is believed yet."""
    if len(body) > LIMIT_BYTES:
        return "too-large", {}
    try:
        found = json.loads(body.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        return "not-json", {}
    if not isinstance(found, dict) or found.get("schema") != 1 or found.get("batch") != batch:
        return "not-ours", {}
    page, assignment = found.get("page"), found.get("assignment")
    if not isinstance(page, str) or not PAGE.fullmatch(page) or not isinstance(found.get("trials"), list):
        return "not-ours", {}
    if not isinstance(assignment, str) or (assignment and not ASSIGNMENT.fullmatch(assignment)):
        return "not-ours", {}
    return "stored", found


class Inbox:
    """The file that holds what came in for one batch; several processes may use it at once.

    `is_place` tells which assignments there can be; None where nothing is added.
    """

    def __init__(self, path: Path, batch: str, is_place: IsPlace | None = None) -> None:
        self.path = path
        self._batch = batch
        self._is_place = is_place
        self._lock = threading.Lock()
        self._database = open_database(path, threads=True)
        try:
            self._database.executescript(TABLES)
        except BaseException:
            self._database.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def __enter__(self) -> Inbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, body: bytes, way: str, now: datetime) -> Outcome:
        """Take in what was posted, stored or downloaded; it is on the disk when this returns.

        The same submission again changes nothing; another one of the same place is kept beside the
        first, which counts. Junk costs a count.
        """
        outcome, found = read_submission(body, self._batch)
        with self._together():
            if outcome == "stored":
                outcome = self._keep(body, found, way, now)
            if outcome != "stored":
                self._count(outcome, len(body))
        return outcome

    def _keep(self, body: bytes, found: dict[str, Any], way: str, now: datetime) -> Outcome:
        # A downloaded file is laid out in another way than what is posted.
        digest = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
        assignment = found["assignment"]
        if self._is_place is None or not self._is_place(assignment):
            return "unknown-place"
        rows = self._database.execute("SELECT sha256 FROM submissions WHERE assignment = ?", (assignment,)).fetchall()
        if digest in [row[0] for row in rows]:
            return "again"
        if len(rows) >= MAX_VERSIONS:
            return "other"
        if self.path.stat().st_size > MAX_BYTES:
            return "full"
        self._database.execute(
            "INSERT INTO submissions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(assignment, len(rows), found["page"], digest, way),
                *(_opened(found, now).isoformat(), now.isoformat(), body.decode("utf-8")),
            ),
        )
        return "stored"

    def _count(self, outcome: Outcome, size: int) -> None:
        self._database.execute(
            "INSERT INTO counts VALUES (?, 1, ?)"
            " ON CONFLICT (outcome) DO UPDATE SET times = times + 1, bytes = bytes + excluded.bytes",
            (outcome, size),
        )

    def refuse(self, outcome: Outcome, size: int) -> None:
        """Count something that was not even read."""
        with self._together():
            self._count(outcome, size)

    def counts(self) -> dict[str, int]:
        """How often something came in that was not stored, by why."""
        return dict(self._database.execute("SELECT outcome, times FROM counts ORDER BY outcome").fetchall())

    def received(self, start: str = "") -> Iterator[Arrival]:
        """The submission that counts of each place whose name begins with `start`, in order of arrival."""
        rows = self._database.execute(
            "SELECT assignment, page, opened_at, received_at, answer FROM submissions"
            " WHERE version = 0 AND assignment >= ? AND assignment < ? ORDER BY received_at, assignment",
            (start, start + "\x7f"),
        )
        for assignment, page, opened, received, answer in rows:
            moments = datetime.fromisoformat(opened), datetime.fromisoformat(received)
            yield Arrival(assignment, page, *moments, answer)

    def delivered(self, start: str = "") -> set[str]:
        """The places whose name begins with `start` that delivered."""
        rows = self._database.execute(
            "SELECT assignment FROM submissions WHERE version = 0 AND assignment >= ? AND assignment < ?",
            (start, start + "\x7f"),
        )
        return {row[0] for row in rows}

    # Objects elsewhere that were looked into

    def was_taken(self, name: str) -> bool:
        """Whether `take` was told this name before."""
        return self._database.execute("SELECT 1 FROM taken WHERE name = ?", (name,)).fetchone() is not None

    def take(self, name: str) -> None:
        """Remember that the object of this name was looked into."""
        self._database.execute("INSERT OR IGNORE INTO taken VALUES (?)", (name,))

    # People who were given addresses one by one

    def issue(self, participants: Iterable[str], now: datetime) -> str | None:
        """The first of these participants that nobody was given yet, given now; None where all were."""
        with self._together():
            given = {row[0] for row in self._database.execute("SELECT participant FROM people")}
            free = next((each for each in participants if each not in given), None)
            if free is not None:
                self._database.execute("INSERT INTO people VALUES (?, ?)", (free, now.isoformat()))
            return free

    def erase(self, assignments: set[str]) -> int:
        """Erase what came in of these places, from the file's free pages too; returns the rows erased."""
        with self._together():
            erased = sum(
                self._database.execute("DELETE FROM submissions WHERE assignment = ?", (name,)).rowcount
                for name in sorted(assignments)
            )
        self._database.execute("VACUUM")
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return erased

    @contextmanager
    def _together(self) -> Iterator[None]:
        # One connection serves all threads of a server, so the transaction is theirs in turn.
        with self._lock, transaction(self._database):
            yield


def _opened(found: dict[str, Any], now: datetime) -> datetime:
    """When the page says it was opened, if that is a time before now."""
    try:
        opened = datetime.fromisoformat(found["opened_at"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        return now
    return min(opened, now) if math.isfinite(opened.timestamp()) else now
