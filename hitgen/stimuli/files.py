"""Ladders that already exist as files: which file shows which level, carried without their metadata."""

from __future__ import annotations

import warnings
from pathlib import Path

from hitgen.batch.sources import LadderSource, name_of
from hitgen.config.images import FilesSet
from hitgen.errors import Fault, InputError, in_config
from hitgen.lib.containers import PNG_HEAD, boxes, item_properties, item_types, jpeg_segments, png_chunks, webp_chunks
from hitgen.lib.files import content_of, read_csv
from hitgen.lib.pictures import open_picture, orientation
from hitgen.stimuli.codecs import MIME_TYPES, lossless
from hitgen.stimuli.packs import Frame
from hitgen.stimuli.sources import decode_rgb, refusal

ARITHMETIC = {0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
"""JPEG's start of frame markers of arithmetic coding."""
FEWER = "fewer `levels`, in an image set of its own where others have more"


def level_files(images: FilesSet, source: str, folder: Path) -> list[Path]:
    """The files of levels 1..L; InputError names every one that is missing."""
    paths = (
        _from_csv(images, source, folder) if images.index.endswith(".csv") else _from_pattern(images, source, folder)
    )
    missing = [name_of(path, folder) for path in paths if not path.is_file()]
    if missing:
        shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise InputError(
            in_config(
                f"images {images.name}: frames",
                f"missing for {source!r}: {shown}",
                f"the pattern's folder and {{index}}, or {FEWER}",
            )
        )
    return paths


def further_frame(source: LadderSource) -> str:
    """The file of one more level than a ladder of files has; empty where there is none."""
    images = source.images
    if not isinstance(images, FilesSet):
        return ""
    longer = images.model_copy(update={"levels": images.levels + 1})
    try:
        return name_of(level_files(longer, source.source, source.folder)[-1], source.folder)
    except InputError:
        return ""


def _from_pattern(images: FilesSet, source: str, folder: Path) -> list[Path]:
    try:
        return [
            folder / images.frames.format(source=source, index=index, level=level)
            for level, index in enumerate(images.parameters, 1)
        ]
    except (LookupError, ValueError, AttributeError, TypeError) as error:
        raise InputError(
            in_config(
                f"images {images.name}: frames",
                f"{images.frames!r} is no pattern ({error})",
                "{source} and {index:03d}",
            )
        ) from None


def _from_csv(images: FilesSet, source: str, folder: Path) -> list[Path]:
    try:
        content = content_of(folder / images.index)
    except OSError as error:
        remedy = "a CSV with the columns source,level,file"
        raise refusal(images.index, f"it cannot be read ({error.strerror})", remedy) from None
    found: dict[int, Path] = {}
    for line, row in read_csv(content, images.index, ("level", "file")):
        if row.get("source", source) not in (source, ""):
            continue
        if not row["level"].isdecimal():
            problem = f"{row['level']!r} is no level"
            raise InputError(Fault(images.index, f"line {line}", problem, "a whole number from 1"))
        level = int(row["level"])
        if level in found:
            problem = f"level {level} of {source!r} is there twice"
            raise InputError(Fault(images.index, f"line {line}", problem, "keeping one of the two rows"))
        found[level] = folder / row["file"]
    absent = [level for level in range(1, images.levels + 1) if level not in found]
    if absent:
        raise refusal(
            images.index,
            f"it has no file for {source!r} at level {absent[0]}",
            f"one row for each level 1..{images.levels}, or {FEWER}",
        )
    return [found[level] for level in range(1, images.levels + 1)]


def carried_frame(path: Path, name: str, size: tuple[int, int]) -> Frame:
    """A file as the page gets it: its own bytes less metadata where every browser shows them, lossless otherwise.

    InputError where the picture is faulty or its size is not the source's.
    """
    try:
        content = content_of(path)
    except OSError as error:
        raise refusal(name, f"it cannot be read ({error.strerror})", "its path and permissions") from None
    picture = decode_rgb(content, name)
    if picture.size != size:
        raise refusal(
            name,
            f"it is {picture.width}x{picture.height}, but its source is {size[0]}x{size[1]}",
            "frames of the source's size",
        )
    from hitgen.stimuli.colour import colour_of  # numpy comes with it

    with warnings.catch_warnings(action="ignore"), open_picture(content) as image:  # it was judged as it was decoded
        form = image.format or ""
        plain = orientation(image, content) == 1 and colour_of(image, content) is None
    bare = _STRIPPERS[form](content) if plain and form in _STRIPPERS else None
    return Frame(bare, MIME_TYPES[form]) if bare else lossless(picture)


def _bare_jpeg(content: bytes) -> bytes | None:
    """Without application data, comments and what follows its end; JFIF and Adobe stay, as they say how colour is coded.

    None for arithmetic coding, which not every browser reads.
    """
    parts = jpeg_segments(content)
    if any(part.kind[0] in ARITHMETIC for part in parts):
        return None
    told = [
        part for part in parts if part.kind[0] != 0xFE and (not 0xE1 <= part.kind[0] <= 0xEF or part.kind[0] == 0xEE)
    ]
    return b"".join([content[:2], *(part.whole for part in told), b"\xff\xd9"])


def _bare_png(content: bytes) -> bytes:
    kept = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
    return PNG_HEAD + b"".join(part.whole for part in png_chunks(content) if part.kind in kept)


def _bare_webp(content: bytes) -> bytes:
    """The picture chunk alone, in the simple form that has no place for metadata."""
    picture = b"".join(part.whole for part in webp_chunks(content) if part.kind in (b"VP8 ", b"VP8L"))
    return b"RIFF" + (len(picture) + 4).to_bytes(4, "little") + b"WEBP" + picture


def _bare_avif(content: bytes) -> bytes | None:
    """Its own bytes, if they hold the picture and nothing else: boxes cannot be cut out without moving the others."""
    kinds = [part.kind for part in boxes(content)]
    alone = kinds == [b"ftyp", b"meta", b"mdat"] and item_types(content) <= {b"av01", b"grid"}
    return content if alone and not any(part.kind in (b"uuid", b"udta") for part in item_properties(content)) else None


_STRIPPERS = {"JPEG": _bare_jpeg, "PNG": _bare_png, "WEBP": _bare_webp, "AVIF": _bare_avif}
