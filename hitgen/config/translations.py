"""What a study's own words are in its further languages."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from hitgen.config.base import Strict, Text

Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""A language tag."""


class ConsentWords(Strict):
    """`[consent]` in another language; what is the same in all of them may be left out."""

    title: str = Field(default="", description="the study's title")
    contact: str = Field(default="", description="name and address, where they are written otherwise")
    approval: str = Field(default="", description="number of the ethics approval, where it is written otherwise")
    exemption: str = Field(default="", description="why no approval is needed, where `[consent]` says so")
    retention: str = Field(default="", description="what is kept, where and for how long")
    withdrawal: str = Field(default="", description="how to leave")
    statement: str = Field(default="", description="the further words, where `[consent]` has some")


class SurveyWords(Strict):
    """A question of the survey in another language."""

    label: str = Field(default="", description="the question")
    options: tuple[Text, ...] = Field(
        default=(), description="the choices, in the same order; answers are kept in the words of the first language"
    )
    low: str = Field(default="", description="words at the low end")
    high: str = Field(default="", description="words at the high end")


class Translation(Strict):
    """`[translations.LANGUAGE]`: all that is the study's own, in that language."""

    consent: ConsentWords = ConsentWords()
    survey: dict[str, SurveyWords] = Field(default={}, description="the survey's questions by name")
    texts: dict[str, str] = Field(default={}, description="single texts of the screens, over the language's")
    file: str = Field(default="", description="a TOML file with texts of the screens, as `texts` of `[batch]`")
