"""Where planted distortions hide from programs: places in which small errors are seen, and the steps in which they grow.

In smooth parts of a picture a small error is seen, in its textures a large one is not. A place whose blocks change less than
the textures around it is found by people, while a program that looks for what changes most finds the textures.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hitgen.methods.pjnd.eye import Map
from hitgen.stimuli.views import PLACES, PLATEAU

SEEN = 1.5
"""Thresholds that a place comes to at the window's end. Photographs under JPEG have 0.6 to 1.0 at level 38, where people see
them flicker on average."""
AIM = 1.05 * SEEN
"""A place's frame fades at its edge."""
BLOCK_PX = 8
CONSIDERED = 0.7
"""The share of all places that a seed chooses from, so that another seed finds others."""
BEGUN = 0.5
"""At most such a share of what is seen in the end is seen in the window's first level."""
STEP, GROWTH = 0.8, 0.2
"""What a block's error and its logarithm grow by from level to level in natural ladders, about."""


@dataclass(frozen=True)
class Spot:
    """A place in the frames of one ladder: how far above the threshold of sight each frame is there, and the errors of its blocks that the place shows."""

    point: tuple[int, int]
    seen: Map
    errors: Map

    @property
    def amplitudes(self) -> Map:
        """Of each frame, the error of the worst block."""
        return np.asarray(self.errors.max(1))

    def end(self, after: int) -> int | None:
        """The frame after this one that is seen well and changes its blocks the least; None where none is seen."""
        enough = [number for number in range(after + 1, len(self.seen)) if self.seen[number] >= AIM]
        return min(enough, key=lambda number: float(self.amplitudes[number]), default=None)


def merged(spots: Sequence[Spot]) -> Spot:
    """Places that show the same frames, as one: it is seen as the least of them."""
    seen = np.stack([spot.seen for spot in spots]).min(0)
    return Spot(spots[0].point, seen, np.concatenate([spot.errors for spot in spots], axis=1))


def block_errors(difference: Map) -> Map:
    """The root mean square in each block of 8x8 pixels, or of the whole where it is smaller; rows x columns."""
    rows, columns = (max(1, side // BLOCK_PX) for side in difference.shape)
    high, wide = (min(BLOCK_PX, side) for side in difference.shape)
    blocks = difference[: rows * high, : columns * wide].reshape(rows, high, columns, wide)
    return np.asarray(np.sqrt((blocks**2).mean((1, 3))), dtype=np.float32)


def positions(width: int, height: int, radius: float) -> list[tuple[int, int]]:
    """Where places can be."""
    margin, step = round(0.7 * radius), max(1, round(radius / 8))
    return [(x, y) for y in range(margin, height - margin, step) for x in range(margin, width - margin, step)]


def considered(points: Sequence[tuple[int, int]], seed: int) -> list[int]:
    """The numbers of those that a seed looks at."""
    rng = random.Random(seed)
    return [number for number in range(len(points)) if rng.random() < CONSIDERED]


def block_weights(shape: tuple[int, int], point: tuple[int, int], reach: float) -> Map:
    """How much a place shows of each block at the most, 0 to 1."""
    rows, columns = (np.arange(count) * BLOCK_PX + BLOCK_PX / 2 for count in shape)
    aside = [np.maximum(np.abs(at - of) - BLOCK_PX / 2, 0) for at, of in zip((columns, rows), point, strict=True)]
    distance = np.hypot(aside[0][None, :], aside[1][:, None]) / reach
    return np.asarray(np.clip((1 - distance) / (1 - PLATEAU), 0, 1), dtype=np.float32)


def apart(spots: Sequence[Spot], radius: float, worth: Callable[[Spot], float]) -> list[Spot]:
    """The best three places more than two radii apart, or fewer where there are no more."""
    found: list[Spot] = []
    for spot in sorted(spots, key=worth, reverse=True):
        if all(math.dist(spot.point, other.point) > 2.2 * radius for other in found):
            found.append(spot)
        if len(found) == PLACES:
            break
    return found


def climb(spot: Spot, first: int, end: int, steps: int) -> list[int]:
    """The frames of a window's levels, from the one after `first` to `end`: by the smallest steps of errors and of what is seen.

    No frame is there twice unless there are too few.
    """
    frames = np.arange(first, end + 1)
    errors, seen = spot.errors[frames], np.log(np.maximum(spot.seen[frames], 0.05))
    mean = np.log(errors.mean(1) + 0.05)
    cost = np.array([_steps(errors, number) for number in range(len(frames))])
    cost = (cost / STEP) ** 4 + _growth(mean) + 0.2 * _growth(seen)
    cost[np.tril_indices(len(frames), -1)] = np.inf
    cost[np.diag_indices(len(frames))] = 1e9
    late = np.where(spot.seen[frames] > BEGUN * spot.seen[end], 1e6, 0)
    best, came_from = cost[0] + late, []
    for _ in range(steps - 1):
        ways = best[:, None] + cost
        came_from.append(ways.argmin(0))
        best = ways.min(0)
    path = [len(frames) - 1]
    for before in reversed(came_from):
        path.append(int(before[path[-1]]))
    return [int(frames[number]) for number in reversed(path)]


def _steps(errors: Map, number: int) -> NDArray[np.float64]:
    """What the block that grows most grows by from one frame to each."""
    return np.asarray(np.maximum(errors - errors[number], 0).max(1), dtype=np.float64)


def _growth(logarithms: Map) -> NDArray[np.float64]:
    return np.asarray(((logarithms[None, :] - logarithms[:, None]) / GROWTH) ** 4, dtype=np.float64)


def spots_in(
    points: Sequence[tuple[int, int]], numbers: Sequence[int], seen: Map, errors: Map, reach: float
) -> Iterator[Spot]:
    """Places by their numbers; `seen` is frames x points, `errors` frames x rows x columns of blocks."""
    for number in numbers:
        weights = block_weights(errors.shape[1:], points[number], reach)
        shown = weights > 0
        yield Spot(points[number], seen[:, number], errors[:, shown] * weights[shown])
