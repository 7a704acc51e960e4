"""Intervals of standard deviations: Bonett, "Approximate confidence interval for standard deviation of nonnormal distributions",
Computational Statistics & Data Analysis 50 (2006), 775-782, with the kurtosis pooled over a study's ladders as it proposes for samples
of the same form: one ladder's few answers cannot tell how heavy its tails are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from hitgen.methods.pjnd.analysis.answers import FloatArray
from hitgen.methods.pjnd.analysis.order import CONFIDENCE
from hitgen.methods.pjnd.analysis.variances import shrunk

LEAST = 5
"""Values below which no interval is given."""
USUAL_DEGREES = 20.0
NORMAL = 3.0
BELIEVED = 20
"""Of so many values, a kurtosis of their own counts half."""
LIKELY = 0.5
"""Values of a larger weight are taken as they are where form is looked at."""
MOST_EXPONENT = 700.0


def pooled_kurtosis(samples: Sequence[FloatArray]) -> float | None:
    """The kurtosis (3 of a normal distribution) of many samples' common form; None where no sample tells."""
    told = [sample for sample in samples if len(sample) >= LEAST and np.ptp(sample) > 0]
    if not told:
        return None
    squares = np.array([float(((sample - sample.mean()) ** 2).sum()) for sample in told])
    degrees = np.array([len(sample) - 1.0 for sample in told])
    sds = np.sqrt(shrunk(squares, degrees, np.ones(len(told)), USUAL_DEGREES))
    fourth = sum(float((((sample - _middle(sample)) / sd) ** 4).sum()) for sample, sd in zip(told, sds, strict=True))
    second = float((squares / sds**2).sum()) / float(degrees.sum())
    return fourth / float(sum(map(len, told))) / second**2


def _middle(sample: FloatArray) -> float:
    """Bonett's trimmed mean, which keeps a skewed sample's kurtosis from being taken for too small."""
    return float(stats.trim_mean(sample, 1 / (2 * math.sqrt(len(sample) - 4))))


def weighted_squares(sample: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """The sum of squares about the mean of values that count by weights, and of how many whole ones it is (Kish's effective size)."""
    total = max(float(weights.sum()), 1e-9)
    n = total**2 / max(float((weights**2).sum()), 1e-18)
    return n * float(weights @ (sample - float(weights @ sample) / total) ** 2) / total, n


def sd_interval(sample: FloatArray, kurtosis: float, weights: FloatArray | None = None) -> tuple[float, float]:
    """The 95% interval of the standard deviation of a sample of at least 5 values, where `kurtosis` is that of all samples together.

    Where tails are heavy, a sample whose own are heavier still is believed by as much as its size allows. Bonett's correction for
    small samples is that of normal ones; of lighter tails less is needed. `weights` (0 to 1) are what values count for.
    """
    weights = np.ones(len(sample)) if weights is None else weights
    squares, n = weighted_squares(sample, weights)
    z = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
    variance, small = squares / (n - 1), n / (n - z)
    if kurtosis > NORMAL:
        likely = sample[weights > LIKELY]
        middle = _middle(likely) if len(likely) >= LEAST else float(weights @ sample) / float(weights.sum())
        own = n**2 * float(weights @ (sample - middle) ** 4) / float(weights.sum()) / squares**2
        kurtosis += n**2 / (n**2 + BELIEVED**2) * max(0.0, own - kurtosis)
    correction = small ** min(1.0, max(0.0, (kurtosis - 1) / (NORMAL - 1)))
    error = correction * math.sqrt(max(0.0, (kurtosis - (n - 3) / n) / (n - 1)))
    far = min(z * error, MOST_EXPONENT)  # of values nearly all of which are one, nothing is known from above
    low, high = (math.sqrt(small * variance * math.exp(sign * far)) for sign in (-1, 1))
    return low, high


def on_ladder(value: float, interval: tuple[float, float], level_max: int) -> tuple[float, float]:
    """The interval of a standard deviation with its value inside and no farther than levels of a ladder can spread: half at either end."""
    low, high = interval
    return min(low, value), max(value, min(high, (level_max - 1) / 2))
