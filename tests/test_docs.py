"""Every command that the documents name is one of hitgen's, and the README's way is walked as it stands there."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from hitgen import __version__, cli
from hitgen.results.study import read_study
from tests.bench.build import photographs

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    "README.md",
    "CHANGELOG.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
]
COMMAND = re.compile(r"`hitgen ([^`]+)`|^(?:    )?hitgen ([a-z]+ (?:BATCH|my-study|batches/)[^\n]*)$", re.MULTILINE)
VERB = re.compile(r"[a-z]+$")
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def commands(text: str) -> list[list[str]]:
    """The commands in a document, words apart; where a verb is only named, that alone."""
    found = []
    for quoted, line in COMMAND.findall(text):
        words = shlex.split((quoted or line).replace("...", ""), comments=True)
        if VERB.fullmatch(words[0]):
            found.append(words)
    return found


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_in_documents_are_taken(document: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in commands((ROOT / document).read_text(encoding="utf-8")):
        named = len(words) == 1 or words[1].startswith("-")  # a verb in a sentence, without its batch
        options = ["1" if word == "N" else word for word in words]
        arguments = [options[0], "--help"] if named else options
        if named:
            with pytest.raises(SystemExit) as ended:
                cli._parser().parse_args(arguments)
            assert ended.value.code == 0, words
            assert all(word in capsys.readouterr().out for word in words[1:]), words
        else:
            cli._parser().parse_args(arguments)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_in_documents_lead_somewhere(document: str) -> None:
    path = ROOT / document
    links = [link for link in LINK.findall(path.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_version_is_told_alike() -> None:
    assert f"version: {__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_every_file_that_the_architecture_names_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("## Files on disk")[0]
    named = set(re.findall(r"`([a-z_/]+(?:/|\.(?:py|js|c|json|html|md|toml))(?:: \w+)?)`", text))
    assert len(named) > 100
    assert {name for name in named - {"batch.toml"} if not is_there(*name.split(": "))} == set()
    symbols = re.findall(r"`(cli|Method|Kind)\.((?!py`)[A-Za-z_]+)`", text)
    homes = {"cli": "cli.py", "Method": "methods/base.py", "Kind": "recruiters/base.py"}
    assert symbols and [name for home, name in symbols if not is_there(homes[home], name)] == []


def is_there(name: str, symbol: str = "") -> bool:
    """Whether a file or folder stands where a path says, a bare name anywhere; with what it is said to hold."""
    homes = (ROOT, ROOT / "hitgen")
    found = [home / name for home in homes if (home / name).exists()]
    if "/" not in name:
        found += [path for home in (ROOT / "hitgen", ROOT / "assets") for path in home.rglob(name)]
    return any(not symbol or re.search(rf"\b{symbol}\b", path.read_text(encoding="utf-8")) for path in found)


def test_the_architecture_says_why_of_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    packages = {re.match(r"[A-Za-z0-9-]+", line)[0] for line in lines}  # type: ignore[index]
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"[a-z0-9-]+", text.split("## Dependencies, and why")[1].split("## ")[0]))
    of_course = {"hitgen", "pytest", "pytest-timeout", "pytest-xdist", "mypy", "ruff", "hatchling"}
    types = {name for name in packages if name.endswith("-stubs") or name.startswith("types-")}
    assert packages - explained - of_course - types == set()


def prepared(tmp_path: Path, document: str) -> list[list[str]]:
    """The commands that a document shows in its code blocks, with pictures for them beside."""
    text = (ROOT / document).read_text(encoding="utf-8")
    lines = [line for block in re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M) for line in block.splitlines()]
    photographs(tmp_path / "all", 3, 320)
    photos = sorted((tmp_path / "all").iterdir())
    (tmp_path / "FOLDER").mkdir()
    for photo in photos[:2]:
        photo.rename(tmp_path / "FOLDER" / photo.name)
    photos[2].rename(tmp_path / "PHOTO")
    return [shlex.split(line)[1:] for line in lines if line.startswith("hitgen ")]


def watched(line: list[str]) -> None:
    """Watch as the line says until the page has been told, then end it as a person does."""
    command = [sys.executable, "-u", "-m", "hitgen", *line, "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline().startswith("Open http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


@pytest.mark.browser
@pytest.mark.long
def test_the_tutorial_s_way_from_a_folder_to_a_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "my-study" / "batch.toml"
    for line in prepared(tmp_path, "docs/tutorial.md"):
        if line[0] == "rehearse":
            # In a process of its own: the browser that the tests share may be open in this one.
            subprocess.run([sys.executable, "-m", "hitgen", *line], check=True, capture_output=True)
            continue
        if line[0] == "watch":
            watched(line)
            continue
        assert cli.main(line) == 0, (line, capsys.readouterr().err)
        if line[0] == "init":
            text = config.read_text().replace("FILL IN: ", "")
            text = re.sub(r"ratings = \d+", "ratings = 2", text)  # one round of the two robots
            config.write_text(text)
    assert (tmp_path / "my-study" / "results" / "report.html").is_file()
    assert (tmp_path / "my-study" / "results" / "export" / "ratings.csv").is_file()


@pytest.mark.long
def test_the_way_of_several_pictures_at_once_from_a_folder_to_thresholds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = prepared(tmp_path, "docs/threshold.md")
    assert [line[0] for line in lines] == ["init", "check", "build", "simulate", "review", "report", "export"]
    (tmp_path / "PHOTO").rename(next((tmp_path / "FOLDER").iterdir()).with_stem("another"))
    said = re.findall(r"^```toml\n(.*?)^```", (ROOT / "docs/threshold.md").read_text(encoding="utf-8"), re.S | re.M)[-1]
    method, hit, display = (part.partition("]\n")[2] for part in re.split(r"^(?=\[)", said, flags=re.M)[1:])
    config = tmp_path / "my-study" / "batch.toml"
    for line in lines:
        if line[0] == "check" and cli.main(line) == 1:  # fewer levels, as the docs say that it may ask for
            fewer = re.search(r"try levels = \d+", capsys.readouterr().err)
            assert fewer
            config.write_text(re.sub(r"^levels = \d+", fewer[0].removeprefix("try "), config.read_text(), flags=re.M))
        assert cli.main(line) == 0, (line, capsys.readouterr().err)
        if line[0] == "init":
            text = config.read_text().replace("FILL IN: ", "")
            text = re.sub(r"^(?:kind = \"threshold\"|flickering|study|width_cm).*\n", "", text, flags=re.M)
            text = re.sub(r"^ratings = \d+", "ratings = 6", text, flags=re.M)
            for table, keys in (("method", method), ("hit", hit), ("display", display)):
                text = text.replace(f"[{table}]\n", f"[{table}]\n{keys}", 1)
            config.write_text(text)
    assert (tmp_path / "my-study" / "results" / "export" / "analysis" / "sur.csv").is_file()


@pytest.mark.long
def test_the_readme_s_way_from_photographs_of_mixed_sizes_to_a_report_with_used_ratings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    block = (ROOT / "README.md").read_text(encoding="utf-8").split("## Your own study")[1].split("```")[1]
    lines = [shlex.split(line)[1:] for line in block.splitlines() if line.startswith("hitgen ")]
    assert [line[0] for line in lines] == ["init", "check", "build", "preview", "simulate", "report"]
    monkeypatch.chdir(tmp_path)
    photographs(tmp_path / "all", 5, 320)
    photos = sorted((tmp_path / "all").iterdir())
    (tmp_path / "FOLDER").mkdir()
    for photo, size in zip(photos, ((800, 600), (500, 250)), strict=False):
        with Image.open(photo) as picture:
            picture.resize(size).save(tmp_path / "FOLDER" / photo.name)
    spare = iter(photos[2:])
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    for line in lines:
        words = [str(next(spare)) if word == "PHOTO" else word for word in line]
        assert cli.main(words) == 0, capsys.readouterr().err
        if line[0] == "init":
            config = tmp_path / "my-study" / "batch.toml"
            config.write_text(config.read_text().replace("FILL IN: ", ""))
    used = [verdict.use == "use" for verdict in read_study(tmp_path / "my-study").judged.ratings.values()]
    assert len(used) == 86 and sum(used) > 43, "no threshold was touched"
    assert opened and opened[0].endswith("/build/pages/p0001.html")


def test_every_verb_and_option_in_documents_is_run_by_some_test() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    shown = [words for document in DOCUMENTS for words in commands((ROOT / document).read_text(encoding="utf-8"))]
    assert {words[0] for words in shown} == set(cli.VERBS)
    words = {word for line in shown for word in line if word in cli.VERBS or word.startswith("--")}
    assert sorted(word for word in words if f'"{word}"' not in tests) == []
