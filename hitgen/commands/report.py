"""`hitgen report`: one self-contained HTML report of a batch, or of ratings in a CSV file."""

from __future__ import annotations

import argparse
from pathlib import Path

from hitgen.commands import options
from hitgen.console import Console
from hitgen.errors import InputError, at_option


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser, "BATCH_DIR|CSV")
    options.rehearsal(parser)
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="default: BATCH_DIR/results/report.html, or beside the CSV"
    )
    parser.add_argument(
        "--ratings",
        choices=("level", "quality"),
        help="of a CSV that does not say: what a JPEG rating is; level = 101 - quality",
    )
    options.as_json(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    from hitgen.analysis.report import report_batch, report_public

    source = options.study_folder(given)
    words = ("--rehearsal",) if given.rehearsal else ()
    if source.is_file():
        out = given.out or source.with_name(f"{source.stem}-report.html")
        report_public(source, source.stem, out, console.on_progress, given.ratings)
    elif given.ratings:
        raise InputError(
            at_option("--ratings", "is of a CSV file, and this is a batch folder", "`hitgen report` without it")
        )
    else:
        out = given.out or source / "results" / "report.html"
        report_batch(source, out, console.on_progress)
    console.outcome(
        {"report": out, "bytes": out.stat().st_size},
        [f"Open {out}"] if source.is_file() else [f"Open {out}", options.then("export", given.folder, *words)],
    )
