"""Where pages are served (host) and who sends workers to them (recruiter)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from hitgen.config.base import Slug, Strict, Text

Origin = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.-]+(:\d+)?$")]
Cap = Annotated[Decimal, Field(gt=0, max_digits=10, decimal_places=2)]

BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def one_line(text: str) -> str:
    """`text`, if a service can carry it in one line of XML or JSON."""
    if found := UNPRINTABLE.search(text):
        raise ValueError(f"holds the character U+{ord(found[0]):04X}; use letters, marks and spaces in one line")
    return text


def address(text: str) -> str:
    """`text`, if it is empty or the start of a web address."""
    if text and not re.fullmatch(r"https?://[^\s?#]+", text):
        raise ValueError("is not a web address; write it as https://HOST/PATH, without ? and #")
    return text


Address = Annotated[str, AfterValidator(address)]


class FolderHost(Strict):
    """A web server of one's own that serves a folder."""

    kind: Literal["folder"]
    folder: Text = "published"
    base_url: Address = Field(default="", description="where the world sees that folder; needed to publish")


class S3Host(Strict):
    """An S3 bucket, or anything that speaks its protocol."""

    kind: Literal["s3"]
    bucket: str = ""
    prefix: Annotated[str, Field(pattern=r"^([A-Za-z0-9._-]+/)*$")] = ""
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")] = "us-east-1"
    base_url: Address = Field(default="", description="CloudFront or another address in front of the bucket")
    endpoint_url: Address = ""
    profile: str = Field(default="", description="the AWS profile to use; default: the usual credential chain")

    @model_validator(mode="after")
    def _bucket_can_be_served(self) -> S3Host:
        if "." in self.bucket:
            raise ValueError(f"bucket {self.bucket!r} has a dot, which breaks https; use a name with hyphens")
        if self.bucket and not BUCKET.fullmatch(self.bucket):
            raise ValueError(f"bucket {self.bucket!r} is no bucket name; use 3 to 63 small letters, digits and hyphens")
        return self


AnyHost = Annotated[FolderHost | S3Host, Field(discriminator="kind")]


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


class MTurkRecruiter(Strict):
    """Amazon Mechanical Turk, or a marketplace that speaks its protocol."""

    kind: Literal["mturk"]
    title: Annotated[Text, StringConstraints(max_length=128), AfterValidator(one_line)] = (
        "Find where two pictures start to flicker"
    )
    description: Annotated[Text, StringConstraints(max_length=2000), AfterValidator(one_line)] = (
        "Move a slider until a picture starts to flicker, then click where you see it."
    )
    keywords: Annotated[Text, StringConstraints(max_length=1000), AfterValidator(one_line)] = (
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
    cap_usd: Cap | None = Field(default=None, description="what the batch may cost with fees; needed in production")
    waves: bool = Field(
        default=False, description="HITs of at most 9 assignments, one after the other, at the lower fee"
    )
    gold_repeats: Literal["exclude", "allow"] = Field(
        default="exclude", description="whether a worker may meet a gold question again; never a study ladder"
    )
    masters: bool = False
    require: tuple[Requirement, ...] = ()
    excluded: Slug = Field(default="hitgen-excluded", description="the qualification that shuts workers out")


AnyRecruiter = Annotated[MTurkRecruiter, Field()]
