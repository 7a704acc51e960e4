"""What participants are told in each of a batch's languages, and what of it one of them lacks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hitgen.config.base import Strict
from hitgen.config.batch import BatchConfig
from hitgen.config.consent import AnySurveyQuestion, Consent
from hitgen.config.translations import SurveyWords, Translation
from hitgen.errors import Fault, in_config

SAME_IN_ALL = frozenset({"contact", "approval"})
"""What of the consent need not be said again."""


def consent_in(config: BatchConfig, language: str) -> Consent:
    """The consent in one of the batch's languages."""
    words = config.translations.get(language, Translation()).consent
    return config.consent.model_copy(update=_said(words))


def survey_in(config: BatchConfig, language: str) -> tuple[AnySurveyQuestion, ...]:
    """The survey in one of the batch's languages."""
    words = config.translations.get(language, Translation()).survey
    return tuple(each.model_copy(update=_said(words.get(each.name, SurveyWords()))) for each in config.survey)


def translation_faults(config: BatchConfig) -> Iterator[Fault]:
    """What of consent and survey is missing in a language that the batch has, or is there without a use."""
    first, *others = config.batch.spoken
    for language in config.translations:
        if language not in others:
            problem = f"{language!r} is none of the further languages of this batch"
            remedy = f"batch.languages = {json.dumps([*config.batch.spoken, language])}"
            yield in_config(f"translations.{language}", problem, remedy)
    for language in others:
        words = config.translations.get(language, Translation())
        for key, text in config.consent.model_dump().items():
            if text and key not in SAME_IN_ALL and not getattr(words.consent, key):
                yield _missing(f"consent.{key}", first, language)
        yield from _survey_faults(config, words, first, language)


def _survey_faults(config: BatchConfig, words: Translation, first: str, language: str) -> Iterator[Fault]:
    for name in words.survey.keys() - {question.name for question in config.survey}:
        yield in_config(
            f"translations.{language}.survey.{name}", "the survey has no such question", "the name of one of [[survey]]"
        )
    for question in config.survey:
        said, at = words.survey.get(question.name, SurveyWords()), f"survey.{question.name}"
        own: dict[str, Any] = question.model_dump()
        for key in SurveyWords.model_fields:
            if key in own and not getattr(said, key):
                yield _missing(f"{at}.{key}", first, language)
            elif key not in own and getattr(said, key):
                problem = f"a question of the kind {question.kind} has no {key}"
                yield in_config(f"translations.{language}.{at}.{key}", problem, "leaving it out")
        if said.options and "options" in own and len(said.options) != len(own["options"]):
            problem = f"it has {len(said.options)} options, and the question has {len(own['options'])}"
            yield in_config(f"translations.{language}.{at}.options", problem, "as many, in the same order")


def _missing(field: str, first: str, language: str) -> Fault:
    problem = f"it is there in {first!r} and missing in {language!r}"
    return in_config(f"translations.{language}.{field}", problem, f"the same in {language!r}")


def _said(words: Strict) -> dict[str, Any]:
    return {key: value for key, value in words.model_dump().items() if value}
