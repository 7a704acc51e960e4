"""The plots of a report that every method has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hitgen.analysis.timing import SwapTiming
from hitgen.methods.figures import BLUE, GREY, ORANGE, WIDE_IN, axes_of, plot, whole_counts


@plot
def progress_plot(
    used: Sequence[int], wanted: Sequence[int], what: str = "ratings", of: str = "ladder"
) -> Figure | None:
    """How many ladders (or what is rated otherwise) have how many used ratings, and how many each is to have."""
    figure, [axes] = axes_of(WIDE_IN / 2, 2.4)
    top = max([*used, *wanted, 1])
    axes.hist(used, bins=min(30, top), range=(0, top), color=BLUE)
    lines = [axes.axvline(count, color=ORANGE, linestyle="--") for count in wanted]
    if lines:
        axes.legend(lines[:1], [f"wanted: {', '.join(map(str, wanted))}"], frameon=False, loc="upper left")
    axes.set(xlabel=f"used {what} of a {of}", ylabel=f"{of}s")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    whole_counts(axes)
    return figure


EDGES = (0.005, 0.995)


@plot
def timing_plot(timing: SwapTiming) -> Figure | None:
    """Swap errors, their spread, refresh rates and hidden time: those of them that there are."""
    drawing = [
        (timing.swap_error_ms, "mean swap error (ms)", "trials", BLUE),
        (timing.swap_sd_ms, "SD of swaps (ms)", "trials", BLUE),
        (timing.refresh_hz, "refresh rate (Hz)", "assignments", GREY),
        (timing.hidden_s[timing.hidden_s > 0], "page hidden, where it was (s)", "trials", ORANGE),
    ]
    drawing = [each for each in drawing if len(each[0])]
    if not drawing:
        return None
    figure, panels = axes_of(WIDE_IN / 4 * len(drawing), 2.4, columns=len(drawing))
    for axes, (values, label, what, colour) in zip(panels, drawing, strict=True):
        # A single page may claim anything; it must not squeeze all others into one bar, nor differ by less than bars can.
        axes.hist(np.round(np.clip(values, *np.quantile(values, EDGES)), 3), bins=30, color=colour)
        axes.set(xlabel=label, ylabel=what)
        whole_counts(axes)
    return figure
