"""What the collector says to people, in their language: at /go, at ends, and at addresses that lead nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hitgen.collector.voice import Voice, accepted, asked_for, door_texts, english
from hitgen.config.read import read_config
from hitgen.config.recruiter import CollectorResults
from hitgen.pages.texts import shipped_texts, voices
from hitgen.recruiters.panel.config import PLACE
from hitgen.recruiters.panel.kind import ways_back
from tests.support.languages import write_study
from tests.support.panels import RESULTS, panel_study

ROOT = Path(__file__).parents[1]
OWN = f'kind = "panel"\n{RESULTS}\n'


def voiced(*languages: str) -> tuple[Voice, ...]:
    return tuple(Voice(each, "rtl" if each == "ar" else "ltr", door_texts(each)) for each in languages)


def test_every_word_of_the_collector_is_a_text_and_every_text_is_said() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("collector", "recruiters")
        for path in (ROOT / "hitgen" / folder).rglob("*.py")
    )
    said = set(re.findall(r'"(door_\w+)"', code)) | set(re.findall(r"'(door_\w+)'", code))
    assert said == set(door_texts("en"))
    assert not said & set(shipped_texts("pjnd")), "a page carries none of them"


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"), ("fr,ar;q=0.7,de;q=0.2", "ar"), ("en;q=0.1, de; q=0.9", "de"), ("fr", "en"), ("", "en"),
        ("*", "en"), (";q=1", "en"), ("de;q=x,ar", "de"), ("x" * 5000, "en"),
    ],
)  # fmt: skip
def test_the_browser_says_which_language_it_likes_best(accept: str, language: str) -> None:
    assert accepted({"HTTP_ACCEPT_LANGUAGE": accept}, voiced("en", "de", "ar")).language == language


def test_the_address_comes_before_the_browser() -> None:
    spoken = voiced("en", "de", "pt-BR", "pt")
    found = [asked_for({name: tag}, spoken) for name, tag in (("lang", "DE"), ("hl", "pt"), ("lang", "pt-PT"), ("x", "de"), ("lang", "fr"))]  # fmt: skip
    assert [voice and voice.language for voice in found] == ["de", "pt", "pt-BR", None, None]


def test_people_are_met_in_their_language_and_it_goes_along_to_the_page(tmp_path: Path) -> None:
    with panel_study(tmp_path / "study", OWN) as study:
        study.collector._voices = voiced("en", "de", "ar")
        german = {"HTTP_ACCEPT_LANGUAGE": "de-DE"}
        assert "Studie hat noch nicht begonnen" in study.go("PID=a", **german).words
        study.open("p0001.1", 1)
        said = study.go("PID=a", **german)
        assert '<html lang="de" dir="ltr">' in said.words and "<button>Beginnen</button>" in said.words
        arabic = study.go("PID=a&lang=ar", **german)
        assert '<html lang="ar" dir="rtl">' in arabic.words and "<button>ابدأ</button>" in arabic.words
        assert "In dieser Adresse fehlt PID" in study.go("", **german).words
        came = study.go("PID=a&lang=ar", "POST")
        assert came.query["lang"] == "ar" and came.place
        assert "lang" not in study.go("PID=a", **german).query, "the browser tells the page itself"
        assert "Alle Plätze sind vergeben" in study.go("PID=b", **german).words
        study.deliver(came.place)
        end = study.go(f"{PLACE}={came.place}&lang=ar").words
        assert "وصلت إجاباتك" in end and "رمزك: \u2066" in end
        lost = study.go("PID=a", PATH_INFO="/study/pages/none.html", **german)
        assert (lost.status, "Diese Seite gibt es nicht" in lost.words) == (404, True)
        study.collector._voices = english()
        assert "lang" not in study.go("PID=a&lang=de").query


def test_a_batch_gives_the_collector_its_words_and_a_page_the_way_back_in_its_language(tmp_path: Path) -> None:
    folder = write_study(tmp_path, size=(64, 48))
    path = folder / "batch.toml"
    own = {"en": "Done here.", "de": "Hier ist Schluss.", "ar": "انتهى."}
    text = path.read_text().replace("[texts]\n", f'[texts]\ndoor_full = "{own["en"]}"\n')
    for language in ("de", "ar"):
        text = text.replace(
            f"[translations.{language}.texts]\n", f'[translations.{language}.texts]\ndoor_full = "{own[language]}"\n'
        )
    path.write_text(text)
    config = read_config(path)
    assert {voice.language: voice.say("door_full") for voice in voices(config, folder)} == own
    assert [voice.direction for voice in voices(config, folder)] == ["ltr", "ltr", "rtl"]
    results = CollectorResults(kind="collector", url="https://study.example.org")
    assert ways_back(results, config.batch)["completion_url"].endswith("/go?hitgen_place={assignment}&lang={language}")
    assert ways_back(results, config.batch.model_copy(update={"languages": ()}))["leaving_url"].endswith(
        "/go?hitgen_place={assignment}&hitgen_out={why}"
    )
