"""Submissions that came in by any way, each kept once; what is no submission is counted and dropped."""

from __future__ import annotations

import hashlib
import json
import math
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from hitgen.errors import OutsideError
from hitgen.lib.clock import utc_of
from hitgen.lib.contract import SUBMISSION_LIMIT_BYTES
from hitgen.lib.nested import read_json
from hitgen.lib.sqlite import WAIT_S, Database, compact, open_database, read_unseen, transaction

FILE = "collected.sqlite"
LIMIT_BYTES = SUBMISSION_LIMIT_BYTES
MAX_VERSIONS = 3
"""So many different submissions are kept of one place; the first one counts."""
MAX_BYTES = 4 * 2**30
"""How much the file may hold."""
MAX_UNLISTED_BYTES = 256 * 2**20
"""How much of that may be answers for which nobody vouches yet; the rest is kept for those who are known."""
LISTED_WITHIN = timedelta(hours=1)
"""Whoever took part is on the recruiter's list this long afterwards."""
ASSIGNMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
PAGE = re.compile(r"[A-Za-z0-9_-]{1,64}")

Outcome = Literal[
    "stored", "again", "other", "too-large", "not-json", "not-ours", "not-http", "unknown-place", "too-often", "full"
]
ACCEPTED: frozenset[Outcome] = frozenset({"stored", "again", "other"})
IsPlace = Callable[[str], bool]

TABLES = """
CREATE TABLE IF NOT EXISTS submissions (
  assignment TEXT NOT NULL, version INTEGER NOT NULL, page TEXT NOT NULL, sha256 TEXT NOT NULL, way TEXT NOT NULL,
  opened_at TEXT NOT NULL, received_at TEXT NOT NULL, answer TEXT NOT NULL, listed INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (assignment, version), UNIQUE (assignment, sha256)
) STRICT;
CREATE TABLE IF NOT EXISTS counts (
  outcome TEXT PRIMARY KEY, times INTEGER NOT NULL, bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS taken (name TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS erased (digest TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS people (
  participant TEXT PRIMARY KEY, issued_at TEXT NOT NULL, ticket TEXT NOT NULL DEFAULT '', seen_at TEXT NOT NULL DEFAULT ''
) STRICT;
"""
TURNS = """
CREATE TABLE IF NOT EXISTS turns (
  number INTEGER PRIMARY KEY, assignment TEXT NOT NULL UNIQUE, person TEXT NOT NULL, hit TEXT NOT NULL,
  begun_at TEXT NOT NULL, seen_at TEXT NOT NULL, why TEXT NOT NULL DEFAULT '', carried TEXT NOT NULL DEFAULT '{}',
  UNIQUE (person, hit)
) STRICT;
"""
ADDED = {
    "submissions": {"listed": "INTEGER NOT NULL DEFAULT 1"},
    "people": {"ticket": "TEXT NOT NULL DEFAULT ''", "seen_at": "TEXT NOT NULL DEFAULT ''"},
}
"""Columns that files of an earlier hitgen lack."""
UNLISTED = "CREATE INDEX IF NOT EXISTS unlisted ON submissions (length(answer)) WHERE listed = 0"


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
        found = read_json(body.decode("utf-8"))
    except ValueError:
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

    `is_place` tells which assignments there can be, None where nothing is added; `is_listed` for which of them somebody
    vouches, None: for all. Those for whom nobody does get a small part of the file.
    """

    def __init__(
        self,
        path: Path,
        batch: str,
        is_place: IsPlace | None = None,
        is_listed: IsPlace | None = None,
        wait_s: float = WAIT_S,
    ) -> None:
        self.path = path
        self._batch = batch
        self._is_place = is_place
        self._is_listed = is_listed
        self._wait_s = wait_s
        self._lock = threading.RLock()
        self._database = open_database(path, threads=True, wait_s=wait_s)
        try:
            self._database.executescript(TABLES + TURNS)
            self._add_columns()
        except BaseException:
            self._database.close()
            raise

    def _add_columns(self) -> None:
        if self._missing():
            with transaction(self._database):  # two processes may come to this at once
                for table, name, what in self._missing():
                    self._database.execute(f"ALTER TABLE {table} ADD COLUMN {name} {what}")
        self._database.execute(UNLISTED)

    def _missing(self) -> list[tuple[str, str, str]]:
        return [
            (table, name, what)
            for table, columns in ADDED.items()
            for name, what in columns.items()
            if name not in {row["name"] for row in self._database.execute(f"PRAGMA table_info({table})")}
        ]

    def try_writing(self) -> None:
        """Write something that changes nothing; InputError or OutsideError where that cannot be done."""
        with self.together():
            self._count("not-http", 0, 0)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def __enter__(self) -> Inbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, body: bytes, way: str, now: datetime, may_come: Callable[[], bool] = lambda: True) -> Outcome:
        """Take in what was posted, stored or downloaded; it is on the disk when this returns.

        The same submission again changes nothing; another one of the same place is kept beside the
        first, which counts. Junk costs a count. `may_come` is asked where nobody vouches for the place.
        """
        outcome, found = read_submission(body, self._batch)
        with self.together():
            if outcome == "stored":
                outcome = self._keep(body, found, way, now, may_come)
            if outcome != "stored":
                self._count(outcome, len(body))
        return outcome

    def _keep(
        self, body: bytes, found: dict[str, Any], way: str, now: datetime, may_come: Callable[[], bool]
    ) -> Outcome:
        # A downloaded file is laid out in another way than what is posted.
        digest = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
        assignment = found["assignment"]
        if not self._takes(assignment):
            return "unknown-place"
        rows = self._database.execute("SELECT sha256 FROM submissions WHERE assignment = ?", (assignment,)).fetchall()
        if digest in [row[0] for row in rows]:
            return "again"
        listed = way == "import" or self._is_listed is None or self._is_listed(assignment)
        if len(rows) >= (MAX_VERSIONS if listed else 1):
            return "other"
        if not listed and not may_come():
            return "too-often"
        if self._is_full(listed):
            return "full"
        self._database.execute(
            "INSERT INTO submissions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(assignment, len(rows), found["page"], digest, way),
                *(_opened(found, now).isoformat(), now.isoformat(), body.decode("utf-8"), int(listed)),
            ),
        )
        return "stored"

    def _takes(self, assignment: str) -> bool:
        """Whether answers of a place may come: who was forgotten took back whatever a page of theirs still sends."""
        if self._is_place is None or not self._is_place(assignment):
            return False
        return not self.was_erased(assignment)

    def was_erased(self, assignment: str) -> bool:
        """Whether what came in of a place was erased, or would have been."""
        return bool(self.query("SELECT 1 FROM erased WHERE digest = ?", (_digest(assignment),)))

    def state_of(self, assignment: str) -> Literal["free", "used", "unknown"]:
        """Whether answers of a place would be taken, have come, or are of no place that there is."""
        if not self._takes(assignment):
            return "unknown"
        return "used" if self.query("SELECT 1 FROM submissions WHERE assignment = ?", (assignment,)) else "free"

    def _is_full(self, listed: bool) -> bool:
        pages, free, size = (
            self._database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        held_bytes = (pages - free) * size
        # Adding up is put off until there is something to add up.
        if listed or held_bytes < MAX_UNLISTED_BYTES:
            return bool(held_bytes > MAX_BYTES)
        return held_bytes > MAX_BYTES or self._unlisted_bytes() > MAX_UNLISTED_BYTES

    def _unlisted_bytes(self) -> int:
        """How much is kept of those for whom nobody vouches."""
        sum_up = "SELECT coalesce(sum(length(answer)), 0) FROM submissions WHERE listed = 0"
        return int(self._database.execute(sum_up).fetchone()[0])

    def _count(self, outcome: Outcome, size: int, times: int = 1) -> None:
        self._database.execute(
            "INSERT INTO counts VALUES (?, ?, ?)"
            " ON CONFLICT (outcome) DO UPDATE SET times = times + excluded.times, bytes = bytes + excluded.bytes",
            (outcome, times, size),
        )

    def vouch(self, listed: set[str], asked_at: datetime) -> int:
        """Keep what came of these assignments; where room runs out, drop what came long before the list was asked for and is
        not on it.

        While there is room nothing is dropped: a list may be short for once, or asked for by a copy of the ledger that does
        not know the last study. What was vouched for once stays, and so do imported files. Returns how many were dropped.
        """
        latest = (asked_at - LISTED_WITHIN).isoformat()
        with self.together():
            rows = self._database.execute("SELECT DISTINCT assignment, listed, received_at FROM submissions").fetchall()
            known = {row["assignment"] for row in rows if row["assignment"] in listed and not row["listed"]}
            gone = {
                row["assignment"]
                for row in rows
                if row["assignment"] not in listed and not row["listed"] and row["received_at"] < latest
            }
            self._database.executemany(
                "UPDATE submissions SET listed = 1 WHERE assignment = ?", [(name,) for name in sorted(known)]
            )
            if self._unlisted_bytes() <= MAX_UNLISTED_BYTES / 2:
                return 0
            self._database.executemany(
                "DELETE FROM submissions WHERE listed = 0 AND assignment = ?", [(name,) for name in sorted(gone)]
            )
        return len(gone)

    def refuse(self, outcome: Outcome, size: int) -> None:
        """Count something that was not even read."""
        with self.together():
            self._count(outcome, size)

    def counts(self) -> dict[str, int]:
        """How often something came in that was not stored, by why."""
        rows = self._database.execute("SELECT outcome, times FROM counts WHERE times > 0 ORDER BY outcome")
        return dict(rows.fetchall())

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

    def remove(self, assignment: str) -> None:
        """Take out what came of a place that nobody was given."""
        with self.together():
            self._database.execute("DELETE FROM submissions WHERE assignment = ?", (assignment,))

    def erase(self, assignments: set[str], worker: str = "") -> int:
        """Erase what came in for these places and which of them a worker was given, from the file's free pages too; how many submissions that was.

        Digests of the places stay, so that what comes later is not taken.
        """
        with self.together():
            self._database.executemany(
                "INSERT OR IGNORE INTO erased VALUES (?)", [(_digest(name),) for name in sorted(assignments)]
            )
            self._database.execute("DELETE FROM people WHERE participant = ?", (worker,))
            self._database.execute("DELETE FROM turns WHERE person = ?", (worker,))
            erased = sum(
                self._database.execute("DELETE FROM submissions WHERE assignment = ?", (name,)).rowcount
                for name in sorted(assignments)
            )
        compact(self._database)
        return erased

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        """The rows of a question to the file, as they are on the disk."""
        with self._held():
            return self._database.execute(sql, values).fetchall()

    @contextmanager
    def together(self) -> Iterator[Database]:
        """The file for one change, all or nothing; nobody else changes it meanwhile."""
        with self._held(), transaction(self._database):
            yield self._database

    @contextmanager
    def _held(self) -> Iterator[None]:
        # One connection serves all threads of a server, so a transaction is theirs in turn, and so is reading: what
        # another thread has not committed yet may still come to nothing.
        if not self._lock.acquire(timeout=self._wait_s):
            raise OutsideError(f"{self.path}: too much is being written at once; try again in a moment")
        try:
            yield
        finally:
            self._lock.release()


def arrived(path: Path) -> list[tuple[str, str, str]]:
    """What lies in an inbox: the place, page and time (ISO, UTC) of the submission that counts of each, in order of arrival."""
    sql = "SELECT assignment, page, received_at FROM submissions WHERE version = 0 ORDER BY received_at, assignment"
    return read_unseen(path, lambda database: [tuple(row) for row in database.execute(sql)])


def _digest(assignment: str) -> str:
    # Names of places are random enough that nobody finds them from this.
    return hashlib.sha256(f"erased {assignment}".encode()).hexdigest()


def _opened(found: dict[str, Any], now: datetime) -> datetime:
    """When the page says it was opened, if that is a time before now."""
    try:
        opened = utc_of(found["opened_at"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return now
    return min(opened, now) if math.isfinite(opened.timestamp()) else now
