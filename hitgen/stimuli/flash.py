"""How much of the picture flashes beyond WCAG 2.3.1 when source and level alternate.

General flash: relative luminance changes by at least 10% of the maximum, the darker state being below 0.80. Red flash:
a saturated red (R/(R+G+B) >= 0.8) in either state, with (R-G-B)*320, negatives as zero, changing by more than 20.
A hazard is more than 3 flashes a second over more than 25% of any 10 degree field, that is 0.006 steradians.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from hitgen.config.hit import FLASH_ACCEPTANCE, Display
from hitgen.errors import Fault, in_config

LIMIT_SR = 0.006
FIELD_DEG = 10.0
MOST_FLASHES_PER_S = 3.0
ASSUMED_CM_PER_PX = 2.54 / 96
"""For `scaling = "pixels"`, where the size on the screen is not known."""

Rgb = NDArray[np.uint8]
Linear = NDArray[np.float32]

_LINEAR = np.array(
    [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (level / 255 for level in range(256))
    ],
    dtype=np.float32,
)


def flash_area_sr(source: Rgb, frame: Rgb, display: Display) -> float:
    """The largest solid angle, in steradians, that flashes within any 10 degree field; 0 where the rate is harmless.

    `source` and `frame` are height x width x 3. The field slides as a square around the circle, so that the area is never
    told too small.
    """
    if display.swaps_per_second / 2 <= MOST_FLASHES_PER_S:
        return 0.0
    flashing = _flashing(source, frame)
    if not flashing.any():
        return 0.0
    width = flashing.shape[1]
    cm_per_px = display.width_cm / width if display.scaling == "physical" else ASSUMED_CM_PER_PX
    field_px = max(1, round(2 * display.distance_cm * math.tan(math.radians(FIELD_DEG / 2)) / cm_per_px))
    sr_per_px = (cm_per_px / display.distance_cm) ** 2
    field_sr = 2 * math.pi * (1 - math.cos(math.radians(FIELD_DEG / 2)))
    return float(min(_most_in_any_square(flashing, field_px) * sr_per_px, field_sr))


def flash_faults(ladder: str, areas_sr: Sequence[float], display: Display) -> Iterator[Fault]:
    """A fault for a ladder that flashes beyond the limit, unless the config accepts it in so many words."""
    beyond = [level for level, area in enumerate(areas_sr) if area > LIMIT_SR]
    if beyond and display.accept_flash_hazard is None:
        yield in_config(
            "display.accept_flash_hazard",
            f"{ladder} flashes beyond WCAG 2.3.1 from level {beyond[0]} on: up to {max(areas_sr):.4f} sr in a 10 degree "
            f"field at {display.swaps_per_second / 2:g} flashes a second, the limit being {LIMIT_SR} sr",
            f'fewer levels, swaps_per_second = 6, or accept_flash_hazard = "{FLASH_ACCEPTANCE}"',
        )


def _flashing(source: Rgb, frame: Rgb) -> NDArray[np.bool_]:
    first, second = _LINEAR[source], _LINEAR[frame]
    weights = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
    bright, dark = first @ weights, second @ weights
    general = (np.abs(bright - dark) >= 0.1) & (np.minimum(bright, dark) < 0.8)
    red = (np.abs(_red(first) - _red(second)) > 20) & (_is_red(first) | _is_red(second))
    return np.asarray(general | red)


def _red(linear: Linear) -> Linear:
    return np.asarray(np.maximum(0, linear[..., 0] - linear[..., 1] - linear[..., 2]) * 320)


def _is_red(linear: Linear) -> NDArray[np.bool_]:
    return np.asarray(linear[..., 0] >= 0.8 * np.maximum(linear.sum(axis=-1), 1e-6))


def _most_in_any_square(marked: NDArray[np.bool_], side: int) -> int:
    sums = np.zeros((marked.shape[0] + 1, marked.shape[1] + 1), dtype=np.int64)
    sums[1:, 1:] = marked.cumsum(0).cumsum(1)
    down, across = min(side, marked.shape[0]), min(side, marked.shape[1])
    boxes = sums[down:, across:] - sums[:-down, across:] - sums[down:, :-across] + sums[:-down, :-across]
    return int(boxes.max())
