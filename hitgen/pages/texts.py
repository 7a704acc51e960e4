"""The words of the screens: shipped in some languages, any of them overridden by the batch."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hitgen.config.batch import BatchConfig
from hitgen.config.read import nearest
from hitgen.errors import CONFIG_NAME, Fault, InputError, in_config
from hitgen.lib.shipped import shipped
from hitgen.lib.toml import read_toml

CONSENT_WORDS = ("minutes", "pictures", "reward_usd")
"""What the plan fills in where the consent has them in {braces}."""
ENGLISH = "en"
"""What a text is in where nothing else is there."""
RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
"""Languages whose script runs from right to left."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def load_texts(config: BatchConfig, folder: Path) -> dict[str, str]:
    """Every text by its key; InputError for unknown keys, changed {placeholders} and files that cannot be read."""
    texts, also = (
        shipped_texts(config.method.kind, checks=bool(config.check)) | _translated(config),
        _also_filled(config.method.kind),
    )
    faults: list[Fault] = []
    for file, field, own in _own_texts(config, folder):
        for key, value in own.items():
            at = f"{field}.{key}" if field else key
            if key not in texts:
                faults.append(Fault(file, at, f"there is no text {key!r}", nearest(key, texts)))
            elif not isinstance(value, str) or not value.strip():
                faults.append(Fault(file, at, "it is no text", "text in quotes"))
            elif set(_PLACEHOLDER.findall(value)) - set(_PLACEHOLDER.findall(texts[key])) - set(also.get(key, ())):
                known = ", ".join(f"{{{name}}}" for name in _PLACEHOLDER.findall(texts[key])) or "no braces"
                faults.append(Fault(file, at, "it has a placeholder that is never filled in", known))
            else:
                texts[key] = value
    if faults:
        raise InputError(faults)
    return texts


def text_warnings(config: BatchConfig, folder: Path) -> list[str]:
    """What to mind of the batch's texts: a placeholder that one lost, and texts that another language still lacks."""
    texts, translated, warnings = shipped_texts(config.method.kind, checks=bool(config.check)), _translated(config), []
    if not translated and not config.batch.texts and _primary(config.batch.language) != ENGLISH:
        warnings.append(
            f"{CONFIG_NAME}: batch.language: no texts in {config.batch.language!r} come with hitgen, so the screens are English:"
            f" bring your own with batch.texts, or take one of {', '.join(shipped_languages())}"
        )
    for key, value in config.consent.model_dump().items():
        for name in dict.fromkeys(_PLACEHOLDER.findall(str(value))):
            if name not in CONSENT_WORDS:
                known = ", ".join(f"{{{each}}}" for each in CONSENT_WORDS)
                warnings.append(
                    f"{CONFIG_NAME}: consent.{key}: {{{name}}} is shown as it stands; {known} are filled in"
                )
    for file, field, own in _own_texts(config, folder):
        for key, value in own.items():
            lost = set(_PLACEHOLDER.findall(texts.get(key, ""))) - set(_PLACEHOLDER.findall(str(value)))
            if lost:
                at = f"{field}.{key}" if field else key
                warnings.append(f"{file}: {at}: it no longer says {', '.join(f'{{{name}}}' for name in sorted(lost))}")
        missing = sorted(set(texts) - set(translated) - set(own) - set(config.texts)) if not field else []
        if missing:
            named = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
            warnings.append(f"{file}: {len(missing)} texts are English still: {named}")
    return warnings


def shipped_languages() -> list[str]:
    """The languages that every screen's texts come in, as the first part of a language tag."""
    return sorted(path.stem for path in (shipped("templates") / "texts").glob("*.toml"))


def shipped_texts(method: str, language: str = ENGLISH, *, checks: bool = False) -> dict[str, str]:
    """The texts of the frame and of a method in a language, and where wanted those of checks; none where it is not shipped."""
    tables = _shipped(method, language, *(["checks"] if checks else []))
    return {key: value for table in tables for key, value in table.items() if isinstance(value, str)}


def direction(language: str) -> str:
    """Which way a language's words run, as the page's `dir`: "rtl" or "ltr"."""
    return "rtl" if _primary(language) in RIGHT_TO_LEFT else "ltr"


def _translated(config: BatchConfig) -> dict[str, str]:
    """The shipped texts of the batch's language where it is not English, by the first part of its tag."""
    language = _primary(config.batch.language)
    return {} if language == ENGLISH else shipped_texts(config.method.kind, language, checks=bool(config.check))


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()


def _also_filled(method: str) -> dict[str, list[str]]:
    """Placeholders that the script fills in though a shipped text has none of them, by the text's key."""
    return {key: names for table in _shipped(method, ENGLISH) for key, names in table.get("also_filled", {}).items()}


def _shipped(method: str, language: str, *further: str) -> Iterator[dict[str, Any]]:
    for folder in ("", f"methods/{method}", *further):
        path = shipped("templates") / folder / "texts" / f"{language}.toml"
        if path.is_file():
            yield tomllib.loads(path.read_text(encoding="utf-8"))


def filled(text: str, **values: Any) -> str:
    """A text with its {placeholders} filled in; unknown ones stay for the script."""
    return _PLACEHOLDER.sub(lambda match: str(values.get(match.group(1), match.group())), text)


def _own_texts(config: BatchConfig, folder: Path) -> list[tuple[str, str, dict[str, Any]]]:
    own: list[tuple[str, str, dict[str, Any]]] = []
    if config.batch.texts:
        path = folder / config.batch.texts
        try:
            own.append((config.batch.texts, "", read_toml(path.read_bytes(), config.batch.texts)))
        except FileNotFoundError:
            raise InputError(
                in_config(
                    "batch.texts",
                    f"there is no file {config.batch.texts!r} in the batch folder",
                    "its path from there",
                )
            ) from None
    own.append((CONFIG_NAME, "texts", dict(config.texts)))
    return own
