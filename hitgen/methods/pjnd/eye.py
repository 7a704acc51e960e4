"""A small contrast model of who looks at a picture that flickers: how far each part is above what is just seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FLAT, MASKED, MIDDLE = 1.0, 0.11, 115.0
"""What is just seen on a flat ground of middle luma, in steps of it, and how much more for each step of the texture's SD; half
as much again on black."""
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
Map = NDArray[np.float32]


class Eye:
    """How far frames of one picture are above the threshold of seeing them flicker, place by place.

    The difference in luma, blurred as the eye does at usual distances, in its root mean square around each pixel, over a
    threshold that grows with the texture there.
    """

    def __init__(self, picture: Image.Image) -> None:
        self.luma = np.asarray(picture, dtype=np.float32) @ LUMA
        self._reach = max(2, round(picture.height / 60))
        ground = mean_around(self.luma, self._reach)
        spread = mean_around(self.luma**2, self._reach) - ground**2
        extreme = 1 + ((ground - MIDDLE) / MIDDLE) ** 2 / 2
        self._threshold = extreme * (FLAT + MASKED * np.sqrt(np.maximum(spread, 0)))

    def thresholds(self, frame: NDArray[np.uint8]) -> Map:
        """How many thresholds a frame is above the picture, at each pixel."""
        difference = mean_around(np.asarray(frame, dtype=np.float32) @ LUMA - self.luma, 1)
        return np.asarray(np.sqrt(mean_around(difference**2, self._reach)) / self._threshold)


def mean_around(values: Map, reach: int) -> Map:
    """The mean of the square around each pixel, by sums from the corner."""
    padded = np.pad(values.astype(np.float64), ((reach + 1, reach), (reach + 1, reach)), "edge")
    sums = padded.cumsum(0).cumsum(1)
    side = 2 * reach + 1
    total = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return np.asarray(np.maximum(total / side**2, 0) if values.min() >= 0 else total / side**2, dtype=np.float32)
