"""A method's part of the report and of the exported analysis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hitgen.config.batch import BatchConfig
from hitgen.lib.progress import OnProgress

if TYPE_CHECKING:
    import polars


@dataclass(frozen=True)
class Collected:
    """What a study of one's own has: the dataset's tables by name, and where its packs lie."""

    config: BatchConfig
    tables: Mapping[str, polars.DataFrame]
    packs: Path
    excluded_share: float


@dataclass(frozen=True)
class WorkerColumn:
    """A figure of each worker in the report's table."""

    heading: str
    name: str
    digits: int = 1


@dataclass(frozen=True)
class Section:
    """What a method adds: `template` extends report/report.html and receives `values` beside what that receives."""

    template: str = "report/report.html"
    values: Mapping[str, Any] = field(default_factory=dict)
    plots: Mapping[str, str] = field(default_factory=dict)
    workers: Any = None
    """The table of workers with the method's own columns, if it has any."""
    worker_columns: tuple[WorkerColumn, ...] = ()
    summary: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


Write = Callable[[str, "polars.DataFrame"], None]
"""Writes a table as files of a name."""


@dataclass(frozen=True)
class Export:
    """Where a method's analysis goes: a folder, and how tables are written there; and where the study's packs lie."""

    folder: Path
    write: Write
    packs: Path
    progress: OnProgress
