"""Few levels of a codec, found for each source by what they do to it: even steps of error, or of size."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from hitgen.config.images import AnyImageSet, Jpeg2000Set, Parameter
from hitgen.errors import Fault, InputError
from hitgen.stimuli.codecs import code

Coded = tuple[int, Image.Image]
"""Bytes, and what they show."""
RATIOS = tuple(round(400 * (1.25 / 400) ** (step / 199), 2) for step in range(200))
NEAR_DB, NEAR_SHARE = 1.5, 0.25
"""How far the first and the last level may be off their targets."""


@dataclass(frozen=True)
class Spread:
    """`count` levels from `first` to `last`: PSNR of luma in dB by equal steps, or bits per pixel by equal factors."""

    by: Literal["error", "size"]
    first: float
    last: float
    count: int

    @property
    def key(self) -> list[object]:
        return [self.by, self.first, self.last, self.count]

    def targets(self) -> list[float]:
        """What each level should come to."""
        shares = [level / max(1, self.count - 1) for level in range(self.count)]
        if self.by == "error":
            return [self.first + share * (self.last - self.first) for share in shares]
        return [self.first * (self.last / self.first) ** share for share in shares]

    def is_near(self, found: float, target: float) -> bool:
        """Whether a level is about where it should be."""
        return abs(found - target) <= (NEAR_DB if self.by == "error" else NEAR_SHARE * target)

    def value(self, picture: Image.Image, coded: Coded) -> float:
        """What a coded picture comes to."""
        if self.by == "size":
            return 8 * coded[0] / (picture.width * picture.height)
        return psnr_db(picture, coded[1])


def psnr_db(picture: Image.Image, shown: Image.Image) -> float:
    """The peak signal-to-noise ratio of luma in dB; 100 where nothing differs."""
    one, other = (np.asarray(each.convert("L"), dtype=np.float64) for each in (picture, shown))
    mse = float(np.mean((one - other) ** 2))
    return min(100.0, 10 * math.log10(255**2 / mse)) if mse else 100.0


def spread_parameters(picture: Image.Image, images: AnyImageSet, spread: Spread, name: str) -> dict[Parameter, Coded]:
    """The parameter of each level, with its coded picture, best first: the nearest to the level's target, each once.

    InputError, calling the source `name`, where a codec does not reach from the first to the last level.
    """
    order: tuple[Parameter, ...] = RATIOS if isinstance(images, Jpeg2000Set) else tuple(range(1, 101))
    tried: dict[int, tuple[float, Coded]] = {}

    def look(number: int) -> float:
        if number not in tried:
            coded = code(picture, images, order[number], name)
            tried[number] = spread.value(picture, coded), coded
        return tried[number][0]

    found: list[int] = []
    for target in spread.targets():
        number = _nearest(look, target, len(order))
        found.append(min(number, found[-1] - 1) if found else number)
    if found[-1] < 0 or not all(spread.is_near(look(found[n]), spread.targets()[n]) for n in (0, -1)):
        unit, key = ("dB", "error_db") if spread.by == "error" else ("bits per pixel", "size_bpp")
        problem = (
            f"{spread.count} levels from {spread.first:g} to {spread.last:g} {unit} are asked of {images.name.split('.')[0]}, "
            f"which goes from {look(len(order) - 1):.3g} to {look(0):.3g} here"
        )
        remedy = f"{key} under [method] within that, fewer levels, or [{{level = 1, ...}}, ...] for the set"
        raise InputError(Fault(name, f"method.{key}", problem, remedy))
    return {
        order[number]: tried[number][1] if number in tried else code(picture, images, order[number], name)
        for number in found
    }


def _nearest(look: Callable[[int], float], target: float, count: int) -> int:
    """The number whose value, which rises with it, is nearest to the target."""
    low, high = 0, count - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if look(middle) < target else (low, middle)
    return low if abs(look(low) - target) <= abs(look(high) - target) else high
