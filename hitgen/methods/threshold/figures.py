"""The figure of the report that is this method's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from hitgen.methods.figures import BLUE, ORANGE, WIDE_IN, axes_of, plot

NAMED_ROWS = 60
APART = 0.15
"""How far the two levels of a ladder stand from its line, in rows."""


@plot
def levels_plot(ladders: Sequence[tuple[str, tuple[float, float, float], tuple[float, float, float]]]) -> Figure | None:
    """The levels at which 75% and 50% see no flicker yet, with their intervals, by name; in order of the first, up to 60 named."""
    if not ladders:
        return None
    ordered = sorted(ladders, key=lambda ladder: ladder[1][0])
    rows, named = np.arange(len(ordered)), len(ordered) <= NAMED_ROWS
    figure, [axes] = axes_of(WIDE_IN, 1.1 + 0.25 * len(ordered) if named else 3.4)
    lines = []
    for which, colour, mark in ((1, BLUE, "o"), (2, ORANGE, "D")):
        found, low, high = np.array([ladder[which] for ladder in ordered], float).T
        places = rows + (APART if which == 1 else -APART) * named
        (axes.hlines if named else axes.vlines)(places, low, high, color=colour, linewidth=2 if named else 1, alpha=0.5)
        points = (found, places) if named else (places, found)
        lines.append(axes.plot(*points, mark, color=colour, markersize=4 if named else 2)[0])
    _told(figure, lines)
    if named:
        axes.set_yticks(rows, [ladder[0][:40] for ladder in ordered], parse_math=False)
        axes.set(xlabel="level, with 95% interval", ylim=(-0.7, len(ordered) - 0.3))
    else:
        axes.set(xlabel="ladders, by their 75% level", ylabel="level, with 95% interval")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def _told(figure: Figure, lines: Sequence[Line2D]) -> None:
    """What the two marks are, above the axes, where no ladder lies."""
    words = [f"{share}% of people see no flicker yet" for share in (75, 50)]
    figure.legend(lines, words, loc="outside upper left", ncols=2, frameon=False)
