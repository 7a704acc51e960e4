"""Any name that the system allows works from the folder to the last export, or is refused by its name."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from hitgen.batch.load import load_batch
from hitgen.cli import main
from hitgen.config.read import read_config
from tests.bench.build import photographs
from tests.test_projects import GOOD, batch, picture

pytestmark = pytest.mark.long

STRANGE = [
    "cost $5 of $\\alpha_1$",
    "'single' \"double\" `back`",
    "-rf",
    "=1+1",
    "+plus",
    "@at",
    "<b>&amp;<i>",
    "{source} {0} %s %(x)s %d",
    "a,b;c",
    "back\\slash",
    "caf\u00e9",
    "\u5bcc\u58eb\u5c71 \U0001f5fb",
    "\u05e9\u05dc\u05d5\u05dd",
    "Screenshot 1.02.03\u202fPM",
    "CON",
    "Upper",
    "upper",
    "[1-3]*?",
    "#hash ?query",
    "dots.in.it",
    "~home",
    "x" * 251,
    "\u00e9" * 125,
]


def strange_batch(folder: Path, names: list[str]) -> Path:
    (folder / "images").mkdir(parents=True)
    for seed, name in enumerate(names):
        picture(folder / "images" / f"{name}.png", seed)
    (folder / "batch.toml").write_text(
        GOOD.split('[[images]]\nname = "gold"')[0]
        + "[hit]\ntraining = 0\nstudy = 4\ngold = 0\nratings = 4\n"
        + "[consent]"
        + GOOD.split("[consent]")[1]
        + '[recruiter]\nkind = "link"\nresults = {kind = "collector", url = "http://127.0.0.1:8470"}\n'
        + "[screening]\ngold_answers_min = 0\n"
        + '[display]\naccept_flash_hazard = "I accept flashes beyond WCAG 2.3.1"\n'
    )
    return folder


def test_strange_names_work_to_the_last_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = strange_batch(tmp_path / "study [1]", STRANGE)
    for verb in (["check"], ["build"], ["simulate"]):
        assert main([verb[0], str(folder), *verb[1:]]) == 0, capsys.readouterr().err
    for verb in ("report", "export"):
        assert main([verb, str(folder)]) == 0, capsys.readouterr().err
    text = "".join(path.read_text("utf-8") for path in (folder / "results").rglob("*.csv"))
    for name in STRANGE:
        assert name in text or name.replace('"', '""') in text, name
    report = (folder / "results" / "report.html").read_text("utf-8")
    assert "<b>&amp;<i>" not in report and "&lt;b&gt;&amp;amp;&lt;i&gt;" in report


REFUSED = {
    "caf\udce9": "images/caf\\udce9.png: its name is not UTF-8; try renaming the file",
    "two\nlines": "images/two\\nlines.png: its name has control characters",
    "\x1b[31mred": "images/\\x1b[31mred.png: its name has control characters",
    "tab\there": "its name has control characters",
    "gnp\u202egpj": "images/gnp\\u202egpj.png: its name has control characters",
    "end ": "images/end .png: its name begins or ends with a space",
    " begin": "images/ begin.png: its name begins or ends with a space",
}


@pytest.mark.parametrize("name", REFUSED)
def test_names_that_cannot_be_told_are_refused_in_printable_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    folder = strange_batch(tmp_path / "study", ["a", name])
    for verb in ("check", "build"):
        assert main([verb, str(folder)]) == 1
        said = capsys.readouterr().err
        assert REFUSED[name] in said and said.replace("\n", "").isprintable()
    assert not (folder / "build").exists()


def test_names_alike_but_for_how_accents_are_stored_are_refused_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = strange_batch(tmp_path / "study", ["caf\u00e9", "cafe\u0301"])
    assert main(["check", str(folder)]) == 1
    assert "batch.toml: images[0].sources: two sources are called" in capsys.readouterr().err


def test_a_question_finds_its_source_however_accents_are_stored(tmp_path: Path) -> None:
    named = {form: unicodedata.normalize(form, "g\u00e9") for form in ("NFC", "NFD")}
    for typed, stored in (("NFC", "NFD"), ("NFD", "NFC")):
        folder = batch(tmp_path / typed)
        (folder / "gold" / "g.png").rename(folder / "gold" / (named[stored] + ".png"))
        text = (folder / "batch.toml").read_text("utf-8")
        changed = text.replace('source = "g"', f'source = "{named[typed]}"')
        (folder / "batch.toml").write_text(changed, "utf-8")
        assert load_batch(folder).questions[0].name in load_batch(folder).names("gold")


def test_a_gold_ladder_of_a_very_long_name_is_called_by_its_beginning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = batch(tmp_path / "study")
    text = (folder / "batch.toml").read_text().replace('codec = "jpeg"\nlevels = 12', 'codec = "jpeg"\nlevels = 30', 1)
    (folder / "batch.toml").write_text(text)
    sources = [photographs(tmp_path / str(number), number + 1)[number] for number in range(2)]
    sources[0].replace(folder / "images" / "a.png")
    long = tmp_path / f"{'photo ' * 41}.png"
    sources[1].replace(long)
    assert main(["gold", str(folder), "--source", str(long), "--onset", "5", "--yes"]) == 0, capsys.readouterr().err
    assert len(load_batch_config(folder)) == 3


def load_batch_config(folder: Path) -> list[str]:
    return [images.name for images in read_config(folder / "batch.toml").images]
