"""A small study in several languages, with words of its own in each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.support.batches import write_batch

LANGUAGES = ["en", "de", "ar"]
STUDY = """[texts]
distance_next = "Go"
[[survey]]
name = "glasses"
kind = "choice"
label = "Glasses?"
options = ["yes", "no"]
required = true
[[survey]]
name = "ease"
kind = "scale"
label = "How easy was it?"
points = 3
low = "hard"
high = "easy"
"""
WORDS = {
    "de": ("Eine kleine Studie", "Nichts wird aufbewahrt.", "Jederzeit.", "Ein Test.", "Los", "Brille?", ["ja", "nein"], "Wie leicht war es?", "schwer", "leicht"),
    "ar": ("دراسة صغيرة", "لا يُحفظ شيء.", "في أي وقت.", "اختبار.", "هيا", "نظارات؟", ["نعم", "لا"], "هل كان سهلاً؟", "صعب", "سهل"),
}  # fmt: skip
ENGLISH = (
    "A small study", "Nothing is kept.", "At any time.", "A test.", "Go", "Glasses?", ["yes", "no"], "How easy was it?", "hard", "easy",
)  # fmt: skip
"""What stands for the words of the study's own in every other language."""


def translation(language: str, survey: bool = True) -> str:
    """What is the study's own, in one of its further languages; its consent alone without a `survey`."""
    title, retention, withdrawal, exemption, go, glasses, options, ease, low, high = WORDS.get(language, ENGLISH)
    consent = f"""[translations.{language}.consent]
title = "{title}"
retention = "{retention}"
withdrawal = "{withdrawal}"
exemption = "{exemption}"
"""
    asked = f"""[translations.{language}.survey.glasses]
label = "{glasses}"
options = {json.dumps(options)}
[translations.{language}.survey.ease]
label = "{ease}"
low = "{low}"
high = "{high}"
[translations.{language}.texts]
distance_next = "{go}"
"""
    return consent + asked * survey


def write_study(
    folder: Path,
    extra: str = "",
    size: tuple[int, int] = (320, 240),
    languages: Sequence[str] = LANGUAGES,
    scaling: str = "pixels",
) -> Path:
    """A batch in the languages, English first."""
    more = f'{extra}[display]\nscaling = "{scaling}"\n{STUDY}{"".join(map(translation, languages[1:]))}'
    write_batch(folder, more, size, study=1)
    config = folder / "batch.toml"
    config.write_text(
        config.read_text().replace("seed = 5\n", f"seed = 5\nlanguages = {json.dumps(list(languages))}\n", 1)
    )
    return folder
