"""`[recruiter] kind = "connect"` of batch.toml."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, StringConstraints

from hitgen.config.base import Text
from hitgen.config.hosts import Address, one_line
from hitgen.config.recruiter import COLLECTOR_ALONE, OWN_SERVER, CollectorResults, Recruiting, Variable

IDS, KEEP = ("participantId",), ("assignmentId", "projectId")
"""What the service puts into a project's address."""


class ConnectRecruiter(Recruiting):
    """CloudResearch Connect: one project a run, whose people get their page at `/go`. Not run against the service."""

    pays: ClassVar[bool] = True
    begins: ClassVar[str] = (
        OWN_SERVER + 'kind = "connect"              # docs/recruiters.md\nminutes = 8\n' + COLLECTOR_ALONE
    )

    kind: Literal["connect"]
    results: CollectorResults = Field(description="where the answers go, and who gives places at `/go`: `hitgen serve`")
    key_env: Variable = Field(default="CONNECT_API_KEY", description="environment variable with the API key")
    title: Annotated[Text, StringConstraints(max_length=500), AfterValidator(one_line)] = Field(
        default="", description="at most 500 characters; default: the method's own words"
    )
    description: Annotated[Text, StringConstraints(max_length=5000)] = Field(
        default="", description="at most 5,000 characters; default: the method's own words"
    )
    minutes: int = Field(ge=2, le=600, description="how long a page takes; with the reward it makes the pay per hour")
    minimum_usd_per_hour: Annotated[Decimal, Field(ge=0, decimal_places=2)] = Field(
        default=Decimal("8.00"), description="`check` and `publish` refuse less"
    )
    fee_percent: Annotated[Decimal, Field(ge=0, le=200)] = Field(
        default=Decimal("25"),
        description="the service's fee on rewards and bonuses; the service's own figure is compared before money is committed",
    )
    completion_code: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{6,40}$")] = Field(
        default="HITGEN01", description="what people are shown once their answers arrived"
    )
    hold_s: int = Field(
        default=7_200,
        ge=60,
        le=315_360_000,
        description="how long a place is kept for who got it and was not seen since (2 hours, with connect)",
    )
    endpoint_url: Address = Field(default="", description="a compatible service; default: CloudResearch Connect")
