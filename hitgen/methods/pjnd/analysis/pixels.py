"""What fine screens change: ratings against the device pixels that a source pixel had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import stats

from hitgen.methods.pjnd.analysis.answers import FloatArray, answers_of, used


@dataclass(frozen=True)
class PixelEffect:
    """Every used rating's device pixels per source pixel, and its distance from its ladder's mean in levels.

    `correlation` is Spearman's with its p-value, None where pixels do not vary. It takes ratings of one worker as
    independent, so that a small p is a hint only.
    """

    pixels: FloatArray
    deviations: FloatArray
    correlation: float | None
    p: float | None


def pixel_effect(ratings: pl.DataFrame, images: pl.DataFrame) -> PixelEffect:
    """PJND against device pixels per source pixel, each ladder's mean taken out."""
    told = used(ratings).filter(pl.col("device_px_per_source_px").is_not_null())
    pixels: list[float] = []
    deviations: list[float] = []
    by_rating = {
        (ladder, worker): value
        for ladder, worker, value in told.select("ladder", "worker", "device_px_per_source_px").iter_rows()
    }
    for ladder in answers_of(told, images):
        values = ladder.clipped
        deviations += [float(value) for value in values - values.mean()]
        pixels += [by_rating[(ladder.ladder, worker)] for worker in ladder.workers]
    correlation, p = _spearman(pixels, deviations)
    return PixelEffect(np.array(pixels), np.array(deviations), correlation, p)


def _spearman(one: Sequence[float], other: Sequence[float]) -> tuple[float | None, float | None]:
    if len(one) < 3 or len(set(one)) < 2 or len(set(other)) < 2:
        return None, None
    found = stats.spearmanr(one, other)
    return float(found.statistic), float(found.pvalue)
