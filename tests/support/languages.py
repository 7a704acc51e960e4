"""A small study in several languages, with words of its own in each."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.batches import write_batch

LANGUAGES = ["en", "de", "ar"]
STUDY = """[display]
scaling = "pixels"
[texts]
distance_next = "Go"
[[survey]]
name = "glasses"
kind = "choice"
label = "Glasses?"
options = ["yes", "no"]
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


def translation(language: str) -> str:
    """What is the study's own, in one of its further languages."""
    title, retention, withdrawal, exemption, go, glasses, options, ease, low, high = WORDS[language]
    return f"""[translations.{language}.consent]
title = "{title}"
retention = "{retention}"
withdrawal = "{withdrawal}"
exemption = "{exemption}"
[translations.{language}.survey.glasses]
label = "{glasses}"
options = {json.dumps(options)}
[translations.{language}.survey.ease]
label = "{ease}"
low = "{low}"
high = "{high}"
[translations.{language}.texts]
distance_next = "{go}"
"""


def write_study(folder: Path, extra: str = "", size: tuple[int, int] = (320, 240)) -> Path:
    """A batch in the languages, English first."""
    write_batch(folder, extra + STUDY + "".join(map(translation, LANGUAGES[1:])), size, study=1)
    config = folder / "batch.toml"
    config.write_text(config.read_text().replace("seed = 5\n", f"seed = 5\nlanguages = {json.dumps(LANGUAGES)}\n", 1))
    return folder
