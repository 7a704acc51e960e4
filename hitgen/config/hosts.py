"""Where pages are served, and the kinds of text that services take."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from hitgen.config.base import Strict, Text
from hitgen.lib.addresses import address, policy_address

BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def one_line(text: str) -> str:
    """`text`, if a service can carry it in one line of XML or JSON."""
    if found := UNPRINTABLE.search(text):
        raise ValueError(f"holds the character U+{ord(found[0]):04X}; use letters, marks and spaces in one line")
    return text


def carried(text: str) -> str:
    """`text`, if a service can carry it in JSON or XML, over several lines."""
    one_line(text.replace("\n", " ").replace("\t", " "))
    return text


def at_most(units: int) -> Callable[[str], str]:
    """A check that a service with a limit of `units` takes a text, however it counts.

    Services that count in UTF-16, as Java does, see two characters in an emoji.
    """

    def fits(text: str) -> str:
        counted = len(text.encode("utf-16-le", "surrogatepass")) // 2
        if counted > units:
            raise ValueError(f"has {counted} characters (an emoji counts as two); use at most {units}")
        return text

    return fits


Address = Annotated[str, AfterValidator(address)]
PolicyAddress = Annotated[str, AfterValidator(policy_address)]


class FolderHost(Strict):
    """A web server of one's own that serves a folder."""

    kind: Literal["folder"]
    folder: Text = Field(default="published", description="where to put the files")
    base_url: Address = Field(default="", description="where the world sees that folder; needed to publish")


class S3Host(Strict):
    """An S3 bucket, or anything that speaks its protocol."""

    kind: Literal["s3"]
    bucket: str = Field(default="", description="the bucket")
    prefix: Annotated[str, Field(pattern=r"^([A-Za-z0-9._-]+/)*$")] = Field(default="", description="ends in /")
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")] = Field(
        default="us-east-1", description="the bucket's region"
    )
    base_url: Address = Field(default="", description="CloudFront or another address in front of the bucket")
    endpoint_url: Address = Field(default="", description="another service with S3's protocol")
    profile: str = Field(default="", description="the AWS profile to use; default: the usual credential chain")

    @model_validator(mode="after")
    def _bucket_can_be_served(self) -> S3Host:
        if "." in self.bucket:
            raise ValueError(f"bucket {self.bucket!r} has a dot, which breaks https; use a name with hyphens")
        if self.bucket and not BUCKET.fullmatch(self.bucket):
            raise ValueError(f"bucket {self.bucket!r} is no bucket name; use 3 to 63 small letters, digits and hyphens")
        return self


AnyHost = Annotated[FolderHost | S3Host, Field(discriminator="kind")]
