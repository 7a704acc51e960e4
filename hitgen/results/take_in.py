"""`hitgen import`: submissions that people saved as files and handed over."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hitgen.collector.inbox import FILE, LIMIT_BYTES, Inbox
from hitgen.errors import Fault, InputError, in_config
from hitgen.lib.clock import utc_now
from hitgen.publishing.collect import collect
from hitgen.publishing.publication import Account

MOST_BYTES = 4 * LIMIT_BYTES
"""Saved files are laid out for reading, which makes them longer."""


@dataclass(frozen=True)
class Imported:
    """What became of the files: `stored`, `again` (had arrived before), or why not; `new` in the ledger."""

    outcomes: dict[str, tuple[Path, ...]]
    new: int


def import_files(account: Account, paths: Sequence[Path], now: datetime | None = None) -> Imported:
    """Take saved submissions in as if they had been sent; raises InputError for a recruiter that keeps its own."""
    config, moment = account.config, now or utc_now()
    if account.kind.results is None:
        problem = f"{config.recruiter.kind!r} keeps the submissions itself, and takes none from files"
        raise InputError(in_config("recruiter.kind", problem, "keeping the file beside the results"))
    known = account.kind.knows(lambda look: look(account.ledger.book))
    found: dict[str, list[Path]] = {}
    with Inbox(account.folder / FILE, config.batch.name, known) as inbox:
        for path in files_of(paths):
            for body, arrived in _bodies(path, config.batch.name, moment):
                found.setdefault(inbox.add(body, "import", arrived), []).append(path)
    return Imported({outcome: tuple(rows) for outcome, rows in found.items()}, collect(account))


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files named, and the JSON files of folders named; InputError for what is not there."""
    found: list[Path] = []
    faults = [Fault(str(path), "", "there is no such file or folder") for path in paths if not path.exists()]
    if faults:
        raise InputError(faults)
    for path in paths:
        found += sorted(path.rglob("*.json")) if path.is_dir() else [path]
    return found


def _bodies(path: Path, batch: str, moment: datetime) -> Iterator[tuple[bytes, datetime]]:
    """The submissions in a file with when they arrived: one as saved by a page, or all that a collector has."""
    if path.suffix != ".sqlite":
        yield compact_file(path), moment
        return
    with Inbox(path, batch) as other:
        for row in other.received():
            yield row.answer.encode(), row.received_at


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
