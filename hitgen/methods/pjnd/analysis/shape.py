"""The shape of what is left when level and bias are taken away: a smooth distribution found from all ratings at once.

A mixture of narrow normals whose places are fixed and whose weights are found by EM, beside blind answers that are as probable at
any level; whatever is skewed, has two humps or heavy tails keeps its form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from hitgen.methods.pjnd.analysis.answers import FloatArray

GRID = np.linspace(-10, 10, 401)
"""Where a shape is looked at, in spreads."""
CENTRES = np.arange(-4, 6.01, 0.25)
WIDTH = 0.45
ROUNDS = 5
BACKING = 30.0
"""How many answers of a normal shape are taken to have been seen before."""

_BELOW = special.ndtr((GRID[:, None] - CENTRES) / WIDTH)
_MASSES = np.diff(_BELOW, axis=0)
NORMAL_WEIGHTS = np.exp(-(CENTRES**2) / (2 * (1 - WIDTH**2)))
NORMAL_WEIGHTS /= NORMAL_WEIGHTS.sum()


@dataclass(frozen=True)
class Shape:
    """The weights of the narrow normals."""

    weights: FloatArray

    def below(self, z: FloatArray) -> FloatArray:
        """The share of answers below z, given in spreads."""
        found: FloatArray = np.interp(z, GRID, _BELOW @ self.weights)
        return found


NORMAL = Shape(NORMAL_WEIGHTS)


def shape_of(residuals: FloatArray, weights: FloatArray, blind: float, before: Shape) -> Shape:
    """The shape of residuals in spreads; `weights` is how much each counts, `blind` the density of blind answers among them."""
    counts, _ = np.histogram(np.clip(residuals, GRID[0], GRID[-1]), bins=GRID, weights=weights)
    share, floor = before.weights, blind * float(GRID[1] - GRID[0])
    for _ in range(ROUNDS):
        dense = _MASSES * share
        share = (counts / np.maximum(dense.sum(1) + floor, 1e-12)) @ dense + BACKING * NORMAL_WEIGHTS
        share = share / share.sum()
    return Shape(share)
