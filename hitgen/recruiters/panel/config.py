"""`[recruiter] kind = "panel"` of batch.toml."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from hitgen.config.hosts import one_line
from hitgen.config.recruiter import COLLECTOR_ALONE, OWN_SERVER, CollectorResults, Recruiting, Variable
from hitgen.lib.addresses import address

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
OURS = ("id", "code", "digest")
PLACE, OUT = "hitgen_place", "hitgen_out"
"""By what a page tells whose way back it asks for."""
RESERVED = (PLACE, OUT, *OURS, "secret")


def _way(text: str) -> str:
    """An address or a code, whose placeholders stand after the host."""
    one_line(text)
    if text.startswith(("http:", "https:")):
        if PLACEHOLDER.search(text.partition("//")[2].partition("/")[0]):
            raise ValueError("has a placeholder in its host; write the host out")
        address(PLACEHOLDER.sub("x", text).partition("#")[0].partition("?")[0])
    return text


Way = Annotated[str, StringConstraints(max_length=2_000, strip_whitespace=True), AfterValidator(_way)]
Parameter = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class PanelRecruiter(Recruiting):
    """A panel, participant pool or course: one public address with the person's id; people are paid, or credited, there."""

    begins: ClassVar[str] = (
        OWN_SERVER + 'kind = "panel"                # docs/panels.md has recipes\n'
        'id = ["PID"]                  # the parameter with the person\'s id\n' + COLLECTOR_ALONE
    )

    kind: Literal["panel"]
    results: CollectorResults = Field(description="where the answers go, and who gives places at `/go`: `hitgen serve`")
    id: tuple[Parameter, ...] = Field(
        default=("PID",),
        min_length=1,
        description="the parameter with the person's id; of several, the first that is there",
    )
    keep: tuple[Parameter, ...] = Field(
        default=(), description="further parameters of the address that the way back needs"
    )
    complete: Way = Field(
        default="",
        description="the way back once the answers arrived: an address, or a code to show; default: a code of each person's own. "
        "Placeholders: `{id}`, `{code}` (that code), `{digest}`, and the parameters of `id` and `keep`",
    )
    screened_out: Way = Field(default="", description="the same for whose screen or device does not serve")
    declined: Way = Field(default="", description="the same for who does not consent, or leaves")
    failed: Way = Field(default="", description="the same for who is shut out")
    full: Way = Field(default="", description="the same for whom there is no place")
    digest: Way = Field(
        default="",
        description="what `{digest}` is the SHA-256 of, with placeholders, `{secret}` among them; Microworkers' code",
    )
    credit: Way = Field(
        default="",
        description="an address that `review --apply` calls for who is approved, with placeholders, `{secret}` among them; SONA's",
    )
    credit_shows: str = Field(
        default="", description="what the answer to that call must contain; default: that it succeeded"
    )
    credit_shown_before: str = Field(
        default="", description="what it contains where credit was given before, which is as good"
    )
    secret_env: Variable = Field(
        default="PANEL_SECRET", description="environment variable with the panel's key, where one is used"
    )
    pages_each: int = Field(default=1, ge=1, le=1_000, description="how many study pages one person works")
    lifetime_s: int = Field(
        default=7_776_000, ge=60, le=315_360_000, description="time a HIT is offered (`7776000`, 90 days, with panel)"
    )
    hold_s: int = Field(
        default=7_200,
        ge=60,
        le=315_360_000,
        description="how long a place is kept for who got it and was not seen since (2 hours, with panel)",
    )

    @property
    def ways(self) -> dict[str, str]:
        """The ways back by why somebody takes them."""
        return {
            "complete": self.complete,
            "screened-out": self.screened_out,
            "declined": self.declined,
            "failed": self.failed,
            "full": self.full,
        }

    @property
    def uses_secret(self) -> bool:
        """Whether the panel's key is needed to send people back."""
        return "{secret}" in self.digest

    @model_validator(mode="after")
    def _placeholders(self) -> PanelRecruiter:
        if taken := {*self.id, *self.keep} & set(RESERVED) - {"id"}:
            raise ValueError(
                f"the parameter {sorted(taken)[0]!r} has a meaning of its own here; use another name for it"
            )
        known = {*self.id, *self.keep, *OURS}
        texts = {
            **{name.replace("-", "_"): text for name, text in self.ways.items()},
            "digest": self.digest,
            "credit": self.credit,
        }
        for name, text in texts.items():
            own = {"digest": (known | {"secret"}) - {"digest"}, "credit": known | {"secret"}}.get(name, known)
            for word in PLACEHOLDER.findall(text):
                if word not in own:
                    raise ValueError(
                        f"{name} has {{{word}}}, which nothing fills; it may have {', '.join(sorted(own))}"
                    )
        if self.credit and not self.credit.startswith(("http:", "https:")):
            raise ValueError("credit is no address; use one that begins with https://")
        if "{digest}" in "".join((*self.ways.values(), self.credit)) and not self.digest:
            raise ValueError("{digest} stands in a way back, but digest is empty; say what it is made of")
        return self
