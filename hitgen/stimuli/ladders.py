"""Ladders: all frames of one source under one codec, made as one independent pure task."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from hitgen.batch.sources import LadderSource
from hitgen.config.images import FilesSet, Parameter
from hitgen.lib.files import file_sha256
from hitgen.manifest import Ladder, Level
from hitgen.stimuli.codecs import encode_frame, library_versions, lossless, prepare
from hitgen.stimuli.files import carried_frame, level_files, name_of
from hitgen.stimuli.packs import make_pack, write_pack
from hitgen.stimuli.sources import open_source

FORMAT = 2
"""Raise it when the same input would give other frames or another pack."""


def make_ladder(source: LadderSource, folder: Path) -> Ladder:
    """Encode every level of one source and write the pack into a folder; pure in source, set and library versions."""
    images = source.images
    prepare(images)
    name = name_of(source.path, source.folder)
    opened = open_source(source.path, name)
    frames = [lossless(opened.pixels)]
    if isinstance(images, FilesSet):
        files = level_files(images, source.source, source.folder)
        size = (opened.width, opened.height)
        frames += [carried_frame(path, name_of(path, source.folder), size) for path in files]
        parameters: tuple[Parameter, ...] = (
            tuple(path.name for path in files) if images.index.endswith(".csv") else images.parameters
        )
    else:
        parameters = images.parameters
        frames += [encode_frame(opened.pixels, images, parameter, name) for parameter in parameters]
    pack = make_pack(opened.width, opened.height, frames)
    digest, size_bytes = write_pack(pack, folder)
    digests = {frame: hashlib.sha256(frame.content).hexdigest() for frame in pack.frames}
    levels = tuple(
        Level(level, parameter, digests[frame])
        for level, (parameter, frame) in enumerate(zip((None, *parameters), frames, strict=True))
    )
    return Ladder(
        ladder=_digest(images.codec, opened.width, opened.height, levels), images=images.name, source=source.source,
        codec=images.codec, role=images.role, pack=digest, bytes=size_bytes, width=opened.width, height=opened.height,
        levels=levels,
    )  # fmt: skip


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


def _digest(codec: str, width: int, height: int, levels: tuple[Level, ...]) -> str:
    text = json.dumps([codec, width, height, [(level.parameter, level.frame) for level in levels]])
    return hashlib.sha256(text.encode()).hexdigest()
