"""`[recruiter] kind = "prolific"` of batch.toml."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, StringConstraints

from hitgen.config.base import Slug, Strict, Text
from hitgen.config.hosts import Address, one_line
from hitgen.config.recruiter import OWN_COLLECTOR, OWN_SERVER, AnyResults, Recruiting, Variable
from hitgen.lib.money import FREE

LISTED = "prolific:listed"
"""Notes of the sessions that Prolific has named."""

Bound = Annotated[int, Field(ge=-(10**12), le=10**12)]


class ProlificFilter(Strict):
    """Who may take part, in the words of Prolific's API."""

    filter_id: Text = Field(description="for example `current-country-of-residence`")
    selected_values: tuple[str, ...] = Field(default=(), description="the accepted values")
    lower: Bound | None = Field(default=None, description="least of a range")
    upper: Bound | None = Field(default=None, description="most of a range")


class ProlificRecruiter(Recruiting):
    """Prolific: one study with an address for each page, so that everyone works one page."""

    pays: ClassVar[bool] = True
    begins: ClassVar[str] = (
        OWN_SERVER + 'kind = "prolific"             # docs/recruiters.md\n'
        'workspace = "000000000000000000000000"   # the id of yours\nminutes = 8\n' + OWN_COLLECTOR
    )

    kind: Literal["prolific"]
    results: AnyResults = Field(description="where the answers go")
    workspace: Annotated[str, Field(pattern=r"^[0-9a-f]{24}$", description="id of the workspace whose money is spent")]
    project: Annotated[str, Field(pattern=r"^([0-9a-f]{24})?$")] = Field(default="", description="id of the project")
    token_env: Variable = Field(default="PROLIFIC_TOKEN", description="environment variable with the API token")
    title: Annotated[Text, StringConstraints(max_length=120), AfterValidator(one_line)] = Field(
        default="", description="at most 120 characters; default: the method's own words"
    )
    description: Annotated[Text, StringConstraints(max_length=8000)] = Field(
        default="",
        description="at most 8,000 characters; default: the method's own words, and that it needs a computer with a mouse",
    )
    minutes: int = Field(ge=1, le=600, description="how long a page takes; with the reward it makes the pay per hour")
    qualification_minutes: int | None = Field(
        default=None, ge=1, le=600, description="how long the qualification page takes; default: minutes"
    )
    minimum_usd_per_hour: Annotated[Decimal, Field(ge=0, le=1000, decimal_places=2)] = Field(
        default=Decimal("8.00"), description="`check` and `publish` refuse less"
    )
    fee_percent: Annotated[Decimal, Field(ge=0, le=200)] = Field(
        default=Decimal("42.8"),
        description="the service's fee on rewards and bonuses, with tax; Prolific's own figure is compared before money is committed",
    )
    completion_code: Annotated[str, Field(pattern=r"^[A-Z0-9]{6,20}$")] = Field(
        default="HITGEN01", description="what participants bring back; it approves nothing by itself"
    )
    pages_each: int = Field(
        default=1,
        ge=1,
        le=1_000,
        description="how many study pages of the batch one participant may work, each paid by itself",
    )
    screen_out_usd: Annotated[Decimal, Field(gt=0, le=1_000, decimal_places=2)] | None = Field(
        default=None,
        description="what a participant gets whose screen or device does not serve; less than the reward. Default: they are asked to return",
    )
    screen_outs: int = Field(
        default=5, ge=1, le=1_000, description="how many of them are paid for each HIT, with screen_out_usd"
    )
    usd_per_gbp: Annotated[Decimal, Field(gt=0, le=100, max_digits=8)] | None = Field(
        default=None,
        description="for a workspace in pounds: the dollars that one is worth; all money here stays in dollars",
    )
    rejection: Literal["ask-return", "reject"] = Field(
        default="ask-return",
        description="what a rejection does: `ask-return` asks for a return, which harms nobody's record, `reject` rejects",
    )
    filters: tuple[ProlificFilter, ...] = ()
    excluded: Slug = Field(default="hitgen-excluded", description="the participant group that shuts people out")
    endpoint_url: Address = Field(default="", description="a compatible service; default: Prolific")

    @property
    def screen_outs_usd(self) -> Decimal:
        """What is set aside for each HIT to pay who is screened out, without the fee."""
        return self.screen_outs * self.screen_out_usd if self.screen_out_usd else FREE

    def code_of(self, why: str) -> str:
        """What participants bring back who leave without answers."""
        return f"{self.completion_code}-{why}"

    def minutes_of(self, kind: str) -> int:
        """How long a page of this kind takes."""
        return self.qualification_minutes or self.minutes if kind == "qualification" else self.minutes
