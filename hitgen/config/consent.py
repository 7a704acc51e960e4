"""What participants are told and asked: consent and the survey."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from hitgen.config.base import Slug, Strict, Text


class Consent(Strict):
    """What a participant agrees to; its wording is hashed into every submission."""

    title: Text = Field(examples=["Visibility of compression in photographs"], description="the study's title")
    contact: Text = Field(examples=["Jane Doe, jane.doe@example.org"], description="name and address")
    approval: str = Field(default="", description="number of the ethics approval")
    exemption: str = Field(default="", description="or: why none is needed, in words participants read")
    retention: Text = Field(
        examples=["Answers are kept for ten years without names."], description="what is kept, where and for how long"
    )
    withdrawal: Text = Field(examples=["You may stop at any time; nothing is sent then."], description="how to leave")
    statement: str = Field(
        default="",
        description="more words, if wanted; here and above `{minutes}`, `{pictures}` and `{reward_usd}` are filled in from the plan",
    )

    @model_validator(mode="after")
    def _approved_or_exempt(self) -> Consent:
        if bool(self.approval) == bool(self.exemption):
            raise ValueError('give either approval = "NUMBER" or exemption = "WHY", not both and not neither')
        return self


Bound = Annotated[float, Field(ge=-1e9, le=1e9)]
"""What a submission can carry."""


class SurveyQuestion(Strict):
    name: Slug = Field(examples=["vision"], description="the column's name")
    label: Text = Field(description="the question")
    required: bool = Field(default=False, description="must be answered")


class ChoiceQuestion(SurveyQuestion):
    kind: Literal["choice"]
    options: tuple[Text, ...] = Field(min_length=2, description="the choices")


class NumberQuestion(SurveyQuestion):
    kind: Literal["number"]
    min: Bound | None = Field(default=None, description="least")
    max: Bound | None = Field(default=None, description="most")

    @model_validator(mode="after")
    def _some_number_fits(self) -> NumberQuestion:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min is {self.min:g} and max {self.max:g}; nobody could answer, give the least first")
        return self


class ScaleQuestion(SurveyQuestion):
    kind: Literal["scale"]
    points: int = Field(default=5, ge=2, le=11, description="how many")
    low: Text = Field(description="words at the low end")
    high: Text = Field(description="words at the high end")


class TextQuestion(SurveyQuestion):
    kind: Literal["text"]
    max_length: int = Field(default=500, ge=1, le=2000, description="characters")


AnySurveyQuestion = Annotated[
    ChoiceQuestion | NumberQuestion | ScaleQuestion | TextQuestion, Field(discriminator="kind")
]
