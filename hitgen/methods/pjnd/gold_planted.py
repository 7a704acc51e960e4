"""Gold and training ladders whose frames pages make: natural but for a change planted in three places from a known level on.

The qualities are those of the study, so the source is blurred until what they do to it is not seen before the change, and
noise of a step or two brings it back to the weight of the study's sources.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from hitgen.config.images import JpegSet, Planted
from hitgen.errors import Fault, InputError
from hitgen.methods.pjnd.gold_ladder import (
    RADIUS_SHARE,
    STRONGEST_BLUR_PX,
    WINDOW_LEVELS,
    Pixels,
    chosen_places,
    onset_fault,
    unfinished_folder,
)
from hitgen.stimuli.codecs import lossless
from hitgen.stimuli.made import Maker
from hitgen.stimuli.plant import change_at, changed

UNSEEN_RMS = 3.0
"""Luma by which a block of 8x8 may differ before the change; where the study's photographs begin to flicker it is above 8."""
LARGEST_NOISE = 2
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
STEPS = 6


@dataclass(frozen=True)
class PlantedGold:
    """A source, what is planted in its ladder, and the answer."""

    source: Image.Image
    images: JpegSet
    planted: Planted
    radius_px: float

    @property
    def level(self) -> tuple[int, int]:
        """The accepted levels."""
        return self.planted.level, self.planted.level + WINDOW_LEVELS - 1

    def shown(self) -> Iterator[NDArray[np.uint8]]:
        """The pixels of its levels, the highest first."""
        maker, source = Maker(self.source, self.images.subsampling), np.asarray(self.source)
        for level in range(self.images.level_count, 0, -1):
            frame = maker.frame(int(self.images.parameters[level - 1])).view(np.uint8)
            pixels = frame.reshape(*source.shape[:2], 4)[..., :3]
            yield changed(pixels, change_at(self.planted, source, level))

    def changing(self, most: float) -> PlantedGold:
        """The same, whose places change by no more than this."""
        return replace(self, planted=self.planted.model_copy(update={"most": round(most)}))

    @property
    def points(self) -> tuple[tuple[int, int], ...]:
        return self.planted.centres


def make_planted(
    source: Image.Image, onset: int, like: Sequence[int], images: JpegSet, seed: int, name: str = "source"
) -> PlantedGold:
    """A ladder with the study's qualities (`images`) and the onset at a level.

    `like` holds what study sources weigh, lossless, in bytes. InputError where the onset leaves no room, the picture is too
    small, or the study's qualities show before it whatever is done.
    """
    levels = images.level_count
    if not 2 <= onset <= levels - WINDOW_LEVELS:
        raise InputError(onset_fault(name, onset, levels))
    rng = random.Random(seed)
    wanted = rng.choice(like) ** (share := rng.random()) * rng.choice(like) ** (1 - share)
    noise = _Noise(source, rng.randrange(2**32))
    qualities = [int(quality) for quality in images.parameters[: onset + WINDOW_LEVELS - 1]]

    def made(blur_px: float) -> tuple[Image.Image, bool]:
        picture = noise.on(source.filter(ImageFilter.GaussianBlur(blur_px)), wanted)
        return picture, _is_unseen(picture, images, qualities)

    best, unseen = made(STRONGEST_BLUR_PX)
    if not unseen:
        problem = f"before an onset at level {onset} the study's qualities would be seen in it"
        raise InputError(Fault(name, "onset", problem, "a lower level, or a smoother photograph"))
    low, high = 0.0, STRONGEST_BLUR_PX
    for _ in range(STEPS):
        middle = (low + high) / 2
        picture, unseen = made(middle)
        if unseen:
            best, high = picture, middle
        else:
            low = middle
    places = chosen_places(np.asarray(best, dtype=np.int16), RADIUS_SHARE * source.height, rng, name)
    planted = Planted(level=onset, centres=(places[0], places[1], places[2]))
    return PlantedGold(best, images, planted, round(RADIUS_SHARE * source.height, 1))


class _Noise:
    """Noise of one step, then of two, of which so much is laid on a picture as brings it to a weight."""

    def __init__(self, picture: Image.Image, seed: int) -> None:
        generator = np.random.default_rng(seed)
        shape = (picture.height, picture.width, 3)
        self._dice = generator.random(shape, dtype=np.float32)
        self._sign = generator.choice(np.array([-1, 1], dtype=np.int16), shape)

    def on(self, picture: Image.Image, wanted_bytes: float) -> Image.Image:
        """The picture with the least noise that makes it weigh as much, or with all there is."""
        plain = np.asarray(picture, dtype=np.int16)
        few, many = 0.0, float(LARGEST_NOISE)
        for _ in range(STEPS + 1):
            share = (few + many) / 2
            if len(lossless(self._laid(plain, share)).content) < wanted_bytes:
                few = share
            else:
                many = share
        return self._laid(plain, many)

    def _laid(self, plain: Pixels, amount: float) -> Image.Image:
        steps = np.floor(amount + 1 - self._dice).astype(np.int16)
        return Image.fromarray(np.clip(plain + self._sign * steps, 0, 255).astype(np.uint8))


def _is_unseen(picture: Image.Image, images: JpegSet, qualities: Sequence[int]) -> bool:
    """Whether no block of a picture is changed visibly by the lowest of these qualities."""
    maker = Maker(picture, images.subsampling)
    frame = maker.frame(min(qualities)).view(np.uint8).reshape(picture.height, picture.width, 4)[..., :3]
    return bool(block_error(np.asarray(picture), frame).max() <= UNSEEN_RMS)


def block_error(source: NDArray[np.uint8], frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The root of the mean squared luma error in whole blocks of 8x8."""
    difference = (frame.astype(np.float32) - source) @ LUMA
    rows, columns = difference.shape[0] // 8, difference.shape[1] // 8
    blocks = difference[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8)
    found: NDArray[np.float32] = np.sqrt((blocks**2).mean((1, 3)))
    return found


def write_planted(gold: PlantedGold, batch_folder: Path, name: str, role: str) -> str:
    """Write the source under gold/NAME/ in a batch; the TOML of its image set and its question."""
    folder = unfinished_folder(batch_folder, name)
    gold.source.save(folder / f"{name}.png", optimize=True)
    points = ", ".join(f"[{x}, {y}]" for x, y in gold.points)
    levels = gold.images.levels
    if not isinstance(levels, int):
        rows = [f"{{level = {row['level']}, quality = {row['quality']}}}" for row in levels]
        levels = f"[{', '.join(rows)}]"  # type: ignore[assignment]
    return f"""
[[images]]
name = "{name}"
sources = "gold/{name}/{name}.png"
codec = "jpeg"
subsampling = "{gold.images.subsampling}"
levels = {levels}
role = "{role}"
planted = {{level = {gold.planted.level}, centres = [{points}], most = {gold.planted.most}}}

[[questions]]
images = "{name}"
source = "{name}"
level = [{gold.level[0]}, {gold.level[1]}]
points = [{points}]
radius_px = {gold.radius_px:g}
matches = 2
"""
