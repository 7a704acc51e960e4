"""A method's part of the report and of the exported analysis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hitgen.config.batch import BatchConfig
from hitgen.lib.progress import OnProgress
from hitgen.manifest import Manifest

if TYPE_CHECKING:
    import polars

    from hitgen.methods.figures import Drawing


@dataclass(frozen=True)
class Collected:
    """What a study of one's own has: what was built, the dataset's tables by name, and where its packs lie."""

    config: BatchConfig
    manifest: Manifest
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
class PublicData:
    """A public dataset as a user hands it in: its files, tables of choices out of a file of that name, and what `ratings` are."""

    files: Sequence[Path]
    choices: Mapping[str, Any] = field(default_factory=dict)
    choices_file: str = ""
    ratings: str | None = None


class Plots(Mapping[str, "Drawing | None"]):
    """Plots that are drawn when they are looked at, once: a script that wants figures alone waits for none."""

    def __init__(self, drawing: Mapping[str, Callable[[], Drawing | None]]) -> None:
        self._drawing = drawing
        self._drawn: dict[str, Drawing | None] = {}

    def __getitem__(self, name: str) -> Drawing | None:
        if name not in self._drawn:
            self._drawn[name] = self._drawing[name]()
        return self._drawn[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._drawing)

    def __len__(self) -> int:
        return len(self._drawing)


def told(value: float | None, digits: int = 1) -> str:
    """A figure for the terminal; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def between(low: float | None, high: float | None, digits: int = 1) -> str:
    """An interval for the terminal; nothing where there is none."""
    return "" if low is None else f"{told(low, digits)}–{told(high, digits)}"


@dataclass(frozen=True)
class Headlines:
    """The main results as a small table for the terminal; the first `names` columns are text, the others numbers."""

    heading: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()
    names: int = 2


@dataclass(frozen=True)
class Section:
    """What a method adds: `template` extends report/report.html and receives `values` beside what that receives."""

    template: str = "report/report.html"
    values: Mapping[str, Any] = field(default_factory=dict)
    plots: Mapping[str, Drawing | None] = field(default_factory=dict)
    """The figures that the template places by name; nothing was to be drawn where it is None."""
    workers: Any = None
    """The table of workers with the method's own columns, if it has any."""
    worker_columns: tuple[WorkerColumn, ...] = ()
    summary: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    parts: Mapping[str, Drawing | None] = field(default_factory=dict)
    """Further figures of the report, such as one of each picture, by the names that an export gives them."""
    headlines: Headlines = Headlines()
    words: tuple[str, ...] = ()
    """How its figures were found, as sentences of a paper (told.py says how they cite)."""
    references: Path | None = None
    """The BibTeX file of all that it and its method cite."""
    software: tuple[str, ...] = ()
    """Packages that it uses beside NumPy, Polars and Matplotlib."""
    result: Mapping[str, Any] | None = None
    """What a script asks for, where it asks for more than the report's place."""


Write = Callable[[str, "polars.DataFrame"], None]
"""Writes a table as files of a name."""


@dataclass(frozen=True)
class Export:
    """Where a method's analysis goes: a folder, and how tables are written there; what was built, with its packs; and the method's
    section of the report, which has the figures already."""

    folder: Path
    config: BatchConfig
    manifest: Manifest
    write: Write
    packs: Path
    progress: OnProgress
    section: Section
