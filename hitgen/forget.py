"""Erasing what this machine keeps of one worker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hitgen.errors import Fault, InputError
from hitgen.ledger import Ledger
from hitgen.lock import locked

CHUNK = 1 << 20


@dataclass(frozen=True)
class Forgotten:
    """How many rows were erased, and which other files of the batch still name the worker."""

    rows: int
    still_named_in: tuple[Path, ...]


def forget(folder: Path, worker: str) -> Forgotten:
    """Erase a worker's submissions and all acts towards them from every ledger in `folder`.

    A keyed digest stays in the ledger, so that a later fetch does not bring the answers back. Files
    under `results/` are made from the ledger; those that name the worker are listed.
    """
    if not worker.strip():
        raise InputError(Fault("forget", "WORKER", "is empty", "the worker's id as the recruiter shows it"))
    ledgers = sorted(folder.glob("ledger*.sqlite"))
    if not ledgers:
        raise InputError(Fault(str(folder), "", "has no ledger, so nothing is kept of any worker"))
    rows = 0
    for path in ledgers:
        with locked(path), Ledger(path) as ledger:
            rows += ledger.forget(worker)
    results = folder / "results"
    named = [path for path in sorted(results.rglob("*")) if path.is_file() and _names(path, worker.encode())]
    return Forgotten(rows, tuple(named))


def _names(path: Path, worker: bytes) -> bool:
    """Whether a file holds these bytes, also across the edge of two chunks."""
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if worker in tail + chunk:
                return True
            tail = chunk[-len(worker) :]
    return False
