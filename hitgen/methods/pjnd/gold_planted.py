"""Gold whose answer is planted: a photograph of its own, untouched, whose ladder is shown at higher levels in three places.

Its pack is a natural ladder. Up to an onset the page shows no more of it than is unseen; from there on three places pass,
in a window of levels, from unseen to plainly seen by the codec's own distortion; then all of the picture catches up.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hitgen.config.images import AnyImageSet, Jpeg2000Set, Parameter, QualitySet
from hitgen.errors import Fault, InputError
from hitgen.methods.pjnd.config import Planted
from hitgen.stimuli.codecs import encode_frame
from hitgen.stimuli.views import PLACES

RADIUS_SHARE = 70 / 480
"""The accepted radius, of the height: 70 px at 640x480."""
WINDOW_LEVELS = 8
UNSEEN, SEEN = 0.4, 1.5
"""Thresholds: before the onset less is shown than the first, and the places come to more than the second. Photographs under
JPEG have 0.4 at level 14 and 0.6 to 1.0 at level 38, where people see them flicker on average."""
STRONGEST = (2.0, 1.7, 1.5)
"""So many thresholds the places come to in the end: the first with which nothing flashes beyond the limit."""
FLAT, MASKED, MIDDLE = 1.0, 0.11, 115.0
"""What is just seen on a flat ground of middle luma, in steps of it, and how much more for each step of the texture's SD; half
as much again on black."""
CONSIDERED = 0.7
"""Of all places, so that a seed has places of its own."""
MEASURED = 34
"""So many levels of a ladder are looked at."""
LOWEST_QUALITY, HIGHEST_RATIO = 4, 400.0
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
Map = NDArray[np.float32]


@dataclass(frozen=True)
class Made:
    """What is planted in a photograph's ladder, the accepted levels, and its parameters, which end worse than the study's where those are too fine to be seen."""

    level: tuple[int, int]
    points: tuple[tuple[int, int], ...]
    radius_px: float
    planted: Planted
    parameters: tuple[Parameter, ...]


class Eye:
    """How far frames of one picture are above the threshold of seeing them flicker, place by place.

    The difference in luma, blurred as the eye does at usual distances, in its root mean square around each pixel, over a
    threshold that grows with the texture there.
    """

    def __init__(self, picture: Image.Image) -> None:
        self._luma = np.asarray(picture, dtype=np.float32) @ LUMA
        self._reach = max(2, round(picture.height / 60))
        ground = _mean(self._luma, self._reach)
        spread = _mean(self._luma**2, self._reach) - ground**2
        extreme = 1 + ((ground - MIDDLE) / MIDDLE) ** 2 / 2
        self._threshold = extreme * (FLAT + MASKED * np.sqrt(np.maximum(spread, 0)))

    def thresholds(self, frame: NDArray[np.uint8]) -> Map:
        """How many thresholds a frame is above the picture, at each pixel."""
        difference = _mean(np.asarray(frame, dtype=np.float32) @ LUMA - self._luma, 1)
        return np.asarray(np.sqrt(_mean(difference**2, self._reach)) / self._threshold)


def _mean(values: Map, reach: int) -> Map:
    """The mean of the square around each pixel, by sums from the corner."""
    padded = np.pad(values.astype(np.float64), ((reach + 1, reach), (reach + 1, reach)), "edge")
    sums = padded.cumsum(0).cumsum(1)
    side = 2 * reach + 1
    total = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return np.asarray(np.maximum(total / side**2, 0) if values.min() >= 0 else total / side**2, dtype=np.float32)


@dataclass(frozen=True)
class _Frame:
    """A frame that the places may show: its level in the study's ladders, None where it is worse than those."""

    parameter: Parameter
    level: int | None
    thresholds: Map

    @property
    def peak(self) -> float:
        """Where it is seen best, but for single spots."""
        return float(np.quantile(self.thresholds, 0.995))


def plant(
    picture: Image.Image,
    images: AnyImageSet,
    onset: int,
    seed: int,
    name: str = "source",
    strongest: float = STRONGEST[0],
) -> Made:
    """What to plant in a picture's ladder of the study's kind; InputError where the onset leaves no room, the picture is too
    small, or its places cannot be seen whatever is done."""
    levels = images.level_count
    if not 2 <= onset <= levels - WINDOW_LEVELS:
        problem = f"an onset at level {onset} leaves no room for a window of {WINDOW_LEVELS} levels"
        remedy = f"a level of 2 to {levels - WINDOW_LEVELS}" if levels > WINDOW_LEVELS + 1 else "more levels"
        raise InputError(Fault(name, "onset", problem, remedy))
    radius = RADIUS_SHARE * picture.height
    frames = _frames(picture, images, name)
    if np.quantile(frames[-1].thresholds, 0.8) < strongest:
        frames += _worse_frames(picture, images, name)
    points, strengths = _places(frames, radius, seed, strongest, name)
    if max(strengths) < SEEN:
        problem = f"its places come to {max(strengths):.1f} thresholds of the eye, where {SEEN:g} are needed"
        raise InputError(Fault(name, "", problem, "another photograph, or more levels for the study"))
    last = onset + WINDOW_LEVELS - 1
    unseen = [
        number for number, frame in enumerate(frames) if frame.level and frame.level <= last and frame.peak <= UNSEEN
    ]
    first = max(unseen, default=0)
    ramp = [frames[number] for number in _ramp(strengths, first, min(strongest, max(strengths)))]
    if all(frame.level for frame in ramp):
        planted = Planted(outside=frames[first].level or 1, inside=tuple(frame.level or 1 for frame in ramp))
        return Made((onset, last), points, round(radius, 1), planted, images.parameters)
    most = levels - WINDOW_LEVELS
    planted = Planted(outside=min(frames[first].level or 1, most), inside=tuple(range(most + 1, levels + 1)), most=most)
    parameters = (*images.parameters[:most], *(frame.parameter for frame in ramp))
    return Made((onset, last), points, round(radius, 1), planted, parameters)


def around(values: Map, point: tuple[int, int], reach: int) -> Map:
    """The square around a point."""
    x, y = point
    return values[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]


def _frames(picture: Image.Image, images: AnyImageSet, name: str) -> list[_Frame]:
    """Levels of the study's ladders, the last one among them."""
    levels = images.level_count
    looked_at = sorted({1, *range(1, levels, max(1, levels // MEASURED)), levels})
    return list(_looked(picture, images, [(images.parameters[level - 1], level) for level in looked_at], name))


def _worse_frames(picture: Image.Image, images: AnyImageSet, name: str) -> list[_Frame]:
    """Frames worse than the study's worst; none where the codec's parameters do not tell which are."""
    worst = images.parameters[-1]
    parameters: list[Parameter] = []
    if isinstance(images, QualitySet) and isinstance(worst, int):
        parameters = list(range(worst - 1, LOWEST_QUALITY - 1, -max(1, worst // MEASURED)))
    elif isinstance(images, Jpeg2000Set) and isinstance(worst, int | float):
        steps = np.geomspace(worst, max(HIGHEST_RATIO, 2 * worst), MEASURED // 2)[1:]
        parameters = [round(float(ratio), 2) for ratio in steps]
    return list(_looked(picture, images, [(parameter, None) for parameter in parameters], name))


def _looked(
    picture: Image.Image, images: AnyImageSet, wanted: Sequence[tuple[Parameter, int | None]], name: str
) -> Iterator[_Frame]:
    eye = Eye(picture)
    for parameter, level in wanted:
        with Image.open(io.BytesIO(encode_frame(picture, images, parameter, name).content)) as frame:
            yield _Frame(parameter, level, eye.thresholds(np.asarray(frame.convert("RGB"))))


def _ramp(strengths: Sequence[float], first: int, top: float) -> list[int]:
    """The numbers of frames whose strengths grow by one factor from level to level, up to the top; never back."""
    begun, chosen = max(strengths[first], 0.05), first
    numbers = []
    for step in range(1, WINDOW_LEVELS + 1):
        wanted = begun * (top / begun) ** (step / WINDOW_LEVELS)
        chosen = min(
            range(chosen, len(strengths)), key=lambda number: abs(math.log(max(strengths[number], 0.01) / wanted))
        )
        numbers.append(chosen)
    return numbers


def _places(
    frames: Sequence[_Frame], radius: float, seed: int, strongest: float, name: str
) -> tuple[tuple[tuple[int, int], ...], list[float]]:
    """The places that are plainly seen at the lowest level, and how many thresholds the least of them has in each frame.

    Where little hides a distortion it is seen while it is small: such places change less from level to level than a
    natural ladder's worst.
    """
    reach = max(1, round(radius / 4))
    found = []
    for frame in frames[len(frames) // 3 :: max(1, len(frames) // 12)]:
        points = chosen_places(_mean(frame.thresholds, reach), radius, random.Random(seed), name)
        strengths = [min(float(around(each.thresholds, point, reach).mean()) for point in points) for each in frames]
        enough = next((number for number, of in enumerate(strengths) if of >= strongest), len(frames))
        found.append((enough, -max(strengths), points, strengths))
    _, _, points, strengths = min(found)
    return points, strengths


def chosen_places(worth: Map, radius: float, rng: random.Random, name: str) -> tuple[tuple[int, int], ...]:
    """Three places more than two radii apart, each the best of those that are left of a random choice."""
    height, width = worth.shape
    margin, step = round(0.7 * radius), max(1, round(radius / 5))
    free = [
        (-float(worth[y, x]), (x, y))
        for y in range(margin, height - margin, step)
        for x in range(margin, width - margin, step)
        if rng.random() < CONSIDERED
    ]
    points: list[tuple[int, int]] = []
    for _, point in sorted(free):
        if all(math.dist(point, other) > 2.2 * radius for other in points):
            points.append(point)
        if len(points) == PLACES:
            return tuple(points)
    problem = f"{width}x{height} has no room for three places {2.2 * radius:.0f} px apart"
    raise InputError(Fault(name, "", problem, "a wider image"))
