"""The plots of the report that are this method's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from hitgen.methods.figures import BLUE, GREY, ORANGE, WIDE_IN, axes_of, drawn, whole_counts
from hitgen.methods.pjnd.analysis.analyse import LadderResult
from hitgen.methods.pjnd.analysis.changes import Change
from hitgen.methods.pjnd.analysis.pixels import PixelEffect

NAMED_ROWS = 60


def pjnd_plot(ladders: Sequence[LadderResult]) -> str:
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
    else:
        figure, [axes] = axes_of(WIDE_IN, 0.9 + 0.2 * len(ordered))
        axes.hlines(positions, lows, highs, color=BLUE, linewidth=2, alpha=0.5)
        axes.plot(means, positions, "o", color=BLUE, markersize=4)
        axes.set_yticks(positions, [result.name[:40] for result in ordered], parse_math=False)
        axes.set(xlabel="PJND (level), with 95% interval", ylim=(-0.7, len(ordered) - 0.3))
    return drawn(figure)


def workers_plot(workers: pl.DataFrame) -> str:
    """Gold rates by verdict; bias against inconsistency; leave-one-out correlations."""
    figure, [gold, bias, correlation] = axes_of(WIDE_IN, 2.7, columns=3)
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
        whole_counts(axes)
    for axes in (bias, correlation):
        if not told.height:
            axes.text(0.5, 0.5, "fewer than 3 ladders\nin common", transform=axes.transAxes, ha="center", va="center")
            axes.set(xticks=[], yticks=[])
    return drawn(figure)


VERDICTS = ("use", "exclude", "not-enough-evidence")


def changes_plot(changes: Sequence[Change]) -> str:
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
    return drawn(figure)


def pixels_plot(effect: PixelEffect) -> str:
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
    return drawn(figure)
