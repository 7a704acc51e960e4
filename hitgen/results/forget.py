"""Erasing what this machine keeps of one worker: from ledgers, collected answers, and the files made from them."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hitgen.collector.inbox import FILE, Inbox
from hitgen.errors import CONFIG_NAME, Fault, InputError
from hitgen.ledger.ledger import Ledger
from hitgen.ledger.lock import locked
from hitgen.lib.files import UTF16_MARKS, csv_text, delimiter_of, unguarded, write_whole
from hitgen.lib.nested import read_json
from hitgen.recruiters.link.places import LIST, Places
from hitgen.recruiters.seals import secret_of
from hitgen.results.export import export, export_path
from hitgen.results.pseudonyms import ledger_key, pseudonym
from hitgen.results.reviewfile import review_path

CHUNK = 1 << 20
SHORTEST = 4
"""A shorter id, such as the number of a task, stands in any file."""
SHOWN = ("assets", "batch.toml", "cache", "gold", "images", "published", "templates")


@dataclass(frozen=True)
class Erased:
    """Files that were written again without the worker, and those that were removed, to be made again."""

    rewritten: tuple[Path, ...]
    removed: tuple[Path, ...]


@dataclass(frozen=True)
class Forgotten:
    """How many rows were erased, which files were written again or removed, and which still name the worker."""

    rows: int
    erased: Erased
    still_named_in: tuple[Path, ...]


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
    rows, names = 0, {worker}
    for path in ledgers:
        with locked(path), Ledger(path) as ledger:
            arrived, mine = _arrived(folder, ledger, worker), _taken_in(ledger, worker)
            names |= {pseudonym(ledger_key(ledger), name) for name in (worker, *mine)} | mine | arrived
            # In this order: by what goes last the rest is found again after a kill.
            if (folder / FILE).exists():
                with Inbox(folder / FILE, "") as inbox:
                    rows += inbox.erase(arrived | mine, worker)
            rows += ledger.forget(worker, arrived)
            if secret_of(ledger.book):
                Places("", ledger.book).retire(worker)
                ledger.compact()
    # A worker nobody knows is no reason to make everything again; a run that was cut off here is.
    known = rows > 0 or bool(_naming(folder, names))
    erased = _erase(folder, worker) if known else Erased((), ())
    return Forgotten(rows, erased, _naming(folder, names))


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


def _worker_in(answer: str) -> object:
    """Whom an answer names; nobody where it cannot be read."""
    with suppress(ValueError):
        return read_json(answer).get("worker")
    return None


def _naming(folder: Path, names: set[str]) -> tuple[Path, ...]:
    """The files of a batch that hold one of these names: results, saved answers, copies of ledgers; not what pages show."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not _is_shown(path.relative_to(folder))]
    longer = [name for name in names if len(name) >= SHORTEST]
    return tuple(path for path in files if any(_names(path, name.encode()) for name in longer))


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


def _erase(folder: Path, worker: str) -> Erased:
    """Erase a worker whom the ledger has forgotten from the review file, the export and the reports of a batch.

    An export that cannot be made again here is removed; so are reports, whose figures held the worker's answers.
    """
    tables = [review_path(folder), folder / LIST]
    rewritten = [path for path in tables if path.is_file() and _drop_rows(path, worker)]
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


def _drop_rows(path: Path, worker: str) -> bool:
    """Write a table again without the rows of a worker; whether there were any. A row of another shape stays."""
    # A spreadsheet may have saved it in an encoding of its own: its bytes go out as they came in.
    content = path.read_bytes()
    encoding = "utf-16" if content.startswith(UTF16_MARKS) else "utf-8-sig"
    text = content.decode(encoding, errors="replace" if encoding == "utf-16" else "surrogateescape")
    delimiter = delimiter_of(text)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    kept = [row for row in rows if worker not in map(unguarded, row)]
    if len(kept) == len(rows):
        return False
    as_it_was = "utf-8-sig" if content.startswith((codecs.BOM_UTF8, *UTF16_MARKS)) else "utf-8"
    write_whole(path, csv_text(kept, delimiter).encode(as_it_was, errors="surrogateescape"), private=True)
    return True
