"""`[recruiter] kind = "mturk"` of batch.toml."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from hitgen.config.base import Slug, Strict, Text
from hitgen.config.hosts import Address, PolicyAddress, at_most, one_line
from hitgen.config.recruiter import Recruiting

Origin = Annotated[PolicyAddress, Field(pattern=r"^https?://[A-Za-z0-9.-]+(:\d+)?$")]

Value = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]


class Requirement(Strict):
    """What a worker's qualification must be: exactly one condition."""

    qualification: Text = Field(
        description="approval_percent, approved_hits, adult, locale, or one of your own by name"
    )
    at_least: Value | None = Field(default=None, description="lowest accepted value")
    at_most: Value | None = Field(default=None, description="highest accepted value")
    equals: Value | None = Field(default=None, description="the one accepted value")
    granted: bool | None = Field(default=None, description="true: must have it; false: must not")
    among: tuple[str, ...] = Field(default=(), max_length=30, description="locales: US, DE or US-NY")
    not_among: tuple[str, ...] = Field(default=(), max_length=30, description="locales that are refused")

    @model_validator(mode="after")
    def _one_condition(self) -> Requirement:
        numbers = [self.at_least, self.at_most, self.equals, self.granted]
        given = sum(value is not None for value in numbers) + bool(self.among) + bool(self.not_among)
        if given != 1:
            raise ValueError("give exactly one of at_least, at_most, equals, granted, among, not_among")
        locales = self.among + self.not_among
        if (self.qualification == "locale") != bool(locales):
            raise ValueError('locale goes with among or not_among and a list such as ["US", "DE"], and only it does')
        for locale in locales:
            if not re.fullmatch(r"[A-Z]{2}(-[A-Z]{2})?", locale):
                raise ValueError(f"{locale!r} is no locale; write DE, or US-NY for a state")
        return self


class MTurkRecruiter(Recruiting):
    """Amazon Mechanical Turk, or a marketplace that speaks its protocol."""

    pays: ClassVar[bool] = True
    begins: ClassVar[str] = (
        '[host]\nkind = "folder"               # folder: a web server of your own; s3: a bucket\n\n[recruiter]\n'
        'kind = "mturk"                # docs/publish.md\n'
    )

    kind: Literal["mturk"]
    title: Annotated[Text, AfterValidator(one_line), AfterValidator(at_most(128))] = Field(
        default="", description="at most 128 characters; default: the method's own words"
    )
    description: Annotated[Text, AfterValidator(one_line), AfterValidator(at_most(2000))] = Field(
        default="", description="at most 2,000 characters; default: the method's own words"
    )
    keywords: Annotated[Text, AfterValidator(one_line), AfterValidator(at_most(1000))] = Field(
        default="", description="at most 1,000 characters; default: the method's own words"
    )
    duration_s: int = Field(default=3600, ge=30, le=31_536_000, description="time a worker has")
    lifetime_s: int = Field(
        default=604_800, ge=30, le=31_536_000, description="time a HIT is offered (`7776000`, 90 days, with link)"
    )
    auto_approval_s: int = Field(default=604_800, ge=0, le=2_592_000, description="time until approval by itself")
    endpoint_url: Address = Field(default="", description="a compatible marketplace; default: MTurk's sandbox")
    profile: str = Field(default="", description="the AWS profile to use; default: the usual credential chain")
    submit_origins: tuple[Origin, ...] = Field(
        default=(), description="further origins a page may submit to, beyond MTurk's own and loopback"
    )
    waves: bool = Field(
        default=False, description="HITs of at most 9 assignments, one after the other, at the lower fee"
    )
    masters: bool = Field(default=False, description="Masters alone (5% more in fees)")
    require: tuple[Requirement, ...] = ()
    excluded: Slug = Field(default="hitgen-excluded", description="the qualification that shuts workers out")
