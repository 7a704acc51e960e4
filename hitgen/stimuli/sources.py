"""Pristine images, opened the one way every ladder starts from: 8-bit sRGB, upright, no metadata."""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from hitgen.errors import Fault, InputError

MAX_PIXELS = 64_000_000
"""Larger images are refused before they are decoded; an 8K frame has 33 million."""
MIN_SIDE_PX = 32
_ERRORS = (OSError, SyntaxError, ValueError, EOFError, struct.error, ImageCms.PyCMSError)


@dataclass(frozen=True)
class SourceImage:
    """A pristine image as RGB, and a digest of its pixels alone."""

    pixels: Image.Image
    digest: str

    @property
    def width(self) -> int:
        return self.pixels.width

    @property
    def height(self) -> int:
        return self.pixels.height


def open_source(path: Path, name: str = "") -> SourceImage:
    """The image in a file: EXIF orientation applied, ICC converted to sRGB, metadata dropped.

    InputError names the file (as `name`, default the path) for alpha, 16 bit, CMYK, animation, truncated or
    unreadable files, images above MAX_PIXELS and below MIN_SIDE_PX a side.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise refusal(name or str(path), f"it cannot be read ({error.strerror})", "its path and permissions") from None
    pixels = decode_rgb(content, name or str(path))
    return SourceImage(pixels, pixels_digest(pixels))


def pixels_digest(pixels: Image.Image) -> str:
    """A sha256 over width, height and RGB bytes."""
    return hashlib.sha256(struct.pack("<II", *pixels.size) + pixels.tobytes()).hexdigest()


def decode_rgb(content: bytes, name: str) -> Image.Image:
    """RGB pixels of an encoded image, or an InputError that names it and says what is wrong."""
    if not content:
        raise refusal(name, "the file is empty", "copying it again")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of bombs and broken EXIF; both are judged below
        try:
            image = Image.open(io.BytesIO(content))
        except Image.DecompressionBombError:
            raise _too_large(name) from None
        except UnidentifiedImageError:
            raise refusal(name, "it is not an image that can be read", "a PNG, JPEG, WebP or TIFF file") from None
        except _ERRORS as error:
            raise refusal(name, f"it is damaged ({error})", "copying or exporting it again") from None
        with image:
            _refuse_by_header(image, content, name)
            try:
                image.load()
            except _ERRORS as error:
                raise refusal(name, f"it is truncated or damaged ({error})", "copying or exporting it again") from None
            return _upright_srgb(image, name)


def _refuse_by_header(image: Image.Image, content: bytes, name: str) -> None:
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
    if image.mode.startswith(("I", "F")) or _is_16_bit_png(content):
        raise refusal(name, "it has more than 8 bits a channel", "saving it with 8 bits a channel")
    if image.mode in ("LA", "La", "RGBA", "RGBa", "PA") or "transparency" in image.info:
        raise refusal(name, "it has an alpha channel", "saving it flattened, without transparency")
    if image.mode not in ("1", "L", "P", "RGB", "YCbCr"):
        raise refusal(name, f"its colour mode is {image.mode}", "saving it as RGB")


def _is_16_bit_png(content: bytes) -> bool:
    """Whether the header says so: Pillow opens 16-bit RGB as 8 without a word."""
    return content.startswith(b"\x89PNG") and len(content) > 24 and content[24] == 16


def _upright_srgb(image: Image.Image, name: str) -> Image.Image:
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    if profile and upright.mode in ("RGB", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                upright,
                source,
                ImageCms.createProfile("sRGB"),
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                outputMode="RGB",
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
        except _ERRORS as error:
            raise refusal(name, f"its ICC profile cannot be used ({error})", "saving it as sRGB") from None
        if converted is None:
            raise refusal(name, "its ICC profile cannot be used", "saving it as sRGB")
        upright = converted
    rgb = upright.convert("RGB")
    return Image.frombytes("RGB", rgb.size, rgb.tobytes())  # a bare copy: no info, no EXIF


def _too_large(name: str, what: str = "it is") -> InputError:
    return refusal(
        name,
        f"{what} too large (a decompression bomb, or more than {MAX_PIXELS // 10**6} megapixels)",
        "a smaller image",
    )


def refusal(name: str, problem: str, remedy: str) -> InputError:
    """An InputError about one image file."""
    return InputError(Fault(name, "", problem, remedy))
