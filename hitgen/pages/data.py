"""What a page's script reads: no names of sources, no gold answers, nothing that tells gold from study."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, JsonValue

from hitgen.batch.load import Batch
from hitgen.config.people import Consent
from hitgen.manifest import Digest, Frozen, Ladder, PageKind, Point
from hitgen.plan import PlannedPage, PlannedTrial
from hitgen.recruiters import kind_of

PACK_BASE = "../packs/"


class TrialData(Frozen):
    """A trial as its page knows it."""

    trial: str = Field(description="its opaque id")
    pack: Digest = Field(description="the pack that must have arrived before the trial can begin")
    width: int = Field(description="of the source in pixels")
    height: int = Field(description="of the source in pixels")
    level_count: int = Field(description="the highest level")


class KnownAnswer(Frozen):
    """What coaching holds an answer against."""

    level: tuple[int, int]
    points: tuple[Point, ...]
    radius_px: float
    matches: int


class CoachedTrial(TrialData):
    """A training trial, with its answer."""

    question: KnownAnswer


class DisplayData(Frozen):
    """How stimuli are shown; as `[display]` of batch.toml."""

    scaling: str
    width_cm: float
    distance_cm: float
    swaps_per_second: float
    schedule: str
    refuse_slow_display: bool
    slider_start: int | str
    show_level: bool


class SurveyItem(Frozen):
    """A question of the survey."""

    name: str
    kind: str
    required: bool


class PageData(Frozen):
    """The block `hit-page` of a page."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    batch: str
    page: str
    kind: PageKind
    packs: Literal["inline", "linked"]
    pack_base: str = Field(default=PACK_BASE, description="where linked packs are fetched from")
    training: tuple[CoachedTrial, ...]
    study: tuple[TrialData, ...] = Field(description="study and gold trials alike")
    locations: int
    display: DisplayData
    consent_sha256: Digest
    survey: tuple[SurveyItem, ...]
    submit_origins: tuple[str, ...]
    results: dict[str, JsonValue] = Field(
        description="where answers go: kind form, collector, s3 or frame, and its addresses"
    )
    completion_url: str | None = Field(default=None, description="where the recruiter wants people back")
    texts: dict[str, str]

    def json(self) -> str:  # type: ignore[override]
        """The data as JSON that may stand in a script block."""
        record = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        for letter in "<>&\u2028\u2029":
            text = text.replace(letter, f"\\u{ord(letter):04x}")
        return text


def page_data(
    batch: Batch,
    planned: PlannedPage,
    ladders: Mapping[str, Ladder],
    texts: Mapping[str, str],
    origins: tuple[str, ...],
) -> PageData:
    """The data of a planned page."""
    config = batch.config
    questions = {question.name: question.model_dump() for question in batch.questions}
    coached = tuple(
        CoachedTrial(**_trial(trial, ladders), question=KnownAnswer(**questions[trial.question]))
        for trial in planned.trials
        if trial.role == "training" and trial.question
    )
    return PageData(
        batch=config.batch.name, page=planned.page, kind=planned.kind, packs=config.hit.packs, training=coached,
        study=tuple(TrialData(**_trial(trial, ladders)) for trial in planned.trials if trial.role != "training"),
        locations=config.hit.locations, display=DisplayData(**config.display.model_dump()),
        consent_sha256=consent_digest(config.consent, texts),
        survey=tuple(SurveyItem(**question.model_dump()) for question in config.survey),
        submit_origins=origins, texts=dict(texts), **kind_of(config).answers(),
    )  # fmt: skip


def _trial(trial: PlannedTrial, ladders: Mapping[str, Ladder]) -> dict[str, Any]:
    ladder = ladders[trial.ladder]
    return {
        "trial": trial.trial, "pack": ladder.pack, "width": ladder.width, "height": ladder.height,
        "level_count": ladder.level_max,
    }  # fmt: skip


def consent_digest(consent: Consent, texts: Mapping[str, str]) -> str:
    """A sha256 over all that a participant agrees to, as worded."""
    keys = ("flicker_warning_heading", "flicker_warning", "photosensitivity", "consent_agree")
    words = [consent.model_dump(mode="json"), {key: texts[key] for key in keys}]
    return hashlib.sha256(json.dumps(words, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
