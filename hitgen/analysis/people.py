"""Who took part, for a paper: when, on what screens, and what they said in the survey."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

MOST_ANSWERS = 12


@dataclass(frozen=True)
class Participants:
    """First and last day of submissions; how often each screen was met; each survey question's answers with counts."""

    first: str
    last: str
    screens: Sequence[tuple[str, int]]
    survey: Sequence[tuple[str, Sequence[tuple[str, int]], int]]
    noticed: Sequence[tuple[str, int]] = ()
    """What pages noticed of screens, with how many submissions."""


def participants(ratings: pl.DataFrame, surveys: pl.DataFrame) -> Participants:
    """What the dataset says of people, by assignment; answers beyond the most frequent are counted together."""
    works = ratings.unique("assignment", maintain_order=True)
    days = sorted(str(day)[:10] for day in works["submitted_at"].drop_nulls())
    screens = (
        f"{row['refresh_hz'] or 0:.0f} Hz, pixel ratio {row['device_pixel_ratio'] or 0:g}, {row['browser'] or 'unknown browser'}"
        for row in works.iter_rows(named=True)
    )
    counted = pl.Series(list(screens), dtype=pl.String).value_counts(sort=True).rows()
    survey = []
    for (question,), rows in surveys.partition_by("question", as_dict=True, maintain_order=True).items():
        answers = rows["answer"].cast(pl.String).drop_nulls().value_counts(sort=True).rows()
        survey.append((str(question), answers[:MOST_ANSWERS], sum(count for _, count in answers[MOST_ANSWERS:])))
    warnings = [each for text in works["display_warnings"].drop_nulls() for each in text.split("; ")]
    noticed = Counter(warnings).most_common(MOST_ANSWERS)
    return Participants(days[0] if days else "", days[-1] if days else "", counted[:MOST_ANSWERS], survey, noticed)
