"""Pristine images, opened the one way every ladder starts from: 8-bit sRGB, upright, no metadata."""

from __future__ import annotations

import hashlib
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageFile, UnidentifiedImageError

from hitgen.errors import Fault, InputError
from hitgen.lib.containers import (
    jpeg_lacks,
    jpeg_segments,
    png_chunks,
    png_lacks,
    png_oddity,
    primary_properties,
    webp_chunks,
)
from hitgen.lib.files import content_of
from hitgen.lib.pictures import UPRIGHT, MissingPluginError, exif_orientation, open_picture, orientation
from hitgen.lib.shipped import install_line
from hitgen.stimuli.depth import bits, is_animated

MAX_PIXELS = 64_000_000
"""Larger images are refused before they are decoded; an 8K frame has 33 million."""
MIN_SIDE_PX = 32
AGAIN = "copying or exporting it again"
HEADS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
"""What nothing but an image file begins with."""


@dataclass(frozen=True)
class SourceImage:
    """A pristine image as RGB, and a digest of its pixels alone."""

    pixels: Image.Image

    @property
    def digest(self) -> str:
        """A sha256 over width, height and RGB bytes."""
        return hashlib.sha256(struct.pack("<II", *self.pixels.size) + self.pixels.tobytes()).hexdigest()

    @property
    def width(self) -> int:
        return self.pixels.width

    @property
    def height(self) -> int:
        return self.pixels.height


def open_source(path: Path, name: str = "") -> SourceImage:
    """The image in a file as Chromium shows it: upright, its colours converted to sRGB, metadata dropped.

    InputError names the file (as `name`, default the path) for alpha, more than 8 bits, CMYK, animation, truncated,
    damaged or unreadable files, colours that browsers do not agree about, images above MAX_PIXELS and below
    MIN_SIDE_PX a side.
    """
    try:
        content = content_of(path)
    except OSError as error:
        raise refusal(name or str(path), f"it cannot be read ({error.strerror})", "its path and permissions") from None
    return SourceImage(decode_rgb(content, name or str(path)))


def decode_rgb(content: bytes, name: str) -> Image.Image:
    """RGB pixels of an encoded image as Chromium shows it, or an InputError that names it and says what is wrong."""
    from hitgen.stimuli.colour import (  # and numpy, which a build from the cache is spared
        ColourError,
        as_srgb,
        colour_of,
    )

    if not content:
        raise refusal(name, "the file is empty", "copying it again")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of bombs and broken EXIF; both are judged below
        with _opened(content, name) as image:
            _refuse_by_header(image, name)
            try:
                refuse_what_is_not_shown(image, content, name)
                ImageFile.LOAD_TRUNCATED_IMAGES = False  # for the whole process, so whatever others set
                image.load()
                lacks = _lacks(image, content)
                turned = orientation(image, content)
                colour = colour_of(image, content)
            except InputError:
                raise
            except ColourError as error:
                raise refusal(name, str(error), "saving it as sRGB") from None
            except Exception as error:
                raise refusal(name, f"it is truncated or damaged ({error})", AGAIN) from None
            if lacks:
                raise refusal(name, f"it is truncated or damaged ({lacks})", AGAIN)
            rgb = image.convert("RGB")
        if colour:
            rgb = as_srgb(rgb, colour)
        upright = rgb.transpose(UPRIGHT[turned]) if turned in UPRIGHT else rgb
        bare = Image.new("RGB", upright.size)  # no info, no EXIF
        bare.paste(upright)
        return bare


def _opened(content: bytes, name: str) -> Image.Image:
    """The picture with its head read, its pixels not yet."""
    try:
        return open_picture(content)
    except Image.DecompressionBombError:
        raise _too_large(name) from None
    except UnidentifiedImageError:
        if content.startswith(HEADS):
            raise refusal(name, "its head is damaged", AGAIN) from None
        kinds = "a PNG, JPEG, WebP, AVIF, GIF, BMP, TIFF, JPEG 2000, PPM, HEIC or JPEG XL file"
        raise refusal(name, "it is not an image that can be read", kinds) from None
    except MissingPluginError as error:
        remedy = f"{install_line(error.args[0])}, or saving it as PNG"
        raise refusal(name, f"it is a {error.args[0].upper()} file, whose reader is not installed", remedy) from None
    except Exception as error:  # decoders raise whatever broken bytes make of them
        raise refusal(name, f"it is damaged ({error})", AGAIN) from None


def _refuse_by_header(image: Image.Image, name: str) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(name, f"{image.width}x{image.height} pixels are")
    if min(image.size) < MIN_SIDE_PX:
        raise refusal(
            name,
            f"it is {image.width}x{image.height}, smaller than {MIN_SIDE_PX} pixels a side",
            "a larger image",
        )
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise refusal(name, f"it has {frames} frames (an animation or several pages)", "saving one frame alone")
    if image.mode in ("LA", "La", "RGBA", "RGBa", "PA") or "transparency" in image.info:
        raise refusal(name, "it has an alpha channel", "saving it flattened, without transparency")
    if not image.mode.startswith(("I", "F")) and image.mode not in ("1", "L", "P", "RGB", "YCbCr"):
        raise refusal(name, f"its colour mode is {image.mode}", "saving it as RGB")


def refuse_what_is_not_shown(image: Image.Image, content: bytes, name: str) -> None:
    """InputError for what the decoder would drop without a word: bits, frames, a turn that browsers do not heed."""
    if bits(image, content) > 8:
        raise refusal(name, "it has more than 8 bits a channel", "saving it with 8 bits a channel")
    if is_animated(image, content):
        raise refusal(name, "it is an animation", "saving one frame alone")
    if image.format == "GIF" and _drawn_box(image) != (0, 0, *image.size):
        raise refusal(name, "its frame does not fill it; the rest is transparent", "saving it flattened")
    if image.format == "BMP" and content[14] != 12 and content[30] in (1, 2):
        raise refusal(
            name, "it is run-length coded, and programs fill what it steps over in their own ways", "saving it as PNG"
        )
    if image.format == "BMP" and content[14] != 12 and content[28] == 16:
        raise refusal(name, "it has 16 bits a pixel, which programs spread to 24 in their own ways", "saving it as PNG")
    if image.format == "AVIF" and any(part.kind == b"clap" for part in primary_properties(content)):
        raise refusal(name, "it shows a part of its picture alone (a clean aperture)", "saving that part alone")
    if image.format == "TIFF" and _is_preview(image):
        raise refusal(name, "it is a camera's raw file or a preview", "exporting it from a raw converter")
    if image.format in ("WEBP", "PNG") and exif_orientation(_all_exif(image, content)) != orientation(image, content):
        raise refusal(name, "its EXIF asks for a turn that browsers do not make there", "saving it upright")


def _all_exif(image: Image.Image, content: bytes) -> bytes:
    if image.format == "PNG":
        return next((part.payload for part in png_chunks(content) if part.kind == b"eXIf"), b"")
    return bytes(image.info.get("exif", b""))


def _drawn_box(image: Image.Image) -> tuple[int, ...]:
    tiles = getattr(image, "tile", [])
    return tuple(tiles[0][1]) if tiles else ()


def _is_preview(image: Image.Image) -> bool:
    tags = getattr(image, "tag_v2", {})
    return 50706 in tags or bool(int(tags.get(254, 0)) & 1)


def _lacks(image: Image.Image, content: bytes) -> str:
    """What is missing of a picture that its decoder filled in without an error, in words; empty if nothing."""
    if image.format in ("JPEG", "MPO"):
        return jpeg_lacks(jpeg_segments(content)) or _libjpeg_warning(content)
    if image.format == "PNG":
        parts = png_chunks(content)
        return png_oddity(parts) or png_lacks(parts) or _beyond_palette(image)
    if image.format == "WEBP":
        webp_chunks(content)
    return _beyond_palette(image)


def _beyond_palette(image: Image.Image) -> str:
    """Whether pixels have numbers of colours that are not there, which programs paint in their own ways."""
    if image.mode != "P":
        return ""
    colours = len(image.palette.palette) // 3 if image.palette else 0
    return "" if int(image.getextrema()[1]) < colours else f"it has more colours than the {colours} of its palette"  # type: ignore[arg-type]


def _libjpeg_warning(content: bytes) -> str:
    """What libjpeg says of coded data that it could not read, which Pillow does not hand on."""
    import simplejpeg  # and numpy

    try:
        simplejpeg.decode_jpeg(content, colorspace="RGB", strict=True)
    except ValueError as error:
        return "" if str(error).startswith(("Warning: unknown JFIF", "Unknown Adobe")) else str(error)
    return ""


def _too_large(name: str, what: str = "it is") -> InputError:
    return refusal(
        name,
        f"{what} too large (a decompression bomb, or more than {MAX_PIXELS // 10**6} megapixels)",
        "a smaller image",
    )


def refusal(name: str, problem: str, remedy: str) -> InputError:
    """An InputError about one image file."""
    return InputError(Fault(name, "", problem, remedy))
