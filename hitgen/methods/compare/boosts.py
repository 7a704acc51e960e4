"""How pictures are boosted: whole numbers in, whole numbers out, so that every machine makes the same.

Amplified: v' = v + k (w - v) for each channel, v the pivot's and w the version's value, k = 2. Where a channel of a pixel would
leave 0..255, k is lowered for all channels of that pixel: k = f / 256, f the largest whole number with 256 <= f <= 512 that
keeps each within. A half is rounded away from v.

Enlarged: twice, by Lanczos' kernel of three lobes. Pixel i becomes pixels 2i and 2i + 1, whose middles lie a quarter of a pixel
before and behind its own; their six weights are whole numbers that add up to 1024, first along rows, then along columns, with one
rounding at the end. Beyond its edge a picture goes on as its last row or column.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""Height x width x RGB."""

FACTOR, UNIT = 2, 256
LOBES, WEIGHT = 3, 1024


def amplified(pivot: Pixels, version: Pixels, factor: int = FACTOR) -> Pixels:
    """The version with `factor` times its difference from the pivot, as far as a pixel can show it."""
    v, d = pivot.astype(np.int64), version.astype(np.int64) - pivot
    size = np.abs(d)
    room = np.where(d > 0, 255 - v, v)
    most = np.where(size > 0, UNIT * room // np.maximum(size, 1), factor * UNIT).min(axis=2, keepdims=True)
    f = np.minimum(most, factor * UNIT)
    return np.asarray(v + np.sign(d) * ((f * size + UNIT // 2) // UNIT), dtype=np.uint8)


def _kernel(x: float) -> float:
    return math.sin(math.pi * x) / (math.pi * x) * math.sin(math.pi * x / LOBES) / (math.pi * x / LOBES)


def weights() -> tuple[int, ...]:
    """Of pixels i - 3 to i + 2 for the pixel a quarter before i; mirrored for the one behind."""
    raw = [_kernel(step + 0.25) for step in range(-LOBES, LOBES)]
    whole = [round(WEIGHT * each / sum(raw)) for each in raw]
    whole[LOBES] += WEIGHT - sum(whole)
    return tuple(whole)


def enlarged(picture: Pixels) -> Pixels:
    """The picture at twice its width and height."""
    rows = _doubled(picture.astype(np.int64), 1)
    both = _doubled(rows, 0)
    half = WEIGHT * WEIGHT // 2
    return np.clip((both + half) // (WEIGHT * WEIGHT), 0, 255).astype(np.uint8)


def _doubled(values: npt.NDArray[np.int64], axis: int) -> npt.NDArray[np.int64]:
    count = values.shape[axis]
    before = weights()
    made = []
    for taps, first in ((before, -LOBES), (before[::-1], 1 - LOBES)):
        sums = np.zeros_like(values)
        for step, weight in enumerate(taps):
            at = np.clip(np.arange(count) + first + step, 0, count - 1)
            sums += weight * values.take(at, axis)
        made.append(sums)
    shape = list(values.shape)
    shape[axis] = 2 * count
    return np.stack(made, axis + 1).reshape(shape)
