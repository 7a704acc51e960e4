"""Whether a fitted family is one that answers can come from: Anderson and Darling's statistic against a parametric bootstrap.

For answers in cells (one a level) as Choulakian, Lockhart and Stephens have it, "Cramér-von Mises statistics for discrete
distributions", Canadian Journal of Statistics 22 (1994). Every sample of the bootstrap is fitted anew, as the answers were.
"""

from __future__ import annotations

import numpy as np

from hitgen.methods.pjnd.analysis.answers import FloatArray, LadderAnswers
from hitgen.methods.pjnd.analysis.families import Family

SAMPLES = 199
NEVER = 0.35
"""Below this the statistic is one of the lesser half of any family's, so that nothing need be drawn."""
STEPS = 8
DELTA = 1e-3
TINY = 1e-12


def goodness(answers: LadderAnswers, family: Family, location: float, scale: float) -> float:
    """The share of samples from the fitted family that fit it worse than the answers do: p; 1 where it is plainly large."""
    last, n = answers.level_max, len(answers.levels)
    seen = statistic(answers.levels[None], family, np.array([location]), np.array([scale]), last)[0]
    if seen < NEVER:
        return 1.0
    rng = answers.random("goodness")
    drawn = family.draw(rng.random((SAMPLES, n)), location, scale)
    samples = np.clip(np.round(drawn), 1, last + 1).astype(np.int64)
    locations, scales = refit(samples, family, location, scale, last)
    others = statistic(samples, family, locations, scales, last)
    return float((1 + (others >= seen).sum()) / (SAMPLES + 1))


def statistic(
    samples: np.ndarray[tuple[int, int], np.dtype[np.int64]],
    family: Family,
    locations: FloatArray,
    scales: FloatArray,
    last: int,
) -> FloatArray:
    """The statistic of each row of levels against its own location and scale; n times the weighted mean squared distance."""
    rows, n = samples.shape
    bounds = np.arange(1, last + 1, dtype=np.float64) + 0.5
    expected = np.stack([family.standard(bounds, at, scale) for at, scale in zip(locations, scales, strict=True)])
    counts = np.zeros((rows, last + 2))
    np.add.at(counts, (np.arange(rows)[:, None], samples), 1)
    below = np.cumsum(counts, axis=1)[:, 1 : last + 1] / n
    cells = np.diff(expected, axis=1, prepend=0)
    weight = expected * (1 - expected)
    terms = np.where(weight > TINY, (below - expected) ** 2 * cells / np.maximum(weight, TINY), 0)
    found: FloatArray = n * terms.sum(1)
    return found


def refit(
    samples: np.ndarray[tuple[int, int], np.dtype[np.int64]], family: Family, location: float, scale: float, last: int
) -> tuple[FloatArray, FloatArray]:
    """Location and scale of every row of levels: Newton's method from the parameters they were drawn from, all rows at once."""
    lower = family.of_level(np.where(samples == 1, -np.inf, samples - 0.5))
    upper = family.of_level(np.where(samples > last, np.inf, samples + 0.5))
    at = np.stack(
        [np.zeros(len(samples)), np.zeros(len(samples))]
    )  # in scales from the location; log of the scale's factor

    def loss(where: FloatArray) -> FloatArray:
        middle, width = location + scale * where[0][:, None], scale * np.exp(where[1][:, None])
        inside = family.share_below((upper - middle) / width) - family.share_below((lower - middle) / width)
        found: FloatArray = -np.log(np.maximum(inside, 1e-300)).sum(1)
        return found

    first, second = np.array([[DELTA], [0.0]]), np.array([[0.0], [DELTA]])
    for _ in range(STEPS):
        here = loss(at)
        a_up, a_down, b_up, b_down = loss(at + first), loss(at - first), loss(at + second), loss(at - second)
        both = loss(at + first + second)
        gradient = np.stack([a_up - a_down, b_up - b_down]) / (2 * DELTA)
        aa, bb = (a_up - 2 * here + a_down) / DELTA**2, (b_up - 2 * here + b_down) / DELTA**2
        ab = (both - a_up - b_up + here) / DELTA**2
        n = samples.shape[1]
        aa, bb = np.maximum(aa, 0.1 * n), np.maximum(bb, 0.1 * n)
        ab = np.clip(ab, -0.9 * np.sqrt(aa * bb), 0.9 * np.sqrt(aa * bb))
        step = np.stack([bb * gradient[0] - ab * gradient[1], aa * gradient[1] - ab * gradient[0]]) / (aa * bb - ab**2)
        step = np.clip(step, -0.5, 0.5)
        at = at - step
        if float(np.abs(step).max()) < 1e-3:
            break
    return location + scale * at[0], scale * np.exp(at[1])
