"""Each ladder's distribution of the PJND by the crossed model: its level and spread, and one shape pooled over all ladders."""

from __future__ import annotations

import numpy as np
from scipy import special

from hitgen.methods.pjnd.analysis.answers import FloatArray
from hitgen.methods.pjnd.analysis.crossed import Crossed, Model
from hitgen.methods.pjnd.analysis.shape import Shape, shape_of

BIASES = 25
"""Where biases are looked at, from the lowest to the highest."""
OUTSIDE = 3.0


def pooled_sur(data: Crossed, model: Model, times: FloatArray) -> list[FloatArray]:
    """The SUR of each ladder at levels 0..level_max: the share of people whose PJND is above it.

    A person's PJND is mu + b + s e: b has the distribution of the workers' biases, e that of all residuals, whatever its shape.
    """
    shape = _shape(data, model, times)
    at, weights = _biases(model, times)
    found: dict[int, FloatArray] = {}
    for last in sorted(set(data.level_max.tolist())):  # ladders of one length at a time
        mine = np.flatnonzero(data.level_max == last)
        levels = (np.arange(last + 1) + 0.5) * (100 / last)
        z = (levels[:, None] - model.mu[mine, None, None] - at) / model.spread[mine, None, None]
        above = (1 - shape.below(z)) @ weights
        above[:, 0] = 1
        found |= dict(zip(mine.tolist(), above, strict=True))
    return [found[ladder] for ladder in range(len(data.level_max))]


def _shape(data: Crossed, model: Model, times: FloatArray) -> Shape:
    """The shape of all residuals, steady workers' and unsteady ones' alike.

    A residual is smaller than what it stands for, since ladder and bias were fitted to it too: it is drawn out by as much.
    """
    spread = model.spread[data.ladder]
    residuals = (model.filled - model.mu[data.ladder] - model.bias[data.worker]) / spread
    weights = model.sound * times[data.worker]
    of_ladder = np.bincount(data.ladder, weights, len(model.mu))
    lost = model.bias_variance[data.worker] / spread**2 + 1 / np.maximum(of_ladder[data.ladder], 2)
    return shape_of(residuals / np.sqrt(np.maximum(1 - lost, 0.3)), weights, 0.0, model.shape)


def _biases(model: Model, times: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where biases lie, and how much of them: each worker's with its uncertainty."""
    weight, sd = model.honest * times, np.sqrt(np.maximum(model.bias_variance, 1e-6))
    reach = OUTSIDE * float(np.sqrt(model.between))
    edges = np.linspace(-reach, reach, BIASES + 1)
    below = special.ndtr((edges[:, None] - model.bias) / sd) @ weight
    below[0], below[-1] = 0, weight.sum()
    return (edges[1:] + edges[:-1]) / 2, np.diff(below) / max(float(weight.sum()), 1e-9)


def restricted_mean(sur: FloatArray) -> float:
    """The mean of the PJND, clipped to the highest level."""
    return float(sur[:-1].sum())


def level_at(sur: FloatArray, share: float) -> float:
    """The largest level with SUR >= share."""
    return float(np.flatnonzero(sur >= share - 1e-9)[-1])
