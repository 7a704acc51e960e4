"""The distributions that are fitted to the answers of a ladder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from hitgen.methods.pjnd.analysis.answers import FloatArray

MOST_EXPONENT = 700.0


@dataclass(frozen=True)
class Family:
    """A distribution of the PJND given by location and scale, of the level or of its logarithm."""

    name: str
    share_below: Callable[[FloatArray], FloatArray]
    quantile: Callable[[FloatArray], FloatArray]
    logarithmic: bool

    def of_level(self, bounds: FloatArray) -> FloatArray:
        """Levels, or their logarithms where it is those that have the distribution."""
        if not self.logarithmic:
            return bounds
        with np.errstate(divide="ignore"):
            found: FloatArray = np.log(np.maximum(bounds, 0))
        return found

    def standard(self, bounds: FloatArray, location: float, scale: float) -> FloatArray:
        """Share of people with a PJND below each bound, given in levels."""
        return self.share_below((self.of_level(bounds) - location) / scale)

    def draw(self, shares: FloatArray, location: float, scale: float) -> FloatArray:
        """The levels below which these shares of people have their PJND."""
        found = location + scale * self.quantile(shares)
        return np.exp(np.minimum(found, 50)) if self.logarithmic else found


def _gumbel(z: FloatArray) -> FloatArray:
    found: FloatArray = np.exp(-np.exp(np.minimum(-z, MOST_EXPONENT)))
    return found


def _mirrored(z: FloatArray) -> FloatArray:
    found: FloatArray = -np.expm1(-np.exp(np.minimum(z, MOST_EXPONENT)))
    return found


def _gumbel_quantile(p: FloatArray) -> FloatArray:
    found: FloatArray = -np.log(-np.log(p))
    return found


def _mirrored_quantile(p: FloatArray) -> FloatArray:
    found: FloatArray = np.log(-np.log1p(-p))
    return found


FAMILIES = (
    Family("normal", special.ndtr, special.ndtri, False),
    Family("logistic", special.expit, special.logit, False),
    Family("gumbel", _gumbel, _gumbel_quantile, False),
    Family("mirrored gumbel", _mirrored, _mirrored_quantile, False),
    Family("lognormal", special.ndtr, special.ndtri, True),
    Family("weibull", _mirrored, _mirrored_quantile, True),
)
