"""The plots of a report that every method has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.ticker import MaxNLocator

from hitgen.analysis.timing import SwapTiming
from hitgen.methods.figures import BLUE, GREY, ORANGE, WIDE_IN, axes_of, drawn, whole_counts


def progress_plot(used: Sequence[int], wanted: int | None) -> str:
    """How many ladders have how many used ratings."""
    figure, [axes] = axes_of(WIDE_IN / 2, 2.4)
    top = max([*used, wanted or 0, 1])
    axes.hist(used, bins=min(30, top), range=(0, top), color=BLUE)
    if wanted:
        axes.axvline(wanted, color=ORANGE, linestyle="--", label=f"wanted: {wanted}")
        axes.legend(frameon=False)
    axes.set(xlabel="used ratings of a ladder", ylabel="ladders")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    whole_counts(axes)
    return drawn(figure)


EDGES = (0.005, 0.995)


def timing_plot(timing: SwapTiming) -> str:
    """Swap errors, their spread, refresh rates and hidden time."""
    figure, [error, spread, refresh, hidden] = axes_of(WIDE_IN, 2.4, columns=4)
    for axes, values, label, colour in (
        (error, timing.swap_error_ms, "mean swap error (ms)", BLUE),
        (spread, timing.swap_sd_ms, "SD of swaps (ms)", BLUE),
        (refresh, timing.refresh_hz, "refresh rate (Hz)", GREY),
        (hidden, timing.hidden_s[timing.hidden_s > 0], "page hidden, where it was (s)", ORANGE),
    ):
        # A single page may claim anything; it must not squeeze all others into one bar, nor differ by less than bars can.
        edges = np.quantile(values, EDGES) if len(values) else (0, 0)
        axes.hist(np.round(np.clip(values, *edges), 3), bins=30, color=colour)
        axes.set(xlabel=label)
        whole_counts(axes)
    error.set(ylabel="trials")
    refresh.set(ylabel="assignments")
    return drawn(figure)
