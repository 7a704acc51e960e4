"""A disk that fills up, turns read-only or fails at a chosen write, and comes back."""

from __future__ import annotations

import builtins
import errno
import io
import os
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from hitgen.lib import sqlite

Trouble = Literal["full", "quota", "read-only", "broken"]
CODES = {
    "full": (errno.ENOSPC, sqlite3.SQLITE_FULL, "database or disk is full"),
    # SQLite knows no quota: it says that the disk fails.
    "quota": (errno.EDQUOT, sqlite3.SQLITE_IOERR, "disk I/O error"),
    "read-only": (errno.EROFS, sqlite3.SQLITE_READONLY, "attempt to write a readonly database"),
    "broken": (errno.EIO, sqlite3.SQLITE_IOERR, "disk I/O error"),
}
TRUE = {
    "full": ("no space is left on the disk", "No space left on device"),
    "quota": ("the disk cannot be read or written", "Disk quota exceeded"),
    "read-only": ("cannot be opened or written", "Read-only file system"),
    "broken": ("the disk cannot be read or written", "Input/output error"),
}
"""What may be said of each trouble, by SQLite's file and by the system's."""
WRITES = ("INSERT", "UPDATE", "DELETE", "COMMIT", "BEGIN", "VACUUM", "CREATE", "ALTER")
FREES = ("unlink", "rmdir")
"""What a disk without room still does."""
WEATHER: tuple[tuple[Trouble, bool], ...] = tuple((trouble, lasts) for lasts in (True, False) for trouble in CODES)  # type: ignore[misc]
"""Each trouble, for good and for a moment."""


@dataclass
class Disk:
    """Counts writes; number `fails_at` (from 0) fails, and with `lasts` each one after it; `struck` are the files of those."""

    trouble: Trouble = "full"
    fails_at: int | None = None
    lasts: bool = True
    writes: int = 0
    struck: list[str] = field(default_factory=list)

    def write(self, path: Any, by_sqlite: bool = False, frees: bool = False) -> None:
        """Come to a write of a file, which may fail; what `frees` room does so on a disk that has none, too."""
        self.writes += 1
        reached = self.fails_at is not None and self.writes > self.fails_at
        if not reached or (self.struck and not self.lasts) or (frees and self.trouble in ("full", "quota")):
            return
        self.struck.append(str(path))
        system, code, words = CODES[self.trouble]
        if not by_sqlite:
            raise OSError(system, os.strerror(system), str(path))
        error = sqlite3.OperationalError(words)
        error.sqlite_errorcode = code
        raise error


class Written:
    """A file that is open for writing: its first bytes and its last ones are two writes more."""

    def __init__(self, file: Any, disk: Disk, path: Any) -> None:
        self._file, self._disk, self._path, self._begun = file, disk, path, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Written:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._file)

    def write(self, content: Any) -> Any:
        """Write, which may fail."""
        if not self._begun:
            self._begun = True
            self._disk.write(self._path)
        return self._file.write(content)

    def close(self) -> None:
        """Close it, which may fail for what was still to be written."""
        if not self._file.closed:
            self._file.close()
            self._disk.write(self._path)


@contextmanager
def failing(disk: Disk) -> Iterator[Disk]:
    """All that hitgen writes meanwhile goes by this disk: every statement of every ledger, every file, folder and name."""

    class Cursor(sqlite.Rows):
        def _come_to(self, sql: str) -> None:
            if sql.lstrip().upper().startswith(WRITES):
                disk.write(self.connection.path, True)  # type: ignore[attr-defined]

        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
            self._come_to(sql)
            return super().execute(sql, parameters)

        def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
            self._come_to(sql)
            return super().executemany(sql, parameters)

        def executescript(self, sql_script: str, /) -> sqlite3.Cursor:
            self._come_to(sql_script)
            return super().executescript(sql_script)

    real, real_by_name = os.open, io.open
    names: dict[int, Any] = {}

    def opened(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if flags & os.O_CREAT:
            disk.write(path)
        number = real(path, flags, *rest, **more)
        names[number] = path
        return number

    def opened_by_name(path: Any, mode: str = "r", *rest: Any, **more: Any) -> Any:
        writes = set(mode) & set("wax+") and not str(path).startswith("/dev/")
        if not writes or (isinstance(path, int) and not stat.S_ISREG(os.fstat(path).st_mode)):
            return real_by_name(path, mode, *rest, **more)
        if not isinstance(path, int):
            disk.write(path)
        return Written(real_by_name(path, mode, *rest, **more), disk, names.get(path, path))

    def named(name: str) -> Any:
        done = getattr(os, name)

        def changed(path: Any, *rest: Any, **more: Any) -> Any:
            disk.write(path, frees=name in FREES)
            return done(path, *rest, **more)

        return changed

    with pytest.MonkeyPatch.context() as patch:
        for name in ("mkdir", "rename", "replace", "symlink", *FREES):
            patch.setattr(os, name, named(name))
        patch.setattr(builtins, "open", opened_by_name)
        patch.setattr(io, "open", opened_by_name)
        patch.setattr(sqlite.Database, "cursor", lambda self, factory=Cursor: sqlite3.Connection.cursor(self, factory))
        patch.setattr(os, "open", opened)
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
