"""Languages as pages show them: what each calls itself, and which way its words run; which texts are of a language tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ENGLISH = "en"
"""What a text is in where nothing else is there."""
RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
"""Languages whose script runs from right to left."""
NAMES = {
    "ar": "العربية", "bg": "Български", "bn": "বাংলা", "ca": "Català", "cs": "Čeština", "da": "Dansk", "de": "Deutsch",
    "el": "Ελληνικά", "en": "English", "es": "Español", "et": "Eesti", "eu": "Euskara", "fa": "فارسی", "fi": "Suomi",
    "fr": "Français", "ga": "Gaeilge", "gl": "Galego", "he": "עברית", "hi": "हिन्दी", "hr": "Hrvatski", "hu": "Magyar",
    "id": "Bahasa Indonesia", "is": "Íslenska", "it": "Italiano", "ja": "日本語", "ko": "한국어", "lt": "Lietuvių",
    "lv": "Latviešu", "ms": "Bahasa Melayu", "nb": "Norsk bokmål", "nl": "Nederlands", "nn": "Norsk nynorsk", "no": "Norsk",
    "pl": "Polski", "pt": "Português", "ro": "Română", "ru": "Русский", "sk": "Slovenčina", "sl": "Slovenščina",
    "sr": "Српски", "sv": "Svenska", "sw": "Kiswahili", "ta": "தமிழ்", "th": "ไทย", "tr": "Türkçe", "uk": "Українська",
    "ur": "اردو", "vi": "Tiếng Việt", "zh": "中文",
}  # fmt: skip


@dataclass(frozen=True)
class Spoken:
    """A language that participants may choose: its tag, its own name, and which way its words run."""

    language: str
    name: str
    direction: str


def spoken(languages: Sequence[str]) -> list[Spoken]:
    """The languages of a batch; the tag stands beside a name that two of them share."""
    mains = [primary(each) for each in languages]
    names = [NAMES.get(main, each) for main, each in zip(mains, languages, strict=True)]
    return [
        Spoken(each, f"{name} ({each})" if mains.count(main) > 1 else name, direction(each))
        for each, main, name in zip(languages, mains, names, strict=True)
    ]


def primary(language: str) -> str:
    """The first part of a language tag, by which texts are found."""
    return language.partition("-")[0].lower()


def direction(language: str) -> str:
    """Which way a language's words run, as the page's `dir`: "rtl" or "ltr"."""
    return "rtl" if primary(language) in RIGHT_TO_LEFT else "ltr"
