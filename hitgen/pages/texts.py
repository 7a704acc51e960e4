"""The words of the screens: shipped in some languages, any of them overridden by the batch."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hitgen.collector.voice import Voice, door_texts
from hitgen.config.batch import BatchConfig
from hitgen.config.read import nearest
from hitgen.config.told import consent_in
from hitgen.config.translations import Translation
from hitgen.errors import CONFIG_NAME, Fault, InputError, in_config, raise_faults
from hitgen.lib.files import content_of
from hitgen.lib.languages import ENGLISH, direction, primary
from hitgen.lib.shipped import shipped
from hitgen.lib.toml import read_toml
from hitgen.recruiters import kind_of

CONSENT_WORDS = ("minutes", "pictures", "reward_usd")
"""What the plan fills in where the consent has them in {braces}."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class _Own:
    """Texts of the batch's own and where they are written; `whole`: in a file that may hold a language's texts."""

    file: str
    field: str
    texts: dict[str, Any]
    whole: bool

    def at(self, key: str) -> str:
        return f"{self.field}.{key}" if self.field else key


def load_texts(config: BatchConfig, folder: Path) -> dict[str, dict[str, str]]:
    """Every text by its key, for each language of the batch: the screens' and the collector's.

    InputError for unknown keys, changed {placeholders}, files that cannot be read, and texts that one language lacks.
    """
    faults: list[Fault] = []
    loaded = {language: _texts(config, folder, language, faults) for language in config.batch.spoken}
    for language in config.batch.spoken[1:]:
        faults += _lacking(config, folder, language)
    raise_faults(faults)
    return loaded


def _texts(config: BatchConfig, folder: Path, language: str, faults: list[Fault]) -> dict[str, str]:
    """The texts of one language; adds what is wrong with the batch's own to `faults`."""
    texts, also = _english(config) | _translated(config, language), _also_filled(config.method.kind)
    for own in _own_texts(config, folder, language):
        for key, value in own.texts.items():
            if key not in texts:
                faults.append(Fault(own.file, own.at(key), f"there is no text {key!r}", nearest(key, texts)))
            elif not isinstance(value, str) or not value.strip():
                faults.append(Fault(own.file, own.at(key), "it is no text", "text in quotes"))
            elif set(_PLACEHOLDER.findall(value)) - set(_PLACEHOLDER.findall(texts[key])) - set(also.get(key, ())):
                known = ", ".join(f"{{{name}}}" for name in _PLACEHOLDER.findall(texts[key])) or "no braces"
                problem = "it has a placeholder that is never filled in"
                faults.append(Fault(own.file, own.at(key), problem, known))
            else:
                texts[key] = value
    return texts


def _lacking(config: BatchConfig, folder: Path, language: str) -> Iterator[Fault]:
    """What a further language lacks: what the batch says in words of its own in the first one, or all where it is not shipped."""
    first, at = config.batch.spoken[0], f"translations.{language}"
    own = {key for each in _own_texts(config, folder, language) for key in each.texts}
    missing = sorted(_needed(config) - own)
    if not _translated(config, language) and primary(language) != ENGLISH and missing:
        problem = f"no texts in {language!r} come with hitgen, and {_named(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        yield in_config(f"{at}.file", problem, f"a file with them, or one of {', '.join(shipped_languages())}")
    elif primary(first) in shipped_languages():
        for each in _own_texts(config, folder, first):
            for key in each.texts.keys() - own:
                problem = f"{each.at(key)} of {each.file} is the batch's own in {first!r}, and missing in {language!r}"
                yield in_config(f"{at}.texts.{key}", problem, f"the same in {language!r}")


def text_warnings(config: BatchConfig, folder: Path) -> list[str]:
    """What to mind of the batch's texts: a placeholder that one lost, and texts that another language still lacks."""
    first, warnings = config.batch.spoken[0], []
    if not _translated(config, first) and not config.batch.texts and primary(first) != ENGLISH:
        warnings.append(
            f"{CONFIG_NAME}: batch.language: no texts in {first!r} come with hitgen, so the screens are English:"
            f" bring your own with batch.texts, or take one of {', '.join(shipped_languages())}"
        )
    for language in config.batch.spoken:
        warnings += [*_consent_warnings(config, language), *_own_warnings(config, folder, language)]
    return warnings


def _consent_warnings(config: BatchConfig, language: str) -> Iterator[str]:
    table = "consent" if language == config.batch.spoken[0] else f"translations.{language}.consent"
    known = ", ".join(f"{{{each}}}" for each in CONSENT_WORDS)
    for key, value in consent_in(config, language).model_dump().items():
        for name in dict.fromkeys(_PLACEHOLDER.findall(str(value))):
            if name not in CONSENT_WORDS:
                yield f"{CONFIG_NAME}: {table}.{key}: {{{name}}} is shown as it stands; {known} are filled in"


def _own_warnings(config: BatchConfig, folder: Path, language: str) -> Iterator[str]:
    texts, translated = _english(config), _translated(config, language)
    owns = _own_texts(config, folder, language)
    for own in owns:
        for key, value in own.texts.items():
            lost = set(_PLACEHOLDER.findall(texts.get(key, ""))) - set(_PLACEHOLDER.findall(str(value)))
            if lost:
                yield f"{own.file}: {own.at(key)}: it no longer says {', '.join(f'{{{name}}}' for name in sorted(lost))}"
        missing = sorted(_needed(config) - translated.keys() - {key for each in owns for key in each.texts})
        if own.whole and missing:
            yield f"{own.file}: {len(missing)} texts are English still: {_named(missing)}"


def _named(keys: list[str]) -> str:
    return ", ".join(keys[:5]) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")


def shipped_languages() -> list[str]:
    """The languages that every screen's texts come in, as the first part of a language tag."""
    return sorted(path.stem for path in (shipped("templates") / "texts").glob("*.toml"))


def shipped_texts(method: str, language: str = ENGLISH, *, checks: bool = False) -> dict[str, str]:
    """The texts of the frame and of a method in a language, and where wanted those of checks; none where it is not shipped."""
    tables = _shipped(method, language, *(["checks"] if checks else []))
    return {key: value for table in tables for key, value in table.items() if isinstance(value, str)}


def _english(config: BatchConfig) -> dict[str, str]:
    return shipped_texts(config.method.kind, checks=bool(config.check)) | door_texts(ENGLISH)


def _needed(config: BatchConfig) -> set[str]:
    """The texts that somebody reads: the collector's only where there is one."""
    results = kind_of(config).results
    meets = results is not None and results.kind == "collector"
    return set(_english(config)) if meets else set(_english(config)) - set(door_texts(ENGLISH))


def _translated(config: BatchConfig, language: str) -> dict[str, str]:
    """The shipped texts of a language where it is not English, by the first part of its tag."""
    if primary(language) == ENGLISH:
        return {}
    return shipped_texts(config.method.kind, primary(language), checks=bool(config.check)) | door_texts(
        primary(language)
    )


def voices(config: BatchConfig, folder: Path) -> tuple[Voice, ...]:
    """What the collector says to people in each language of the batch."""
    return tuple(
        Voice(language, direction(language), {key: texts[key] for key in door_texts(ENGLISH)})
        for language, texts in load_texts(config, folder).items()
    )


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


def text_files(config: BatchConfig) -> dict[str, str]:
    """The files of texts that the batch brings, by the place in batch.toml that names each."""
    named = {f"translations.{language}.file": words.file for language, words in config.translations.items()}
    return {field: name for field, name in {"batch.texts": config.batch.texts, **named}.items() if name}


def _own_texts(config: BatchConfig, folder: Path, language: str) -> list[_Own]:
    """The batch's own texts of a language, each winning over those before it."""
    is_first = language == config.batch.spoken[0]
    field = "batch.texts" if is_first else f"translations.{language}.file"
    name = text_files(config).get(field)
    table = config.texts if is_first else config.translations.get(language, Translation()).texts
    inline = _Own(CONFIG_NAME, "texts" if is_first else f"translations.{language}.texts", dict(table), whole=False)
    return [*([_read(folder, name, field)] if name else []), inline]


def _read(folder: Path, name: str, field: str) -> _Own:
    try:
        return _Own(name, "", read_toml(content_of(folder / name), name), whole=True)
    except FileNotFoundError:
        problem = f"there is no file {name!r} in the batch folder"
        raise InputError(in_config(field, problem, "its path from there")) from None
