"""Ladders that people agreed on become gold with their own window, places and rates; nothing of the people goes along."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitgen.batch.load import load_batch
from hitgen.build import build
from hitgen.cli import main
from hitgen.config.images import JpegSet
from hitgen.methods.pjnd.config import Question
from hitgen.methods.pjnd.gold_natural import Agreed, Answers, Fit, UnfitError, agreed, spread_out
from hitgen.methods.pjnd.observers import Population
from hitgen.results.export import export
from hitgen.simulation.simulate import simulate
from tests.support.batches import CONSENT, STUDY
from tests.support.pictures import photograph

SIZE = (640, 480)
JPEG = JpegSet(name="study", sources="*.png", codec="jpeg")
SPOTS = np.array([[120.0, 100.0], [500.0, 300.0]])


def answers(people: int, seed: int = 1, spread: float = 6.0, blind: bool = False) -> Answers:
    rng = np.random.default_rng(seed)
    found: Answers = {}
    for person in range(people):
        level = int(np.clip(round(rng.normal(35, spread)), 1, 100))
        marks = rng.uniform((0, 0), SIZE, (3, 2)) if blind else rng.normal(SPOTS[rng.integers(0, 2, 3)], 15)
        found[f"w{person}"] = (level, tuple((float(x), float(y)) for x, y in marks))
    return found


def test_the_window_and_places_are_those_that_people_gave() -> None:
    given = answers(60)
    found = agreed(given, 100, SIZE)
    levels = [level for level, _ in given.values() if level]
    inside = sum(found.level[0] <= level <= found.level[1] for level in levels)
    assert inside >= 0.95 * len(levels) and found.level_rate == pytest.approx((inside + 1) / 62, abs=0.001)
    assert found.level[1] - found.level[0] < 35
    for x, y in found.points:
        assert np.hypot(*(SPOTS - (x, y)).T).min() < 25
    assert found.place_rate >= 0.8 and found.matches <= len(found.points)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (answers(14), "fewer than 15 people"),
        (answers(40, spread=25), "spread over more than 50%"),
        (answers(40, blind=True), "fewer than 80% mark the same places"),
        ({**answers(40), **{f"n{n}": (None, ()) for n in range(4)}}, "some see no flicker"),
    ],
)
def test_ladders_that_people_do_not_agree_on_are_left(given: Answers, why: str) -> None:
    with pytest.raises(UnfitError, match=why):
        agreed(given, 100, SIZE)


def test_gold_is_of_early_and_late_levels_however_telling() -> None:
    """Where late levels tell the most, all gold would be late, and what is seen of the pictures would tell it."""
    rng = np.random.default_rng(4)
    tellings = {int(low): float(low + rng.uniform(0, 9)) for low in rng.permutation(40)}
    kept = [
        Fit(Agreed(30, (low, low + 30), 0.95, ((90, 90),), 70, 1, 0.9, telling), JPEG, f"s{low}", Path("s.png"))
        for low, telling in tellings.items()
    ]
    found = [each.answer for each in spread_out(kept, 10)]
    best = [max(tellings[low + aside] for aside in range(4)) for low in range(0, 40, 4)]
    assert [answer.telling for answer in found] == sorted(best, reverse=True)
    assert len(spread_out(kept, 50)) == 40 and len(spread_out(kept, 1)) == 1


def batch(folder: Path, names: list[str], ratings: int) -> Path:
    (folder / "images").mkdir(parents=True)
    for name in names:
        photograph(name, (96, 72)).save(folder / "images" / f"{Path(name).stem}.png")
    display = '[display]\nscaling = "pixels"\naccept_flash_hazard = "I accept flashes beyond WCAG 2.3.1"\n'
    hit = f"[hit]\ntraining = 0\ngold = 0\nratings = {ratings}\n"
    study = STUDY.replace('codec = "jpeg"\n', 'codec = "jpeg"\nlevels = 40\n')
    rest = "[screening]\ngold_answers_min = 0\n"
    (folder / "batch.toml").write_text(
        f'[batch]\nname = "{folder.name}"\nseed = 5\n{CONSENT}{study}{hit}{display}{rest}'
    )
    return folder


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = batch(tmp_path_factory.mktemp("pilots") / "pilot", ["coffee.png", "rocket.jpg"], 30)
    build(folder)
    simulate(folder, Population(spammers=0, hotspots=(0.8, 0.2), population_sd=(7, 8), random_clicks=0.02), seed=2)
    return folder


def test_a_pilots_ladders_become_gold_of_the_study(
    tmp_path: Path, pilot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = batch(tmp_path / "study", ["chelsea.png", "retina.jpg"], 2)
    assert main(["gold", str(study), "--from", str(pilot), "--yes"]) == 0, capsys.readouterr().err
    told = capsys.readouterr().out
    assert "gold-pilot/coffee: levels" in told and "places" in told
    loaded = load_batch(study)
    questions = [each for each in loaded.questions if isinstance(each, Question)]
    assert {each.source for each in questions} == {"coffee", "rocket"}
    assert all(each.level_rate and each.place_rate and not each.planted for each in questions)
    build(study)
    assert main(["check", str(study)]) == 0
    assert "stands out" not in capsys.readouterr().out
    export(pilot)
    people = {row.split(",")[0] for row in (pilot / "results" / "export" / "workers.csv").read_text().splitlines()[1:]}
    written = (study / "batch.toml").read_text() + (study / "build" / "manifest.json").read_text()
    assert people and not any(person in written for person in people)
    with Image.open(study / "gold" / "gold-pilot" / "study" / "coffee.png") as picture:
        assert picture.size == (96, 72) and not picture.info.get("exif")


def test_an_export_with_its_pictures_does_as_well(
    tmp_path: Path, pilot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = batch(tmp_path / "study", ["chelsea.png", "retina.jpg"], 2)
    table = export(pilot).folder / "ratings.csv"
    assert main(["gold", str(study), "--from", str(table), "--yes"]) == 1
    assert "--images FOLDER with its sources" in capsys.readouterr().err
    assert main(["gold", str(study), "--from", str(table), "--images", str(pilot / "images"), "--yes"]) == 0
    assert len(load_batch(study).questions) == 2


def test_where_nothing_qualifies_every_reason_is_told(
    tmp_path: Path, pilot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = batch(tmp_path / "study", ["coffee.png", "rocket.jpg"], 2)
    before = (study / "batch.toml").read_text()
    assert main(["gold", str(study), "--from", str(pilot), "--yes"]) == 1
    assert "no ladder can be gold: 2 as it is a picture of this study too" in capsys.readouterr().err
    assert main(["gold", str(study), "--from", "results", "--yes"]) == 1
    assert main(["gold", str(study), "--from", str(tmp_path / "nothing"), "--yes"]) == 1
    assert "a batch folder, or the ratings.csv" in capsys.readouterr().err
    assert main(["gold", str(pilot), "--from", "results"]) == 0
    assert "take them out of the study's images" in capsys.readouterr().out
    assert (study / "batch.toml").read_text() == before and not (study / "gold").exists()
    assert "gold" not in json.dumps([images.role for images in load_batch(pilot).config.images])
