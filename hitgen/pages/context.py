"""What a page is made of: the context its template receives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hitgen.batch.load import Batch
from hitgen.config.people import AnySurveyQuestion, Consent
from hitgen.pages.texts import filled


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


def screen_texts(batch: Batch, texts: Mapping[str, str]) -> dict[str, str]:
    """The texts with what config knows filled in; the rest of the {braces} is the script's."""
    return {key: filled(value, distance_cm=f"{batch.config.display.distance_cm:g}") for key, value in texts.items()}
