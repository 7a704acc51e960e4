"""Frames that a page makes itself: the page's own kernel, run here, and the proof that Pillow's JPEGs show the same pixels."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from wasmtime import Engine, Instance, Module, Store

from hitgen.config.images import JpegSet, Subsampling
from hitgen.stimuli.kernel import kernel_wasm
from hitgen.stimuli.packs import Frame, MadeFrame

HALVED = {"4:4:4": (0, 0), "4:2:2": (1, 0), "4:2:0": (1, 1)}
"""Whether chroma has half of luma's columns and rows."""
CALLER = """(module
  (import "kernel" "frame" (func $frame (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "frame") (call $frame (i32.load (i32.const 0)) (i32.load (i32.const 4)))))"""
"""Calls the kernel with two numbers from memory: given as numbers of Python they would cost a third of what a frame does."""


class Maker:
    """Makes the frames of one picture, as the page does."""

    def __init__(self, picture: Image.Image, subsampling: Subsampling, wasm: bytes | None = None) -> None:
        self.width, self.height = picture.size
        engine, module, caller = _modules(wasm)
        self._store = Store(engine)
        exports = Instance(self._store, module, []).exports(self._store)
        at = _call(exports["place"], self._store, self.width, self.height, *HALVED[subsampling])
        if not at:
            raise MemoryError(f"no memory for a picture of {self.width}x{self.height}")
        self._lines = _call(exports["lines"], self._store)
        strip = _numbers(self._store, exports["memory"], at, self.width * self._lines)
        self._strip: npt.NDArray[np.uint32] = np.ctypeslib.as_array(strip)
        source = np.frombuffer(picture.convert("RGB").tobytes("raw", "RGBX"), np.uint32)
        for line in range(0, self.height, self._lines):
            part = source[line * self.width :][: self._strip.size]
            self._strip[: part.size] = part
            _call(exports["prepare"], self._store, line)
        calls = Instance(self._store, caller, [exports["frame"]]).exports(self._store)
        self._frame, self._asked = calls["frame"], _numbers(self._store, calls["memory"], 0, 2)

    def strips(self, quality: int) -> Iterator[npt.NDArray[np.uint32]]:
        """The pixels of one quality from the top, one number of R, G, B, 255 each; each strip is valid until the next."""
        for line in range(0, self.height, self._lines):
            self._asked[0], self._asked[1] = quality, line
            _call(self._frame, self._store)
            yield self._strip[: (self.height - line) * self.width]

    def frame(self, quality: int) -> npt.NDArray[np.uint32]:
        """All pixels of one quality."""
        return np.concatenate(list(map(np.copy, self.strips(quality))))

    def pixels(self, quality: int) -> npt.NDArray[np.uint8]:
        """The frame as a picture: height x width x RGB."""
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
    frames = [MadeFrame(subsampling=images.subsampling, quality=asked(quality)) for quality in qualities]
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
    maker, decoder = Maker(picture, subsampling), _Decoder(picture.size)
    unlike, jpeg_bytes = [], 0
    for quality in qualities:
        coded = encoded(picture, subsampling, quality)
        if not decoder.shows(coded, maker.strips(asked(quality))):
            unlike.append(quality)
        jpeg_bytes += len(coded)
    return Proof(tuple(unlike), jpeg_bytes)


def asked(quality: int) -> int:
    """What pages are asked for: libjpeg takes 0 for 1 (jcparam.c)."""
    return max(quality, 1)


def encoded(picture: Image.Image, subsampling: str, quality: int) -> bytes:
    """The JPEG whose pixels a made frame has."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    return buffer.getvalue()


class _Decoder:
    """Pillow's decoder, into the same memory each time."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._pixels = bytearray(size[0] * size[1] * 4)
        self._picture = Image.frombuffer("RGBX", size, self._pixels, "raw", "RGBX", 0, 1)

    def shows(self, content: bytes, strips: Iterable[npt.NDArray[np.uint32]]) -> bool:
        """Whether a JPEG has these pixels."""
        self._picture.frombytes(content, "jpeg", "RGB", "")
        at = 0
        for strip in strips:
            if not self._pixels.startswith(strip.data, at):  # in place, where numpy would make a mask first
                return False
            at += strip.nbytes
        return at == len(self._pixels)


def _call(function: Any, store: Store, *numbers: int) -> int:
    result: int | None = function(store, *numbers)
    return (result or 0) & 0xFFFFFFFF


def _numbers(store: Store, memory: Any, at: int, count: int) -> ctypes.Array[ctypes.c_uint32]:
    """Memory of WebAssembly itself, not a copy."""
    return (ctypes.c_uint32 * count).from_address(ctypes.addressof(memory.data_ptr(store).contents) + at)


@cache
def _modules(wasm: bytes | None) -> tuple[Engine, Module, Module]:
    engine = Engine()
    return engine, Module(engine, wasm or kernel_wasm()), Module(engine, CALLER)
