"""How well the flicker was shown: swaps off their time, refresh rates, hidden time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from hitgen.config.hit import Display

FloatArray = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class SwapTiming:
    """One value a study trial (missing ones left out), and the refresh rate of each assignment."""

    swap_error_ms: FloatArray
    phase_difference_ms: FloatArray
    swap_sd_ms: FloatArray
    dropped: FloatArray
    hidden_s: FloatArray
    refresh_hz: FloatArray


def timing(ratings: pl.DataFrame, display: Display) -> SwapTiming:
    """The recorded timing of all study trials, used or not; swap errors are from what `display` asks of each screen."""
    study = ratings.filter(pl.col("role") == "study")
    due_ms = pl.col("refresh_hz").map_elements(display.swap_ms, pl.Float64, skip_nulls=False)
    once = study.unique("assignment", keep="first", maintain_order=True)
    return SwapTiming(
        _values(study, pl.col("swap_mean_ms") - due_ms),
        _values(study, pl.col("source_mean_ms") - pl.col("distorted_mean_ms")),
        _values(study, pl.col("swap_sd_ms")),
        _values(study, pl.col("dropped")),
        _values(study, pl.col("hidden_ms") / 1000),
        _values(once, pl.col("refresh_hz")),
    )


def _values(frame: pl.DataFrame, column: pl.Expr) -> FloatArray:
    return frame.select(column.cast(pl.Float64).alias("value"))["value"].drop_nulls().to_numpy()
