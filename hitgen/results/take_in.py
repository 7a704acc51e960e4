"""`hitgen import`: submissions that people saved as files and handed over."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hitgen.collector.foreign import arrivals, fault_of, is_database
from hitgen.collector.inbox import FILE, LIMIT_BYTES, Inbox
from hitgen.errors import Fault, InputError, in_config, raise_faults
from hitgen.lib.clock import utc_now
from hitgen.publishing.collect import collect
from hitgen.publishing.publication import Account

REMEDY = "files that pages of this batch saved, or another collector's collected.sqlite"
MOST_BYTES = 4 * LIMIT_BYTES
"""Saved files are laid out for reading, which makes them longer."""


@dataclass(frozen=True)
class Imported:
    """What became of the files: `stored`, `again` (had arrived before), or why not; `new` in the ledger."""

    outcomes: dict[str, tuple[Path, ...]]
    new: int


def import_files(account: Account, paths: Sequence[Path]) -> Imported:
    """Take saved submissions in as if they had been sent; raises InputError for a recruiter that keeps its own."""
    config, moment = account.config, utc_now()
    if account.kind.results is None:
        problem = f"{config.recruiter.kind!r} keeps the submissions itself, and takes none from files"
        raise InputError(in_config("recruiter.kind", problem, "keeping the file beside the results"))
    known = account.kind.knows(lambda look: look(account.ledger.book))
    found: dict[str, list[Path]] = {}
    files = files_of(paths, account.folder / FILE)
    with Inbox(account.folder / FILE, config.batch.name, known) as inbox:
        for path in files:
            for body, arrived in _bodies(path, moment):
                found.setdefault(inbox.add(body, "import", arrived), []).append(path)
    return Imported({outcome: tuple(rows) for outcome, rows in found.items()}, collect(account))


def files_of(paths: Sequence[Path], own: Path | None = None) -> list[Path]:
    """The files named, and the JSON files of folders named; InputError for what is not there or cannot hold submissions.

    `own` is the batch's own inbox, which is none of them.
    """
    found: list[Path] = []
    faults = []
    for path in paths:
        mine = sorted(each for each in path.rglob("*.json") if each.is_file()) if path.is_dir() else [path]
        if not path.exists():
            faults.append(Fault(str(path), "", "there is no such file or folder"))
        elif not mine:
            faults.append(Fault(str(path), "", "there is no JSON file in it", REMEDY))
        elif not all(each.is_file() for each in mine):
            faults.append(Fault(str(path), "", "it is neither a file nor a folder", REMEDY))
        elif own and own.exists() and any(each.samefile(own) for each in mine):
            faults.append(Fault(str(path), "", "it is this batch's own collected.sqlite", "`hitgen fetch`"))
        elif is_database(mine[0]) and (fault := fault_of(mine[0])):
            faults.append(fault)
        found += mine
    raise_faults(faults)
    return found


def _bodies(path: Path, moment: datetime) -> Iterator[tuple[bytes, datetime]]:
    """The submissions in a file with when they arrived: one as saved by a page, or all that a collector has."""
    if is_database(path):
        yield from arrivals(path)
    else:
        yield compact_file(path), moment


def compact_file(path: Path) -> bytes:
    """A saved file as it would have been posted; one that is no JSON, or far too long, as it is."""
    with path.open("rb") as file:
        body = file.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return body
    try:
        return json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return body
