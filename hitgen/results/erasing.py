"""Erasing one worker from the files under `results/`, which were made from the ledger."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hitgen.errors import InputError
from hitgen.lib.files import csv_text, delimiter_of, unguarded, write_whole
from hitgen.results.export import export, export_path
from hitgen.results.reviewfile import review_path


@dataclass(frozen=True)
class Erased:
    """Files that were written again without the worker, and those that were removed, to be made again."""

    rewritten: tuple[Path, ...]
    removed: tuple[Path, ...]


def erase(folder: Path, worker: str) -> Erased:
    """Erase a worker whom the ledger has forgotten from the review file, the export and the reports of a batch.

    An export that cannot be made again here is removed; so are reports, whose figures held the worker's answers.
    """
    rewritten = [path for path in [review_path(folder)] if path.is_file() and _drop_rows(path, worker)]
    removed = []
    old = list(_files(export_path(folder)))
    for path in [*old, *_reports(folder)]:
        path.unlink()
        removed.append(path)
    if old:
        try:
            place = export(folder).folder
        except InputError:
            return Erased(tuple(rewritten), tuple(removed))
        made = list(_files(place))
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
    text = path.read_text("utf-8-sig", errors="surrogateescape")
    delimiter = delimiter_of(text)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    kept = [row for row in rows if worker not in map(unguarded, row)]
    if len(kept) == len(rows):
        return False
    content = csv_text(kept, delimiter).encode("utf-8-sig", errors="surrogateescape")
    write_whole(path, content, private=True)
    return True
