"""Frames that a page makes itself: the page's own kernel, run here, and the proof that Pillow's JPEGs show the same pixels."""

from __future__ import annotations

import base64
import ctypes
import io
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from wasmtime import Engine, Instance, Memory, Module, Store

from hitgen.lib.shipped import shipped

KERNEL = Path("codecs") / "jpeg.wasm.json"
HALVED = {"4:4:4": (0, 0), "4:2:2": (1, 0), "4:2:0": (1, 1)}
"""Whether chroma has half of luma's columns and rows."""


class Maker:
    """Makes the frames of one picture, as the page does."""

    def __init__(self, picture: Image.Image, subsampling: str, wasm: bytes | None = None) -> None:
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


def unlike(picture: Image.Image, subsampling: str, qualities: Iterable[int]) -> list[int]:
    """The qualities at which Pillow decodes other pixels from its own JPEG of a picture than the page makes."""
    maker = Maker(picture, subsampling)
    return [
        quality
        for quality in qualities
        if not np.array_equal(maker.frame(quality), _decoded(picture, subsampling, quality))
    ]


def _decoded(picture: Image.Image, subsampling: str, quality: int) -> npt.NDArray[np.uint32]:
    buffer = io.BytesIO()
    # a copy: one Image object saved from two threads at once writes the wrong quality without a word
    picture.copy().save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    with Image.open(buffer) as coded:
        coded.load()
        return np.frombuffer(coded.tobytes("raw", "RGBX"), np.uint32)


def _call(function: Any, store: Store, *numbers: int) -> int:
    result: int | None = function(store, *numbers)
    return (result or 0) & 0xFFFFFFFF


@cache
def _module(wasm: bytes | None) -> tuple[Engine, Module]:
    engine = Engine()
    if wasm is None:
        wasm = base64.b64decode(json.loads((shipped("assets") / KERNEL).read_text(encoding="utf-8"))["base64"])
    return engine, Module(engine, wasm)
