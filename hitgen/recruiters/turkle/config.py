"""`[recruiter] kind = "turkle"` of batch.toml."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from hitgen.config.hosts import Address
from hitgen.config.recruiter import Recruiting, Variable


class TurkleRecruiter(Recruiting):
    """A Turkle server of one's own."""

    begins: ClassVar[str] = (
        '[host]\nkind = "folder"               # folder: a web server of your own; s3: a bucket\n\n[recruiter]\n'
        'kind = "turkle"               # docs/recruiters.md\nurl = "http://127.0.0.1:8000"   # your Turkle server\n'
    )

    kind: Literal["turkle"]
    url: Annotated[Address, Field(min_length=1, description="the Turkle server's address")]
    token_env: Variable = Field(default="TURKLE_TOKEN", description="environment variable with the API token")
    duration_s: int = Field(default=3600, ge=30, le=31_536_000, description="time a worker has")
    login_required: bool = Field(default=True, description="whether workers log in; without, each page has one place")
