"""How far people agree with themselves, where ladders were shown to them twice, and with each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from hitgen.methods.pjnd.analysis.answers import LadderAnswers, used

LEAST_PAIRS = 3


@dataclass(frozen=True)
class Retest:
    """Ladders that somebody rated twice, in levels ("none seen" as the highest).

    `shift` is the second answer less the first on average, `within_sd` the SD of one person's answers to one ladder, `correlation`
    Pearson's between first and second.
    """

    pairs: int
    workers: int
    correlation: float | None
    within_sd: float
    shift: float


def retest(ratings: pl.DataFrame) -> Retest | None:
    """What the used ratings of ladders shown twice say; None with fewer than three."""
    answered = used(ratings).filter(pl.col("none_seen") | pl.col("level").is_not_null())
    level = pl.when(pl.col("none_seen")).then(pl.col("level_max")).otherwise(pl.col("level"))
    table = answered.group_by("ladder", "worker", maintain_order=True).agg(
        level.first().alias("first"), level.get(1, null_on_oob=True).alias("second")
    )
    table = table.drop_nulls("second")
    if table.height < LEAST_PAIRS:
        return None
    first, second = (table[name].to_numpy().astype(np.float64) for name in ("first", "second"))
    apart, vary = second - first, first.std() > 0 and second.std() > 0
    return Retest(
        table.height,
        table["worker"].n_unique(),
        float(np.corrcoef(first, second)[0, 1]) if vary else None,
        float(np.sqrt(np.mean(apart**2) / 2)),
        float(apart.mean()),
    )


def between_sd(ladders: Sequence[LadderAnswers]) -> float | None:
    """The SD of different people's answers to one ladder, over all ladders; None where nobody shared one."""
    told = [ladder.clipped for ladder in ladders if len(ladder.levels) > 1]
    degrees = sum(len(levels) - 1 for levels in told)
    return (
        float(np.sqrt(sum(float(((levels - levels.mean()) ** 2).sum()) for levels in told) / degrees))
        if degrees
        else None
    )
