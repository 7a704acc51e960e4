"""What another collector has, read from its file without changing a byte of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from hitgen.errors import Fault, HitgenError, InputError
from hitgen.lib.clock import utc_of
from hitgen.lib.sqlite import open_foreign

MAGIC = b"SQLite format 3\x00"
WANTED = {"assignment", "version", "page", "sha256", "way", "opened_at", "received_at", "answer"}
REMEDY = "the collected.sqlite of a batch folder, or the JSON files that pages saved"


def is_database(path: Path) -> bool:
    """Whether a file is, or is called, a database of SQLite."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC or path.suffix == ".sqlite"


def fault_of(path: Path) -> Fault | None:
    """Why a database is none of a collector's; None where it is one."""
    try:
        with closing(open_foreign(path)) as database:
            tables = {str(row[0]) for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            found = {str(row["name"]) for row in database.execute("PRAGMA table_info(submissions)")}
    except (InputError, sqlite3.DatabaseError) as error:
        what = error.faults[0].problem if isinstance(error, InputError) else str(error)
        return Fault(str(path), "", f"it cannot be read as a collected.sqlite: {what}", REMEDY)
    if found >= WANTED:
        return None
    what = "a ledger.sqlite of hitgen" if {"hits", "facts"} <= tables else "a database, but none of a collector"
    return Fault(str(path), "", f"it is {what}", REMEDY)


def arrivals(path: Path) -> Iterator[tuple[bytes, datetime]]:
    """The first submission of each place in another collector's file, with when it arrived; what cannot be read is empty."""
    with closing(open_foreign(path)) as database:
        rows = database.execute(
            "SELECT answer, received_at FROM submissions WHERE version = 0 ORDER BY received_at, assignment"
        )
        for answer, received in rows:
            yield str(answer).encode("utf-8", "replace"), _moment(received)


def _moment(text: object) -> datetime:
    try:
        return utc_of(str(text))
    except (ValueError, OverflowError, OSError) as error:
        raise HitgenError(f"{text!r} is no time at which anything arrived") from error
