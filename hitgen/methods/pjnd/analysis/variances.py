"""Variances of many groups, each drawn towards the usual one by as much as the groups themselves tell.

Smyth, "Linear models and empirical Bayes methods for assessing differential expression", Statistical Applications in Genetics and
Molecular Biology 3 (2004), article 3, section 6.2: the variances are scaled inverse chi-squared, their two parameters by moments of
the logarithms.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from hitgen.methods.pjnd.analysis.answers import FloatArray

LEAST_GROUPS = 6
LEAST_DEGREES = 2.0
MOST_DEGREES = 1e4


def shrunk(
    squares: FloatArray, degrees: FloatArray, weights: FloatArray, fallback: float, target: float | None = None
) -> FloatArray:
    """The variances of groups with these sums of squares and degrees of freedom.

    `weights` is how much each group counts for what is usual, `fallback` the degrees of freedom of the usual where groups are too
    few to tell, `target` the usual one where it is known.
    """
    told = (degrees >= LEAST_DEGREES) & (squares > 0) & (weights > 0.01)
    degrees = np.maximum(degrees, 0)
    if told.sum() < LEAST_GROUPS:
        usual = target or float(squares.sum() / max(degrees.sum(), 1e-9)) or 1.0
        return (fallback * usual + squares) / (fallback + degrees)
    half, weight = degrees[told] / 2, weights[told] / weights[told].sum()
    logs = np.log(squares[told] / degrees[told]) - special.digamma(half) + np.log(half)
    mean = float(weight @ logs)
    groups = float(told.sum())
    excess = float(weight @ (logs - mean) ** 2) * groups / (groups - 1) - float(weight @ special.polygamma(1, half))
    prior = 2 * _inverse_trigamma(excess) if excess > 0 else MOST_DEGREES
    prior = min(max(prior, LEAST_DEGREES), MOST_DEGREES)
    usual = target or float(np.exp(mean + special.digamma(prior / 2) - np.log(prior / 2)))
    return (prior * usual + squares) / (prior + degrees)


def _inverse_trigamma(value: float) -> float:
    """Where trigamma takes a value above 0: Newton's method on its reciprocal."""
    at = 0.5 + 1 / value
    for _ in range(20):
        trigamma = float(special.polygamma(1, at))
        step = trigamma * (1 - trigamma / value) / float(special.polygamma(2, at))
        at += step
        if -step / at < 1e-8:
            break
    return at
