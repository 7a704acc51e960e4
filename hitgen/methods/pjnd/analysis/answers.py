"""The answers to each ladder that count, taken out of the dataset's ratings."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

FloatArray = np.ndarray[Any, np.dtype[np.float64]]
IntArray = np.ndarray[Any, np.dtype[np.int64]]


LONGEST_SOURCE_BYTES = 120


@dataclass(frozen=True)
class LadderAnswers:
    """All ratings of one ladder, one a worker.

    `levels` are 1..level_max, and level_max + 1 where none was seen: a censored answer, beyond every level.
    `parameters` has the codec parameter of level 0..level_max, NaN where there is none.
    """

    ladder: str
    images: str
    source: str
    codec: str
    level_max: int
    levels: IntArray
    workers: tuple[str, ...]
    parameters: FloatArray

    @property
    def none_seen(self) -> int:
        """How many saw nothing at any level."""
        return int((self.levels > self.level_max).sum())

    @property
    def clipped(self) -> FloatArray:
        """The levels, with "none seen" as the highest level: what the restricted mean is made of."""
        return np.minimum(self.levels, self.level_max).astype(np.float64)

    @property
    def stem(self) -> str:
        """What its files are called: a name of a manifest may hold a slash, two may be joined to the same, and one may be as long as
        the system allows, but a ladder's digest is its own."""
        source = self.source.encode()[:LONGEST_SOURCE_BYTES].decode(errors="ignore")
        return re.sub(r"[^\w.-]", "-", f"{self.images}_{source}") + f"_{self.ladder[:8]}"

    def random(self, purpose: str, seed: int = 0) -> np.random.Generator:
        """Random numbers of this ladder alone, so that a figure does not depend on what else is computed."""
        return np.random.default_rng([seed, zlib.crc32(f"{purpose}/{self.ladder}".encode())])

    def parameter(self, level: float | None) -> float | None:
        """The codec parameter at a level, between two levels by straight line; None where there is none, as at the source."""
        if level is None or level < 1 or not np.isfinite(self.parameters[1:]).all():
            return None
        return float(np.interp(level, np.arange(1, self.level_max + 1), self.parameters[1:]))


def as_they_came(ladders: Sequence[LadderAnswers]) -> tuple[str, ...]:
    """All workers, in an order that does not depend on what they are called: pseudonyms hang on a secret, figures must not."""
    return tuple(dict.fromkeys(worker for ladder in ladders for worker in ladder.workers))


def used(ratings: pl.DataFrame) -> pl.DataFrame:
    """The study ratings whose verdict is to use them."""
    return ratings.filter((pl.col("role") == "study") & (pl.col("use") == "use"))


def answers_of(ratings: pl.DataFrame, images: pl.DataFrame) -> Iterator[LadderAnswers]:
    """The answers to every study ladder of `images` that `ratings` has, in the order of images.

    A worker's first rating of a ladder counts: that makes resampling ratings the same as resampling workers.
    """
    answered = ratings.filter(pl.col("none_seen") | pl.col("level").is_not_null())
    once = answered.unique(["ladder", "worker"], keep="first", maintain_order=True)
    by_ladder = once.partition_by("ladder", as_dict=True)
    # A training or gold ladder of the very same frames is no further result.
    for row in images.filter(pl.col("role") == "study").iter_rows(named=True):
        if (row["ladder"],) in by_ladder:
            yield _answers(row, by_ladder[(row["ladder"],)])


def _answers(row: dict[str, Any], ratings: pl.DataFrame) -> LadderAnswers:
    last = int(row["level_max"])
    level = pl.when(pl.col("none_seen")).then(last + 1).otherwise(pl.col("level"))
    return LadderAnswers(
        **{name: row[name] for name in ("ladder", "images", "source", "codec")},
        level_max=last,
        levels=ratings.select(level.cast(pl.Int64)).to_series().to_numpy(),
        workers=tuple(ratings["worker"]),
        parameters=_parameters(row["parameters"], last),
    )


def _parameters(text: str | None, level_max: int) -> FloatArray:
    found = np.full(level_max + 1, np.nan)
    for level, value in enumerate(json.loads(text) if text else [], start=1):
        if level <= level_max and isinstance(value, int | float):
            found[level] = value
    return found
