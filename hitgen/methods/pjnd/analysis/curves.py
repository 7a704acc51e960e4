"""One ladder's SUR as a small inline drawing: some 2 kB each, where a plotting library's would take 20."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from hitgen.methods.pjnd.analysis.analyse import LadderResult
from hitgen.methods.pjnd.analysis.answers import FloatArray
from hitgen.methods.pjnd.analysis.sur import SHARES, is_refused

WIDTH, HEIGHT = 280, 150
LEFT, RIGHT, TOP, BOTTOM = 34, 14, 8, 24
FITTED_STEPS = 60
LABELS_MOST = 6


def sur_curve(result: LadderResult) -> Markup:
    """An SVG of SUR against level: counted as steps; by the crossed model as a line, with the fit dashed, or by the fit alone; both levels with intervals."""
    sur, level_max = result.sur, result.answers.level_max

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
        parts.append(f'<text class="x" x="{x(label):.1f}" y="{HEIGHT - 8}">{label}</text>')
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
    return Markup("".join([*parts, "</svg>"]))  # numbers and constants alone


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
