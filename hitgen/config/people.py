"""What participants are told and asked: consent and the survey."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from hitgen.config.base import Slug, Strict, Text


class Consent(Strict):
    """What a participant agrees to; its wording is hashed into every submission."""

    title: Text = Field(examples=["Visibility of compression in photographs"])
    contact: Text = Field(examples=["Jane Doe, jane.doe@example.org"])
    approval: str = Field(default="", description="number of the ethics approval")
    exemption: str = Field(default="", description="or: why none is needed, in words participants read")
    retention: Text = Field(examples=["Answers are kept for ten years without names."])
    withdrawal: Text = Field(examples=["You may stop at any time; nothing is sent then."])
    statement: str = ""

    @model_validator(mode="after")
    def _approved_or_exempt(self) -> Consent:
        if bool(self.approval) == bool(self.exemption):
            raise ValueError('give either approval = "NUMBER" or exemption = "WHY", not both and not neither')
        return self


class SurveyQuestion(Strict):
    name: Slug = Field(examples=["vision"])
    label: Text
    required: bool = False


class ChoiceQuestion(SurveyQuestion):
    kind: Literal["choice"]
    options: tuple[Text, ...] = Field(min_length=2)


class NumberQuestion(SurveyQuestion):
    kind: Literal["number"]
    min: float | None = None
    max: float | None = None


class ScaleQuestion(SurveyQuestion):
    kind: Literal["scale"]
    points: int = Field(default=5, ge=2, le=11)
    low: Text
    high: Text


class TextQuestion(SurveyQuestion):
    kind: Literal["text"]
    max_length: int = Field(default=500, ge=1, le=2000)


AnySurveyQuestion = Annotated[
    ChoiceQuestion | NumberQuestion | ScaleQuestion | TextQuestion, Field(discriminator="kind")
]
