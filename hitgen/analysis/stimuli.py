"""What was shown and how large, in the words of a paper, as far as every method has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hitgen.analysis.provenance import named
from hitgen.config.batch import BatchConfig
from hitgen.config.hit import Display
from hitgen.config.images import AnyImageSet, CommandSet, FilesSet, Jpeg2000Set
from hitgen.lib.text import count
from hitgen.manifest import Ladder, Manifest

CODECS = {
    "jpeg": "JPEG [@wallace1992]", "webp": "WebP", "avif": "AVIF", "jpeg2000": "JPEG 2000", "heic": "HEIC", "jxl": "JPEG XL",
}  # fmt: skip


def stimuli_told(config: BatchConfig, manifest: Manifest) -> Iterator[str]:
    """Sources, codecs, levels and encoders of the study's image sets."""
    study = [ladder for ladder in manifest.ladders if ladder.role == "study"]
    together: dict[frozenset[str], list[tuple[AnyImageSet, list[Ladder]]]] = {}
    for images in config.images:
        mine = [ladder for ladder in study if ladder.images.partition(".")[0] == images.name]
        if mine:
            together.setdefault(frozenset(ladder.source for ladder in mine), []).append((images, mine))
    for sources, sets in together.items():
        coded = "; ".join(_coded(images, ladders) for images, ladders in sets)
        yield f"{_sources(sets[0][1])} {'was' if len(sources) == 1 else 'were'} shown {coded}."
    encoded = [images for images in config.images if not isinstance(images, FilesSet)]
    if encoded and study:
        made = manifest.provenance
        yield (
            f"Frames were encoded by {named(made.libraries)}."
            if made
            else "The versions of the encoders were not recorded."
        )


def _sources(ladders: list[Ladder]) -> str:
    sizes = sorted({ladder.source_size for ladder in ladders})
    told = [f"{width} x {height}" for width, height in (sizes[0], sizes[-1])]
    size = told[0] if len(sizes) == 1 else " to ".join(told)
    return f"{count(len({ladder.source for ladder in ladders}), 'source picture')} of {size} pixels"


def _coded(images: AnyImageSet, ladders: list[Ladder]) -> str:
    levels = count(ladders[0].level_max, "level")
    if isinstance(images, FilesSet):
        return f"at {levels} that were given as files"
    given: Any = images
    options = [
        f"{given.subsampling} chroma subsampling" if hasattr(given, "subsampling") else "",
        f"method {given.method}" if hasattr(given, "method") else "",
        f"speed {given.speed}" if hasattr(given, "speed") else "",
        f"effort {given.effort}" if hasattr(given, "effort") else "",
    ]
    how = ", ".join(option for option in options if option)
    by = f"coded by the program {images.encode[0]}" if isinstance(images, CommandSet) else f"as {CODECS[images.codec]}"
    return f"{by}{f' ({how})' if how else ''} at {levels}{_range(images, ladders)}"


def _range(images: AnyImageSet, ladders: list[Ladder]) -> str:
    """From which parameter to which, where all sources have the same."""
    parameters = {ladder.parameters for ladder in ladders}
    first, *others = next(iter(parameters))
    if len(parameters) > 1 or not others:
        return ""
    unit = (
        "compression ratio"
        if isinstance(images, Jpeg2000Set)
        else "parameter"
        if isinstance(images, CommandSet)
        else "quality"
    )
    return f", from {unit} {first} at level 1 to {others[-1]} at level {len(others) + 1}"


def display_told(display: Display) -> Iterator[str]:
    """How large pictures were shown, and from how far."""
    if display.scaling == "physical":
        yield (
            f"Pictures were shown {display.width_cm:g} cm wide on every screen, which participants calibrated by fitting a frame to a card of the format "
            f"ID-1 [@iso7810; @li2020]; they were asked to keep their eyes {display.distance_cm:g} cm away."
        )
    else:
        yield f"Pictures were shown with one pixel for each pixel of the display; participants were asked to keep their eyes {display.distance_cm:g} cm away."
