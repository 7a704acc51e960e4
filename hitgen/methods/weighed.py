"""The ratings for models that weigh by themselves how honest people are."""

from __future__ import annotations

import polars as pl

WEIGHED = ("gold", "straight")
"""Rules that are about workers' honesty, which a crossed model weighs instead."""


def weighed_ratings(ratings: pl.DataFrame) -> pl.DataFrame:
    """The study ratings that are used, or would be if gold answers and straight lines had not been asked."""
    named = pl.col("rules").fill_null("").str.split("; ").list.set_difference([*WEIGHED, ""])
    by_people = pl.col("rules").fill_null("").str.contains("by hand")
    told = (pl.col("use") == "use") | (~by_people & (named.list.len() == 0))
    return ratings.filter((pl.col("role") == "study") & told)
