"""One ladder's SUR as a small inline drawing: some 2 kB each, where a plotting library's would take 20."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from markupsafe import Markup, escape

from hitgen.methods.pjnd.analysis.analyse import LadderResult
from hitgen.methods.pjnd.analysis.answers import FloatArray, LadderAnswers
from hitgen.methods.pjnd.analysis.sur import SHARES, is_refused

WIDTH, HEIGHT = 280, 166
LEFT, RIGHT, TOP, BOTTOM = 34, 14, 8, 40
TALLEST = 0.35
"""What the tallest bar of the histogram takes of the drawing's height."""
MOST_BARS = 25
FITTED_STEPS = 60
LABELS_MOST = 6


def sur_curve(result: LadderResult) -> Markup:
    """An SVG of SUR against level: counted as steps; by the crossed model as a line, with the fit dashed, or by the fit alone; both levels with intervals.

    Under the levels stands the codec's parameter; bars are a histogram of the ratings.
    """
    sur, answers = result.sur, result.answers
    level_max = answers.level_max

    def x(level: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * level / level_max

    def y(share: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)

    parts = [
        f'<svg class="sur" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img"'
        ' aria-label="share of people whose PJND is above a level">'
    ]
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(share):.1f}" y2="{y(share):.1f}"/>')
        parts.append(f'<text class="y" x="{LEFT - 4}" y="{y(share) + 3.5:.1f}">{share:.0%}</text>')
    for label in _labels(level_max):
        parts.append(f'<text class="x" x="{x(label):.1f}" y="{HEIGHT - 26}">{label}</text>')
        if (parameter := answers.parameter(label)) is not None:
            parts.append(f'<text class="parameter" x="{x(label):.1f}" y="{HEIGHT - 14}">{parameter:g}</text>')
    parts.append(f'<text class="axes" x="{WIDTH - RIGHT}" y="{HEIGHT - 2}">{_axes(answers)}</text>')
    for left, right, share in _bars(answers):
        top, tall = y(share * TALLEST), y(0) - y(share * TALLEST)
        parts.append(
            f'<rect class="ratings" x="{x(left):.1f}" y="{top:.1f}" width="{x(right) - x(left):.1f}" height="{tall:.1f}"/>'
        )
    steps = _steps(sur.empirical)
    parts.append('<path class="counted" d="' + _path([(x(level), y(share)) for level, share in steps]) + '"/>')
    if result.crossed:
        shares = result.crossed.sur
        points = [(x(level), y(float(share))) for level, share in enumerate(shares)]
        parts.append('<path class="fitted" d="' + _path(points) + '"/>')
    if sur.fit and not is_refused(sur.suits):
        levels = np.linspace(0, level_max, FITTED_STEPS)
        shares = sur.fit.sur(levels)
        points = [(x(float(level)), y(float(share))) for level, share in zip(levels, shares, strict=True)]
        kind = "beside" if result.crossed else "fitted"
        parts.append(f'<path class="{kind}" d="' + _path(points) + '"/>')
    for share in SHARES:
        level = result.levels[share]
        if level.value is None:
            continue
        if level.low is not None:
            high = level.high if level.high is not None else level_max
            parts.append(
                f'<line class="interval" x1="{x(level.low):.1f}" x2="{x(high):.1f}" y1="{y(share):.1f}" y2="{y(share):.1f}"/>'
            )
        parts.append(f'<circle class="level" cx="{x(level.value):.1f}" cy="{y(share):.1f}" r="3"/>')
    return Markup("".join([*parts, "</svg>"]))  # numbers, constants, and a codec's name made harmless


def _axes(answers: LadderAnswers) -> str:
    """What stands below, in words."""
    last = answers.parameter(answers.level_max)
    return "level" if last is None else f"level, and {escape(answers.codec)} parameter below it"


def _bars(answers: LadderAnswers) -> Iterator[tuple[float, float, float]]:
    """The histogram of the levels given, "none seen" left out: from, to, and its height as a share of the tallest."""
    seen = answers.levels[answers.levels <= answers.level_max]
    bars = min(MOST_BARS, answers.level_max)
    counts, edges = np.histogram(seen, bins=bars, range=(0.5, answers.level_max + 0.5))
    for left, right, number in zip(edges[:-1], edges[1:], counts, strict=True):
        if number:
            yield max(0.0, float(left)), min(float(answers.level_max), float(right)), int(number) / int(counts.max())


def _labels(level_max: int) -> range:
    """Whole levels in round steps: a level between two would be named wrongly."""
    steps = (digit * 10**power for power in range(10) for digit in (1, 2, 5))
    return range(0, level_max + 1, next(step for step in steps if level_max / step < LABELS_MOST))


def _steps(sur: FloatArray) -> list[tuple[float, float]]:
    """The corners of a curve that is constant between levels."""
    corners = [(0.0, float(sur[0]))]
    for level in np.flatnonzero(np.diff(sur)) + 1:
        corners += [(float(level), float(sur[level - 1])), (float(level), float(sur[level]))]
    return [*corners, (float(len(sur) - 1), float(sur[-1]))]


def _path(points: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
