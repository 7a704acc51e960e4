"""Image files that say something of themselves: colours, turns, depth, damage; made byte by byte where no writer would."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

DATA = Path(__file__).parents[1] / "data" / "pictures"

_down, _across = np.mgrid[0:256:4, 0:256:4]
RAMP = np.dstack([_across, _down, (_across + _down) // 2]).astype(np.uint8)
PICTURE = Image.fromarray(RAMP)
WIDE = PICTURE.crop((0, 0, 64, 40))
GREY = Image.fromarray(RAMP[..., 2])
PRIMARIES = {
    "srgb": ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    "adobe": ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
    "p3": ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
}
WHITE = (0.3127, 0.3290)


def chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def png(image: Image.Image, *extra: bytes, late: bytes = b"", after: bytes = b"") -> bytes:
    """A PNG with chunks after its head, before its end and bytes after that."""
    content = saved(image, "PNG")
    return content[:33] + b"".join(extra) + content[33:-12] + late + content[-12:] + after


def gama(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def chrm(name: str) -> bytes:
    numbers = [number for point in (WHITE, *PRIMARIES[name]) for number in point]
    return chunk(b"cHRM", struct.pack(">8I", *[round(number * 100_000) for number in numbers]))


def cicp(*points: int) -> bytes:
    return chunk(b"cICP", bytes(points))


def iccp(profile: bytes) -> bytes:
    return chunk(b"iCCP", b"x\0\0" + zlib.compress(profile))


SRGB = chunk(b"sRGB", b"\0")


def para(kind: int, *numbers: float) -> bytes:
    return b"para\0\0\0\0" + struct.pack(f">HH{len(numbers)}i", kind, 0, *[round(n * 65536) for n in numbers])


def curv(*numbers: int) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(f">I{len(numbers)}H", len(numbers), *numbers)


SRGB_CURVE = para(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def icc(
    curve: bytes = SRGB_CURVE,
    primaries: str = "srgb",
    *,
    space: bytes = b"RGB ",
    kind: bytes = b"mntr",
    version: int = 4,
    more: dict[bytes, bytes] | None = None,
    without: tuple[bytes, ...] = (),
) -> bytes:
    """An ICC profile of one curve and the D50 columns of named primaries."""
    tags = {b"wtpt": _xyz((0.9642, 1.0, 0.8249))}
    if space == b"GRAY":
        tags[b"kTRC"] = curve
    else:
        tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
        tags |= dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz, D50_COLUMNS[primaries]), strict=True))
    tags |= more or {}
    tags = {name: tag for name, tag in tags.items() if name not in without}
    body, table, start = b"", b"", 132 + 12 * len(tags)
    for name, tag in tags.items():
        tag += bytes(-len(tag) % 4)
        table += struct.pack(">4sII", name, start + len(body), len(tag))
        body += tag
    head = struct.pack(
        ">I4sI4s4s4s12s4s", start + len(body), b"test", version << 24, kind, space, b"XYZ ", bytes(12), b"acsp"
    )
    head += bytes(28) + struct.pack(">3i", round(0.9642 * 65536), 65536, round(0.8249 * 65536))
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


D50_COLUMNS = {
    "srgb": ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)),
    "adobe": ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
    "p3": ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),
}
"""Adapted by Bradford, as such profiles have them."""


def _xyz(numbers: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *[round(number * 65536) for number in numbers])


def exif(orientation: int, *, kind: int = 3, order: str = ">") -> bytes:
    """The TIFF part of EXIF with an orientation alone."""
    value = struct.pack(order + ("HH" if kind == 3 else "I"), *((orientation, 0) if kind == 3 else (orientation,)))
    head = b"MM" if order == ">" else b"II"
    return head + struct.pack(order + "HIHHHI", 42, 8, 1, 0x0112, kind, 1) + value + bytes(4)


def broken_exif(orientation: int) -> bytes:
    """An orientation beside a rational number that lies outside of the data."""
    entries = struct.pack(">HHII", 0x011A, 5, 1, 0xFFFFFF) + struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"MM" + struct.pack(">HIH", 42, 8, 2) + entries + bytes(4)


def adobe_by_name() -> bytes:
    """EXIF as cameras write it: colour space uncalibrated, interoperability R03."""
    details = (
        struct.pack(">H", 2) + struct.pack(">HHIHH", 0xA001, 3, 1, 0xFFFF, 0) + struct.pack(">HHII", 0xA005, 4, 1, 56)
    )
    interop = struct.pack(">H", 1) + struct.pack(">HHI4s", 1, 2, 4, b"R03\0") + bytes(4)
    first = struct.pack(">H", 1) + struct.pack(">HHII", 0x8769, 4, 1, 26) + bytes(4)
    return b"MM" + struct.pack(">HI", 42, 8) + first + details + bytes(4) + interop


def told_exif(words: str) -> bytes:
    told = Image.Exif()
    told[0x010E] = words
    return told.tobytes()


def jpeg_exif(tiff: bytes) -> bytes:
    return b"Exif\0\0" + tiff


def xmp(orientation: int) -> bytes:
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="%d"/></rdf:RDF></x:xmpmeta>'
    ) % orientation


def avif(
    primaries: int = 1, transfer: int = 13, matrix: int = 6, full: int = 128, image: Image.Image = PICTURE
) -> bytes:
    """An AVIF whose colour box says these coded points."""
    content = saved(image, "AVIF", quality=95, subsampling="4:4:4")
    at = content.index(b"colrnclx") + 8
    return content[:at] + struct.pack(">HHHB", primaries, transfer, matrix, full) + content[at + 7 :]


def jpeg(image: Image.Image = PICTURE, **options: object) -> bytes:
    return saved(image, "JPEG", **{"quality": 92, **options})


def webp_animation(frame: Image.Image, width: int, height: int) -> bytes:
    """One frame in an animation's shape, which need not fill it."""
    picture = saved(frame, "WEBP", quality=90)[12:]
    place = (0).to_bytes(6, "little") + b"".join((side - 1).to_bytes(3, "little") for side in frame.size) + bytes(4)
    parts = _riff(b"VP8X", b"\x02\0\0\0" + b"".join((side - 1).to_bytes(3, "little") for side in (width, height)))
    parts += _riff(b"ANIM", bytes(6)) + _riff(b"ANMF", place + picture)
    return b"RIFF" + struct.pack("<I", 4 + len(parts)) + b"WEBP" + parts


def _riff(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload + bytes(len(payload) & 1)


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def without_eoi(content: bytes) -> bytes:
    assert content.endswith(b"\xff\xd9")
    return content[:-2]


def cut(content: bytes, share: float, end: bytes = b"") -> bytes:
    return content[: round(len(content) * share)] + end


def zeroed(content: bytes, first: float, last: float) -> bytes:
    start, stop = round(len(content) * first), round(len(content) * last)
    return content[:start] + bytes(stop - start) + content[stop:]


def with_restarts() -> bytes:
    return jpeg(restart_marker_blocks=4)


def second_restart_lost() -> bytes:
    content = with_restarts()
    first, second = content.index(b"\xff\xd1"), content.index(b"\xff\xd2")
    return content[:first] + content[second:]


def last_scan_lost() -> bytes:
    content = jpeg(progressive=True)
    return content[: content.rindex(b"\xff\xda")] + b"\xff\xd9"


def zeroed_interval() -> bytes:
    content = with_restarts()
    first, second = content.index(b"\xff\xd1") + 2, content.index(b"\xff\xd2")
    middle = (first + second) // 2
    return content[:middle] + bytes(second - middle) + content[second:]


def mended_webp(content: bytes) -> bytes:
    """With lengths that agree with how long it is now."""
    return (
        content[:4]
        + struct.pack("<I", len(content) - 8)
        + content[8:16]
        + struct.pack("<I", len(content) - 20)
        + content[20:]
    )


def strips_beyond(content: bytes) -> bytes:
    """A TIFF whose strips begin where it ends."""
    at = int.from_bytes(content[4:8], "little")
    found = bytearray(content)
    for number in range(int.from_bytes(content[at : at + 2], "little")):
        entry = at + 2 + 12 * number
        if int.from_bytes(content[entry : entry + 2], "little") == 273:
            found[entry + 8 : entry + 12] = struct.pack("<I", len(content) - 40)
            found[entry + 4 : entry + 8] = struct.pack("<I", 1)
    return bytes(found)


def with_segments(content: bytes, *payloads: bytes) -> bytes:
    """A JPEG with APP1 segments put before all others."""
    return (
        content[:2] + b"".join(b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part for part in payloads) + content[2:]
    )


def exif_of_thumbnail(orientation: int) -> bytes:
    """EXIF whose second directory alone, that of the thumbnail, has an orientation."""
    return b"MM" + struct.pack(">HIHI", 42, 8, 0, 14) + struct.pack(">HHHIHHI", 1, 0x112, 3, 1, orientation, 0, 0)


def raw_profile(orientation: int) -> bytes:
    text = b"\nexif\n 38\n" + exif(orientation).hex().encode()
    return chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))


def unflagged(content: bytes) -> bytes:
    """A WebP whose head does not say that a profile follows."""
    at = content.index(b"VP8X") + 8
    return content[:at] + bytes([content[at] & ~0x20]) + content[at + 1 :]


def bmp(bits: int, height: int = 32, masks: tuple[int, ...] = ()) -> bytes:
    """A BMP of noise, 32 pixels wide."""
    pixels = np.random.default_rng(0).integers(0, 256, 32 * 32 * bits // 8, dtype=np.uint8).tobytes()
    head = struct.pack("<IiiHHIIiiII", 40, 32, height, 1, bits, 3 if masks else 0, len(pixels), 0, 0, 0, 0)
    head += struct.pack(f"<{len(masks)}I", *masks)
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + len(pixels), 0, 0, 14 + len(head)) + head + pixels


def bmp_with_profile(profile: bytes, image: Image.Image = PICTURE) -> bytes:
    """A BMP whose fifth header holds a profile."""
    pixels = np.asarray(image)[::-1, :, ::-1].tobytes()
    head = struct.pack("<IiiHHIIiiII", 124, *image.size, 1, 24, 0, len(pixels), 0, 0, 0, 0)
    head += bytes(16) + b"DEBM" + bytes(48) + struct.pack("<4I", 4, 124 + len(pixels), len(profile), 0)
    length = 14 + len(head) + len(pixels) + len(profile)
    return b"BM" + struct.pack("<IHHI", length, 0, 0, 14 + len(head)) + head + pixels + profile


def run_length_bmp() -> bytes:
    """A BMP that steps over pixels."""
    rows = b"".join(bytes([20, row, 0, 2, 4, 0, 24, row + 2, 0, 0]) for row in range(48)) + b"\0\1"
    palette = bytes(range(256)) * 4
    head = struct.pack("<IiiHHIIiiII", 40, 48, 48, 1, 8, 1, len(rows), 0, 0, 0, 0)
    start = 14 + len(head) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + head + palette + rows


def in_palette(extra_before: bytes = b"", extra_after: bytes = b"", colours: int = 64) -> bytes:
    """A PNG of a palette of so many colours, all 64 in use, with chunks around it."""
    content = saved(PICTURE.quantize(64), "PNG")
    at = content.index(b"PLTE") - 4
    length = int.from_bytes(content[at : at + 4], "big")
    palette = chunk(b"PLTE", content[at + 8 : at + 8 + 3 * colours]) if colours else b""
    return content[:at] + extra_before + palette + extra_after + content[at + 12 + length :]


def before_scan(content: bytes, marker: bytes, payload: bytes) -> bytes:
    """A JPEG with a segment right before its first scan."""
    at = content.index(b"\xff\xda")
    return content[:at] + b"\xff" + marker + struct.pack(">H", len(payload) + 2) + payload + content[at:]


def before_end(content: bytes, marker: bytes, payload: bytes) -> bytes:
    """A JPEG with a segment after its last scan."""
    return content[:-2] + b"\xff" + marker + struct.pack(">H", len(payload) + 2) + payload + content[-2:]


def exif_of(*orientations: int, cut: int = 0) -> bytes:
    """EXIF with several orientations, its end missing."""
    entries = b"".join(struct.pack(">HHIHH", 0x0112, 3, 1, each, 0) for each in orientations)
    told = b"MM" + struct.pack(">HIH", 42, 8, len(orientations)) + entries + bytes(4)
    return told[: len(told) - cut]


def icc_segment(part: bytes, number: int = 1, of: int = 1) -> bytes:
    """What a JPEG's APP2 segment holds of a profile."""
    return b"ICC_PROFILE\0" + bytes([number, of]) + part


def in_segments(content: bytes, profile: bytes, order: tuple[int, ...]) -> bytes:
    """A JPEG with a profile in parts, put down in this order."""
    length = -(-len(profile) // len(order))
    for number in reversed(order):
        part = icc_segment(profile[number * length : (number + 1) * length], number + 1, len(order))
        content = content[:2] + b"\xff\xe2" + struct.pack(">H", len(part) + 2) + part + content[2:]
    return content
