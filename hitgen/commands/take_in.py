"""`hitgen import`: submissions that people saved as files are taken in."""

from __future__ import annotations

import argparse
from pathlib import Path

from hitgen.commands import options
from hitgen.console import Console
from hitgen.publishing.publication import open_account
from hitgen.results.take_in import Imported, import_files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    kinds = "JSON files, folders of them, or another collector's collected.sqlite"
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=kinds)


def run(given: argparse.Namespace, console: Console) -> None:
    with open_account(given.folder, progress=console.on_progress) as account:
        console.say(*imported_lines(import_files(account, given.files)))


def imported_lines(done: Imported) -> list[str]:
    """What became of the files."""
    lines = [f"{outcome}: {len(rows)}" for outcome, rows in done.outcomes.items()]
    refused = {key: rows for key, rows in done.outcomes.items() if key not in ("stored", "again", "other")}
    lines += [f"{path} was not taken: {outcome}" for outcome, rows in refused.items() for path in rows]
    return [*lines, f"{done.new} new submissions in the ledger"]
