"""A disk that fills up, turns read-only or fails at a chosen write, and comes back."""

from __future__ import annotations

import builtins
import errno
import io
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from hitgen.lib import files, sqlite

Trouble = Literal["full", "read-only", "broken"]
CODES = {
    "full": (errno.ENOSPC, sqlite3.SQLITE_FULL, "database or disk is full"),
    "read-only": (errno.EROFS, sqlite3.SQLITE_READONLY, "attempt to write a readonly database"),
    "broken": (errno.EIO, sqlite3.SQLITE_IOERR, "disk I/O error"),
}
TRUE = {
    "full": ("no space is left on the disk", "No space left on device"),
    "read-only": ("cannot be opened or written", "Read-only file system"),
    "broken": ("the disk cannot be read or written", "Input/output error"),
}
"""What may be said of each trouble, by SQLite's file and by the system's."""
WRITES = ("INSERT", "UPDATE", "DELETE", "COMMIT", "BEGIN", "VACUUM", "CREATE")


@dataclass
class Disk:
    """Counts writes; from number `fails_at` on (from 0) each one fails."""

    trouble: Trouble = "full"
    fails_at: int | None = None
    writes: int = 0

    def write(self, by_sqlite: bool) -> None:
        self.writes += 1
        if self.fails_at is None or self.writes <= self.fails_at:
            return
        system, code, words = CODES[self.trouble]
        if not by_sqlite:
            raise OSError(system, os.strerror(system), "a file")
        error = sqlite3.OperationalError(words)
        error.sqlite_errorcode = code
        raise error


@contextmanager
def failing(disk: Disk) -> Iterator[Disk]:
    """All that hitgen writes meanwhile goes by this disk: every statement of every ledger, and every file."""

    class Cursor(sqlite.Rows):
        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
            if sql.lstrip().upper().startswith(WRITES):
                disk.write(True)
            return super().execute(sql, parameters)

    def opened(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if flags & os.O_CREAT:
            disk.write(False)
        return real(path, flags, *rest, **more)

    def opened_by_name(path: Any, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if set(mode) & set("wax+") and not str(path).startswith("/dev/"):
            disk.write(False)
        return real_by_name(path, mode, *rest, **more)

    real, real_by_name = os.open, io.open
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builtins, "open", opened_by_name)
        patch.setattr(io, "open", opened_by_name)
        patch.setattr(sqlite.Database, "cursor", lambda self, factory=Cursor: sqlite3.Connection.cursor(self, factory))
        patch.setattr(files.os, "open", opened)
        yield disk


@contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """The folder as on a snapshot: nothing in it can be written, by root neither where mounting is possible."""
    view = folder.with_name("read-only")
    view.mkdir()
    mounted = not subprocess.run(["mount", "--bind", folder, view], capture_output=True).returncode
    if mounted:
        subprocess.run(["mount", "-o", "remount,ro,bind", view], check=True)
    else:
        view.rmdir()
        shutil.copytree(folder, view)
        for path in (view, *view.rglob("*")):
            path.chmod(path.stat().st_mode & 0o555)
    try:
        yield view
    finally:
        if mounted:
            subprocess.run(["umount", view], check=True)
        else:
            for path in (view, *view.rglob("*")):
                path.chmod(path.stat().st_mode | 0o700)
