"""Looking at tiles of a large picture in place of all of it: what is measured is scaled up, in seconds, not minutes.

Codecs work in blocks, so that a block-aligned tile that is encoded on its own comes out as it does inside its picture,
save at its borders. A picture that was scaled down instead would have other blocks, finer than the participant's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WHOLE_PX = 500_000
"""Pictures of so many pixels are looked at in full."""
SAMPLED_PX = 200_000
"""Of larger ones, tiles of about so many pixels in all."""
BLOCK_PX = 16
"""The largest block of the codecs that have them: JPEG's with halved colours, WebP's."""
CELL_PX = 4
"""The cells in which flashing pixels are counted where all of a picture is looked at."""
Pixels = NDArray[Any]


@dataclass(frozen=True)
class Tiles:
    """Where to look in a picture: every `step_px` down and across, a square of `side_px`, all aligned to blocks."""

    width: int
    height: int
    side_px: int
    step_px: int

    @property
    def whole(self) -> bool:
        """Whether all of the picture is looked at."""
        return self.side_px == self.step_px

    @property
    def scale(self) -> float:
        """How many pixels of the picture each one that is looked at stands for."""
        rows, columns = (len(self._starts(length)) * self.side_px for length in (self.height, self.width))
        return 1.0 if self.whole else self.width * self.height / (rows * columns)

    def _starts(self, length: int) -> range:
        first = min((self.step_px - self.side_px) // 2, max(0, length - self.side_px)) // BLOCK_PX * BLOCK_PX
        return range(first, max(first + 1, length - self.side_px + 1), self.step_px)

    def take(self, picture: Pixels) -> Pixels:
        """The tiles of a picture (height x width x ...) side by side as one small picture; all of it where that is looked at."""
        if self.whole:
            return picture
        rows, columns = (
            np.concatenate([np.arange(start, start + self.side_px) for start in self._starts(length)]).clip(
                0, length - 1
            )
            for length in (self.height, self.width)
        )
        return np.asarray(picture[np.ix_(rows, columns)])

    def counts(self, marked: NDArray[np.bool_]) -> NDArray[np.float32]:
        """How many pixels of the picture are marked in each cell of `step_px`, from a mask of what `take` gave."""
        side = self.side_px
        rows, columns = (-(-length // side) for length in marked.shape)
        padded = np.zeros((rows * side, columns * side), dtype=np.bool_)
        padded[: marked.shape[0], : marked.shape[1]] = marked
        found = padded.reshape(rows, side, columns, side).sum(axis=(1, 3), dtype=np.float32)
        return np.asarray(found * (self.step_px / side) ** 2)


def tiles_of(width: int, height: int, side_px: int = BLOCK_PX) -> Tiles:
    """Where to look in a picture of this size."""
    if width * height <= WHOLE_PX:
        return Tiles(width, height, CELL_PX, CELL_PX)
    step = side_px * (width * height / SAMPLED_PX) ** 0.5
    return Tiles(width, height, side_px, max(side_px, round(step / BLOCK_PX) * BLOCK_PX))


def as_picture(pixels: Pixels) -> Image.Image:
    """RGB pixels as an image."""
    return Image.fromarray(np.ascontiguousarray(pixels))
