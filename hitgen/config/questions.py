"""Gold and training questions: a trial with a known answer."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from hitgen.config.base import Slug, Strict, Text

Coordinate = Annotated[float, Field(ge=0)]


class Question(Strict):
    """The known answer of one ladder: an inclusive level window, and points (x, y) in source pixels."""

    images: Slug
    source: Text
    level: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
    points: tuple[tuple[Coordinate, Coordinate], ...] = Field(min_length=1)
    radius_px: float = Field(gt=0)
    matches: int = Field(default=2, ge=1)

    @model_validator(mode="after")
    def _possible(self) -> Question:
        if self.level[0] > self.level[1]:
            raise ValueError(f"level is {list(self.level)}; give the lowest accepted level first")
        if self.matches > len(self.points):
            raise ValueError(f"matches is {self.matches} but there are {len(self.points)} points")
        return self

    @property
    def name(self) -> str:
        """What the question is called in messages and the manifest: `images/source`."""
        return f"{self.images}/{self.source}"


class QuestionFile(Strict):
    """A CSV of questions: columns images,source,level_min,level_max,points,radius_px,matches.

    `points` is written `x y; x y; x y`.
    """

    file: Text


def _entry_kind(entry: Any) -> str:
    has_file = "file" in entry if isinstance(entry, dict) else isinstance(entry, QuestionFile)
    return "QuestionFile" if has_file else "Question"


QuestionEntry = Annotated[
    Annotated[Question, Tag("Question")] | Annotated[QuestionFile, Tag("QuestionFile")],
    Discriminator(_entry_kind),
]
