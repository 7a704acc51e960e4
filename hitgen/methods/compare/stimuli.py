"""The pictures of `compare`: crops of a source's coded frames, boosted where the arm asks for it, each in a pack of its own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image

from hitgen.batch.sources import LadderSource, Treatment, name_of
from hitgen.config.images import FilesSet, Parameter
from hitgen.errors import Fault, InputError
from hitgen.lib.pictures import upright_size
from hitgen.manifest import Level
from hitgen.methods.compare.boosts import FACTOR, Pixels, amplified, enlarged
from hitgen.methods.compare.config import Boost
from hitgen.methods.compare.manifest import Ladder
from hitgen.methods.compare.row import Arm
from hitgen.methods.compare.spread import Spread, spread_parameters
from hitgen.stimuli.codecs import code, lossless, prepare
from hitgen.stimuli.files import carried_frame, level_files
from hitgen.stimuli.packs import make_pack, write_pack
from hitgen.stimuli.sources import decode_rgb, open_source

EFFORT = 4
"""A page carries dozens of pictures, all of them lossless."""
FORMAT = 1
"""Raise it when the same input would give other pictures."""
Crop = tuple[int, int, int, int]
"""x, y, width, height in source pixels."""


@dataclass(frozen=True)
class Shown(Treatment):
    """What an arm shows of a source's frames."""

    arm: Arm
    boosts: tuple[Boost, ...]
    crop: Crop | tuple[int, int] | None
    """Where it lies, or its size in the middle; None: the whole picture."""
    spread: Spread | None
    model: ClassVar[type[Ladder]] = Ladder

    @property
    def key(self) -> str:
        return json.dumps([FORMAT, self.arm, self.boosts, self.crop, self.spread and self.spread.key])

    def size(self, source: LadderSource) -> tuple[int, int] | None:
        """Width and height of what is shown; None where the source's file does not tell its own."""
        if self.crop is not None:
            return self.crop[-2], self.crop[-1]
        return upright_size(source.path)

    def make(self, source: LadderSource, folder: Path) -> Ladder:
        """The ladder of an arm; every picture is carried lossless, so that all browsers show the same pixels."""
        prepare(source.images)
        name = name_of(source.path, source.folder)
        opened = open_source(source.path, name)
        crop = placed(self.crop, opened.pixels.size, name, "zoom" in self.boosts)
        parameters, coded = self._coded(source, opened.pixels, name)
        pivot = _cut(opened.pixels, crop)
        shown = [pivot, *(self._boosted(pivot, _cut(picture, crop)) for _, picture in coded)]
        frames = [lossless(self._enlarged(pixels), EFFORT) for pixels in shown]
        height, width = np.asarray(self._enlarged(pivot)).shape[:2]
        whole, size = write_pack(make_pack(width, height, frames), folder)
        single = [write_pack(make_pack(width, height, [frame]), folder) for frame in frames]
        levels = tuple(
            Level(level, parameter, hashlib.sha256(frame.content).hexdigest())
            for level, (parameter, frame) in enumerate(zip((None, *parameters), frames, strict=True))
        )
        text = json.dumps(
            [source.images.codec, self.arm, width, height, [(row.parameter, row.frame) for row in levels]]
        )
        return Ladder(
            ladder=hashlib.sha256(text.encode()).hexdigest(), images=source.images.name, source=source.source,
            codec=source.images.codec, role=source.images.role, pack=whole, bytes=size, width=width, height=height,
            levels=levels, arm=self.arm, pictures=tuple(digest for digest, _ in single),
            picture_bytes=tuple(size for _, size in single), coded_bytes=(0, *(size for size, _ in coded)),
            source_width=opened.width, source_height=opened.height, crop=crop,
        )  # fmt: skip

    def _coded(
        self, source: LadderSource, picture: Image.Image, name: str
    ) -> tuple[tuple[Parameter, ...], list[tuple[int, Image.Image]]]:
        """The parameter of every level, and its bytes and pixels: the whole picture is coded, then cropped."""
        images = source.images
        if isinstance(images, FilesSet):
            files = level_files(images, source.source, source.folder)
            names: tuple[Parameter, ...] = images.parameters
            if images.index.endswith(".csv"):
                names = tuple(path.name for path in files)
            return names, [_of_file(path, name_of(path, source.folder), picture.size) for path in files]
        if self.spread:
            found = spread_parameters(picture, images, self.spread, name)
            return tuple(found), [found[parameter] for parameter in found]
        return images.parameters, [code(picture, images, each, name) for each in images.parameters]

    def _boosted(self, pivot: Pixels, version: Pixels) -> Pixels:
        return amplified(pivot, version, FACTOR) if "amplify" in self.boosts else version

    def _enlarged(self, pixels: Pixels) -> Image.Image:
        return Image.fromarray(enlarged(pixels) if "zoom" in self.boosts else pixels)


def placed(crop: Crop | tuple[int, int] | None, size: tuple[int, int], name: str, zoomed: bool) -> Crop:
    """Where a crop lies in a picture of this size; zoomed, its middle half. InputError where the picture is too small."""
    across, down = size
    if crop is None:
        crop = (0, 0, across // 2 * 2 if zoomed else across, down // 2 * 2 if zoomed else down)
    if len(crop) == 2:
        width, height = crop
        crop = ((across - width) // 2, (down - height) // 2, width, height)
    x, y, width, height = crop
    if min(x, y) < 0 or x + width > across or y + height > down:
        problem = f"it has {across}x{down} pixels, and {width}x{height} are to be shown of it"
        remedy = "a larger picture, a smaller crop under [method], or whole = true"
        raise InputError(Fault(name, "method.crop", problem, remedy))
    if zoomed:
        return x + width // 4, y + height // 4, width // 2, height // 2
    return crop


def _cut(picture: Image.Image, crop: Crop) -> Pixels:
    x, y, width, height = crop
    return np.asarray(picture)[y : y + height, x : x + width]


def _of_file(path: Path, name: str, size: tuple[int, int]) -> tuple[int, Image.Image]:
    return path.stat().st_size, decode_rgb(carried_frame(path, name, size).content, name)
