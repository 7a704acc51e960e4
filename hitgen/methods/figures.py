"""Plots for reports, each as a `data:` address of an SVG; same figures, same bytes."""

from __future__ import annotations

import base64
import io
import warnings
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

STYLE: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "hitgen", "font.family": "sans-serif", "font.size": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 9, "axes.grid": True, "grid.alpha": 0.3,
}  # fmt: skip
BLUE, ORANGE, GREY = "#1f5fa8", "#d1661c", "#777777"
WIDE_IN = 11.6


def drawn(figure: Figure) -> str:
    """The figure as an address."""
    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        # Words stay words in the SVG and browsers have the signs of any script; only widths are guessed without them.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        warnings.filterwarnings("ignore", "Matplotlib currently does not support")
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()


def axes_of(width_in: float, height_in: float, columns: int = 1, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure and its axes, row by row."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width_in, height_in), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False)
    return figure, [axes for row in grid for axes in row]


def whole_counts(axes: Axes) -> None:
    """Counts are whole numbers."""
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
