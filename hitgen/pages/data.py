"""What a page's script reads: no names of sources, no gold answers, nothing that tells gold from study."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from hitgen.manifest import Digest, Frozen, PageKind

PACK_BASE = "../packs/"


class TrialData(Frozen):
    """A trial as its page knows it; a method's subclass has what its script needs."""

    trial: str = Field(description="its opaque id")
    pack: Digest = Field(description="the pack that must have arrived before the trial can begin")
    width: int = Field(description="of the source in pixels")
    height: int = Field(description="of the source in pixels")

    @property
    def packs(self) -> tuple[str, ...]:
        """What has to be there before it can begin."""
        return (self.pack,)


class DisplayData(Frozen):
    """How stimuli are shown; as `[display]` of batch.toml."""

    scaling: str
    width_cm: float
    distance_cm: float
    swaps_per_second: float
    schedule: str
    refuse_slow_display: bool


class SurveyItem(Frozen):
    """A question of the survey."""

    name: str
    kind: str
    required: bool


class CheckData(Frozen):
    """A check of eyes or screens as its page knows it, with what the kind shows."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str
    id: str = Field(description="changes with whatever is shown")
    screen: str | None = Field(default=None, description="its screen, where it has one of its own")


class Worded(Frozen):
    """A page's words in one language."""

    language: str = Field(default="en", description="its tag")
    consent_sha256: Digest = Field(description="of all that is agreed to, in this language")
    texts: dict[str, str]


class PageData(Worded):
    """The block `hit-page` of a page, with what the method's subclass adds."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    batch: str
    page: str
    kind: PageKind
    method: str
    packs: Literal["inline", "linked"]
    pack_base: str = Field(default=PACK_BASE, description="where linked packs are fetched from")
    training: tuple[TrialData, ...]
    study: tuple[TrialData, ...] = Field(description="study and gold trials alike")
    display: DisplayData
    survey: tuple[SurveyItem, ...]
    training_tries: int | None = Field(
        default=None, description="tries at one training trial, after which the visit ends"
    )
    checks: tuple[CheckData, ...] | None = Field(default=None, description="of eyes and screens, in order; none: null")
    submit_origins: tuple[str, ...]
    results: dict[str, JsonValue] = Field(
        description="where answers go: kind form, collector, s3 or frame, and its addresses"
    )
    completion_url: str | None = Field(
        default=None, description="where the recruiter wants people back; `{assignment}` and `{language}` are filled in"
    )
    leaving_url: str | None = Field(
        default=None, description="the same for who leaves without answers; `{why}` is screened-out, declined or failed"
    )
    places: str = Field(default="", description="a pattern of the assignments that there are for this page; empty: any")
    languages: tuple[Worded, ...] | None = Field(
        default=None, description="the other languages that a participant may choose, where there are some"
    )

    @property
    def consents(self) -> dict[str, str]:
        """The digest of what is agreed to, by language."""
        return {each.language: each.consent_sha256 for each in (self, *(self.languages or ()))}

    def saying(self, more: Sequence[Mapping[str, str]]) -> PageData:
        """The data with more texts in each language."""
        others = self.languages or ()
        texts = [{**each.texts, **further} for each, further in zip((self, *others), more, strict=True)]
        said = [each.model_copy(update={"texts": own}) for each, own in zip(others, texts[1:], strict=True)]
        return self.model_copy(update={"texts": texts[0], "languages": tuple(said) or None})

    def json(self) -> str:  # type: ignore[override]
        """The data as JSON that may stand in a script block."""
        record = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        for letter in "<>&\u2028\u2029":
            text = text.replace(letter, f"\\u{ord(letter):04x}")
        return text
