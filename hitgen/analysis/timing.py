"""How well the flicker was shown: swaps off their time, refresh rates, hidden time; and what fine screens change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import stats

from hitgen.analysis.answers import FloatArray, answers_of, used
from hitgen.config.hit import Display


@dataclass(frozen=True)
class Timing:
    """One value a study trial (missing ones left out), and the refresh rate of each assignment."""

    swap_error_ms: FloatArray
    phase_difference_ms: FloatArray
    swap_sd_ms: FloatArray
    dropped: FloatArray
    hidden_s: FloatArray
    refresh_hz: FloatArray


def timing(ratings: pl.DataFrame, display: Display) -> Timing:
    """The recorded timing of all study trials, used or not; swap errors are from what `display` asks of each screen."""
    study = ratings.filter(pl.col("role") == "study")
    due_ms = pl.col("refresh_hz").map_elements(display.swap_ms, pl.Float64, skip_nulls=False)
    once = study.unique("assignment", keep="first", maintain_order=True)
    return Timing(
        _values(study, pl.col("swap_mean_ms") - due_ms),
        _values(study, pl.col("source_mean_ms") - pl.col("distorted_mean_ms")),
        _values(study, pl.col("swap_sd_ms")),
        _values(study, pl.col("dropped")),
        _values(study, pl.col("hidden_ms") / 1000),
        _values(once, pl.col("refresh_hz")),
    )


def _values(frame: pl.DataFrame, column: pl.Expr) -> FloatArray:
    return frame.select(column.cast(pl.Float64).alias("value"))["value"].drop_nulls().to_numpy()


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
