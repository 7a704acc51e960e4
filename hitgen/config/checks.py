"""What all checks of eyes and screens have in batch.toml; each kind's model adds its own keys."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hitgen.config.base import Strict


class CheckTable(Strict):
    """A `[[check]]`: each kind at most once, in the order in which people meet them."""

    kind: str = Field(description="what is checked")
    failing: Literal["exclude", "note"] = Field(
        default="exclude",
        description="`exclude`: who does not pass is paid and not used; `note`: the tables and the report say so, no more",
    )
    pages: Literal["every", "qualification"] = Field(
        default="every", description="the pages that have it; on `qualification`, who does not pass is not admitted"
    )
