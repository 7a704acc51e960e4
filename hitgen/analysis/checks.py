"""What the checks of eyes and screens found, as lines of the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from hitgen.checks.made import checkup_of
from hitgen.config.batch import BatchConfig


@dataclass(frozen=True)
class CheckLine:
    """One check: how many submissions had it and passed, what becomes of the others, the median of what it measures, and why it was not passed."""

    about: str
    had: int
    passed: int
    failing: str
    measured: str
    reasons: Sequence[tuple[str, int]]


def check_lines(checks: pl.DataFrame | None, config: BatchConfig) -> list[CheckLine]:
    """One line for each check of batch.toml; `checks` is the dataset's table, None where there are none."""
    lines = []
    for table in config.check:
        if checks is None:
            break
        kind, had = checkup_of(table), checks.filter(pl.col(f"{table.kind}_pass").is_not_null())
        about = {column.name: column.about for column in kind.columns}.get(kind.measure, "")
        median = had[kind.measure].cast(pl.Float64).median() if about else None
        measured = f"{median:.3g}: {about}" if isinstance(median, float) else ""
        reasons = Counter(had[f"{table.kind}_why"].drop_nulls()).most_common(5)
        lines.append(
            CheckLine(kind.about, had.height, int(had[f"{table.kind}_pass"].sum()), table.failing, measured, reasons)
        )
    return lines
