"""Erasing what this machine keeps of one worker: from ledgers, collected answers, and the files made from them."""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hitgen.collector.inbox import FILE, Inbox
from hitgen.collector.turns import Turn, Turns
from hitgen.errors import CONFIG_NAME, Fault, InputError
from hitgen.ledger.access import locked
from hitgen.ledger.ledger import Ledger
from hitgen.lib.files import UTF16_MARKS, csv_text, delimiter_of, unguarded, write_whole
from hitgen.lib.nested import read_json
from hitgen.recruiters.places import LIST, Places
from hitgen.recruiters.seals import secret_of
from hitgen.results.export import export, export_path
from hitgen.results.pseudonyms import ledger_key, pseudonym
from hitgen.results.reviewfile import review_path

CHUNK = 1 << 20
MOST_LIKE = 3
SHORTEST = 4
"""A shorter id, such as the number of a task, stands in any file."""
PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd", b"Rar!", b"PAR1")
"""How archives begin: zip, gzip, bzip2, xz, 7z, zstd, rar; and Parquet."""
PEOPLE = ("worker", "participant")
"""The columns of tables that say who somebody is: what else is called like somebody, such as a page, stays."""
SHOWN = (".ejected", "assets", "batch.toml", "cache", "gold", "images", "published", "templates")


@dataclass(frozen=True)
class Erased:
    """Files that were written again without the worker, and those that were removed, to be made again."""

    rewritten: tuple[Path, ...]
    removed: tuple[Path, ...]


@dataclass(frozen=True)
class Forgotten:
    """How many rows were erased, which files were written again or removed, which still name the worker, and which may.

    Into those that may, packed archives or files of other users, nobody has looked. `unknown` says what was looked for where nothing was found.
    """

    rows: int
    erased: Erased
    still_named_in: tuple[Path, ...]
    not_looked_into: tuple[Path, ...] = ()
    unknown: str = ""


def forget(folder: Path, worker: str) -> Forgotten:
    """Erase a worker's submissions and all acts towards them from every ledger in `folder`.

    A keyed digest stays in the ledger, so that a later fetch does not bring the answers back. Review file, list of
    places, export and reports under `results/` are written again or removed; other files of the batch that name the
    worker, their work, or a pseudonym of either, are listed, copies of ledgers among them.
    """
    if not worker.strip():
        raise InputError(Fault("forget", "WORKER", "is empty", "the worker's id as the recruiter shows it"))
    if not (folder / CONFIG_NAME).is_file():
        raise InputError(Fault(str(folder), "", f"it is no batch folder: there is no {CONFIG_NAME}", "its path"))
    ledgers = sorted(folder.glob("ledger*.sqlite"))
    if not ledgers:
        raise InputError(Fault(str(folder), "", "has no ledger, so nothing is kept of any worker"))
    is_somebody, unknown = _check_meant(folder, ledgers, worker)
    rows, work, names = 0, set[str](), {worker}
    for path in ledgers:
        with locked(path), Ledger(path) as ledger:
            turns = _turns(folder, worker)
            carried = {text for turn in turns for text in turn.carried.values() if text}
            arrived = _arrived(folder, ledger, worker) | {turn.assignment for turn in turns} | _given(ledger, worker)
            mine = _taken_in(ledger, worker)
            work |= mine | arrived
            names |= {pseudonym(ledger_key(ledger), name) for name in (worker, *mine)} | carried
            # In this order: by what goes last the rest is found again after a kill.
            if (folder / FILE).exists():
                with Inbox(folder / FILE, "") as inbox:
                    rows += inbox.erase(arrived | mine, worker)
            rows += ledger.forget(worker, arrived)
            if secret_of(ledger.book):
                Places("", ledger.book).retire(worker)
                ledger.compact()
    names |= work
    # Nothing is made again where nothing is left of a worker; a run that was cut off here left something.
    if not (is_somebody or rows):  # whose id may be a part of somebody's, which all files then seem to name
        return Forgotten(0, Erased((), ()), (), (), unknown)
    known = rows > 0 or bool(_naming(folder, names))
    erased = _erase(folder, worker, work) if known else Erased((), ())
    unknown = "" if known else unknown
    return Forgotten(rows, erased, _naming(folder, names), _closed_to_us(folder, erased.rewritten), unknown)


def _check_meant(folder: Path, ledgers: Iterable[Path], worker: str) -> tuple[bool, str]:
    """Whether an id is or was a worker's, and what to say where nothing of theirs is found.

    InputError for the id of an assignment, a pseudonym, or an id that differs from a worker's in spaces and case alone.
    """
    people: set[str] = set()
    whose: dict[str, str] = {}
    called: dict[str, str] = {}
    for path in ledgers:
        with locked(path), Ledger(path) as ledger:
            if ledger.is_forgotten(worker):
                return True, f"{worker!r} was forgotten before"  # a run that was cut off goes on
            found = dict(_work(folder, ledger))
            whose |= found
            mine = {*found.values(), *(intent.act.worker for intent in ledger.acts())} - {""}
            people |= mine
            called |= {pseudonym(ledger_key(ledger), name): name for name in mine}
    if worker in people:
        return True, ""
    for names, kind in ((whose, "an assignment, of"), (called, "what an export calls")):
        if right := names.get(worker.strip()):
            problem = f"{worker.strip()!r} is {kind} the worker {right!r}"
            raise InputError(Fault("forget", "WORKER", problem, f"{right!r}"))
    near = sorted(name for name in people if name.strip().casefold() == worker.strip().casefold())
    if near:
        raise InputError(Fault("forget", "WORKER", f"nobody is called {worker!r}", " or ".join(map(repr, near))))
    like = ", ".join(map(repr, difflib.get_close_matches(worker.strip(), sorted(people), MOST_LIKE, 0.75)))
    meant = f"; those here that are most like it: {like}" if like else ""
    return False, f"nobody here is called {worker!r}, whose answers will not be taken in either{meant}"


def _work(folder: Path, ledger: Ledger) -> Iterator[tuple[str, str]]:
    """Every assignment that has a worker, fetched, collected or only given."""
    if secret_of(ledger.book):
        for hit in (places := Places("", ledger.book)).hits():
            yield from ((seat.assignment, seat.participant) for seat in places.of(hit))
    if (folder / FILE).exists():
        with Inbox(folder / FILE, "") as inbox:
            yield from ((row.assignment, name) for row in inbox.received() if (name := _worker_in(row.answer)))
            yield from ((turn.assignment, turn.person) for turn in Turns(inbox).all())
    yield from ((row.assignment, row.worker) for row in ledger.submissions())


def _turns(folder: Path, worker: str) -> list[Turn]:
    """The worker's turns, where a panel's people are given places by their ids."""
    if not (folder / FILE).exists():
        return []
    with Inbox(folder / FILE, "") as inbox:
        return Turns(inbox).of(worker)


def _given(ledger: Ledger, worker: str) -> set[str]:
    """The places that a participant of one's own was given, used or not."""
    if not secret_of(ledger.book):
        return set()
    return Places("", ledger.book).names_of(worker)


def _taken_in(ledger: Ledger, worker: str) -> set[str]:
    return {row.assignment for row in ledger.submissions() if row.worker == worker}


def _arrived(folder: Path, ledger: Ledger, worker: str) -> set[str]:
    """The worker's places and sessions among what was collected, fetched or not."""
    if not (folder / FILE).exists():
        return set()
    places = Places("", ledger.book)
    with Inbox(folder / FILE, "") as inbox:
        found = {name for name in inbox.delivered() if places.participant(name) == worker}
        return found | {row.assignment for row in inbox.received() if _worker_in(row.answer) == worker}


def _worker_in(answer: str) -> str:
    """Whom an answer names; nobody where it cannot be read."""
    with suppress(ValueError):
        name = read_json(answer).get("worker")
        return name if isinstance(name, str) else ""
    return ""


def _naming(folder: Path, names: set[str]) -> tuple[Path, ...]:
    """The files of a batch that hold one of these names: results, saved answers, copies of ledgers; not what pages show."""
    forms = [
        name.encode(encoding)
        for name in names
        if len(name) >= SHORTEST
        for encoding in ("utf-8", "utf-16-le", "utf-16-be")
    ]
    return tuple(path for path in _looked_into(folder) if _is_open(path) and any(_names(path, form) for form in forms))


def _looked_into(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not _is_shown(path.relative_to(folder))]


def _is_open(path: Path) -> bool:
    return os.access(path, os.R_OK)


def _closed_to_us(folder: Path, made: tuple[Path, ...]) -> tuple[Path, ...]:
    """The files of a batch of which nobody can say whom they name, but for those that were just made."""
    files = [path for path in _looked_into(folder) if path not in made]
    return tuple(path for path in files if not _is_open(path) or _is_packed(path))


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8).startswith(PACKED)


def _is_shown(path: Path) -> bool:
    """Whether a file of a batch is made of config and pictures alone."""
    return path.parts[0] in SHOWN or path.parts[:2] in (("build", "pages"), ("build", "packs"))


def _names(path: Path, worker: bytes) -> bool:
    """Whether a file holds these bytes, also across the edge of two chunks."""
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if worker in tail + chunk:
                return True
            tail = chunk[-len(worker) :]
    return False


def _erase(folder: Path, worker: str, work: set[str]) -> Erased:
    """Erase a worker whom the ledger has forgotten, and the names of their work, from the review file, the export and the
    reports of a batch.

    An export that cannot be made again here is removed; so are reports, whose figures held the worker's answers.
    """
    tables = [review_path(folder), folder / LIST]
    rewritten = [path for path in tables if path.is_file() and _drop_rows(path, worker, work)]
    removed = []
    old = list(_files(export_path(folder)))
    for path in [*old, *_reports(folder)]:
        path.unlink()
        removed.append(path)
    if old:
        try:
            exported = export(folder).folder
        except InputError:
            return Erased(tuple(rewritten), tuple(removed))
        made = list(_files(exported))
        rewritten += made
        removed = [path for path in removed if path not in made]
    return Erased(tuple(rewritten), tuple(removed))


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


def _reports(folder: Path) -> Iterable[Path]:
    """What `hitgen report` wrote: everything under results/ whose name begins so."""
    results = folder / "results"
    return [path for top in sorted(results.glob("report*")) for path in ([top] if top.is_file() else _files(top))]


def _without(cell: str, names: list[str]) -> str:
    for name in names:
        cell = cell.replace(name, "...")
    return cell


def _cells(row: Sequence[str], columns: Sequence[int]) -> list[str]:
    """The cells of a row in some columns; all of them where the table does not say which."""
    return [unguarded(row[at]) for at in columns if at < len(row)] if columns else list(map(unguarded, row))


def _drop_rows(path: Path, worker: str, work: set[str]) -> bool:
    """Write a table again without the rows of a worker, and without names of their work in other rows; whether there were
    any. A row of another shape stays."""
    # A spreadsheet may have saved it in an encoding of its own: its bytes go out as they came in.
    content = path.read_bytes()
    encoding = "utf-16" if content.startswith(UTF16_MARKS) else "utf-8-sig"
    text = content.decode(encoding, errors="replace" if encoding == "utf-16" else "surrogateescape")
    delimiter = delimiter_of(text)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    longer = [name for name in sorted(work) if len(name) >= SHORTEST]
    mine = [at for at, name in enumerate(rows[0] if rows else ()) if unguarded(name).strip().casefold() in PEOPLE]
    kept = [[_without(cell, longer) for cell in row] for row in rows if worker not in _cells(row, mine)]
    if kept == rows:
        return False
    as_it_was = "utf-8-sig" if content.startswith((codecs.BOM_UTF8, *UTF16_MARKS)) else "utf-8"
    write_whole(path, csv_text(kept, delimiter).encode(as_it_was, errors="surrogateescape"), private=True)
    return True
