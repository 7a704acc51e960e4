"""A study of one's own as the analysis reads it: its ratings as answers, and what its levels weigh."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from hitgen.methods.compare.answers import Answer
from hitgen.methods.compare.manifest import Manifest

BitsPerPixel = Callable[[str, str, int], float | None]
"""Bits a pixel of (source, codec, level); None where nobody knows."""


def own_answers(ratings: pl.DataFrame) -> list[Answer]:
    """The judged answers in a dataset's ratings: study and gold, used or not."""
    return [
        Answer(
            row["arm"], row["worker"], row["assignment"], row["asked"], row["source"],
            (row["codec_left"], row["level_left"]), (row["codec_right"], row["level_right"]), row["response"],
            row["response_time_ms"], row["toggles"], row["order"],
        )
        for row in ratings.filter(pl.col("role") != "training").iter_rows(named=True)
    ]  # fmt: skip


def weights(manifest: Manifest) -> BitsPerPixel:
    """What the levels of a built study weigh."""

    def bits(source: str, codec: str, level: int) -> float | None:
        ladder = manifest.ladder_of(source, codec)
        return ladder.bpp(level) if ladder and 0 < level <= ladder.level_max else None

    return bits
