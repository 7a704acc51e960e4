"""The report's plots, each as a `data:` address of an SVG; same figures, same bytes."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hitgen.analysis.exclusions import Exclusions
from hitgen.analysis.study import LadderResult
from hitgen.analysis.timing import PixelEffect, Timing

STYLE: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "hitgen", "font.family": "sans-serif", "font.size": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 9, "axes.grid": True, "grid.alpha": 0.3,
}  # fmt: skip
BLUE, ORANGE, GREY = "#1f5fa8", "#d1661c", "#777777"
WIDE_IN = 11.6
NAMED_ROWS = 60
EDGES = (0.005, 0.995)


def _drawn(figure: Figure) -> str:
    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        # Words stay words in the SVG and browsers have the signs of any script; only widths are guessed without them.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        warnings.filterwarnings("ignore", "Matplotlib currently does not support")
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()


def _axes(width_in: float, height_in: float, columns: int = 1, rows: int = 1) -> tuple[Figure, list[Axes]]:
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width_in, height_in), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False)
    return figure, [axes for row in grid for axes in row]


def pjnd_plot(ladders: Sequence[LadderResult]) -> str:
    """Means with intervals, in order; with names for up to 60 ladders."""
    ordered = sorted(ladders, key=lambda result: result.pjnd.mean.value or 0)
    means = np.array([result.pjnd.mean.value for result in ordered], float)
    lows = np.array([result.pjnd.mean.low if result.pjnd.mean.low is not None else np.nan for result in ordered])
    highs = np.array([result.pjnd.mean.high if result.pjnd.mean.high is not None else np.nan for result in ordered])
    place = np.arange(len(ordered))
    if len(ordered) > NAMED_ROWS:
        figure, [axes] = _axes(WIDE_IN, 3.4)
        axes.vlines(place, lows, highs, color=BLUE, alpha=0.45, linewidth=1)
        axes.plot(place, means, ".", color=BLUE, markersize=3)
        axes.set(xlabel="ladders, by their mean", ylabel="PJND (level)")
    else:
        figure, [axes] = _axes(WIDE_IN, 0.9 + 0.2 * len(ordered))
        axes.hlines(place, lows, highs, color=BLUE, linewidth=2, alpha=0.5)
        axes.plot(means, place, "o", color=BLUE, markersize=4)
        axes.set_yticks(place, [result.name[:40] for result in ordered], parse_math=False)
        axes.set(xlabel="PJND (level), with 95% interval", ylim=(-0.7, len(ordered) - 0.3))
    return _drawn(figure)


def _counts(axes: Axes) -> None:
    """Counts are whole numbers."""
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))


def progress_plot(used: Sequence[int], wanted: int | None) -> str:
    """How many ladders have how many used ratings."""
    figure, [axes] = _axes(WIDE_IN / 2, 2.4)
    top = max([*used, wanted or 0, 1])
    axes.hist(used, bins=min(30, top), range=(0, top), color=BLUE)
    if wanted:
        axes.axvline(wanted, color=ORANGE, linestyle="--", label=f"wanted: {wanted}")
        axes.legend(frameon=False)
    axes.set(xlabel="used ratings of a ladder", ylabel="ladders")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _counts(axes)
    return _drawn(figure)


def workers_plot(workers: pl.DataFrame) -> str:
    """Gold rates by verdict; bias against inconsistency; leave-one-out correlations."""
    figure, [gold, bias, correlation] = _axes(WIDE_IN, 2.7, columns=3)
    rates = [workers.filter(pl.col("use") == use)["gold_rate"].drop_nulls().to_numpy() for use in VERDICTS]
    gold.hist(rates, bins=20, range=(0, 1), stacked=True, color=[BLUE, ORANGE, GREY], label=list(VERDICTS))
    gold.set(xlabel="gold checks passed", ylabel="workers")
    gold.legend(frameon=False, fontsize=7)
    told = workers.drop_nulls(["bias", "inconsistency"])
    bias.plot(told["bias"], told["inconsistency"], ".", color=BLUE, alpha=0.5, markersize=4)
    bias.set(xlabel="bias (levels)", ylabel="inconsistency (levels)")
    correlation.hist(workers["correlation"].drop_nulls().to_numpy(), bins=20, range=(-1, 1), color=BLUE)
    correlation.set(xlabel="leave-one-out correlation", ylabel="workers used")
    for axes in (gold, correlation):
        _counts(axes)
    for axes in (bias, correlation):
        if not told.height:
            axes.text(0.5, 0.5, "fewer than 3 ladders\nin common", transform=axes.transAxes, ha="center", va="center")
            axes.set(xticks=[], yticks=[])
    return _drawn(figure)


VERDICTS = ("use", "exclude", "not-enough-evidence")


def timing_plot(timing: Timing) -> str:
    """Swap errors, their spread, refresh rates and hidden time."""
    figure, [error, spread, refresh, hidden] = _axes(WIDE_IN, 2.4, columns=4)
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
        _counts(axes)
    error.set(ylabel="trials")
    refresh.set(ylabel="assignments")
    return _drawn(figure)


def exclusions_plot(found: Exclusions) -> str:
    """Every ladder's mean with all ratings against the one with used ones."""
    figure, [mean, deviation] = _axes(WIDE_IN * 0.7, 3.0, columns=2)
    for axes, pairs, label in (
        (mean, [(change.mean_used, change.mean_all) for change in found.changes], "mean PJND"),
        (deviation, [(change.sd_used, change.sd_all) for change in found.changes], "SD of the PJND"),
    ):
        values = np.array(pairs, float).reshape(-1, 2)
        top = float(values.max()) * 1.05 if len(values) else 1.0
        axes.plot([0, top], [0, top], color=GREY, linewidth=0.8)
        axes.plot(values[:, 0], values[:, 1], ".", color=ORANGE, markersize=4, alpha=0.6)
        axes.set(xlabel=f"{label}, used ratings", ylabel=f"{label}, all ratings", xlim=(0, top), ylim=(0, top))
    return _drawn(figure)


def pixels_plot(effect: PixelEffect) -> str:
    """Distance of ratings from their ladder's mean, by eighths of device pixels per source pixel."""
    figure, [axes] = _axes(WIDE_IN * 0.7, 2.7)
    edges = np.unique(np.quantile(effect.pixels, np.linspace(0, 1, 9)))
    which = np.clip(np.searchsorted(edges, effect.pixels, side="right") - 1, 0, max(0, len(edges) - 2))
    groups = [effect.deviations[which == number] for number in range(max(1, len(edges) - 1))]
    middles = [float(np.median(effect.pixels[which == number])) for number in range(len(groups)) if len(groups[number])]
    shown = [group for group in groups if len(group)]
    axes.boxplot(
        shown, tick_labels=[f"{middle:.2f}" for middle in middles], showfliers=False, medianprops={"color": BLUE}
    )
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set(xlabel="device pixels per source pixel (median of each part)", ylabel="rating − ladder's mean")
    return _drawn(figure)
