"""Plots for reports and papers: SVG with words as words, and PDF of the same with its fonts; same figures, same bytes."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

STYLE: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "hitgen", "pdf.fonttype": 42, "font.family": "sans-serif", "font.size": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 9, "axes.grid": True, "grid.alpha": 0.3,
}  # fmt: skip
"""Over matplotlib's own defaults, whatever its user prefers: dark ink on white. Type 42 fonts are what publishers take."""
BLUE, ORANGE, GREY = "#1f5fa8", "#d1661c", "#777777"
WIDE_IN = 11.6
P = ParamSpec("P")


@dataclass(frozen=True)
class Drawing:
    """A figure as an SVG, and as a PDF that is drawn when it is asked for."""

    svg: bytes
    pdf: Callable[[], bytes]

    @property
    def address(self) -> str:
        """The SVG as a `data:` address."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg).decode()


def in_style() -> AbstractContextManager[None]:
    """Where figures are made: by matplotlib's defaults and `STYLE` alone."""
    return matplotlib.style.context(["default", STYLE])


def plot(draw: Callable[P, Figure | None]) -> Callable[P, Drawing | None]:
    """A function that makes a figure, as one that gives its drawing; None where there is nothing to be drawn."""

    @wraps(draw)
    def drawing(*args: P.args, **kwargs: P.kwargs) -> Drawing | None:
        with in_style():
            figure = draw(*args, **kwargs)
            return drawn(figure) if figure else None

    return drawing


def drawn(figure: Figure) -> Drawing:
    """The drawing of a figure."""
    svg = _saved(figure, "svg", {"Date": None, "Creator": None})
    figure.set_layout_engine("none")  # everything keeps its place
    return Drawing(svg, lambda: printed(figure))


def printed(figure: Figure) -> bytes:
    """The figure as PDF; letters that no font here has are boxes, of which matplotlib warns."""
    return _saved(figure, "pdf", {"CreationDate": None, "Creator": None, "Producer": None})


def _saved(figure: Figure, form: str, metadata: Any) -> bytes:
    buffer = io.BytesIO()
    with in_style(), warnings.catch_warnings():
        if form == "svg":
            # Words stay words in the SVG and browsers have the signs of any script; only widths are guessed without them.
            warnings.filterwarnings("ignore", "Glyph .* missing from font")
        warnings.filterwarnings("ignore", "Matplotlib currently does not support")
        figure.savefig(buffer, format=form, metadata=metadata)
    return buffer.getvalue()


def axes_of(width_in: float, height_in: float, columns: int = 1, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure and its axes, row by row."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    return figure, [axes for row in grid for axes in row]


def whole_counts(axes: Axes) -> None:
    """Counts are whole numbers."""
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
