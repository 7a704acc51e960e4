"""`hitgen import`: submissions that people saved as files are taken in."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from hitgen.commands import options
from hitgen.console import Console
from hitgen.errors import Fault, InputError
from hitgen.lib.clock import utc_now
from hitgen.lib.text import count
from hitgen.publishing.publication import open_account
from hitgen.results.offline import import_offline, is_offline
from hitgen.results.take_in import Imported, import_files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    kinds = "JSON files, folders of them, or another collector's collected.sqlite"
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=kinds)
    person = "whose all these files are, where pages were opened by double click; else a folder is a person, or a file"
    parser.add_argument("--person", default="", metavar="NAME", help=person)


def run(given: argparse.Namespace, console: Console) -> None:
    if is_offline(given.folder):
        done = import_offline(given.folder, given.files, utc_now(), given.person)
    else:
        with open_account(given.folder, progress=console.on_progress) as account:
            done = import_files(account, given.files)
    console.say(*imported_lines(done))
    console.warn(
        f"{path} is a table that a page saved, and the JSON file that is taken in is not beside it: ask for that"
        for path in tables_alone(given.files)
    )
    taken = sum(len(done.outcomes.get(name, ())) for name in ("stored", "again", "other"))
    if not taken:
        raise InputError(
            Fault(str(given.files[0]), "", "none of the files was taken", "files that pages of this very study saved")
        )
    console.say(options.then("review", given.folder))


OUTCOMES = {
    "stored": "taken in",
    "again": "had arrived before",
    "other": "the same page by the same person again; the first counts",
    "unknown-place": "it is of no place that this study gave out",
    "too-large": "it is too large for a submission",
    "not-json": "it is no JSON; ask for the file that the first button of the page saves, whose name ends in .json",
    "not-ours": "it is no submission of this study",
    "full": "there is no room for more",
}


def tables_alone(paths: Iterable[Path]) -> list[Path]:
    """The tables in these folders that pages saved where a person kept no JSON file of the same page."""
    tables = [found for path in paths if path.is_dir() for found in sorted(path.rglob("*-submission*.csv"))]
    return [table for table in tables if not table.with_suffix(".json").exists()]


def imported_lines(done: Imported) -> list[str]:
    """What became of the files."""
    lines = [f"{outcome}: {len(rows)} ({OUTCOMES.get(outcome, outcome)})" for outcome, rows in done.outcomes.items()]
    refused = {key: rows for key, rows in done.outcomes.items() if key not in ("stored", "again", "other")}
    lines += [
        f"{path} was not taken: {outcome} ({OUTCOMES.get(outcome, outcome)})"
        for outcome, rows in refused.items()
        for path in rows
    ]
    return [*lines, f"{count(done.new, 'new submission')} in the ledger"]
