"""What a page is made of: the context its template receives, and the data its script reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hitgen.batch.load import Batch
from hitgen.config.people import AnySurveyQuestion, Consent
from hitgen.pages.results import results_of
from hitgen.pages.texts import filled
from hitgen.plan import PlannedPage, PlannedTrial
from hitgen.stimuli.ladders import Ladder

PACK_BASE = "../packs/"


@dataclass(frozen=True)
class InlinePack:
    """A pack carried in the page, in the order it is needed."""

    sha256: str
    base64: str


@dataclass(frozen=True)
class PageContext:
    """Everything a template receives; docs/templates.md describes each name."""

    language: str
    layout: str
    policy: str
    style: str
    script: str
    text: dict[str, str]
    consent: Consent
    survey: tuple[AnySurveyQuestion, ...]
    page: dict[str, Any]
    page_json: str
    packs: list[InlinePack]


def page_data(
    batch: Batch,
    planned: PlannedPage,
    ladders: Mapping[str, Ladder],
    texts: Mapping[str, str],
    origins: tuple[str, ...],
) -> dict[str, Any]:
    """The page's data for its script (`hit-page`): study and gold alike, no names, no gold answers."""
    config = batch.config
    questions = {question.name: question for question in batch.questions}
    training, study = [], []
    for trial in planned.trials:
        entry = _trial(trial, ladders[trial.ladder])
        if trial.role == "training" and trial.question:
            question = questions[trial.question]
            entry["question"] = question.model_dump(mode="json", include={"level", "points", "radius_px", "matches"})
            training.append(entry)
        else:
            study.append(entry)
    shown = {
        "scaling",
        "width_cm",
        "distance_cm",
        "swaps_per_second",
        "schedule",
        "refuse_slow_display",
        "slider_start",
        "show_level",
    }
    return {
        "schema": 1,
        "batch": config.batch.name,
        "page": planned.page,
        "kind": planned.kind,
        "packs": config.hit.packs,
        "pack_base": PACK_BASE,
        "training": training,
        "study": study,
        "locations": config.hit.locations,
        "display": config.display.model_dump(mode="json", include=shown),
        "consent_sha256": consent_digest(config.consent, texts),
        "survey": [
            question.model_dump(mode="json", include={"name", "kind", "required"}) for question in config.survey
        ],
        "submit_origins": list(origins),
        **results_of(config),
        "texts": dict(texts),
    }


def _trial(trial: PlannedTrial, ladder: Ladder) -> dict[str, Any]:
    return {
        "trial": trial.trial,
        "pack": ladder.pack,
        "width": ladder.width,
        "height": ladder.height,
        "level_count": ladder.level_count,
    }


def screen_texts(batch: Batch, texts: Mapping[str, str]) -> dict[str, str]:
    """The texts with what config knows filled in; the rest of the {braces} is the script's."""
    return {key: filled(value, distance_cm=f"{batch.config.display.distance_cm:g}") for key, value in texts.items()}


def consent_digest(consent: Consent, texts: Mapping[str, str]) -> str:
    """A sha256 over all that a participant agrees to, as worded."""
    keys = ("flicker_warning_heading", "flicker_warning", "photosensitivity", "consent_agree")
    words = [consent.model_dump(mode="json"), {key: texts[key] for key in keys}]
    return hashlib.sha256(json.dumps(words, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
