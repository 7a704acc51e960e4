"""The columns that `pjnd` adds to the dataset, and its table of marks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from hitgen.methods import columns as c
from hitgen.methods.base import RowTable
from hitgen.methods.columns import Column

ANSWER = (
    Column(
        "level", int, "leftmost level at which flicker was seen, 1 to level_max; empty with none_seen", lambda r: r.attempt.row.level
    ),
    Column("none_seen", bool, "no flicker at any level: a censored answer, above level_max", lambda r: r.attempt.row.none_seen),
    c.LEVEL_MAX,
    Column(
        "parameter", float, "the codec parameter at that level (a quality, a ratio, a quantiser); empty for names",
        lambda r: r.attempt.ladder.parameter(r.attempt.row.level),
    ),
)  # fmt: skip
HOW = (
    Column("slider_start", int, "the level at which the slider stood at first", lambda r: r.attempt.row.slider_start),
    Column(
        "slider_moves", int, "moves of the slider, at least (long traces are thinned); empty where unknown",
        lambda r: r.attempt.row.moves,
    ),
    Column(
        "trace_json", str, "JSON list of [milliseconds since the attempt began, level]", lambda r: r.attempt.row.written.text
    ),
)  # fmt: skip
OUTLIERS = (
    Column("outlier_z", bool, "far from its ladder's mean, among used ratings", lambda r: r.notes.get("outlier_z", False)),
    Column(
        "outlier_iqr", bool, "outside its ladder's quartiles by far, among used ratings", lambda r: r.notes.get("outlier_iqr", False)
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Click:
    """One mark of a rating."""

    rating: Any
    number: int
    x: float
    y: float


def clicks(rating: Any) -> Iterator[Click]:
    """The marks of a rating, in the order they were set."""
    for number, (x, y) in enumerate(rating.attempt.row.points, start=1):
        yield Click(rating, number, x, y)


def _of_rating(column: Column) -> Column:
    return replace(column, of=lambda click: column.of(click.rating))


CLICKS = RowTable(
    "one row for each mark; `ratings` tells more of the same assignment, trial and attempt",
    (
        *map(
            _of_rating,
            (c.BATCH, c.ASSIGNMENT, c.WORKER, c.TRIAL, c.ATTEMPT, c.LADDER, c.IMAGES_SET, c.SOURCE, c.CODEC, c.ROLE),
        ),
        Column("click", int, "1 up, in the order they were set", lambda click: click.number),
        Column("x", float, "source pixels from the left edge", lambda click: click.x),
        Column("y", float, "source pixels from the top edge", lambda click: click.y),
        _of_rating(c.USE),
    ),
    clicks,
)
