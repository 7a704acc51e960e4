"""A row of a submission by `threshold`: the level that the page chose, the side that flickered, and the answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hitgen.methods import submission

Side = Literal["left", "right", "none", "here"]
Response = Literal["left", "right", "none", "both", "here"]
"""`here` is the picture itself, where each of several is asked about."""


class Row(submission.Row):
    """One comparison; times in milliseconds since the page was opened."""

    level: int = Field(
        ge=1, le=1000, description="which the page chose by what this worker had answered of the ladder before"
    )
    other: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="the lower level that flickered at the other side; 0: the source stood there",
    )
    side: Side = Field(description="where it flickered; none in a catch trial; here: this picture, one of several")
    response: Response = Field(description="where the worker saw it; none: nowhere; here: this picture was selected")
    position: int = Field(
        default=0,
        ge=0,
        le=4,
        description="where it stood among several pictures, from 1, from left to right; 0: it was a pair",
    )

    def answer(self) -> tuple[object, ...]:
        return self.level, self.other, self.side, self.response, self.position

    @property
    def found(self) -> bool:
        """Whether the side that flickered, the more if both did, was found."""
        return self.response == self.side or (self.response == "both" and self.side != "none")
