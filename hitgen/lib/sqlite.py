"""SQLite files that survive a kill at any moment, and what goes wrong with them in plain words."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from hitgen.errors import Fault, HitgenError, InputError, OutsideError
from hitgen.lib.files import private_file, shut

IN_MEMORY = ":memory:"
BESIDE = ("-wal", "-shm")
WAIT_S = 30
"""How long another process may hold the file before it is said to be at work."""
SETTLED_S = 0.05
"""What was written longer ago than this has another time than what is written now, however coarse a file system's clock."""
TRIES = 5
Found = TypeVar("Found")
State = tuple[tuple[int, ...], ...]
"""What tells whether a database was written: of the file and of its log, when, how long, and which file."""

UNWRITABLE = {
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
}
"""What SQLite says of a file that cannot be written, and perhaps can be read."""


class Rows(sqlite3.Cursor):
    """The rows of a query, read as they are asked for; what fails then is raised in plain words too."""

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except sqlite3.Error as error:
            raise in_plain_words(error, cast(Database, self.connection).path) from error

    def fetchone(self) -> Any:
        return next(self, None)

    def fetchall(self) -> list[Any]:
        return list(self)


class Database(sqlite3.Connection):
    """An open file: each statement is on the disk when it returns; what fails is raised in plain words."""

    path: Path

    def cursor(self, factory: Any = Rows) -> Any:
        return super().cursor(factory)

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        with plainly(self.path):
            return cast(sqlite3.Cursor, self.cursor().execute(sql, parameters))

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        with plainly(self.path):
            return super().executemany(sql, parameters)

    def executescript(self, sql_script: str, /) -> sqlite3.Cursor:
        with plainly(self.path):
            return super().executescript(sql_script)


def open_database(path: Path, *, read_only: bool = False, threads: bool = False, wait_s: float = WAIT_S) -> Database:
    """The file at `path`, made where there is none: autocommit, WAL, foreign keys held, rows by name.

    Its owner's alone, as are the files beside it, which SQLite makes like it: it holds ids, secrets or answers.
    `read_only` changes nothing at all there, also where nothing may be written; `threads` lets several use it.
    InputError or OutsideError where it cannot be opened, each with the true reason.
    """
    if not read_only:
        if str(path) != IN_MEMORY:
            private_file(path)
        for ending in BESIDE:
            shut(path.with_name(path.name + ending))
        database = _connect(str(path), path, threads, wait_s)
        _prepare(database, ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"])
        return database
    if not path.is_file():
        raise InputError(Fault(str(path), "", "there is no such file"))
    database = _connect(f"{path.absolute().as_uri()}?mode=ro", path, threads, wait_s)
    try:
        _prepare(database, ["query_only = ON", "schema_version"])
        return database
    except HitgenError:
        return _copied(path, threads, wait_s)


def open_foreign(path: Path) -> Database:
    """Somebody else's file at `path`, to read: nothing is changed in it and nothing made beside it, not even for a moment."""
    log = path.with_name(path.name + BESIDE[0])
    if log.is_file() and log.stat().st_size:
        return _copied(path, threads=False, wait_s=WAIT_S)
    database = _connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", path, threads=False, wait_s=WAIT_S)
    _prepare(database, ["query_only = ON", "schema_version"])
    return database


def state_of(path: Path) -> State:
    """What is another after every write to the file at `path`; the same where none is there."""
    found: list[tuple[int, ...]] = []
    for name in (path, path.with_name(path.name + BESIDE[0])):
        try:
            status = name.stat()
        except OSError:
            found.append(())
        else:
            found.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(found)


def read_unseen(path: Path, look: Callable[[Database], Found]) -> Found:
    """What `look` finds in the file at `path`: nothing is changed in it, and where nobody is at work on it nothing beside it.

    Nobody waits for this reader but who closes the file meanwhile. What was begun while somebody wrote is done again.
    """
    index = path.with_name(path.name + BESIDE[1])
    for _ in range(TRIES):
        before = state_of(path)
        if not before[0] or index.exists():
            break
        time.sleep(min(SETTLED_S, max(0.0, before[0][0] / 1e9 + SETTLED_S - time.time())))
        with suppress(HitgenError), closing(open_foreign(path)) as database:
            found = look(database)
            if state_of(path) == before and not index.exists():
                return found
    with closing(open_database(path, read_only=True)) as database:
        return look(database)


def _copied(path: Path, threads: bool, wait_s: float) -> Database:
    # The log of a file in a folder that is not written to is readable only beside a copy.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, plainly(path):
        copy = Path(folder) / path.name
        for ending in ("", BESIDE[0]):
            if (source := path.with_name(path.name + ending)).is_file():
                shutil.copyfile(source, copy.with_name(copy.name + ending))
        with closing(_connect(str(copy), path, threads, wait_s)) as whole, _in_memory(path, threads, wait_s) as kept:
            whole.backup(kept)
    _prepare(kept, ["query_only = ON"])
    return kept


@contextmanager
def _in_memory(path: Path, threads: bool = False, wait_s: float = WAIT_S) -> Iterator[Database]:
    """An empty one that what is in the file is put into; let go of where that fails."""
    database = _connect(IN_MEMORY, path, threads, wait_s)
    try:
        yield database
    except BaseException:
        database.close()
        raise


def is_unwritable(error: BaseException) -> bool:
    """Whether what failed was writing, so that reading may still do."""
    cause = error.__cause__
    code = getattr(cause, "sqlite_errorcode", None)
    return isinstance(cause, sqlite3.Error) and code is not None and code & 0xFF in UNWRITABLE


def memory_copy(path: Path) -> Database:
    """What is in the file, in memory: it can be read and changed, and nothing of that reaches the file."""
    with _in_memory(path) as kept:

        def copy(database: Database) -> None:
            with plainly(path):
                database.backup(kept)

        read_unseen(path, copy)
    _prepare(kept, ["foreign_keys = ON"])
    return kept


def _connect(address: str, path: Path, threads: bool, wait_s: float) -> Database:
    with plainly(path):
        database: Database = sqlite3.connect(
            address,
            timeout=wait_s,
            isolation_level=None,
            check_same_thread=not threads,
            factory=Database,
            uri=address.startswith("file:///"),
        )
    database.path = path
    database.row_factory = sqlite3.Row
    return database


def _prepare(database: Database, pragmas: list[str]) -> None:
    try:
        for pragma in pragmas:
            database.execute(f"PRAGMA {pragma}").fetchall()
    except BaseException:
        database.close()
        raise


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Makes the writes inside one transaction of an autocommit connection: all or none, one sync."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # a full disk has rolled back by itself
            database.execute("ROLLBACK")
        raise


def compact(database: Database) -> None:
    """Leave nothing of what was erased: not in free pages, not in the log; InputError while somebody reads the log."""
    database.execute("VACUUM")
    if database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        problem = "what was erased still stands in its log, which another program reads"
        raise InputError(Fault(str(database.path), "", problem, "again when that has ended"))


@contextmanager
def held(path: Path, subject: Path) -> Iterator[None]:
    """Hold the lock file at `path`, or raise InputError at once: another hitgen is at work on `subject`.

    The lock is SQLite's own on an empty database: the system frees it when the process dies, however it dies.
    """
    private_file(path)
    database = _connect(str(path), subject, threads=False, wait_s=0)
    try:
        database.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        database.close()


@contextmanager
def plainly(path: Path | str) -> Iterator[None]:
    """Raises what SQLite says of the file as InputError or OutsideError; mistakes of hitgen's own pass through."""
    try:
        yield
    except sqlite3.Error as error:
        raise in_plain_words(error, path) from error


def in_plain_words(error: sqlite3.Error, path: Path | str) -> Exception:
    """The same error with the file, the true reason and what to do; the error itself where it is hitgen's own."""
    code = getattr(error, "sqlite_errorcode", None)
    match code and code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return InputError(Fault(str(path), "", "another hitgen is at work on it", "again when it has ended"))
        case sqlite3.SQLITE_CANTOPEN if Path(path).is_dir():
            return InputError(
                Fault(str(path), "", "it is a folder, and hitgen keeps a file there", "moving it elsewhere")
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_AUTH:
            remedy = "giving yourself the right to write the file and its folder"
            return InputError(Fault(str(path), "", f"cannot be opened or written ({error})", remedy))
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return InputError(Fault(str(path), "", f"is damaged ({error})", "restoring it from a copy"))
        case sqlite3.SQLITE_FULL:
            return OutsideError(f"{path}: no space is left on the disk; nothing was lost, run it again with some free")
        case sqlite3.SQLITE_IOERR:
            return OutsideError(f"{path}: the disk cannot be read or written ({error}); run it again once it can")
    return error
