"""A study in several languages: what one of them lacks is named, and what was agreed to is of the page, in its language."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hitgen.batch.load import load_batch
from hitgen.batch.new import eject
from hitgen.build import build
from hitgen.check import NO_CHOICE, check
from hitgen.config.read import read_config
from hitgen.errors import InputError
from hitgen.ledger.ledger import LEDGER, Ledger
from hitgen.lib.languages import spoken
from hitgen.manifest import read_manifest
from hitgen.methods.base import method_of
from hitgen.methods.pjnd.population import Population
from hitgen.pages.marks import OtherElementsError, marked
from hitgen.pages.texts import load_texts, shipped_texts, text_warnings
from hitgen.results.dataset import make_dataset
from hitgen.results.parse import Faulty, parse
from hitgen.results.study import read_study
from hitgen.simulation.simulate import simulate
from tests.support.batches import write_batch
from tests.support.languages import LANGUAGES, write_study

DOC = Path(__file__).parents[1] / "docs" / "languages.md"
Edit = Callable[[str], str]


def without(line: str) -> Edit:
    def edit(text: str) -> str:
        assert text.count(line) == 1
        return text.replace(line, "")

    return edit


def instead(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


FAULTS = {
    "a part of the consent": (
        without('title = "Eine kleine Studie"\n'), "batch.toml: translations.de.consent.title: it is there in 'en' and missing in 'de'",
    ),
    "the reason for no approval": (
        without('exemption = "اختبار."\n'), "batch.toml: translations.ar.consent.exemption: it is there in 'en' and missing in 'ar'",
    ),
    "the words of a question": (
        without('label = "Brille?"\n'), "batch.toml: translations.de.survey.glasses.label: it is there in 'en' and missing in 'de'",
    ),
    "options": (
        without('options = ["ja", "nein"]\n'), "translations.de.survey.glasses.options: it is there in 'en' and missing in 'de'",
    ),
    "one option": (
        instead('["ja", "nein"]', '["ja"]'), "translations.de.survey.glasses.options: it has 1 options, and the question has 2",
    ),
    "an end of a scale": (without('low = "schwer"\n'), "translations.de.survey.ease.low: it is there in 'en' and missing in 'de'"),
    "options of a scale": (
        instead('low = "schwer"\n', 'low = "schwer"\noptions = ["1"]\n'),
        "translations.de.survey.ease.options: a question of the kind scale has no options",
    ),
    "another question": (
        instead("[translations.de.survey.ease]", '[translations.de.survey.shoe]\nlabel = "Schuh?"\n[translations.de.survey.ease]'),
        "translations.de.survey.shoe: the survey has no such question",
    ),
    "a text of the study's own": (
        without('distance_next = "Los"\n'),
        "translations.de.texts.distance_next: texts.distance_next of batch.toml is the batch's own in 'en', and missing in 'de'",
    ),
    "a text that there is not": (
        instead('distance_next = "Los"\n', 'distance_next = "Los"\nstop_it = "Halt"\n'), "translations.de.texts.stop_it: there is no text",
    ),
    "a placeholder": (
        instead('distance_next = "Los"\n', 'distance_next = "{hier} los"\n'),
        "translations.de.texts.distance_next: it has a placeholder that is never filled in",
    ),
    "a language that is not shipped": (
        lambda text: text.replace("translations.de", "translations.sv").replace('"de"', '"sv"'),
        "translations.sv.file: no texts in 'sv' come with hitgen, and ",
    ),
    "a language that the batch has not": (
        instead('"de", "ar"]', '"de"]'), 'translations.ar: \'ar\' is none of the further languages of this batch; try batch.languages = ["en", "de", "ar"]',
    ),
    "two first languages": (
        instead("seed = 5\n", 'seed = 5\nlanguage = "de"\n'), "batch: language is 'de' and languages begins with 'en'; try languages alone",
    ),
    "one twice": (instead('"de", "ar"]', '"de", "DE"]'), "batch: languages names one twice"),
}  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("translations"), "ratings = 6\n", (64, 48))


@pytest.mark.parametrize("name", FAULTS)
def test_what_a_language_lacks_is_named_with_file_field_and_language(study: Path, name: str) -> None:
    edit, said = FAULTS[name]
    path, text = study / "batch.toml", (study / "batch.toml").read_text()
    path.write_text(edit(text))
    try:
        with pytest.raises(InputError) as caught:
            load_texts(load_batch(study).config, study)
    finally:
        path.write_text(text)
    assert said in str(caught.value)


def test_a_language_of_ones_own_stands_beside_those_shipped(study: Path) -> None:
    path, text = study / "batch.toml", (study / "batch.toml").read_text()
    swedish = {**shipped_texts("pjnd"), "next": "Vidare"}
    (study / "sv.toml").write_text("\n".join(f"{key} = {json.dumps(words)}" for key, words in swedish.items()))
    path.write_text(
        text.replace("translations.de", "translations.sv").replace('"de"', '"sv"')
        + '[translations.sv]\nfile = "sv.toml"\n'
    )
    try:
        config = load_batch(study).config
        texts = load_texts(config, study)
        assert [texts[language]["next"] for language in ("en", "sv", "ar")] == ["Next", "Vidare", "التالي"]
        assert [each.name for each in spoken(config.batch.spoken)] == ["English", "Svenska", "العربية"]
        assert text_warnings(config, study) == []
        path.write_text(path.read_text().replace('retention = "Nichts wird aufbewahrt."', 'retention = "{days}"'))
        warned = text_warnings(read_config(path), study)
        assert len(warned) == 1 and "translations.sv.consent.retention: {days} is shown as it stands" in warned[0]
    finally:
        path.write_text(text)
    assert [each.name for each in spoken(["pt-BR", "pt-PT", "tlh"])] == [
        "Português (pt-BR)",
        "Português (pt-PT)",
        "tlh",
    ]


def test_a_submission_agrees_to_the_page_in_its_language_and_to_nothing_else(study: Path) -> None:
    build(study, workers=1)
    simulate(study, Population(), seed=3)
    read = read_study(study)
    consents = read.manifest.pages[0].consents
    assert list(consents) == LANGUAGES and len(set(consents.values())) == 3
    ratings = make_dataset(study).tables["ratings"]
    assert set(ratings["language"]) == set(LANGUAGES)
    config, manifest = read_config(study / "batch.toml"), read_manifest(study)
    with Ledger(study / LEDGER) as ledger:
        row = next(iter(ledger.submissions()))
    answer = json.loads(row.answer)

    def is_taken(**consent: str) -> bool:
        given = {"at": answer["consent"]["at"], **consent}
        return not isinstance(
            parse(replace(row, answer=json.dumps({**answer, "consent": given})), manifest, method_of(config)), Faulty
        )

    for language, digest in consents.items():
        assert is_taken(sha256=digest, language=language) and is_taken(sha256=digest)
        others = [other for other in LANGUAGES if other != language]
        assert not any(is_taken(sha256=digest, language=other) for other in (*others, "fr"))
    assert not is_taken(sha256="0" * 64)
    earlier = manifest.model_copy(
        update={"pages": tuple(page.model_copy(update={"consents": {}}) for page in manifest.pages)}
    )
    assert not isinstance(parse(row, earlier, method_of(config)), Faulty)


def test_a_layout_made_for_one_language_serves_several(study: Path) -> None:
    assert not any(NO_CHOICE in warning for warning in check(study, workers=1).warnings)
    base = eject(study, "parts/base.html")
    text = base.read_text()
    base.write_text(re.sub(r"(?s)  {% if languages.*?{% endif %}\n", "", text, count=1))
    try:
        assert any(NO_CHOICE in warning for warning in check(study, workers=1).warnings)
        html = (build(study, workers=1).folder.pages / "p0001.html").read_text()
        assert 'data-words="0=next"' in html and 'data-hit="language"' not in html
        base.write_text(text.replace("<main>", '<main>{% if language == "de" %}<p>Hallo</p>{% endif %}'))
        with pytest.raises(
            InputError, match=r"templates/layouts/flicker\.html: line 1: it has other elements in 'de' than in 'en'"
        ):
            build(study, workers=1)
    finally:
        base.unlink()


def test_the_example_of_the_docs_is_taken(tmp_path: Path) -> None:
    shown = re.findall(r"<!-- change: batch.toml -->\n```toml\n(.*?)```", DOC.read_text(encoding="utf-8"), re.S)[0]
    path = write_batch(tmp_path, size=(64, 48), study=1) / "batch.toml"
    own = shown.replace("[batch]\n", '[batch]\nname = "small"\nseed = 5\n')
    path.write_text(own + path.read_text().split('withdrawal = "At any time."\n')[1])
    config = load_batch(tmp_path).config
    assert list(load_texts(config, tmp_path)) == ["en", "de"] and text_warnings(config, tmp_path) == []


def test_words_are_found_in_any_markup_but_not_in_what_is_stored() -> None:
    def page(go: str, note: str, both: str, option: str) -> str:
        return (
            f'<html lang="{go}"><title>{go}</title><style>{go} {{}}</style>\n<p>{go} <b>{note}</b>\n and {both}<br>1 < 2 {note}'
            f'<!-- {note} --><img alt="{note}" src="x"><input value="{option}">{option}</p></html>'
        )

    first, (english, german) = marked(
        [page("Go", "Note", "both", "yes"), page("Los", "Hinweis", "beides", "ja")], {("Go", "Los"): "go"}
    )
    assert list(english.values()) == ["and both", "1 < 2 Note", "yes", "Note"]
    assert list(german.values()) == ["and beides", "1 < 2 Hinweis", "ja", "Hinweis"]
    assert '<html data-words="lang=go" lang="Go"><title data-words="0=go">' in first
    assert '<p data-words="0=go 1=own.0 2=own.1 3=own.2">Go <b data-words="0=own.3">' in first
    assert '<img data-words="alt=own.3" alt="Note"' in first and '<input value="yes">' in first and "<style>Go" in first
    with pytest.raises(OtherElementsError):
        marked(["<p>a</p>", "<p>b<b>c</b></p>"], {})
