"""What the tables of all recruiters share: who may come again, the cap, and where answers can go."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from hitgen.config.base import Strict
from hitgen.config.hosts import PolicyAddress

Cap = Annotated[Decimal, Field(gt=0, max_digits=10, decimal_places=2)]
OWN_SERVER = """[host]
kind = "folder"               # folder: a web server of your own; s3: a bucket
base_url = "http://127.0.0.1:8470"   # where the world sees it; to begin with, `hitgen serve {folder}` on this machine

[recruiter]
"""
"""How a new batch is served where answers go to a collector."""
COLLECTOR_ALONE = 'results = {{kind = "collector", url = "http://127.0.0.1:8470"}}   # where answers go\n'
OWN_COLLECTOR = COLLECTOR_ALONE.rstrip() + '; or {{kind = "s3"}}\n'
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Recruiting(Strict):
    """What all kinds of recruiters have; each kind's model says of `kind` what its word is."""

    pays: ClassVar[bool] = False
    """Whether rewards are paid through hitgen."""
    begins: ClassVar[str] = ""
    """The tables [host] and [recruiter] that a new batch has for this kind; `{folder}` stands for its folder."""

    kind: str
    gold_repeats: Literal["exclude", "allow"] = Field(
        default="exclude", description="whether a worker may meet a gold question again; never a study ladder"
    )
    cap_usd: Cap | None = Field(default=None, description="what the batch may cost with fees; needed in production")


class CollectorResults(Strict):
    """Answers go to `hitgen serve` on a server of one's own."""

    kind: Literal["collector"]
    url: Annotated[PolicyAddress, Field(min_length=1, description="where the world sees `hitgen serve`")]


class S3Results(Strict):
    """Answers go to the bucket under [host], by a presigned form that is renewed whenever hitgen runs."""

    kind: Literal["s3"]


AnyResults = Annotated[CollectorResults | S3Results, Field(discriminator="kind")]
