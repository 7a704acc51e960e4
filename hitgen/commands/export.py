"""`hitgen export`: the dataset, worker ids pseudonymised."""

from __future__ import annotations

import argparse
from pathlib import Path

from hitgen.commands import options
from hitgen.console import Console
from hitgen.lib.text import count
from hitgen.methods.base import method_of
from hitgen.results.dataset import dataset_of
from hitgen.results.export import Exported, write_export
from hitgen.results.study import read_study


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    options.rehearsal(parser)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="default: results/export in the batch folder")
    parser.add_argument("--no-figures", action="store_true", help="tables and maps alone, which is quicker")
    options.as_json(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    # First of all, so that what is not installed is said before anything is written.
    from hitgen.analysis.analysed import analysed
    from hitgen.analysis.tables import write_analysis, write_figures, write_paper

    study = read_study(options.study_folder(given))
    console.warn(map(str, study.lost))
    dataset = dataset_of(study)
    done = write_export(study, given.out, dataset)
    found = analysed(study, console.on_progress, dataset)
    analysis = write_analysis(found, console.on_progress, given.out)
    write_paper(found, given.out)
    drawn, lacking = (0, []) if given.no_figures else write_figures(found, console.on_progress, given.out)
    told = [*exported_lines(done), f"{analysis}: {method_of(study.config).analysis_about}"]
    told.append(f"{done.folder / 'methods.md'}: the study's methods in words, which cite references.bib")
    if not given.no_figures:
        told.append(f"{done.folder / 'figures'}: {count(drawn, 'figure')} of the report, each as SVG and PDF")
    if lacking:
        told.append(f"no font here has all letters of {', '.join(lacking[:3])}: boxes in the PDF, all right in the SVG")
    told += _next(given)
    console.outcome({"folder": done.folder, "rows": done.rows, "faulty": done.faulty, "figures": drawn}, told)


def _next(given: argparse.Namespace) -> list[str]:
    """What comes after a dataset; nothing where the study is closed."""
    from hitgen.analysis.money import spending

    found = spending(given.folder)
    if given.rehearsal or (found and found.simulated):
        return [options.then("publish", given.folder)]
    return [] if found and found.closed else [options.then("close", given.folder)]


def exported_lines(done: Exported) -> list[str]:
    """What was written."""
    rows = ", ".join(count(number, name.removesuffix("s")) for name, number in done.rows.items())
    lines = [f"{done.folder}: {rows}, as CSV and Parquet, with data-dictionary.md"]
    if done.faulty:
        lines.append(f"{count(done.faulty, 'faulty submission')} left out; `hitgen review` names them")
    return lines
