"""The plots of the report that are `compare`'s."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hitgen.methods.compare.analysis.detect import THRESHOLD, Detection
from hitgen.methods.compare.analysis.own import BitsPerPixel
from hitgen.methods.compare.analysis.rates import curve_of
from hitgen.methods.compare.analysis.scale import Scale, SourceScale
from hitgen.methods.compare.answers import Habits
from hitgen.methods.compare.row import Arm
from hitgen.methods.compare.screening import ARMS, Threshold
from hitgen.methods.figures import BLUE, GREY, ORANGE, WIDE_IN, axes_of, plot, whole_counts

COLOURS = (BLUE, ORANGE, "#2e8b57", "#8a4fbf", "#b8860b", "#c2407a", "#3a9db5", "#7a5230")
ACROSS, MOST_SOURCES, HEIGHT_IN = 3, 24, 3.0
LONGEST_S = 15
JND_LINES = (0.5, 1, 2)
Of = TypeVar("Of")


def colours(scale: Scale) -> Mapping[str, str]:
    """One colour for each codec, the same in all plots."""
    codecs = dict.fromkeys(codec for of in scale.sources for codec in scale.codecs(of))
    return {codec: COLOURS[number % len(COLOURS)] for number, codec in enumerate(codecs)}


def _panels(sources: Iterable[Of], height_in: float = HEIGHT_IN) -> tuple[Figure, list[tuple[Axes, Of]]]:
    """A panel for each of the first sources, in rows."""
    shown = list(sources)[:MOST_SOURCES]
    across = min(ACROSS, len(shown))
    rows = -(-len(shown) // across)
    figure, panels = axes_of(WIDE_IN * across / ACROSS, height_in * rows, columns=across, rows=rows)
    for spare in panels[len(shown) :]:
        spare.set_visible(False)
    return figure, list(zip(panels, shown, strict=False))


@plot
def levels_plot(scale: Scale) -> Figure | None:
    """Distance against level: a panel a source, a line a codec with its band."""
    figure, panels = _panels(scale.sources)
    tints = colours(scale)
    for axes, of in panels:
        low, high = of.intervals
        for codec in scale.codecs(of):
            mine = of.of(codec)
            levels = of.design.level[mine]
            _line(axes, levels, of.units[mine], low[mine], high[mine], tints[codec], codec)
        _dress(axes, scale, of, "level")
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


@plot
def rates_plot(scale: Scale, bits: BitsPerPixel) -> Figure | None:
    """Distance against bits a pixel, of codecs whose bits are known."""
    figure, panels = _panels(scale.sources)
    tints = colours(scale)
    for axes, of in panels:
        low, high = of.intervals
        for codec in scale.codecs(of):
            if curve := curve_of(of, codec, bits):
                mine = of.of(codec)
                _line(axes, np.exp(curve.log_bits), curve.units, low[mine], high[mine], tints[codec], codec)
        _dress(axes, scale, of, "bits per pixel")
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:.0e}"[0] in "25" else "")
    return figure


def _line(axes: Axes, x: Any, y: Any, low: Any, high: Any, colour: str, name: str) -> None:
    axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.plot(x, y, "o-", color=colour, markersize=3, linewidth=1.3, label=name)


def _dress(axes: Axes, scale: Scale, of: SourceScale, across: str) -> None:
    axes.set_title(of.source[:40], parse_math=False)
    axes.set(xlabel=across, ylabel=scale.called)
    axes.set_ylim(bottom=0)
    top = axes.get_ylim()[1]
    for line in JND_LINES:
        if line < top:
            axes.axhline(line, color=GREY, linewidth=0.6, linestyle=":")
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, fontsize=7, loc="upper left" if across == "level" else "upper right")


@plot
def graph_plot(scale: Scale) -> Figure | None:
    """Which versions were held against each other: a panel a source, a column a codec; boosted lines grey, plain ones orange."""
    figure, panels = _panels(scale.sources)
    for axes, of in panels:
        design = of.design
        at = {
            version: (1.0 + design.codec[version], float(design.level[version])) for version in range(design.versions)
        }
        at[design.versions] = ((1 + len(design.codecs)) / 2, 0.0)
        boosted = _arms(of, scale)
        # Boosted lines bend to the left and plain ones to the right, so that neither hides the other.
        for left, right, is_boosted in zip(design.left, design.right, boosted, strict=True):
            bend = (-0.22 if is_boosted else 0.22) * abs(at[int(left)][1] - at[int(right)][1]) ** 0.5 / 2
            colour, alpha = (GREY, 0.4) if is_boosted else (ORANGE, 0.7)
            axes.plot(*_bent(at[int(left)], at[int(right)], bend), color=colour, linewidth=0.8, alpha=alpha)
        axes.plot(*zip(*at.values(), strict=True), "o", color=BLUE, markersize=4)
        x, y = at[design.versions]
        axes.text(x, y - 0.03 * design.level.max(), "source", ha="center", va="top", fontsize=7)
        axes.set_title(of.source[:40], parse_math=False)
        axes.set_xticks(range(1, len(design.codecs) + 1), [codec[:12] for codec in design.codecs], parse_math=False)
        axes.set(ylabel="level", xlim=(0.4, len(design.codecs) + 0.6), ylim=(-0.09 * design.level.max(), None))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(visible=False)
    return figure


def _bent(one: tuple[float, float], other: tuple[float, float], bend: float) -> tuple[Any, Any]:
    """A curve from one point to another, its middle `bend` to the side."""
    t = np.linspace(0, 1, 13)
    return one[0] + (other[0] - one[0]) * t + 4 * bend * t * (1 - t), one[1] + (other[1] - one[1]) * t


def _arms(of: SourceScale, scale: Scale) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which pairs are boosted; all of them where the scale is of boosted answers alone."""
    return of.design.boosted if scale.unit == "jnd" else np.ones_like(of.design.boosted)


@plot
def habits_plot(known: Sequence[Habits], least: Mapping[Arm, Threshold]) -> Figure | None:
    """Traps passed, sides, "not sure" and times of all assignments, by arm."""
    figure, [traps, sides, unsure, times] = axes_of(WIDE_IN, 2.5, columns=4)
    arms = [arm for arm in ARMS if any(each.arm == arm for each in known)]
    tints = {"boosted": BLUE, "plain": ORANGE}
    for axes, name, values, limits in (
        (traps, "traps passed", lambda each: each.trap_share, (0, 1)),
        (sides, "right among left and right", _right, (0, 1)),
        (unsure, "not sure", lambda each: each.unsure / each.answers if each.answers else None, (0, 1)),
        (times, "median answer (s)", _seconds, (0, LONGEST_S)),
    ):
        series = [[value for each in known if each.arm == arm and (value := values(each)) is not None] for arm in arms]
        axes.hist(series, bins=20, range=limits, stacked=True, color=[tints[arm] for arm in arms], label=arms)
        axes.set(xlabel=name)
        whole_counts(axes)
    for arm in arms:
        traps.axvline(least[arm].share, color=tints[arm], linestyle="--", linewidth=1)
    traps.set(ylabel="assignments")
    traps.legend(frameon=False, fontsize=7, loc="upper left")
    return figure


def _seconds(each: Habits) -> float | None:
    return None if each.response_ms is None else min(each.response_ms / 1000, LONGEST_S)


def _right(each: Habits) -> float | None:
    told = each.lefts + each.rights
    return each.rights / told if told else None


@plot
def detection_plot(rows: Iterable[Detection]) -> Figure | None:
    """The share correct of each level with its interval: a panel an arm and source."""
    found: dict[tuple[str, str], list[Detection]] = {}
    tints: dict[str, str] = {}
    for row in rows:
        tints.setdefault(row.codec, COLOURS[len(tints) % len(COLOURS)])
        found.setdefault((row.arm, row.source), []).append(row)
    figure, panels = _panels(found.items(), 2.7)
    for axes, ((arm, source), mine) in panels:
        codecs = list(dict.fromkeys(row.codec for row in mine))
        for number, codec in enumerate(codecs):
            told = [row for row in mine if row.codec == codec]
            levels = np.array([row.level for row in told]) + (number - (len(codecs) - 1) / 2) * 0.15
            shares = np.array([row.share for row in told])
            ends = np.array([[row.share - row.low for row in told], [row.high - row.share for row in told]])
            axes.errorbar(
                levels, shares, np.maximum(ends, 0), fmt="o", color=tints[codec], markersize=3, linewidth=1, label=codec
            )
        axes.axhline(THRESHOLD, color=GREY, linewidth=0.8, linestyle="--")
        axes.set_title(f"{source[:40]}, {arm}", parse_math=False)
        levels_shown = [row.level for row in mine]
        span = (min(levels_shown) - 0.6, max(levels_shown) + 0.6)
        axes.set(xlabel="level", ylabel="share correct", xlim=span, ylim=(0, 1.05))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False, fontsize=7, loc="lower right")
    return figure
