"""Where pages are served (host) and who sends workers to them (recruiter)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hitgen.config.base import Strict, Text

Origin = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.-]+(:\d+)?$")]


class FolderHost(Strict):
    """A web server of one's own that serves a folder."""

    kind: Literal["folder"]
    folder: Text = "published"
    base_url: str = ""


class S3Host(Strict):
    kind: Literal["s3"]
    bucket: str = ""
    prefix: str = ""
    region: str = "us-east-1"
    base_url: str = Field(default="", description="CloudFront or another address in front of the bucket")
    endpoint_url: str = ""


AnyHost = Annotated[FolderHost | S3Host, Field(discriminator="kind")]


class MTurkRecruiter(Strict):
    kind: Literal["mturk"]
    title: Text = "Find where two pictures start to flicker"
    description: Text = "Move a slider until a picture starts to flicker, then click where you see it."
    keywords: Text = "image, quality, flicker, research"
    duration_s: int = Field(default=3600, ge=30, le=31_536_000)
    lifetime_s: int = Field(default=604_800, ge=30, le=31_536_000)
    auto_approval_s: int = Field(default=604_800, ge=0, le=2_592_000)
    endpoint_url: str = ""
    submit_origins: tuple[Origin, ...] = Field(
        default=(), description="further origins a page may submit to, beyond MTurk's own and loopback"
    )


AnyRecruiter = Annotated[MTurkRecruiter, Field()]
