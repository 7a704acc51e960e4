"""The analysis as files beside the dataset: tables of the method's, every figure of the report, and the methods in words."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import polars as pl

from hitgen.analysis.analysed import Analysed
from hitgen.analysis.paper import paper
from hitgen.lib.files import private_folder, shut, write_whole
from hitgen.lib.progress import OnProgress
from hitgen.manifest import BuildFolder
from hitgen.methods.base import method_of
from hitgen.methods.figures import Drawing
from hitgen.methods.section import Export
from hitgen.results.export import csv_bytes, export_path

FORMS = ("svg", "pdf")
DIGITS = 10


def write_analysis(found: Analysed, progress: OnProgress, out: Path | None) -> Path:
    """Write what the study's method makes of it under `analysis/` of its export; each file is replaced whole."""
    study = found.study
    into = private_folder((out or export_path(study.folder)) / "analysis")

    def write(name: str, table: pl.DataFrame) -> None:
        # Beyond these digits the machine and its number of threads decide.
        table = table.with_columns(pl.col(pl.Float64).round_sig_figs(DIGITS))
        buffer = io.BytesIO()
        table.write_parquet(buffer)
        write_whole(into / f"{name}.parquet", buffer.getvalue(), private=True)
        write_whole(into / f"{name}.csv", csv_bytes(table), private=True)

    packs = BuildFolder(study.folder).packs
    out_to = Export(into, study.config, study.manifest, write, packs, progress, found.section)
    method_of(study.config).write_analysis(found.dataset.tables, out_to)
    return into


def write_figures(found: Analysed, progress: OnProgress, out: Path | None) -> tuple[int, list[str]]:
    """Write each figure of the report as SVG and PDF under `figures/` of the export; how many, and whose PDF lacks letters.

    Files of earlier figures that there are no more are removed.
    """
    into = private_folder((out or export_path(found.study.folder)) / "figures")
    names = [(drawings, name) for drawings in (found.plots, found.section.parts) for name in drawings]
    kept: set[Path] = set()
    lacking: list[str] = []
    for number, (drawings, name) in enumerate(names, start=1):
        drawing = drawings[name]
        if drawing is not None:
            lacking += _write(drawing, into / name)
            kept |= {into / f"{name}.{form}" for form in FORMS}
        progress("figures", number, len(names))
    for form in FORMS:
        for old in set(into.rglob(f"*.{form}")) - kept:
            old.unlink()
    return len(kept) // len(FORMS), lacking


def write_paper(found: Analysed, out: Path | None) -> None:
    """Write the methods in a paper's words, and what they cite, into the export."""
    into, told = out or export_path(found.study.folder), paper(found)
    write_whole(into / "methods.md", told.markdown.encode(), private=True)
    write_whole(into / "references.bib", told.bibtex.encode(), private=True)


def _write(drawing: Drawing, path: Path) -> list[str]:
    """Write a figure in both forms; its name where the PDF lacks letters. One whose SVG lies there already has its PDF too."""
    svg, pdf = (path.with_name(f"{path.name}.{form}") for form in FORMS)
    private_folder(path.parent)
    if svg.is_file() and pdf.is_file() and svg.read_bytes() == drawing.svg:
        shut(svg)
        shut(pdf)
        return []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        content = drawing.pdf()
    write_whole(pdf, content, private=True)
    write_whole(svg, drawing.svg, private=True)
    return [path.name] if any("missing from font" in str(each.message) for each in told) else []
