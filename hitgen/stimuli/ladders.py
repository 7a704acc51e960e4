"""Ladders: all frames of one source under one codec, made as one independent pure task."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from PIL import Image

from hitgen.batch.sources import LadderSource, name_of
from hitgen.config.images import FilesSet, JpegSet
from hitgen.lib.files import file_sha256
from hitgen.manifest import Ladder, Level
from hitgen.stimuli.codecs import encode_frame, library_versions, lossless, prepare
from hitgen.stimuli.files import carried_frame, level_files
from hitgen.stimuli.kernel import kernel_digest
from hitgen.stimuli.packs import Frame, MadeFrame, make_pack, write_pack
from hitgen.stimuli.sources import open_source

FORMAT = 3
"""Raise it when the same input would give other frames or another pack."""
SOURCE_TYPE = "image/webp"
"""What pages read sources from that they make frames of."""


def make_ladder(source: LadderSource, folder: Path) -> Ladder:
    """Every level of one source, encoded or as the page makes it, as a pack in a folder; pure in source, set and library versions.

    Frames that are to be made and are not what Pillow decodes, or whose source pages cannot read, are carried after all.
    """
    if source.treatment:
        return source.treatment.make(source, folder)
    images = source.images
    prepare(images)
    name = name_of(source.path, source.folder)
    opened = open_source(source.path, name)
    pristine = lossless(opened.pixels)
    carried_bytes: int | None = None
    frames: list[Frame | MadeFrame] | None = None
    if source.made and isinstance(images, JpegSet) and pristine.type == SOURCE_TYPE:
        from hitgen.stimuli.made import made_frames

        frames, carried_bytes = made_frames(opened.pixels, images)
    if frames is None:
        frames = _carried(source, opened.pixels, name)
    frames = [pristine, *frames]
    if carried_bytes is not None:
        carried_bytes += len(pristine.content)
    parameters = images.parameters
    if isinstance(images, FilesSet) and images.index.endswith(".csv"):
        parameters = tuple(path.name for path in level_files(images, source.source, source.folder))
    pack = make_pack(opened.width, opened.height, frames)
    digest, size_bytes = write_pack(pack, folder)
    first = hashlib.sha256(pack.source.content).hexdigest()
    digests = {frame: _frame_digest(frame, first) for frame in pack.frames}
    levels = tuple(
        Level(level, parameter, digests[frame])
        for level, (parameter, frame) in enumerate(zip((None, *parameters), frames, strict=True))
    )
    return Ladder(
        ladder=_digest(images.codec, opened.width, opened.height, levels), images=images.name, source=source.source,
        codec=images.codec, role=images.role, pack=digest, bytes=size_bytes, carried_bytes=carried_bytes,
        width=opened.width, height=opened.height, levels=levels,
    )  # fmt: skip


def _carried(source: LadderSource, picture: Image.Image, name: str) -> list[Frame | MadeFrame]:
    images = source.images
    if isinstance(images, FilesSet):
        files = level_files(images, source.source, source.folder)
        return [carried_frame(path, name_of(path, source.folder), picture.size) for path in files]
    return [encode_frame(picture, images, parameter, name) for parameter in images.parameters]


def _frame_digest(frame: Frame | MadeFrame, source: str) -> str:
    """Of a made frame, by its source and how it is made of it."""
    content = frame.content if isinstance(frame, Frame) else source.encode() + frame.content
    return hashlib.sha256(content).hexdigest()


def cache_key(source: LadderSource) -> str:
    """A digest of everything the ladder depends on, read without decoding an image.

    InputError where a file is missing or the codec is not installed.
    """
    images = source.images
    prepare(images)
    settings = images.model_dump(mode="json", exclude={"name", "role", "sources"}, exclude_none=True)
    made = ["made", kernel_digest()] if source.made else []
    made += [source.treatment.key] if source.treatment else []
    key = json.dumps([FORMAT, settings, library_versions(images), *made], sort_keys=True)
    digest = hashlib.sha256(key.encode())
    paths = [source.path]
    if isinstance(images, FilesSet):
        paths += level_files(images, source.source, source.folder)
    for path in paths:
        digest.update(bytes.fromhex(file_sha256(path)))
    return digest.hexdigest()


def _digest(codec: str, width: int, height: int, levels: tuple[Level, ...]) -> str:
    text = json.dumps([codec, width, height, [(level.parameter, level.frame) for level in levels]])
    return hashlib.sha256(text.encode()).hexdigest()
