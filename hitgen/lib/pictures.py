"""Image files as they are opened everywhere: which kinds there are, and which way up each one is shown."""

from __future__ import annotations

import importlib
import io
import struct
import warnings
from pathlib import Path

from PIL import Image, PngImagePlugin, UnidentifiedImageError

from hitgen.lib.containers import JXL_BOXED, jpeg_head, primary_properties
from hitgen.lib.files import content_of

SUFFIXES = {
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".avif", ".gif", ".bmp", ".dib", ".tif", ".tiff"),
    *(".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".ppm", ".pgm", ".pbm", ".pnm", ".heic", ".heif", ".hif", ".jxl"),
}
"""What the names of files that can be sources end in."""
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "JPEG2000", "PPM")
"""What Pillow reads of itself. Nothing else of it is asked: some of its formats start programs."""
EXIF_ORIENTATION = 0x0112
APP1 = b"\xe1"
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What brings a picture of each EXIF orientation upright."""
_PLUGINS = {"HEIF": ("pillow_heif", "register_heif_opener", "heic"), "JXL": ("pillow_jxl", "", "jxl")}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY
"""A PNG may carry some megabytes of an editor's text; all of them together are bounded."""


class MissingPluginError(Exception):
    """The package that reads this kind is not installed; `args[0]` is the extra that brings it."""


def load_plugin(form: str) -> None:
    """Let Pillow read and write HEIF or JXL; MissingPluginError where the package is not installed."""
    module, register, extra = _PLUGINS[form]
    try:
        loaded = importlib.import_module(module)
    except ImportError:
        raise MissingPluginError(extra) from None
    if register:
        getattr(loaded, register)()


def open_picture(content: bytes) -> Image.Image:
    """The picture in a file's bytes, its header read and its pixels not yet.

    What can be read hangs on the bytes alone, not on what this process opened before. Raises what Pillow raises,
    and MissingPluginError.
    """
    plugin = _plugin(content)
    if plugin:
        load_plugin(plugin)
    return Image.open(io.BytesIO(content), formats=(*FORMATS, plugin) if plugin else FORMATS)


def _plugin(content: bytes) -> str:
    if content.startswith(JXL_BOXED) or content[:2] == b"\xff\x0a":
        return "JXL"
    brands = {content[at : at + 4] for at in range(8, min(int.from_bytes(content[:4], "big"), 256), 4)}
    return "HEIF" if content[4:8] == b"ftyp" and brands & _HEIF_BRANDS and b"avif" not in brands else ""


def orientation(image: Image.Image, content: bytes) -> int:
    """How the opened picture has yet to be turned, as EXIF counts it; 1 where not at all.

    Only what browsers heed counts: EXIF in JPEG and in PNG before its pixels, the boxes of AVIF. TIFF, HEIC and JPEG XL
    are turned as they are decoded, save a JPEG that came inside a JPEG XL.
    """
    if image.format == "AVIF":
        return _of_boxes(content)
    if image.format in ("JPEG", "MPO"):
        told = (part.payload for part in jpeg_head(content) if part.kind == APP1 and part.payload[:5] == b"Exif\0")
        return exif_orientation(next(told, b"")[6:])
    if image.format == "PNG" or getattr(image, "jpeg", False):
        return exif_orientation(image.info.get("exif", b""))
    return 1


def exif_orientation(exif: bytes) -> int:
    """The orientation in EXIF data, whatever else is broken there; 1 where none is told."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if not order:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, start)
        for number in range(entries):
            tag, kind, count, value = struct.unpack_from(order + "HHIHxx", tiff, start + 2 + 12 * number)
            if tag == EXIF_ORIENTATION and kind == 3 and count == 1 and (value in UPRIGHT or value == 1):
                return int(value)
    except struct.error:
        pass
    return 1


def _of_boxes(content: bytes) -> int:
    turns, mirrored = 0, None
    for part in primary_properties(content):
        if part.kind == b"irot":
            turns = part.payload[0] & 3
        elif part.kind == b"imir":
            mirrored = part.payload[0] & 1
    if mirrored is None:
        return (1, 8, 3, 6)[turns]
    return ((4, 2), (5, 7), (2, 4), (7, 5))[turns][mirrored]


def upright_size(path: Path) -> tuple[int, int] | None:
    """Width and height of the picture in a file as it is shown, by its header; None where it cannot be read."""
    try:
        content = content_of(path)
        with warnings.catch_warnings(action="ignore"), open_picture(content) as image:
            turned = orientation(image, content) >= 5
            return (image.height, image.width) if turned else image.size
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning, MissingPluginError):
        return None
    except Exception:  # a decoder's own error: whoever opens the picture in full says what it is
        return None
