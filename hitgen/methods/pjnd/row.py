"""A row of a submission by `pjnd`: one attempt with its level, marks and the moves of the slider."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar, cast

from pydantic import AfterValidator, Field

from hitgen.methods import submission
from hitgen.methods.submission import Ms, Number

LevelNumber = Annotated[int, Field(ge=0, le=1000)]
Point = tuple[Number, Number]


@dataclass(frozen=True, slots=True)
class Trace:
    """The moves of a slider, kept as its JSON text: `[[ms, level], ...]`; `moves` is None where it is empty.

    Hundreds of pairs a row, thousands of rows: as objects they would be a gigabyte.
    """

    text: str
    moves: int | None


def _trace(pairs: tuple[tuple[int, int], ...]) -> Trace:
    moves = sum(before[1] != after[1] for before, after in pairwise(pairs))
    return Trace(json.dumps(pairs, separators=(",", ":")), moves if pairs else None)


Pairs = Annotated[tuple[tuple[Ms, LevelNumber], ...], Field(max_length=2000), AfterValidator(_trace)]


class Row(submission.Row):
    """One attempt at one trial; times in milliseconds since the page was opened, points in source pixels."""

    level: LevelNumber | None = Field(description="null with none_seen")
    none_seen: bool
    points: tuple[Point, ...] = Field(max_length=50, description="(x, y) in source pixels")
    slider_start: LevelNumber | None = None
    trace: Pairs = Field(
        default=(), validate_default=True, description="[milliseconds since the attempt began, level] of each move"
    )

    @property
    def written(self) -> Trace:
        """What `trace` was made into."""
        return cast(Trace, self.trace)

    @property
    def moves(self) -> int | None:
        """How often the slider is known to have moved; None where the trace had to go and nothing tells."""
        if self.written.moves is None:
            return None if self.slider_start is None or self.level == self.slider_start else 1
        return self.written.moves

    handed_on: ClassVar[str] = "answers, marks and times"

    def answer(self) -> tuple[object, ...]:
        return self.level, self.points, self.written

    def is_telling(self) -> bool:
        return bool(self.points)
