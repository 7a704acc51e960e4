"""Pictures that a codec can get wrong: photographs, noise, extremes, odd sizes; and what Pillow shows of them."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
from PIL import Image

PHOTOS = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "rocket.jpg",
    "motorcycle_left.png",
    "ihc.png",
    "retina.jpg",
    "hubble_deep_field.jpg",
)
SAMPLINGS = ("4:2:0", "4:2:2", "4:4:4")
ODD = ((1, 1), (2, 3), (3, 3), (4, 4), (5, 5), (6, 10), (31, 1), (1, 31), (8, 8), (17, 9), (33, 18), (24, 25), (16, 24))
"""Each finds something: 33x18 and 4x4 how a halved component is padded below, 3x3 and 24x25 where interpolation ends."""
PEAK = ("10111010", "00000110", "11011101", "00110010", "10111011", "11111001", "10110101", "00101101")
PIT = ("10000100", "10001010", "10101101", "00010110", "01011011", "11000010", "00100110", "00001010")
"""Black and white blocks found by hill climbing: at quality 1 one pixel comes back as 686, one as -441, before it is clamped."""


def photograph(name: str, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """A photograph that scikit-image ships, at this size."""
    import skimage

    path = Path(skimage.__file__).parent / "data" / name
    return Image.open(path).convert("RGB").resize(size, Image.Resampling.LANCZOS)


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def extremes(width: int, height: int, seed: int = 0) -> Image.Image:
    """Each channel of each pixel 0 or 255."""
    values = np.random.default_rng(seed).integers(0, 2, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values * np.uint8(255))


def ramps(width: int, height: int) -> Image.Image:
    """Red grows to the right, green downward, blue along the diagonal."""
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    channels = [
        across * 255 // max(width - 1, 1),
        down * 255 // max(height - 1, 1),
        (across + down) * 255 // (width + height),
    ]
    return Image.fromarray(np.dstack(channels).astype(np.uint8))


def worst_blocks() -> Image.Image:
    """Grey blocks whose decoded values at quality 1 go far beyond 0 and 255."""
    blocks = [np.array([[int(bit) * 255 for bit in row] for row in block], np.uint8) for block in (PEAK, PIT)]
    return Image.fromarray(np.hstack(blocks)).convert("RGB")


def small_pictures() -> dict[str, Image.Image]:
    """Odd sizes of noise and extremes, colours, ramps, grey: each kind of trouble once."""
    pictures = {"photograph 120x90": photograph("coffee.png", (120, 90)), "worst blocks": worst_blocks()}
    pictures |= {f"noise {w}x{h}": noise(w, h, w * h) for w, h in ODD}
    pictures |= {f"extremes {w}x{h}": extremes(w, h, w + h) for w, h in ODD}
    pictures |= {
        f"{name} 19x21": Image.new("RGB", (19, 21), name) for name in ("red", "lime", "blue", "white", "black")
    }
    pictures["ramps 66x50"] = ramps(66, 50)
    pictures["grey noise 40x27"] = noise(40, 27, 3).convert("L").convert("RGB")
    pictures["photograph 121x91"] = photograph("astronaut.png", (121, 91))
    return pictures


def encoded(picture: Image.Image, sampling: str, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, subsampling=sampling)
    return buffer.getvalue()


def digest(picture: Image.Image) -> str:
    """SHA-256 of the pixels as opaque RGBA."""
    return hashlib.sha256(picture.convert("RGBA").tobytes()).hexdigest()


def shown(picture: Image.Image, sampling: str, quality: int) -> str:
    """The digest of what Pillow decodes of its own JPEG of a picture."""
    return digest(Image.open(io.BytesIO(encoded(picture, sampling, quality))))
