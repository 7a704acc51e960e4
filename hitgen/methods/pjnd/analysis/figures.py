"""The plots of the report that are this method's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hitgen.methods.figures import BLUE, GREY, ORANGE, WIDE_IN, axes_of, plot, whole_counts
from hitgen.methods.pjnd.analysis.analyse import LadderResult
from hitgen.methods.pjnd.analysis.answers import FloatArray, LadderAnswers
from hitgen.methods.pjnd.analysis.changes import Change
from hitgen.methods.pjnd.analysis.pixels import PixelEffect

NAMED_ROWS = 60


@plot
def pjnd_plot(ladders: Sequence[LadderResult]) -> Figure | None:
    """Means with intervals, in order; with names for up to 60 ladders."""
    ordered = sorted(ladders, key=lambda result: result.mean.value or 0)
    means = np.array([result.mean.value for result in ordered], float)
    lows = np.array([result.mean.low if result.mean.low is not None else np.nan for result in ordered])
    highs = np.array([result.mean.high if result.mean.high is not None else np.nan for result in ordered])
    positions = np.arange(len(ordered))
    if len(ordered) > NAMED_ROWS:
        figure, [axes] = axes_of(WIDE_IN, 3.4)
        axes.vlines(positions, lows, highs, color=BLUE, alpha=0.45, linewidth=1)
        axes.plot(positions, means, ".", color=BLUE, markersize=3)
        axes.set(xlabel="ladders, by their mean", ylabel="PJND (level)")
        _parameter_axes(axes, [result.answers for result in ladders], upright=True)
    else:
        figure, [axes] = axes_of(WIDE_IN, 0.9 + 0.2 * len(ordered))
        axes.hlines(positions, lows, highs, color=BLUE, linewidth=2, alpha=0.5)
        axes.plot(means, positions, "o", color=BLUE, markersize=4)
        axes.set_yticks(positions, [result.name[:40] for result in ordered], parse_math=False)
        axes.set(xlabel="PJND (level), with 95% interval", ylim=(-0.7, len(ordered) - 0.3))
        _parameter_axes(axes, [result.answers for result in ladders], upright=False)
    return figure


MOST_SCALES = 2
"""Where codecs have more scales than that, the parameters stand in the table alone."""


def _parameter_axes(axes: Axes, ladders: Sequence[LadderAnswers], *, upright: bool) -> None:
    """The levels' codec parameters on the other side, one axis for each scale that the ladders have."""
    scales: dict[bytes, list[LadderAnswers]] = {}
    for answers in ladders:
        if answers.parameter(answers.level_max) is not None:
            scales.setdefault(answers.parameters.tobytes(), []).append(answers)
    if len(scales) > MOST_SCALES:
        return
    low, high = axes.get_ylim() if upright else axes.get_xlim()
    ticks = axes.get_yticks() if upright else axes.get_xticks()
    for number, same in enumerate(scales.values()):
        first = same[0]
        inside = [float(tick) for tick in ticks if max(1, low) <= tick <= min(high, first.level_max)]
        other = axes.twinx() if upright else axes.twiny()
        label = f"{' and '.join(sorted({each.codec for each in same}))} parameter"
        names = [f"{first.parameter(tick):g}" for tick in inside]
        other.grid(False)
        if upright:
            other.set(ylim=(low, high), ylabel=label)
            other.set_yticks(inside, names)
            other.spines["right"].set(visible=True, position=("outward", 42 * number))
        else:
            other.set(xlim=(low, high), xlabel=label)
            other.set_xticks(inside, names)
            other.spines["top"].set(visible=True, position=("outward", 34 * number))


@plot
def workers_plot(workers: pl.DataFrame) -> Figure | None:
    """Gold rates by verdict; bias against inconsistency; leave-one-out correlations: those of them that there are."""
    told, related = workers.drop_nulls(["bias", "inconsistency"]), workers["correlation"].drop_nulls()
    rates = [workers.filter(pl.col("use") == use)["gold_rate"].drop_nulls().to_numpy() for use in VERDICTS]
    drawing = [
        draw for draw, there in ((_gold, sum(map(len, rates))), (_bias, told.height), (_related, len(related))) if there
    ]
    if not drawing:
        return None
    figure, panels = axes_of(WIDE_IN / 3 * len(drawing), 2.7, columns=len(drawing))
    for draw, axes in zip(drawing, panels, strict=True):
        draw(axes, workers, rates)
    return figure


def _gold(axes: Axes, workers: pl.DataFrame, rates: Sequence[FloatArray]) -> None:
    axes.hist(rates, bins=20, range=(0, 1), stacked=True, color=[BLUE, ORANGE, GREY], label=list(VERDICTS))
    axes.set(xlabel="gold checks passed", ylabel="workers")
    axes.legend(frameon=False, fontsize=7, loc="upper left")
    whole_counts(axes)


def _bias(axes: Axes, workers: pl.DataFrame, rates: Sequence[FloatArray]) -> None:
    told = workers.drop_nulls(["bias", "inconsistency"])
    axes.plot(told["bias"], told["inconsistency"], ".", color=BLUE, alpha=0.5, markersize=4)
    axes.set(xlabel="bias (levels)", ylabel="inconsistency (levels)")


def _related(axes: Axes, workers: pl.DataFrame, rates: Sequence[FloatArray]) -> None:
    axes.hist(workers["correlation"].drop_nulls().to_numpy(), bins=20, range=(-1, 1), color=BLUE)
    axes.set(xlabel="leave-one-out correlation", ylabel="workers used")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    whole_counts(axes)


VERDICTS = ("use", "exclude", "not-enough-evidence")


@plot
def changes_plot(changes: Sequence[Change]) -> Figure | None:
    """Every ladder's mean with all ratings against the one with used ones."""
    figure, [mean, deviation] = axes_of(WIDE_IN * 0.7, 3.0, columns=2)
    for axes, pairs, label in (
        (mean, [(change.mean_used, change.mean_all) for change in changes], "mean PJND"),
        (deviation, [(change.sd_used, change.sd_all) for change in changes], "SD of the PJND"),
    ):
        values = np.array(pairs, float).reshape(-1, 2)
        top = float(values.max(initial=0)) * 1.05 or 1.0  # where all agree, there is no spread to be an axis
        axes.plot([0, top], [0, top], color=GREY, linewidth=0.8)
        axes.plot(values[:, 0], values[:, 1], ".", color=ORANGE, markersize=4, alpha=0.6)
        axes.set(xlabel=f"{label}, used ratings", ylabel=f"{label}, all ratings", xlim=(0, top), ylim=(0, top))
    return figure


@plot
def pixels_plot(effect: PixelEffect) -> Figure | None:
    """Distance of ratings from their ladder's mean, by eighths of device pixels per source pixel."""
    figure, [axes] = axes_of(WIDE_IN * 0.7, 2.7)
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
    return figure
