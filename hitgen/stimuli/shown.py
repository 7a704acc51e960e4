"""What the frames of a pack show and weigh, carried or made."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from hitgen.config.images import Subsampling
from hitgen.stimuli.made import Maker, encoded
from hitgen.stimuli.packs import Frame, MadeFrame, Pack

Pixels = npt.NDArray[np.uint8]


class PackPixels:
    """The pixels of a pack's frames: height x width x RGB."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._makers: dict[Subsampling, Maker] = {}

    def of(self, frame: Frame | MadeFrame) -> Pixels:
        """One frame's pixels."""
        if isinstance(frame, Frame):
            return np.asarray(_opened(frame))
        maker = self._makers.get(frame.subsampling)
        if maker is None:
            maker = self._makers[frame.subsampling] = Maker(_opened(self._pack.source), frame.subsampling)
        return maker.pixels(frame.quality).copy()

    def at(self, level: int) -> Pixels:
        """The pixels of the frame shown at a level."""
        return self.of(self._pack.frame(level))


class PackBytes:
    """What a pack's frames weigh as files: one that pages make, as the JPEG that it shows."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._source: Image.Image | None = None
        self._known: dict[int, int] = {}

    def at(self, level: int) -> int:
        """The bytes of the frame shown at a level."""
        if level not in self._known:
            frame = self._pack.frame(level)
            if isinstance(frame, MadeFrame):
                self._source = self._source or _opened(self._pack.source)
                self._known[level] = len(encoded(self._source, frame.subsampling, frame.quality))
            else:
                self._known[level] = len(frame.content)
        return self._known[level]


def _opened(frame: Frame) -> Image.Image:
    with Image.open(io.BytesIO(frame.content)) as picture:
        return picture.convert("RGB")
