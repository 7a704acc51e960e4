"""Which colours the numbers of an image file mean, and the same colours as sRGB, as Chromium's canvas shows them.

What tells them: coded points (cICP, nclx), an ICC profile, gamma and chromaticities, in this order; sRGB where nothing
does. Only what has one transfer curve a channel and three primaries is converted. The rest (lookup tables, HDR, CMYK) is
refused, since browsers do not agree about it.
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hitgen.lib.containers import boxes, item_properties, jpeg_head, png_chunks

Floats = NDArray[np.float64]
PNG_GAMMA_THRESHOLD = 0.05
"""A gamma alone that is so near to sRGB's is taken for it, by libpng and by browsers."""
_STEPS = np.array(np.meshgrid(*[np.arange(0, 256, 15)] * 3)).reshape(3, -1).T.astype(np.uint8)
"""Colours from all over the cube."""
PIXELS_AT_ONCE = 1 << 15
"""So many that their numbers stay in the processor's cache; of more, each takes four times as long."""


class ColourError(Exception):
    """What is wrong with what a file says of its colours, in words."""


@dataclass(frozen=True)
class Colour:
    """Linear light of the 256 values of each channel, and the matrix from there to XYZ under D50."""

    curves: Floats
    to_xyz: Floats


SRGB_WHITE = (0.3127, 0.3290)
SRGB_PRIMARIES = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_CODED_PRIMARIES = {
    1: (SRGB_PRIMARIES, SRGB_WHITE),
    5: (((0.64, 0.33), (0.29, 0.60), (0.15, 0.06)), SRGB_WHITE),
    6: (((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)), SRGB_WHITE),
    9: (((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)), SRGB_WHITE),
    12: (((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), SRGB_WHITE),
}
"""Source: ITU-T H.273, table 2."""
_CODED_MATRICES = {0, 1, 2, 4, 5, 6, 7, 8, 9}
_VALUES = np.arange(256) / 255


def _srgb_curve(values: Floats) -> Floats:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _coded_curve(transfer: int, video_as_srgb: bool) -> Floats:
    if transfer == 13 or (video_as_srgb and transfer in (1, 6, 14, 15)):
        return _srgb_curve(_VALUES)
    power = {1: 2.4, 6: 2.4, 14: 2.4, 15: 2.4, 4: 2.2, 5: 2.8, 8: 1.0}.get(transfer)
    if power is None:
        raise ColourError(f"its coded transfer {transfer} is for HDR or unknown")
    return _VALUES**power


def _adapted(white: tuple[float, float], primaries: tuple[tuple[float, float], ...]) -> Floats:
    """The matrix from linear RGB to XYZ under D50, by Bradford's adaptation."""

    def xyz(point: tuple[float, float]) -> list[float]:
        x, y = point
        return [x / y, 1.0, (1 - x - y) / y]

    if any(y <= 0 or x < 0 or x + y > 1 for x, y in (white, *primaries)):
        raise ColourError("its chromaticities are no colours")
    columns, light = np.array([xyz(point) for point in primaries]).T, np.array(xyz(white))
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    d50 = np.array([0.9642, 1.0, 0.8249])
    try:
        scaled = columns * np.linalg.solve(columns, light)
    except np.linalg.LinAlgError:
        raise ColourError("its chromaticities are no colours") from None
    adaptation = np.linalg.solve(bradford, np.diag((bradford @ d50) / (bradford @ light)) @ bradford)
    return np.asarray(adaptation @ scaled)


_SRGB = Colour(np.tile(_srgb_curve(_VALUES), (3, 1)), _adapted(SRGB_WHITE, SRGB_PRIMARIES))


def colour_of(image: Image.Image, content: bytes) -> Colour | None:
    """The colours of an opened image file; None where they are sRGB. ColourError where they cannot be converted."""
    colour = _told(image, content)
    return None if colour is None or _is_srgb(colour) else colour


def _told(image: Image.Image, content: bytes) -> Colour | None:
    if image.format in ("GIF", "PPM"):
        return None  # browsers heed no profile in these
    if image.format == "BMP":
        return of_icc(_bmp_profile(content), "RGB") if content[14] == 124 and content[70:74] == b"DEBM" else None
    profile = image.info.get("icc_profile") or b""
    if image.format == "PNG":
        return _of_png(content, profile)
    if image.format in ("AVIF", "HEIF"):
        return _of_boxes(content, profile)
    if image.format in ("JPEG", "MPO"):
        profile = _jpeg_profile(content)  # Pillow overlooks one behind the frame's head
    if profile:
        return of_icc(profile, image.mode)
    if image.format == "TIFF" and {301, 318, 319} & set(getattr(image, "tag_v2", ())):
        raise ColourError("it tells its colours by TIFF tags, without a profile")
    if image.format == "JPEG2000" and content[4:8] == b"jP  ":
        _refuse_jp2(content)
    _refuse_named_adobe(image)
    return None


def _of_png(content: bytes, profile: bytes) -> Colour | None:
    before = itertools.takewhile(lambda part: part.kind != b"IDAT", png_chunks(content))  # what is told later is late
    chunks = {part.kind: part.payload for part in reversed(list(before))}
    if b"cICP" in chunks:
        primaries, transfer, matrix, full = chunks[b"cICP"][:4]
        if matrix != 0 or full != 1:
            raise ColourError("its cICP chunk does not say full range RGB")
        return _coded(primaries, transfer, video_as_srgb=False)
    if b"iCCP" in chunks:
        return of_icc(profile, "L" if chunks[b"IHDR"][9] in (0, 4) else "RGB")
    if b"sRGB" in chunks or b"gAMA" not in chunks:
        return None  # chromaticities without a gamma are not heeded
    gamma = int.from_bytes(chunks[b"gAMA"], "big") / 100_000
    if not gamma or (b"cHRM" not in chunks and abs(gamma * 2.2 - 1) <= PNG_GAMMA_THRESHOLD):
        return None
    matrix_ = _SRGB.to_xyz
    if b"cHRM" in chunks:
        numbers = [value / 100_000 for value in struct.unpack(">8I", chunks[b"cHRM"])]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        matrix_ = _adapted(points[0], tuple(points[1:]))
    return Colour(np.tile(_VALUES ** (1 / gamma), (3, 1)), matrix_)


def _bmp_profile(content: bytes) -> bytes:
    offset, size = struct.unpack_from("<II", content, 14 + 112)
    return content[14 + offset : 14 + offset + size]


def _jpeg_profile(content: bytes) -> bytes:
    """The parts of a JPEG's profile in their order; that none is missing is known since it was decoded."""
    told = [part.payload for part in jpeg_head(content) if part.kind == b"\xe2"]
    parts = sorted(payload[12:] for payload in told if payload.startswith(b"ICC_PROFILE\0"))
    return b"".join(part[2:] for part in parts)


def _coded(primaries: int, transfer: int, *, video_as_srgb: bool) -> Colour:
    if primaries not in _CODED_PRIMARIES:
        raise ColourError(f"its coded primaries {primaries} are not known")
    points, white = _CODED_PRIMARIES[primaries]
    return Colour(np.tile(_coded_curve(transfer, video_as_srgb), (3, 1)), _adapted(white, points))


def _of_boxes(content: bytes, profile: bytes) -> Colour | None:
    told = [part.payload for part in item_properties(content) if part.kind == b"colr"]
    coded = {payload[4:10] for payload in told if payload[:4] == b"nclx"}
    if len(coded) > 1:
        raise ColourError("its parts tell different colours")
    if profile:
        return of_icc(profile, "RGB")
    if any(payload[:4] in (b"prof", b"rICC") for payload in told):
        raise ColourError("its ICC profile cannot be read")
    if not coded:
        return None
    primaries, transfer, matrix = struct.unpack(">HHH", coded.pop())
    if matrix not in _CODED_MATRICES:
        raise ColourError(f"its coded matrix {matrix} is not known to every browser")
    # Chromium takes what is not specified as sRGB, and the curves of video too.
    return _coded(1 if primaries == 2 else primaries, 13 if transfer == 2 else transfer, video_as_srgb=True)


def _refuse_jp2(content: bytes) -> None:
    head = next((part.payload for part in boxes(content) if part.kind == b"jp2h"), b"")
    for part in boxes(head):
        if part.kind == b"colr" and not (part.payload[0] == 1 and part.payload[3:7] in (b"\0\0\0\x10", b"\0\0\0\x11")):
            raise ColourError("its colours are not told as plain sRGB or grey")


def _refuse_named_adobe(image: Image.Image) -> None:
    """Cameras say Adobe RGB by a name in EXIF alone; browsers do not look there and show paler colours."""
    exif = Image.Exif()
    try:
        exif.load(image.info.get("exif", b""))
        details = exif.get_ifd(0x8769)
        interop = exif.get_ifd(0xA005) or details.get(0xA005)
    except Exception:  # broken EXIF says nothing
        return
    index = interop.get(1) if isinstance(interop, dict) else None
    if details.get(0xA001) == 2 or str(index).startswith("R03"):
        raise ColourError("its EXIF names Adobe RGB, which browsers do not heed without a profile")


def of_icc(profile: bytes, mode: str) -> Colour:
    """The colours of an ICC profile of curves and a matrix, for a picture of this mode."""
    try:
        return _matrix_profile(profile, mode)
    except (struct.error, IndexError, ValueError) as error:
        raise ColourError(f"its ICC profile is broken ({error})") from None


def _matrix_profile(profile: bytes, mode: str) -> Colour:
    length, space, connection = struct.unpack_from(">I12x4s4s", profile)
    if length > len(profile) or profile[36:40] != b"acsp" or profile[8] > 4:
        raise ValueError("it is cut short, of a later version or no profile")
    if profile[12:16] not in (b"mntr", b"scnr", b"prtr", b"spac"):
        raise ColourError("its ICC profile is of a kind that describes no picture")
    tags: dict[bytes, bytes] = {}
    for number in range(struct.unpack_from(">I", profile, 128)[0]):
        name, offset, size = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        if offset + size > len(profile):
            raise ValueError("a part lies outside of it")
        tags[name] = profile[offset : offset + size]
    if {b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2"} & set(tags) or connection != b"XYZ ":
        raise ColourError("its ICC profile has lookup tables")
    colour = _curves_and_matrix(space, tags, mode)
    if b"cicp" in tags:
        coded = _coded(tags[b"cicp"][8], tags[b"cicp"][9], video_as_srgb=False)
        if np.abs(_converted(_STEPS, colour).astype(int) - _converted(_STEPS, coded)).max() > 2:
            raise ColourError("its ICC profile tells two different colours")
    return colour


def _curves_and_matrix(space: bytes, tags: dict[bytes, bytes], mode: str) -> Colour:
    if space == b"GRAY" and mode in ("L", "1"):
        curve = _curve(tags[b"kTRC"]) if b"kTRC" in tags else None
        if curve is None:
            raise ValueError("it has no curve")
        return Colour(np.tile(curve, (3, 1)), _SRGB.to_xyz)
    needed = (b"rTRC", b"gTRC", b"bTRC", b"rXYZ", b"gXYZ", b"bXYZ")
    if space != b"RGB ":
        raise ColourError(f"its ICC profile is for {space.decode('latin-1').strip()}, not for its own pixels")
    if not set(needed) <= set(tags):
        raise ColourError("its ICC profile has neither curves nor a matrix")
    curves = np.stack([_curve(tags[name]) for name in needed[:3]])
    columns = [np.array(struct.unpack_from(">8x3i", tags[name])) / 2**16 for name in needed[3:]]
    return Colour(curves, np.stack(columns, axis=1))


def _curve(tag: bytes) -> Floats:
    """The linear light of 0 to 255 by a `curv` or `para` tag."""
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return _VALUES.copy()
        if count == 1:
            (power,) = struct.unpack_from(">H", tag, 12)
            if not power:
                raise ValueError("a curve is none")
            return np.asarray(_VALUES ** (power / 256))
        table = np.array(struct.unpack_from(f">{count}H", tag, 12)) / 65535
        return np.asarray(np.interp(_VALUES * (count - 1), np.arange(count), table))
    if tag[:4] != b"para":
        raise ValueError("a curve is of an unknown kind")
    (kind,) = struct.unpack_from(">H", tag, 8)
    if kind > 4:
        raise ValueError("a curve is of an unknown kind")
    given = [value / 2**16 for value in struct.unpack_from(f">{(1, 3, 4, 5, 7)[kind]}i", tag, 12)]
    a, b, c, d, e, f = 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
    if kind in (1, 2):
        a, b = given[1:3]
        d, e = (-b / a if a else -1.0), given[3] if kind == 2 else 0.0
        f = e
    elif kind == 3:
        a, b, c, d = given[1:]
    elif kind == 4:
        a, b, c, d, e, f = given[1:]
    if min(given[0], a, c, d, a * d + b + 1e-4) < 0:
        raise ValueError("a curve is none")
    curve = np.clip(a * _VALUES + b, 0, None) ** given[0] + e
    return np.asarray(np.clip(np.where(d <= _VALUES, curve, c * _VALUES + f), 0, 1))


def _is_srgb(colour: Colour) -> bool:
    """Whether no colour moves by more than the rounding of profiles does."""
    return int(np.abs(_converted(_STEPS, colour).astype(int) - _STEPS).max()) <= 1


def as_srgb(image: Image.Image, colour: Colour) -> Image.Image:
    """An RGB picture whose numbers meant `colour`, in sRGB; what sRGB does not reach is clipped."""
    pixels = np.asarray(image).reshape(-1, 3)
    parts = [
        _converted(pixels[start : start + PIXELS_AT_ONCE], colour) for start in range(0, len(pixels), PIXELS_AT_ONCE)
    ]
    return Image.frombytes("RGB", image.size, np.concatenate(parts).tobytes())


def _converted(pixels: NDArray[np.uint8], colour: Colour) -> NDArray[np.uint8]:
    linear = np.stack([colour.curves[channel][pixels[:, channel]] for channel in range(3)])
    light = np.clip(np.linalg.solve(_SRGB.to_xyz, colour.to_xyz) @ linear, 0, 1)
    coded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(coded.T * 255), dtype=np.uint8)
