"""Ladders that already exist as files: which file shows which level, carried without their metadata."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageCms

from hitgen.config.images import FilesSet
from hitgen.errors import Fault, InputError
from hitgen.lib.files import read_csv
from hitgen.stimuli.codecs import MIME_TYPES, lossless
from hitgen.stimuli.packs import Frame
from hitgen.stimuli.sources import decode_rgb, refusal

ORIENTATION = 0x0112


def level_files(images: FilesSet, source: str, folder: Path) -> list[Path]:
    """The files of levels 1..L; InputError names every one that is missing."""
    paths = (
        _from_csv(images, source, folder) if images.index.endswith(".csv") else _from_pattern(images, source, folder)
    )
    missing = [str(path.relative_to(folder)) for path in paths if not path.is_file()]
    if missing:
        shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise InputError(
            Fault(
                "batch.toml",
                f"images {images.name}: frames",
                f"missing for {source!r}: {shown}",
                "the pattern's folder and {index}",
            )
        )
    return paths


def _from_pattern(images: FilesSet, source: str, folder: Path) -> list[Path]:
    try:
        return [
            folder / images.frames.format(source=source, index=index, level=level)
            for level, index in enumerate(images.parameters, 1)
        ]
    except (KeyError, ValueError, IndexError) as error:
        raise InputError(
            Fault(
                "batch.toml",
                f"images {images.name}: frames",
                f"{images.frames!r} is no pattern ({error})",
                "{source} and {index:03d}",
            )
        ) from None


def _from_csv(images: FilesSet, source: str, folder: Path) -> list[Path]:
    try:
        rows = [row for _, row in read_csv((folder / images.index).read_bytes(), images.index, ("level", "file"))]
    except OSError as error:
        raise refusal(
            images.index, f"it cannot be read ({error})", "a CSV with the columns source,level,file"
        ) from None
    try:
        found = {int(row["level"]): folder / row["file"] for row in rows if row.get("source", source) == source}
    except (KeyError, TypeError, ValueError):
        raise refusal(
            images.index, "it has no columns level and file", "a CSV with the columns source,level,file"
        ) from None
    absent = [level for level in range(1, images.levels + 1) if level not in found]
    if absent:
        raise refusal(
            images.index,
            f"it has no file for {source!r} at level {absent[0]}",
            f"one row for each level 1..{images.levels}",
        )
    return [found[level] for level in range(1, images.levels + 1)]


def carried_frame(path: Path, name: str, size: tuple[int, int]) -> Frame:
    """A file as the page gets it: its own bytes less metadata where browsers show them, lossless otherwise.

    InputError where the picture is faulty or its size is not the source's.
    """
    content = path.read_bytes()
    picture = decode_rgb(content, name)
    if picture.size != size:
        raise refusal(
            name,
            f"it is {picture.width}x{picture.height}, but its source is {size[0]}x{size[1]}",
            "frames of the source's size",
        )
    with Image.open(io.BytesIO(content)) as image:
        form = image.format or ""
        plain = image.getexif().get(ORIENTATION, 1) == 1 and _is_srgb(image)
    bare = _STRIPPERS.get(form, lambda _: None)(content) if plain else None
    return Frame(bare, MIME_TYPES[form]) if bare else lossless(picture)


def _is_srgb(image: Image.Image) -> bool:
    profile = image.info.get("icc_profile")
    if not profile:
        return True
    try:
        return "srgb" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).lower()
    except ImageCms.PyCMSError:
        return False


def _bare_jpeg(content: bytes) -> bytes | None:
    """Without application data and comments; JFIF and Adobe stay, as they say how colour is coded."""
    kept, position = [content[:2]], 2
    while position + 4 <= len(content) and content[position] == 0xFF:
        marker = content[position + 1]
        if marker == 0xDA:
            return b"".join([*kept, content[position:]])
        end = position + 2 + int.from_bytes(content[position + 2 : position + 4], "big")
        if not (marker == 0xFE or (0xE1 <= marker <= 0xEF and marker != 0xEE)):
            kept.append(content[position:end])
        position = end
    return None


def _bare_png(content: bytes) -> bytes:
    kept = [content[:8]]
    position = 8
    while position + 12 <= len(content):
        end = position + 12 + int.from_bytes(content[position : position + 4], "big")
        if content[position + 4 : position + 8] in (b"IHDR", b"PLTE", b"IDAT", b"IEND"):
            kept.append(content[position:end])
        position = end
    return b"".join(kept)


def _webp_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 12
    while position + 8 <= len(content):
        length = int.from_bytes(content[position + 4 : position + 8], "little")
        end = position + 8 + length + (length & 1)
        yield content[position : position + 4], content[position:end]
        position = end


def _bare_webp(content: bytes) -> bytes:
    """The picture chunk alone, in the simple form that has no place for metadata."""
    picture = b"".join(chunk for kind, chunk in _webp_chunks(content) if kind in (b"VP8 ", b"VP8L"))
    return b"RIFF" + (len(picture) + 4).to_bytes(4, "little") + b"WEBP" + picture


def _bare_avif(content: bytes) -> bytes | None:
    """Its own bytes, unless they carry metadata: boxes cannot be cut out without moving the others."""
    return None if b"Exif" in content[:4096] or b"application/rdf+xml" in content[:4096] else content


_STRIPPERS = {"JPEG": _bare_jpeg, "PNG": _bare_png, "WEBP": _bare_webp, "AVIF": _bare_avif}
