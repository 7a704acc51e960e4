"""How much of the picture flashes beyond WCAG 2.3.1 when source and level alternate.

General flash: relative luminance changes by at least 10% of the maximum, the darker state being below 0.80. Red flash:
a saturated red (R/(R+G+B) >= 0.8) in either state, with (R-G-B)*320, negatives as zero, changing by more than 20.
A hazard is more than 3 flashes a second over more than 25% of any 10 degree field, that is 0.006 steradians.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hitgen.config.hit import FLASH_ACCEPTANCE, Display
from hitgen.errors import Fault, in_config

LIMIT_SR = 0.006
FIELD_DEG = 10.0
FIELD_SR = 2 * math.pi * (1 - math.cos(math.radians(FIELD_DEG / 2)))
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
    marked = flashing(source, frame)
    if not marked.any():
        return 0.0
    width = marked.shape[1]
    field_px, sr_per_px = _field(width, display)
    return float(min(_most_in_any_square(marked, max(1, round(field_px))) * sr_per_px, FIELD_SR))


def areas_sr(counts: NDArray[np.float32], cell_px: int, width: int, display: Display) -> list[float]:
    """As `flash_area_sr` for many frames, from the flashing source pixels in each cell of a grid: frames x rows x columns.

    The field is widened to whole cells, so that the area is never told too small by that.
    """
    if display.swaps_per_second / 2 <= MOST_FLASHES_PER_S:
        return [0.0] * len(counts)
    field_px, sr_per_px = _field(width, display)
    most = [_most_in_any_square(each, max(1, math.ceil(field_px / cell_px))) for each in counts]
    return [float(min(each * sr_per_px, FIELD_SR)) for each in most]


def _field(width: int, display: Display) -> tuple[float, float]:
    """The side of the field in source pixels, and the steradians of one."""
    cm_per_px = display.width_cm / width if display.scaling == "physical" else ASSUMED_CM_PER_PX
    side_px = 2 * display.distance_cm * math.tan(math.radians(FIELD_DEG / 2)) / cm_per_px
    return side_px, (cm_per_px / display.distance_cm) ** 2


@dataclass(frozen=True)
class Flash:
    """How one ladder flashes: the largest area of any level, and the first level beyond the limit, if there is one."""

    ladder: str
    most_sr: float
    first_beyond: int | None


def flash_of(ladder: str, levels_sr: Sequence[float]) -> Flash:
    """The flash of a ladder from the areas of its levels 0..L."""
    beyond = next((level for level, area in enumerate(levels_sr) if area > LIMIT_SR), None)
    return Flash(ladder, max(levels_sr, default=0.0), beyond)


def flash_faults(flashes: Sequence[Flash], display: Display) -> Iterator[Fault]:
    """One fault for all ladders that flash beyond the limit, unless the config accepts it in so many words."""
    beyond = [(each.first_beyond, each.ladder) for each in flashes if each.first_beyond is not None]
    if not beyond or display.accept_flash_hazard is not None:
        return
    most = max(each.most_sr for each in flashes)
    first, ladder = min(beyond)
    fewer = f"levels = {first - 1}, " if first > 1 else ""
    named = ladder if len(beyond) == 1 else f"{len(beyond)} ladders, {ladder} first of all,"
    yield in_config(
        "display.accept_flash_hazard",
        f"{named} flash{'es' if len(beyond) == 1 else ''} beyond WCAG 2.3.1 from level {first} on: up to {most:.4f} sr in "
        f"a 10 degree field at {display.swaps_per_second / 2:g} flashes a second, the limit being {LIMIT_SR} sr",
        f"{fewer}swaps_per_second = {2 * MOST_FLASHES_PER_S:g}, "
        f'or accept_flash_hazard = "{FLASH_ACCEPTANCE}" and a warning to participants',
    )


def flashing(source: Rgb, frame: Rgb) -> NDArray[np.bool_]:
    """Which pixels flash where a picture of height x width x 3 alternates with another."""
    return light_of(source).flashes(light_of(frame))


@dataclass(frozen=True)
class Light:
    """What of a picture's light flashes are judged by: height x width each."""

    luminance: Linear
    redness: Linear
    is_red: NDArray[np.bool_]

    def flashes(self, other: Light) -> NDArray[np.bool_]:
        """Which pixels flash where it alternates with another."""
        general = np.abs(self.luminance - other.luminance) >= 0.1
        general &= np.minimum(self.luminance, other.luminance) < 0.8
        red = self.is_red | other.is_red
        if red.any():
            general |= red & (np.abs(self.redness - other.redness) > 20)
        return np.asarray(general)


def light_of(picture: Rgb) -> Light:
    """The light of a picture of height x width x 3; of many frames, the source's is needed once."""
    # channel by channel: sums along an axis of three are ten times as slow
    red, green, blue = (np.take(_LINEAR, picture[..., channel]) for channel in range(3))
    luminance = np.float32(0.2126) * red + np.float32(0.7152) * green + np.float32(0.0722) * blue
    others = green + blue
    redness = np.maximum(0, red - others) * np.float32(320)
    return Light(luminance, redness, red >= np.float32(0.8) * np.maximum(red + others, np.float32(1e-6)))


def _most_in_any_square(marked: NDArray[Any], side: int) -> float:
    sums = np.zeros((marked.shape[0] + 1, marked.shape[1] + 1))
    sums[1:, 1:] = marked.cumsum(0, dtype=np.float64).cumsum(1)
    down, across = min(side, marked.shape[0]), min(side, marked.shape[1])
    boxes = sums[down:, across:] - sums[:-down, across:] - sums[down:, :-across] + sums[:-down, :-across]
    return float(boxes.max())
