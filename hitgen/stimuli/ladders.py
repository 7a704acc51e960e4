"""Ladders: all frames of one source under one codec, made as one independent pure task."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hitgen.batch.load import LadderSource
from hitgen.config.images import FilesSet, Parameter
from hitgen.lib.files import file_sha256
from hitgen.stimuli.codecs import encode_frame, library_versions, lossless, prepare
from hitgen.stimuli.files import carried_frame, level_files
from hitgen.stimuli.packs import make_pack, write_pack
from hitgen.stimuli.sources import open_source

FORMAT = 1
"""Raise it when the same input would give other frames or another pack."""


@dataclass(frozen=True)
class LadderLevel:
    """One level: its codec parameter (None for level 0, the source) and its frame's digest."""

    level: int
    parameter: Parameter | None
    frame: str


@dataclass(frozen=True)
class Ladder:
    """A made ladder; `ladder`, `pack` and `frame` are sha256 hex digests of content."""

    ladder: str
    images: str
    source: str
    codec: str
    role: str
    pack: str
    bytes: int
    width: int
    height: int
    levels: tuple[LadderLevel, ...]

    @property
    def key(self) -> str:
        return f"{self.images}/{self.source}"

    @property
    def level_count(self) -> int:
        return len(self.levels) - 1

    def record(self) -> dict[str, Any]:
        """The ladder as JSON data, as in the manifest."""
        return asdict(self)

    @staticmethod
    def of_record(record: dict[str, Any]) -> Ladder:
        return Ladder(**{**record, "levels": tuple(LadderLevel(**level) for level in record["levels"])})


def make_ladder(source: LadderSource, folder: Path) -> Ladder:
    """Encode every level of one source and write the pack into a folder; pure in source, set and library versions."""
    images = source.images
    prepare(images)
    opened = open_source(source.path, _name(source.path, source.folder))
    frames = [lossless(opened.pixels)]
    if isinstance(images, FilesSet):
        files = level_files(images, source.source, source.folder)
        size = (opened.width, opened.height)
        frames += [carried_frame(path, _name(path, source.folder), size) for path in files]
        parameters: tuple[Parameter, ...] = (
            tuple(path.name for path in files) if images.index.endswith(".csv") else images.parameters
        )
    else:
        parameters = images.parameters
        frames += [encode_frame(opened.pixels, images, parameter) for parameter in parameters]
    pack = make_pack(opened.width, opened.height, frames)
    digest, size_bytes = write_pack(pack, folder)
    digests = {frame: hashlib.sha256(frame.content).hexdigest() for frame in pack.frames}
    levels = tuple(
        LadderLevel(level, parameter, digests[frame])
        for level, (parameter, frame) in enumerate(zip((None, *parameters), frames, strict=True))
    )
    return Ladder(
        _digest(images.codec, opened.width, opened.height, levels),
        images.name,
        source.source,
        images.codec,
        images.role,
        digest,
        size_bytes,
        opened.width,
        opened.height,
        levels,
    )


def cache_key(source: LadderSource) -> str:
    """A digest of everything the ladder depends on, read without decoding an image.

    InputError where a file is missing or the codec is not installed.
    """
    images = source.images
    prepare(images)
    settings = images.model_dump(mode="json", exclude={"name", "role", "sources"})
    digest = hashlib.sha256(json.dumps([FORMAT, settings, library_versions(images)], sort_keys=True).encode())
    paths = [source.path]
    if isinstance(images, FilesSet):
        paths += level_files(images, source.source, source.folder)
    for path in paths:
        digest.update(bytes.fromhex(file_sha256(path)))
    return digest.hexdigest()


def _digest(codec: str, width: int, height: int, levels: tuple[LadderLevel, ...]) -> str:
    text = json.dumps([codec, width, height, [(level.parameter, level.frame) for level in levels]])
    return hashlib.sha256(text.encode()).hexdigest()


def _name(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
