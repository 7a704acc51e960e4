"""Ladders of large pictures as they will be, from tiles of them: what `check` measures before anything is encoded in full."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from hitgen.batch.sources import LadderSource, name_of
from hitgen.config.images import AnyImageSet, FilesSet, JpegSet
from hitgen.errors import Fault, InputError, raise_faults
from hitgen.lib.files import write_whole
from hitgen.lib.pictures import upright_size
from hitgen.lib.progress import OnProgress
from hitgen.manifest import Ladder, Level
from hitgen.stimuli.codecs import WEBP_MAX_SIDE_PX, encode_frame, lossless, prepare
from hitgen.stimuli.ladders import cache_key
from hitgen.stimuli.measure import MADE, Look, is_look, look_at, on_all_cores, read_look, write_look
from hitgen.stimuli.packs import make_pack
from hitgen.stimuli.sources import open_source
from hitgen.stimuli.tiles import BLOCK_PX, as_picture, tiles_of

LARGE_PX = 1_500_000
"""Of larger pictures `check` encodes tiles alone; a build makes them whole."""
WIDE_TILE_PX = 64
"""For codecs whose blocks, or waves, are larger than JPEG's and WebP's."""
HEADER_BYTES = {"jpeg": 620}
"""What a frame weighs whatever its size."""
INDEX_BYTES_A_LEVEL = 90
"""What a pack says of a frame that pages make."""


def is_large(source: LadderSource) -> bool:
    """Whether a ladder takes long to encode, and is encoded here at all."""
    if source.treatment or isinstance(source.images, FilesSet) or source.images.codec == "command":
        return False
    size = upright_size(source.path)
    return size is not None and size[0] * size[1] > LARGE_PX


def estimate_ladders(
    sources: Sequence[LadderSource], cache: Path, workers: int | None, progress: OnProgress
) -> list[tuple[Ladder, Look]]:
    """Each ladder as a build will make it and what its frames are like, both scaled up from tiles; cached by content.

    InputError with the faults of all sources, as a build has them.
    """
    cache.mkdir(parents=True, exist_ok=True)
    tasks = [(source, cache / f"{cache_key(source)}.tiles") for source in sources]
    todo = [
        task for task in tasks if not (task[1].with_suffix(".json").is_file() and is_look(task[1].with_suffix(".npz")))
    ]
    on_all_cores(_estimate, todo, workers, "measuring tiles", progress)
    found, faults = [], []
    for source, path in tasks:
        record = path.with_suffix(".json")
        if (told := path.with_suffix(".faults")).exists():
            faults += [Fault(*line.split("\t")) for line in told.read_text("utf-8").splitlines()]
            told.unlink()
            continue
        named = {"images": source.images.name, "source": source.source, "role": source.images.role}
        ladder = Ladder.model_validate_json(record.read_bytes()).model_copy(update=named)
        found.append((ladder, read_look(path.with_suffix(".npz"))))
    raise_faults(faults)
    return found


def _estimate(task: tuple[LadderSource, Path]) -> None:
    source, path = task
    try:
        ladder, look = estimate_ladder(source)
    except InputError as error:
        rows = ["\t".join((each.where, each.field, each.problem, each.remedy)) for each in error.faults]
        write_whole(path.with_suffix(".faults"), "\n".join(rows).encode())
        return
    write_look(path.with_suffix(".npz"), look)
    write_whole(path.with_suffix(".json"), ladder.model_dump_json().encode())


def estimate_ladder(source: LadderSource) -> tuple[Ladder, Look]:
    """One ladder from tiles of its source: errors and flashes as they are there, bytes scaled to all of the picture."""
    images = source.images
    prepare(images)
    opened = open_source(source.path, name_of(source.path, source.folder))
    side = BLOCK_PX if images.codec in ("jpeg", "webp") else WIDE_TILE_PX
    tiles = tiles_of(opened.width, opened.height, side)
    picture = as_picture(tiles.take(np.asarray(opened.pixels)))
    frames = [lossless(picture), *(encode_frame(picture, images, each, source.key) for each in images.parameters)]
    pack = make_pack(picture.width, picture.height, frames)
    look = look_at(pack, tiles, taken=True)
    header = HEADER_BYTES.get(images.codec, 0)
    sizes = np.rint((np.maximum(look.bytes - header, 0)) * tiles.scale + header).astype(np.int64)
    digests = [hashlib.sha256(frame.content).hexdigest() for frame in frames]
    levels = tuple(
        Level(level, parameter, digest)
        for level, (parameter, digest) in enumerate(zip((None, *images.parameters), digests, strict=True))
    )
    whole = hashlib.sha256("".join([opened.digest, *digests]).encode()).hexdigest()
    carried_bytes = int(sum(dict(zip(digests, map(int, sizes), strict=True)).values()))
    made_bytes = int(sizes[0]) + INDEX_BYTES_A_LEVEL * len(images.parameters)
    made = source.made and _proved(picture, images) and max(opened.width, opened.height) <= WEBP_MAX_SIDE_PX
    ladder = Ladder(
        ladder=whole, images=images.name, source=source.source, codec=images.codec, role=images.role, pack=whole,
        bytes=made_bytes if made else carried_bytes, carried_bytes=carried_bytes if made else None,
        width=opened.width, height=opened.height, levels=levels,
    )  # fmt: skip
    return ladder, replace(look, bytes=sizes, types=(MADE,) if made else look.types)


def _proved(picture: Image.Image, images: AnyImageSet) -> bool:
    """Whether pages make what the JPEGs of a picture show."""
    from hitgen.stimuli.made import made_frames

    return isinstance(images, JpegSet) and made_frames(picture, images)[0] is not None
