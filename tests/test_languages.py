"""The shipped texts of the screens: each language whole, with its placeholders, and no wider than its screens bear."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from pathlib import Path

import pytest

from hitgen.config.read import read_config
from hitgen.lib.languages import direction
from hitgen.lib.shipped import shipped
from hitgen.pages.texts import load_texts, shipped_languages, text_warnings
from tests.support.batches import write_batch

FOLDERS = sorted(path.parent for path in shipped("templates").rglob("texts/en.toml"))
"""The frame's texts and each method's."""
PAIRS = [
    pytest.param(folder, language, id=f"{folder.parent.name}-{language}")
    for folder in FOLDERS
    for language in shipped_languages()
    if language != "en"
]
WIDER, WIDER_BUTTON, ROOM = 1.4, 1.3, 6
"""Most times the width of the English words, of texts and of buttons, and how many letters more short ones may have."""
SCRIPTED_BUTTONS = {"reset_sure", "confirm_locations", "compare_again", "back_to_answers"}
"""What the script writes on buttons."""


def read(folder: Path, language: str) -> dict[str, str]:
    return tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))


def placeholders(text: str) -> list[str]:
    return sorted(set(re.findall(r"\{\w*\}?|\}", text)))


def width(text: str) -> int:
    """How wide a text is in letters: those of East Asia count twice, marks above and below not at all."""
    return sum((unicodedata.east_asian_width(each) in "WF") + (not unicodedata.combining(each)) for each in text)


def buttons() -> set[str]:
    pages = "\n".join(path.read_text(encoding="utf-8") for path in shipped("templates").rglob("*.html"))
    return SCRIPTED_BUTTONS | set(re.findall(r"<button[^>]*>(?:<span.*?</span>)?\{\{ text\.(\w+)", pages))


def test_every_language_is_there_for_the_frame_and_every_method() -> None:
    for folder in FOLDERS:
        assert sorted(path.stem for path in folder.glob("*.toml")) == shipped_languages(), folder


@pytest.mark.parametrize(("folder", "language"), PAIRS)
def test_a_language_is_whole_and_fits(folder: Path, language: str) -> None:
    english, texts = read(folder, "en"), read(folder, language)
    english.pop("also_filled", None)
    assert list(texts) == list(english)
    pressed = buttons()
    assert len(pressed) > 30
    faults = []
    for key, text in texts.items():
        if text != text.strip() or len(text.strip()) < 1 or unicodedata.normalize("NFC", text) != text:
            faults.append(f"{key}: empty, with blanks around, or letters in pieces")
        if placeholders(text) != placeholders(english[key]):
            faults.append(f"{key}: {placeholders(text)} are not {placeholders(english[key])}")
        most = width(english[key]) * (WIDER_BUTTON if key in pressed else WIDER) + ROOM
        if width(text) > most:
            faults.append(f"{key}: {width(text)} wide, {most:.0f} at most")
        if len(text) > 25 and text == english[key]:
            faults.append(f"{key}: it is English still")
    assert not faults


def test_a_batch_takes_the_texts_of_its_language_and_lays_its_own_over_them(tmp_path: Path) -> None:
    folder = write_batch(tmp_path, '[texts]\nfinish = "Ende"\n', (64, 48), study=1)
    config = folder / "batch.toml"
    plain = config.read_text()

    def told(language: str, own: str = "") -> tuple[dict[str, str], list[str]]:
        config.write_text(plain.replace("seed = 5\n", f'seed = 5\nlanguage = "{language}"\n{own}', 1))
        read_so = read_config(config)
        return load_texts(read_so, folder)[language], text_warnings(read_so, folder)

    texts, warned = told("de-AT")
    assert (texts["next"], texts["stop"], texts["finish"], warned) == ("Weiter", "Flackern anhalten", "Ende", [])
    (folder / "mine.toml").write_text('next = "Vor"\n')
    texts, warned = told("DE", 'texts = "mine.toml"\n')
    assert (texts["next"], texts["stop"], texts["finish"], warned) == ("Vor", "Flackern anhalten", "Ende", [])
    texts, warned = told("sv")
    assert (
        texts["next"] == "Next"
        and len(warned) == 1
        and "batch.language: no texts in 'sv' come with hitgen" in warned[0]
    )
    assert told("en-GB") == (texts, [])


def test_words_run_as_their_script_does() -> None:
    assert [direction(tag) for tag in ("en", "ar", "ar-EG", "he", "zh-Hant", "FA")] == [
        "ltr",
        "rtl",
        "rtl",
        "rtl",
        "ltr",
        "rtl",
    ]
