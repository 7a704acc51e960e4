"""Critical-region maps as pictures: over their source, and as grey levels."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from PIL import Image

from hitgen.methods.pjnd.analysis.answers import FloatArray
from hitgen.methods.pjnd.analysis.regions import Clicks, region_map
from hitgen.stimuli.packs import open_pack, pack_path

WIDTH_PX = 320
QUALITY = 60
HEAT = colormaps["inferno"]
STRONGEST = 0.8


def source_picture(packs: Path, pack: str, width_px: int = WIDTH_PX) -> Image.Image | None:
    """The source of a built ladder, at most `width_px` wide; None where the pack is gone."""
    path = pack_path(packs, pack)
    if not path.is_file():
        return None
    found = open_pack(path)
    with Image.open(io.BytesIO(found.source.content)) as picture:
        small = picture.convert("RGB")
    small.thumbnail((width_px, width_px * 4))
    return small


def overlay(clicks: Clicks, source: Image.Image | None, width_px: int = WIDTH_PX) -> Image.Image:
    """The map over its source (over grey without one): the denser, the brighter and the less of the source is left."""
    width = min(width_px, clicks.width)
    density = region_map(clicks, clicks.width / width)
    under = source.resize(density.shape[::-1]) if source else Image.new("RGB", density.shape[::-1], (96, 96, 96))
    strength = density / (density.max() or 1)
    colours = HEAT(strength)[..., :3] * 255
    alpha = (STRONGEST * np.sqrt(strength))[..., None]
    grey = np.asarray(under.convert("L").convert("RGB"), np.float64) * 0.5 + np.asarray(under, np.float64) * 0.5
    return Image.fromarray((grey * (1 - alpha) + colours * alpha).round().astype(np.uint8))


def as_data(picture: Image.Image) -> str:
    """The picture as a `data:` address, WebP at quality 60: some 10 kB at 320 px."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=QUALITY, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def grey_levels(density: FloatArray) -> Image.Image:
    """The map as 8-bit grey, its maximum white."""
    scaled: Any = density / (density.max() or 1) * 255
    return Image.fromarray(scaled.round().astype(np.uint8))
