"""Frames that a page makes itself: the page's own kernel, run here, and the proof that Pillow's JPEGs show the same pixels."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from wasmtime import Engine, Instance, Memory, Module, Store

from hitgen.config.images import JpegSet, Subsampling
from hitgen.stimuli.kernel import kernel_wasm
from hitgen.stimuli.packs import Frame, MadeFrame

HALVED = {"4:4:4": (0, 0), "4:2:2": (1, 0), "4:2:0": (1, 1)}
"""Whether chroma has half of luma's columns and rows."""


class Maker:
    """Makes the frames of one picture, as the page does."""

    def __init__(self, picture: Image.Image, subsampling: Subsampling, wasm: bytes | None = None) -> None:
        self.width, self.height = picture.size
        engine, module = _module(wasm)
        self._store = Store(engine)
        exports = Instance(self._store, module, []).exports(self._store)
        self._memory, self._frame = exports["memory"], exports["frame"]
        content = picture.convert("RGB").tobytes()
        at = _call(exports["place"], self._store, self.width, self.height, 3, *HALVED[subsampling])
        if not at:
            raise MemoryError(f"no memory for a picture of {self.width}x{self.height}")
        assert isinstance(self._memory, Memory)
        self._memory.write(self._store, content, at)
        _call(exports["prepare"], self._store)

    def frame(self, quality: int) -> npt.NDArray[np.uint32]:
        """The pixels of one quality, one number of R, G, B, 255 each; valid until the next call."""
        at = _call(self._frame, self._store, quality)
        assert isinstance(self._memory, Memory)
        start = ctypes.addressof(self._memory.data_ptr(self._store).contents) + at
        memory = (ctypes.c_uint32 * (self.width * self.height)).from_address(start)
        return np.ctypeslib.as_array(memory)

    def pixels(self, quality: int) -> npt.NDArray[np.uint8]:
        """The frame as a picture: height x width x RGB; valid until the next call."""
        return self.frame(quality).view(np.uint8).reshape(self.height, self.width, 4)[..., :3]


def made_frames(picture: Image.Image, images: JpegSet) -> tuple[list[Frame | MadeFrame] | None, int | None]:
    """How the page makes levels 1..L, and what their JPEGs would weigh; None where it would make other pixels, or none."""
    qualities = [int(quality) for quality in images.parameters]
    try:
        proof = prove(picture, images.subsampling, qualities)
    except (MemoryError, OSError):  # why there is no JPEG of it is told where it is to be carried
        return None, None
    if proof.unlike:
        return None, None
    frames = [MadeFrame(subsampling=images.subsampling, quality=quality) for quality in qualities]
    return [*frames], proof.jpeg_bytes


@dataclass(frozen=True)
class Proof:
    """How a picture's made frames compare with Pillow's JPEGs of it."""

    unlike: tuple[int, ...]
    """The qualities at which Pillow decodes other pixels than the page makes."""
    jpeg_bytes: int
    """What the JPEGs weigh together."""


def prove(picture: Image.Image, subsampling: Subsampling, qualities: Sequence[int]) -> Proof:
    """Compare every pixel of every quality with what Pillow decodes of its own JPEG."""
    maker = Maker(picture, subsampling)
    unlike, jpeg_bytes = [], 0
    for quality in qualities:
        coded = encoded(picture, subsampling, quality)
        frame = maker.frame(quality)
        if not np.array_equal(frame, _decoded(coded)):
            unlike.append(quality)
        jpeg_bytes += len(coded)
    return Proof(tuple(unlike), jpeg_bytes)


def encoded(picture: Image.Image, subsampling: str, quality: int) -> bytes:
    """The JPEG whose pixels a made frame has."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    return buffer.getvalue()


def _decoded(content: bytes) -> npt.NDArray[np.uint32]:
    with Image.open(io.BytesIO(content), formats=("JPEG",)) as picture:
        picture.decodermaxblock = len(content)  # in one piece
        picture.load()
        return np.frombuffer(picture.tobytes("raw", "RGBX"), np.uint32)


def _call(function: Any, store: Store, *numbers: int) -> int:
    result: int | None = function(store, *numbers)
    return (result or 0) & 0xFFFFFFFF


@cache
def _module(wasm: bytes | None) -> tuple[Engine, Module]:
    engine = Engine()
    return engine, Module(engine, wasm or kernel_wasm())
