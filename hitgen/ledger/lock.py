"""One process at a time may change a batch's ledger or what it stands for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hitgen.errors import Fault, InputError


@contextmanager
def locked(ledger: Path) -> Iterator[None]:
    """Hold the lock beside `ledger`, or raise InputError at once where another process holds it.

    The lock is SQLite's own on an empty database: the system frees it when the process dies, however it dies.
    """
    database = sqlite3.connect(ledger.with_name(ledger.name + ".lock"), isolation_level=None, timeout=0)
    try:
        try:
            database.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            problem = "another hitgen is at work on this batch"
            raise InputError(Fault(str(ledger.parent), "", problem, "again when it has ended")) from error
        yield
    finally:
        database.close()
