"""Who sends workers to pages, and where their answers go: one model a kind of recruiter."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from hitgen.config.base import Slug, Strict, Text
from hitgen.config.publishing import Address, at_most, one_line

Origin = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.-]+(:\d+)?$")]
Cap = Annotated[Decimal, Field(gt=0, max_digits=10, decimal_places=2)]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
DAY_S = 86_400


class Recruiting(Strict):
    """What all kinds of recruiters have."""

    gold_repeats: Literal["exclude", "allow"] = Field(
        default="exclude", description="whether a worker may meet a gold question again; never a study ladder"
    )
    cap_usd: Cap | None = Field(default=None, description="what the batch may cost with fees; needed in production")


class Requirement(Strict):
    """What a worker's qualification must be: exactly one condition."""

    qualification: Text = Field(
        description="approval_percent, approved_hits, adult, locale, or one of your own by name"
    )
    at_least: int | None = None
    at_most: int | None = None
    equals: int | None = None
    granted: bool | None = Field(default=None, description="true: must have it; false: must not")
    among: tuple[str, ...] = Field(default=(), max_length=30, description="locales: US, DE or US-NY")
    not_among: tuple[str, ...] = Field(default=(), max_length=30)

    @model_validator(mode="after")
    def _one_condition(self) -> Requirement:
        numbers = [self.at_least, self.at_most, self.equals, self.granted]
        given = sum(value is not None for value in numbers) + bool(self.among) + bool(self.not_among)
        if given != 1:
            raise ValueError("give exactly one of at_least, at_most, equals, granted, among, not_among")
        locales = self.among + self.not_among
        if (self.qualification == "locale") != bool(locales):
            raise ValueError('locale goes with among or not_among and a list such as ["US", "DE"], and only it does')
        for place in locales:
            if not re.fullmatch(r"[A-Z]{2}(-[A-Z]{2})?", place):
                raise ValueError(f"{place!r} is no locale; write DE, or US-NY for a state")
        return self


class MTurkRecruiter(Recruiting):
    """Amazon Mechanical Turk, or a marketplace that speaks its protocol."""

    kind: Literal["mturk"]
    title: Annotated[Text, AfterValidator(one_line), AfterValidator(at_most(128))] = (
        "Find where two pictures start to flicker"
    )
    description: Annotated[Text, AfterValidator(one_line), AfterValidator(at_most(2000))] = (
        "Move a slider until a picture starts to flicker, then click where you see it."
    )
    keywords: Annotated[Text, AfterValidator(one_line), AfterValidator(at_most(1000))] = (
        "image, quality, flicker, research"
    )
    duration_s: int = Field(default=3600, ge=30, le=31_536_000)
    lifetime_s: int = Field(default=604_800, ge=30, le=31_536_000)
    auto_approval_s: int = Field(default=604_800, ge=0, le=2_592_000)
    endpoint_url: Address = Field(default="", description="a compatible marketplace; default: MTurk's sandbox")
    profile: str = Field(default="", description="the AWS profile to use; default: the usual credential chain")
    submit_origins: tuple[Origin, ...] = Field(
        default=(), description="further origins a page may submit to, beyond MTurk's own and loopback"
    )
    waves: bool = Field(
        default=False, description="HITs of at most 9 assignments, one after the other, at the lower fee"
    )
    masters: bool = False
    require: tuple[Requirement, ...] = ()
    excluded: Slug = Field(default="hitgen-excluded", description="the qualification that shuts workers out")


class CollectorResults(Strict):
    """Answers go to `hitgen serve` on a server of one's own."""

    kind: Literal["collector"]
    url: Annotated[Address, Field(min_length=1, description="where the world sees `hitgen serve`")]


class S3Results(Strict):
    """Answers go to the bucket under [host], by a presigned form that is renewed whenever hitgen runs."""

    kind: Literal["s3"]


AnyResults = Annotated[CollectorResults | S3Results, Field(discriminator="kind")]


class LinkRecruiter(Recruiting):
    """Own participants: a personal address for each place; people are found, and paid, outside hitgen."""

    kind: Literal["link"]
    results: AnyResults = Field(description="where the answers go")
    lifetime_s: int = Field(default=90 * DAY_S, ge=60, le=10 * 365 * DAY_S)


class TurkleRecruiter(Recruiting):
    """A Turkle server of one's own."""

    kind: Literal["turkle"]
    url: Annotated[Address, Field(min_length=1, description="the Turkle server's address")]
    token_env: Variable = Field(default="TURKLE_TOKEN", description="environment variable with the API token")
    duration_s: int = Field(default=3600, ge=30, le=31_536_000)
    login_required: bool = True


class ProlificFilter(Strict):
    """Who may take part, in the words of Prolific's API."""

    filter_id: Text
    selected_values: tuple[str, ...] = ()
    lower: int | None = Field(default=None, description="least of a range")
    upper: int | None = Field(default=None, description="most of a range")


class ProlificRecruiter(Recruiting):
    """Prolific: one study with an address for each page, so that everyone works one page."""

    kind: Literal["prolific"]
    results: AnyResults = Field(description="where the answers go")
    workspace: Annotated[str, Field(pattern=r"^[0-9a-f]{24}$", description="id of the workspace, whose money is spent")]
    project: Annotated[str, Field(pattern=r"^([0-9a-f]{24})?$")] = Field(default="", description="id of the project")
    token_env: Variable = Field(default="PROLIFIC_TOKEN", description="environment variable with the API token")
    title: Annotated[Text, StringConstraints(max_length=120), AfterValidator(one_line)] = (
        "Find where two pictures start to flicker"
    )
    description: Annotated[Text, StringConstraints(max_length=8000)] = (
        "Move a slider until a picture starts to flicker, then click where you see it. Needs a computer with a mouse."
    )
    minutes: int = Field(ge=1, le=600, description="how long a page takes; sets the pay per hour")
    qualification_minutes: int | None = Field(default=None, ge=1, le=600, description="the qualification page's")
    minimum_usd_per_hour: Annotated[Decimal, Field(ge=0, decimal_places=2)] = Decimal("8.00")
    fee_percent: Annotated[Decimal, Field(ge=0, le=200)] = Decimal("42.8")
    completion_code: Annotated[str, Field(pattern=r"^[A-Z0-9]{6,20}$")] = "HITGEN01"
    rejection: Literal["ask-return", "reject"] = "ask-return"
    filters: tuple[ProlificFilter, ...] = ()
    excluded: Slug = Field(default="hitgen-excluded", description="the participant group that shuts people out")
    endpoint_url: Address = Field(default="", description="a compatible service; default: Prolific")


AnyRecruiter = Annotated[
    MTurkRecruiter | LinkRecruiter | TurkleRecruiter | ProlificRecruiter, Field(discriminator="kind")
]


def in_waves(recruiter: AnyRecruiter) -> bool:
    """Whether pages are given out in small HITs, one after the other."""
    return isinstance(recruiter, MTurkRecruiter) and recruiter.waves


def posts_to_bucket(recruiter: AnyRecruiter) -> bool:
    """Whether pages post their answers to the bucket they lie in."""
    return isinstance(recruiter, LinkRecruiter | ProlificRecruiter) and isinstance(recruiter.results, S3Results)


def demands(recruiter: AnyRecruiter) -> int:
    """How many demands on workers the config makes of every page."""
    return len(recruiter.require) + recruiter.masters if isinstance(recruiter, MTurkRecruiter) else 0


def minutes_of(recruiter: ProlificRecruiter, kind: str) -> int:
    """How long a page of this kind takes, in minutes."""
    return recruiter.qualification_minutes or recruiter.minutes if kind == "qualification" else recruiter.minutes
