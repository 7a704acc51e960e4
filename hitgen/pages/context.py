"""What a page is made of: the context its template receives, and the data that its script reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hitgen.batch.load import Batch
from hitgen.batch.plan_salt import read_salt
from hitgen.checks.made import check_minutes, page_checks
from hitgen.config.batch import BatchConfig
from hitgen.config.consent import AnySurveyQuestion, Consent
from hitgen.config.told import consent_in
from hitgen.lib.languages import Spoken
from hitgen.manifest import Ladder
from hitgen.methods.base import method_of
from hitgen.pages.data import PageData
from hitgen.pages.texts import filled, shipped_texts
from hitgen.plan import PlannedPage, PlannedTrial
from hitgen.recruiters import kind_of


@dataclass(frozen=True)
class InlinePack:
    """A pack carried in the page, in the order it is needed."""

    sha256: str
    base64: str


@dataclass(frozen=True)
class PageContext:
    """Everything a template receives; docs/templates.md describes each name."""

    language: str
    direction: str
    languages: list[Spoken]
    layout: str
    policy: str
    style: str
    script: str
    first_pack: str
    text: dict[str, str]
    consent: Consent
    survey: tuple[AnySurveyQuestion, ...]
    checks: list[str]
    page: dict[str, Any]
    page_json: str
    packs: list[InlinePack]


@dataclass(frozen=True)
class Wording:
    """What a page says in one language; which words its consent has hangs on the page."""

    language: str
    texts: Mapping[str, str]
    consent: Consent

    def of_page(self, config: BatchConfig, planned: PlannedPage) -> Wording:
        """The wording with the plan's {minutes}, {pictures} and {reward_usd} filled in; what else stands in braces stays."""
        values = {
            "minutes": method_of(config).minutes(planned) + check_minutes(config, planned.kind),
            "pictures": len(planned.trials), "reward_usd": config.reward_usd(planned.kind)
        }  # fmt: skip
        told = {key: filled(text, **values) for key, text in self.consent.model_dump().items()}
        return replace(self, consent=self.consent.model_copy(update=told))

    @property
    def data(self) -> dict[str, Any]:
        """What the page's data say of it."""
        digest = consent_digest(self.consent, self.texts)
        return {"language": self.language, "consent_sha256": digest, "texts": dict(self.texts)}


def wordings(batch: Batch, texts: Mapping[str, Mapping[str, str]]) -> list[Wording]:
    """What pages say in each language, with what config knows filled in; the rest of the {braces} is the plan's and the script's."""
    distance_cm = f"{batch.config.display.distance_cm:g}"
    screens = shipped_texts(batch.config.method.kind, checks=bool(batch.config.check))
    return [
        Wording(
            language,
            {key: filled(value, distance_cm=distance_cm) for key, value in own.items() if key in screens},
            consent_in(batch.config, language),
        )
        for language, own in texts.items()
    ]


def page_data(
    batch: Batch,
    planned: PlannedPage,
    ladders: Mapping[str, Ladder],
    said: Sequence[Wording],
    origins: tuple[str, ...],
) -> PageData:
    """The data of a planned page, as its method's model: whatever that does not name stays outside."""
    config, method = batch.config, method_of(batch.config)
    first, *others = (wording.data for wording in said)

    def of(trial: PlannedTrial) -> dict[str, Any]:
        ladder = ladders[trial.ladder]
        frame = {"trial": trial.trial, "pack": ladder.pack, "width": ladder.width, "height": ladder.height}
        return {**frame, **method.trial_data(batch, trial, ladders)}

    return method.page.model_validate(
        {
            "batch": config.batch.name, "page": planned.page, "kind": planned.kind, "method": method.name,
            "packs": config.hit.packs, "training_tries": config.hit.training_tries, "display": config.display.model_dump(),
            "training": [of(trial) for trial in planned.trials if trial.role == "training"],
            "study": [of(trial) for trial in planned.trials if trial.role != "training"],
            "places": kind_of(config).place_pattern(planned.page),
            "survey": [question.model_dump() for question in config.survey],
            "checks": page_checks(config, planned.page, planned.kind, read_salt(batch.folder)) or None,
            "submit_origins": origins, **first, "languages": others or None, **kind_of(config).answers(), **method.settings(config),
        }
    )  # fmt: skip


def consent_digest(consent: Consent, texts: Mapping[str, str]) -> str:
    """A sha256 over all that a participant agrees to, as worded."""
    keys = ("flicker_warning_heading", "flicker_warning", "photosensitivity", "consent_agree")
    words = [consent.model_dump(mode="json"), {key: texts[key] for key in keys}]
    return hashlib.sha256(json.dumps(words, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
