"""Gold and training questions: a trial with a known answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from hitgen.config.base import Slug, Strict, Text


class Question(Strict):
    """Which ladder has a known answer; a method's subclass says what the answer is."""

    images: Slug = Field(description="the image set")
    source: Text = Field(description="the source's name: its file name without ending")

    columns: ClassVar[tuple[str, ...]] = ("images", "source")
    """Of a CSV of questions."""
    form: ClassVar[str] = "text"
    """What its cells hold, in words."""

    @property
    def name(self) -> str:
        """What the question is called in messages and the manifest: `images/source`."""
        return f"{self.images}/{self.source}"

    @classmethod
    def of_row(cls, row: dict[str, str]) -> Question:
        """The question in a row of a CSV; ValueError where a cell has another form."""
        return cls.model_validate(row)

    def faults(self, config: Any, level_count: int, size: tuple[int, int] | None) -> Iterator[tuple[str, str, str]]:
        """(field, problem, remedy) for what does not fit the rest of the batch; `size` in pixels where it is known."""
        yield from ()


class QuestionFile(Strict):
    """A CSV of questions, one a row, with the columns that the method's questions have."""

    file: Text = Field(description="or: a CSV file of questions, one a row")


def entry_kind(entry: Any) -> str:
    """Which of the two an entry of `[[questions]]` is."""
    has_file = "file" in entry if isinstance(entry, dict) else isinstance(entry, QuestionFile)
    return "QuestionFile" if has_file else "Question"
