"""`hitgen report`: one self-contained HTML report of a batch, or of a public dataset in CSV files."""

from __future__ import annotations

import argparse
from pathlib import Path

from hitgen.commands import options
from hitgen.console import Console, columns
from hitgen.errors import Fault, InputError, at_option
from hitgen.lib.files import content_of
from hitgen.lib.toml import read_toml
from hitgen.methods.section import Section

MOST_ROWS, LONGEST_NAME = 10, 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser, "BATCH_DIR|CSV")
    parser.add_argument("more", nargs="*", type=Path, metavar="CSV", help="further files of a public dataset")
    options.rehearsal(parser)
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="default: BATCH_DIR/results/report.html, or beside the CSV"
    )
    parser.add_argument(
        "--ratings",
        choices=("level", "quality"),
        help="of a CSV that does not say: what a JPEG rating is; level = 101 - quality",
    )
    parser.add_argument(
        "--config", type=Path, metavar="TOML", help="of a public dataset: tables such as [screening] of a batch.toml"
    )
    options.as_json(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    source = options.study_folder(given)
    if source.is_file():
        _public([source, *given.more], given, console)
    else:
        _batch(source, given, console)


def _batch(source: Path, given: argparse.Namespace, console: Console) -> None:
    from hitgen.analysis.report import report_batch

    if given.more:
        raise InputError(Fault(str(given.more[0]), "", f"{source} is no file", "files alone, or one batch folder"))
    if given.config:
        raise InputError(
            at_option("--config", "is of CSV files; a batch has its batch.toml", "`hitgen report` without it")
        )
    if given.ratings:
        raise InputError(
            at_option("--ratings", "is of a CSV file, and this is a batch folder", "`hitgen report` without it")
        )
    out = given.out or source / "results" / "report.html"
    section = report_batch(source, out, console.on_progress)
    console.warn(section.warnings)
    console.outcome(
        {"report": out, "bytes": out.stat().st_size, **(section.result or {})},
        [*headline_lines(section), f"Open {out}", options.then("export", given.folder, *options.rehearsed(given))],
    )


def _public(files: list[Path], given: argparse.Namespace, console: Console) -> None:
    """The report of files; a script that asks for what the method found gets that, and a report where it names one."""
    from hitgen.analysis.report import public_section, report_public
    from hitgen.methods.section import PublicData

    for path in [*files, *([given.config] if given.config else [])]:
        if not path.is_file():
            raise InputError(Fault(str(path), "", "there is no such file", "the name of one"))
    choices = read_toml(content_of(given.config), str(given.config)) if given.config else {}
    published = PublicData(files, choices, given.config.name if given.config else "", given.ratings)
    section = public_section(published, console.on_progress)
    console.warn(section.warnings)
    name = Path(files[0].name.removesuffix(".gz")).stem
    if given.json and section.result is not None and given.out is None:
        console.outcome(section.result, [])
        return
    out = given.out or files[0].with_name(f"{name}-report.html")
    report_public(section, ", ".join(Path(path.name.removesuffix(".gz")).stem for path in files), out, files)
    console.outcome(
        section.result or {"report": out, "bytes": out.stat().st_size}, [*headline_lines(section), f"Open {out}"]
    )


def headline_lines(section: Section) -> list[str]:
    """The main results, ten rows at most."""
    found = section.headlines
    if not found.rows:
        return []
    rows = [
        (*(cell[:LONGEST_NAME] for cell in row[: found.names]), *row[found.names :]) for row in found.rows[:MOST_ROWS]
    ]
    lines = columns([found.heading, *rows], right=range(found.names, len(found.heading)))
    more = len(found.rows) - len(rows)
    return [*lines, *([f"… and {more} more in the report"] if more else [])]
