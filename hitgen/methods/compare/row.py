"""A question of `compare` and the answer to it: a source and two versions of it, and which of the two differs more."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from hitgen.manifest import Frozen
from hitgen.methods import submission
from hitgen.methods.submission import Count, Ms

Arm = Literal["boosted", "plain"]
Asked = Literal["same", "cross", "source", "trap", "bias"]
"""Two levels of one codec; two codecs; the source against a level; the source against the worst; twice the same."""
Response = Literal["left", "right", "notsure", "skip"]
"""Which side differs more from the source; a skip is a question that was not answered in time."""


class Version(Frozen):
    """One of the two pictures beside the source; as level 0 the source itself."""

    codec: str = Field(description="one name for each ladder of a source; `source` at level 0")
    level: Annotated[int, Field(ge=0)]


SOURCE = Version(codec="source", level=0)


class Row(submission.Row):
    """One answer; times in milliseconds, what stood left and right is the trial's."""

    response: Response
    response_time_ms: Ms = Field(description="from the first picture to the answer; of a skip, the limit")
    toggles: Count | None = Field(default=None, description="how often the worker swapped; null where pictures flicker")
    begun: Annotated[Count, Field(ge=1)] = Field(
        default=1, description="how often the question was begun, again after a reload or a hidden tab"
    )

    handed_on: ClassVar[str] = "answers and times"

    def answer(self) -> tuple[object, ...]:
        return self.response, self.response_time_ms, self.toggles
