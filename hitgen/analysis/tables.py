"""The analysis as files beside the dataset."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from hitgen.lib.files import private_folder, write_whole
from hitgen.lib.progress import OnProgress, silent
from hitgen.manifest import BuildFolder
from hitgen.methods.base import method_of
from hitgen.methods.section import Export
from hitgen.results.dataset import dataset_of
from hitgen.results.export import csv_bytes, export_path
from hitgen.results.study import Study


def write_analysis(study: Study, progress: OnProgress = silent, out: Path | None = None) -> Path:
    """Write what the study's method makes of it under `analysis/` of its export; each file is replaced whole."""
    into = (out or export_path(study.folder)) / "analysis"
    private_folder(into)

    def write(name: str, table: pl.DataFrame) -> None:
        buffer = io.BytesIO()
        table.write_parquet(buffer)
        write_whole(into / f"{name}.parquet", buffer.getvalue(), private=True)
        write_whole(into / f"{name}.csv", csv_bytes(table), private=True)

    method_of(study.config).write_analysis(
        dataset_of(study).tables,
        Export(into, study.config, study.manifest, write, BuildFolder(study.folder).packs, progress),
    )
    return into
