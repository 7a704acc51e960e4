"""`hitgen init --method`: what each method writes can be read, checked and built, and needs no edit but [consent]."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hitgen.cli import main
from hitgen.config.kinds import DEFAULT_METHOD, METHODS
from hitgen.config.read import read_config
from hitgen.lib.pictures import upright_size
from hitgen.methods.base import method_of
from tests.support.batches import grid


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures, one of odd sizes."""
    folder = tmp_path_factory.mktemp("photos")
    for number, size in enumerate(((90, 71), (101, 64))):
        grid(*size, number).save(folder / f"s{number}.png")
    return folder


def begun(folder: Path, photos: Path, *more: str) -> str:
    assert main(["init", str(folder), "--images", str(photos), *more]) == 0
    config = folder / "batch.toml"
    config.write_text(config.read_text().replace("FILL IN: ", ""))
    return config.read_text()


@pytest.mark.parametrize("name", METHODS.names())
@pytest.mark.parametrize("recruiter", ["link", "mturk"])
def test_every_method_writes_a_batch_toml_that_can_be_read(
    tmp_path: Path, photos: Path, name: str, recruiter: str
) -> None:
    text = begun(tmp_path / "study", photos, "--method", name, "--recruiter", recruiter)
    config = read_config(tmp_path / "study" / "batch.toml")
    assert method_of(config).name == name and config.recruiter.kind == recruiter
    assert config.consent.title in text and set(re.findall(r"\{(\w+)\}", text)) <= {"pictures", "minutes", "reward_usd"}


def test_without_the_option_it_is_the_method_of_ever(tmp_path: Path, photos: Path) -> None:
    texts = [
        begun(tmp_path / at / "study", photos, *more) for at, more in (("a", []), ("b", ["--method", DEFAULT_METHOD]))
    ]
    assert texts[0] == texts[1].replace(str(tmp_path / "b"), str(tmp_path / "a"))


def test_comparisons_take_pictures_as_they_are_and_show_what_the_smallest_has(
    tmp_path: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "study"
    text = begun(folder, photos, "--method", "compare")
    said = capsys.readouterr().out
    assert "crop = [90, 64] instead of [620, 800]" in said and "Gold and training" not in said
    assert "crop = [90, 64]" in text
    assert [upright_size(path) for path in sorted((folder / "images").iterdir())] == [(90, 71), (101, 64)]


@pytest.mark.parametrize("name", ["compare", "threshold"])
@pytest.mark.parametrize("option", ["--gold", "--training"])
def test_photographs_for_gold_are_refused_where_nothing_is_made_of_them(
    tmp_path: Path, photos: Path, name: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "study"
    line = ["init", str(folder), "--images", str(photos), "--method", name, option, str(photos / "s0.png")]
    assert main(line) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"hitgen: {option}: {name} ") and f"try no {option}, and `" in said
    assert not folder.exists()


class Bare:
    """A method that says nothing of how a batch begins."""

    beginning = None


@pytest.fixture
def bare() -> Iterator[None]:
    METHODS.add("bare", Bare())
    yield
    METHODS._loaded.pop("bare")


def test_a_method_that_does_not_say_how_a_batch_begins_is_named(
    tmp_path: Path, photos: Path, bare: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(tmp_path / "study"), "--images", str(photos), "--method", "bare"]) == 1
    assert "--method: 'bare' does not say what a new batch has; try a batch.toml by hand" in capsys.readouterr().err
