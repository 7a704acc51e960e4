"""What the collector says to people, in the language that their address or their browser asks for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hitgen.lib.languages import primary
from hitgen.lib.shipped import shipped

FOLDER = "collector/texts"
ASKED = ("lang", "hl")
"""Parameters of an address that name a language, as pages know them too."""
MOST_ACCEPTED = 1_000
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Voice:
    """The collector's texts in one language; `direction` is which way its words run, "ltr" or "rtl"."""

    language: str
    direction: str
    texts: Mapping[str, str]

    def say(self, key: str, **values: str) -> str:
        """A text with its {placeholders} filled in."""
        return _PLACEHOLDER.sub(lambda found: values[found[1]], self.texts[key])


def door_texts(language: str) -> dict[str, str]:
    """The collector's texts as they are shipped in a language; none where it is not shipped."""
    path = shipped("templates") / FOLDER / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def english() -> tuple[Voice, ...]:
    """The one voice of a batch that says nothing of languages."""
    return (Voice("en", "ltr", door_texts("en")),)


def asked_for(query: Mapping[str, str], voices: Sequence[Voice]) -> Voice | None:
    """The voice that an address asks for; None where it asks for none, or one that there is not."""
    return _first(voices, (query[name] for name in ASKED if name in query))


def accepted(environ: Mapping[str, Any], voices: Sequence[Voice]) -> Voice:
    """The voice that the browser likes best, or the first."""
    liked: list[tuple[float, str]] = []
    for entry in str(environ.get("HTTP_ACCEPT_LANGUAGE", ""))[:MOST_ACCEPTED].split(","):
        tag, _, weight = entry.partition(";")
        number = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{1,3})?)\s*", weight)
        liked.append((-float(number[1]) if number else -1.0, tag.strip()))
    return _first(voices, (tag for weight, tag in sorted(liked, key=lambda each: each[0]) if weight)) or voices[0]


def _first(voices: Sequence[Voice], tags: Iterator[str]) -> Voice | None:
    """The voice of the first tag that there is one for, by the whole tag or its first part."""
    for tag in (each.lower() for each in tags):
        whole = next((voice for voice in voices if voice.language.lower() == tag), None)
        found = whole or next((voice for voice in voices if primary(voice.language) == primary(tag)), None)
        if found:
            return found
    return None
