"""The dataset as files: CSV that is safe to open in a spreadsheet, Parquet, and the data dictionary."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hitgen.lib.files import guarded, private_folder, write_whole
from hitgen.methods.base import method_of
from hitgen.results.columns import data_dictionary
from hitgen.results.dataset import Dataset, dataset_of
from hitgen.results.study import Study, read_study

if TYPE_CHECKING:
    import polars


@dataclass(frozen=True)
class Exported:
    """Where the files are, and how many rows each table has."""

    folder: Path
    rows: dict[str, int]
    faulty: int


def export_path(folder: Path) -> Path:
    """Where the export of a batch lies."""
    return folder / "results" / "export"


def export(folder: Path) -> Exported:
    """Write the dataset of the study in a batch folder under `results/export/`."""
    return write_export(read_study(folder))


def write_export(study: Study, out: Path | None = None, dataset: Dataset | None = None) -> Exported:
    """Write the dataset of a study, to `out` or where it belongs; each file is replaced whole."""
    dataset, into = dataset or dataset_of(study), out or export_path(study.folder)
    for own in (into,) if out else (into.parent, into):
        private_folder(own)
    rows = {}
    for name, table in dataset.tables.items():
        write_whole(into / f"{name}.csv", csv_bytes(table), private=True)
        buffer = io.BytesIO()
        table.write_parquet(buffer)
        write_whole(into / f"{name}.parquet", buffer.getvalue(), private=True)
        rows[name] = table.height
    write_whole(
        into / "data-dictionary.md", data_dictionary(method_of(study.config), study.config).encode(), private=True
    )
    return Exported(into, rows, len(study.faulty))


def csv_bytes(table: polars.DataFrame) -> bytes:
    """The table as CSV, every text of it guarded against being taken for a formula."""
    import polars

    texts = [name for name, kind in table.schema.items() if kind == polars.String]
    # Once for each distinct text: most columns have few.
    columns = [
        polars.Series(name, [known.get(text) for text in table[name]], dtype=polars.String)
        for name in texts
        for known in [{text: guarded(text) for text in table[name].unique() if text is not None}]
    ]
    return table.with_columns(columns).write_csv(line_terminator="\n").encode()
