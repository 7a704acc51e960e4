"""`[recruiter] kind = "link"` of batch.toml."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from hitgen.config.recruiter import OWN_COLLECTOR, OWN_SERVER, AnyResults, Recruiting

DAY_S = 86_400


class LinkRecruiter(Recruiting):
    """Own participants: a personal address for each place; people are found, and paid, outside hitgen."""

    begins: ClassVar[str] = (
        OWN_SERVER
        + 'kind = "link"                 # people of your own; who else can come: docs/recruiters.md\n'
        + OWN_COLLECTOR
    )

    kind: Literal["link"]
    results: AnyResults = Field(description="where the answers go")
    lifetime_s: int = Field(
        default=90 * DAY_S,
        ge=60,
        le=10 * 365 * DAY_S,
        description="time a HIT is offered (`7776000`, 90 days, with link)",
    )
    hold_s: int = Field(
        default=DAY_S,
        ge=60,
        le=10 * 365 * DAY_S,
        description="how long `serve --hand-out` keeps a place for who got it; then, if nothing of theirs came and they did "
        "not come back, it is given to the next when no other is left (a day)",
    )
