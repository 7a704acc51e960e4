"""Simulated observers: they answer what their truth says, and a batch is answered as it asks."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hitgen.cli import main
from hitgen.ledger.ledger import LEDGER, Ledger
from hitgen.ledger.rows import Binding
from hitgen.methods.pjnd.grade import level_is_right, places_are_right
from hitgen.methods.pjnd.manifest import Known
from hitgen.methods.pjnd.observers import Observer
from hitgen.methods.pjnd.population import Kind, Population, draw_truth
from hitgen.methods.population import draw_people
from hitgen.publishing.publication import make_way
from hitgen.results.dataset import make_dataset
from hitgen.results.review import propose
from hitgen.results.reviewfile import review_path, write_review
from hitgen.results.study import read_study
from hitgen.simulation.simulate import simulate
from tests.support.known_truth import clipped_mean, read_truth, share_above, sur_level
from tests.support.large_study import make_study
from tests.support.small_study import SmallStudy

GOLD = Known(level=(30, 37), points=((100.0, 100.0), (500.0, 100.0), (300.0, 400.0)), radius_px=70, matches=2)


def observers(kind: Kind, population: Population, count: int = 3000) -> list[Observer]:
    rng = np.random.default_rng(1)
    people = draw_people(population.model_copy(update={"spammers": 0}), count, rng)
    return [Observer(population, replace(person, kind=kind), rng) for person in people]


@pytest.mark.parametrize(
    ("mean", "people"),
    [
        (6.0, {}), (38.0, {}), (90.0, {}), (30.0, {"shape": "lognormal"}), (38.0, {"shape": "heavy-tails"}),
        (38.0, {"shape": "bimodal", "worker_sd": 3}), (38.0, {"inconsistency": 0.5}), (38.0, {"late": 0.3}),
    ],
)  # fmt: skip
def test_the_truth_is_what_a_great_many_honest_people_answer(mean: float, people: dict[str, Any]) -> None:
    """Near both ends too, where levels are clipped or nothing is seen, and of every shape of population."""
    population = Population(lapse=0, pjnd_mean=mean, pjnd_sd=0.01, **people)
    truth = draw_truth(population, "l", (640, 480), 100, np.random.default_rng(3))
    given = [observer.answer(truth).level for observer in observers("honest", population)]
    levels = np.array([101 if level is None else level for level in given])
    error = 4 * levels.std() / np.sqrt(len(levels))
    assert np.minimum(levels, 100).mean() == pytest.approx(clipped_mean(truth), abs=error)
    quartile = sur_level(truth, 0.75)
    assert (levels > quartile).mean() == pytest.approx(
        share_above(truth)[quartile], abs=4 * 0.43 / np.sqrt(len(levels))
    )
    assert share_above(truth)[quartile] >= 0.75 > share_above(truth)[quartile + 1]
    if mean == 90:
        assert 0 < (levels == 101).mean() == pytest.approx(share_above(truth)[100], abs=0.03)


def test_honest_clicks_fall_on_hotspots_by_their_shares() -> None:
    population = Population(lapse=0)
    truth = draw_truth(population, "l", (640, 480), 100, np.random.default_rng(8))
    clicks = np.array([p for observer in observers("honest", population, 1000) for p in observer.answer(truth).points])
    spots = np.array(truth.hotspots)
    distance = np.hypot(*(clicks[:, None, :] - spots[None]).transpose(2, 0, 1))
    near = distance.min(1) < 60
    shares = np.bincount(distance.argmin(1)[near], minlength=3) / near.sum()
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.05)
    assert 0.83 <= near.mean() <= 0.93


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [("uniform", 1, 100), ("far-left", 1, 5), ("far-right", 95, 100), ("random-clicks", 20, 60)],
)
def test_each_kind_of_spammer(kind: Kind, low: int, high: int) -> None:
    population = Population(lapse=0, pjnd_sd=0.01, population_sd=(8, 8))
    truth = draw_truth(population, "l", (640, 480), 100, np.random.default_rng(3))
    answers = [observer.answer(truth) for observer in observers(kind, population, 500)]
    levels = np.array([answer.level for answer in answers])
    assert np.quantile(levels, 0.05) >= low and np.quantile(levels, 0.95) <= high
    places = np.array([point for answer in answers for point in answer.points])
    assert places.min(0) == pytest.approx([0, 0], abs=5) and places.mean(0) == pytest.approx([320, 240], abs=20)


def test_gold_is_passed_as_often_as_configured() -> None:
    population = Population(lapse=0, gold_level_pass=0.7)
    truth = draw_truth(population, "l", (640, 480), 100, np.random.default_rng(3))
    answers = [observer.answer(truth, GOLD) for observer in observers("honest", population)]
    passed = [30 <= (answer.level or 0) <= 37 for answer in answers]
    assert np.mean(passed) == pytest.approx(0.7, abs=0.035)
    firsts = [answer.points for answer in answers]
    near = [min(np.hypot(x - a, y - b) for a, b in GOLD.points) < 70 for points in firsts for x, y in points]
    assert 0.85 <= np.mean(near) <= 0.92


def test_who_knows_the_gold_passes_it_and_spams_the_study() -> None:
    population = Population(lapse=0, pjnd_sd=0.01, gold_known=1, spammers=1, kinds=("uniform", "decoder"))
    truth = draw_truth(population, "l", (640, 480), 100, np.random.default_rng(3))
    rng = np.random.default_rng(5)
    at_work = [Observer(population, person, rng) for person in draw_people(population, 200, rng)]
    known = [observer.answer(truth, GOLD) for observer in at_work]
    assert all(level_is_right(answer.level, GOLD) for answer in known)
    assert np.mean([places_are_right(answer.points, GOLD) for answer in known]) > 0.98
    levels = {kind: [o.answer(truth).level for o in at_work if o.person.kind == kind] for kind in population.kinds}
    assert np.std(levels["uniform"]) > 20 and len(set(levels["decoder"])) == 1


def test_late_people_miss_gold_above_its_window_and_keep_its_places() -> None:
    population = Population(lapse=0, late=1)
    truth = draw_truth(population, "l", (640, 480), 100, np.random.default_rng(3))
    answers = [observer.answer(truth, GOLD) for observer in observers("honest", population, 1000)]
    levels = np.array([answer.level for answer in answers])
    assert levels.min() >= 30 and np.mean(levels <= 37) == pytest.approx(0.35, abs=0.05)
    assert np.mean([places_are_right(answer.points, GOLD) for answer in answers]) > 0.9


def test_people_have_the_share_of_spammers_of_every_kind() -> None:
    people = draw_people(Population(spammers=0.2), 200, np.random.default_rng(1))
    kinds = [person.kind for person in people]
    assert len({person.worker for person in people}) == 200
    assert [kinds.count(kind) for kind in ("honest", "uniform", "far-left", "far-right", "random-clicks")] == [
        160,
        10,
        10,
        10,
        10,
    ]


def test_a_batch_is_answered_as_often_as_it_asks(tmp_path: Path) -> None:
    folder = make_study(tmp_path / "study", images=24, ratings=12)
    made = simulate(folder, Population(), seed=3)
    data, truth = make_dataset(folder), read_truth(folder)
    study = data.ratings.filter(data.ratings["role"] == "study")
    assert dict(study.group_by("ladder").len().iter_rows()) == dict.fromkeys(
        truth.ladders.keys() & set(study["ladder"]), 12
    )
    assert study.unique(["worker", "ladder"]).height == study.height == 24 * 12
    gold = data.ratings.filter(data.ratings["role"] == "gold")
    assert gold.unique(["worker", "ladder"]).height == gold.height == made.submissions == 12 * 12
    assert made.workers == len(truth.people) == len(set(data.ratings["worker"]))


def test_a_further_simulation_is_not_read_by_the_review_of_the_one_before(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    simulate(small.folder, Population(), seed=1)
    write_review(small.folder, propose(read_study(small.folder)))
    simulate(small.folder, Population(), seed=2, people=3)
    assert not review_path(small.folder).exists() and propose(read_study(small.folder))


def test_only_who_passes_the_quiz_works_study_pages(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path, quiz=True)
    spammers = simulate(small.folder, Population(spammers=1, kinds=("far-right",)), seed=1)
    assert spammers.submissions == spammers.workers, "the quiz alone, and then it ends"
    made = simulate(small.folder, Population(spammers=0.5, kinds=("far-right",), gold_level_pass=1), seed=1)
    data, truth = make_dataset(small.folder), read_truth(small.folder)
    honest = sum(person.honest for person in truth.people)
    working = data.ratings.filter(data.ratings["kind"] == "study")["worker"].n_unique()
    quizzed = data.ratings.filter(data.ratings["kind"] == "qualification")["worker"].n_unique()
    assert quizzed == made.workers and 0 < working <= honest


def test_the_same_seed_gives_the_same_answers_and_replaces_the_last(tmp_path: Path) -> None:
    folder = make_study(tmp_path / "study", images=4, ratings=5)
    found = []
    for seed in (1, 1, 2):
        simulate(folder, Population(), seed=seed)
        with Ledger(folder / LEDGER) as ledger:
            found.append([(row.assignment, row.worker, row.answer) for row in ledger.submissions()])
    assert found[0] == found[1] != found[2]


def test_real_submissions_are_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_study(tmp_path / "study", images=2, ratings=2)
    with Ledger(folder / LEDGER) as ledger:
        ledger.bind(Binding("https://mturk", "1", "sandbox"))
    before = (folder / LEDGER).read_bytes()
    assert main(["simulate", str(folder)]) == 1
    assert "real HITs or submissions" in capsys.readouterr().err
    assert (folder / LEDGER).read_bytes() == before


def test_a_population_is_read_from_a_file_and_its_faults_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = make_study(tmp_path / "study", images=2, ratings=6), tmp_path / "people.toml"
    file.write_text('spammers = 0.5\nkinds = ["far-right"]\nhits_per_worker = 1\n')
    assert main(["simulate", str(folder), "--population", str(file), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["workers"], made["spammers"], made["submissions"]) == (6, 3, 6)
    file.write_text('spamers = 0.5\nlapse = 2\nkinds = ["lazy"]\n')
    assert main(["simulate", str(folder), "--population", str(file)]) == 1
    told = capsys.readouterr().err
    assert all(word in told for word in ("spamers", '"spammers"', "lapse", "kinds"))


def test_publishing_moves_a_simulation_out_of_the_way(tmp_path: Path) -> None:
    folder = make_study(tmp_path / "study", images=2, ratings=2)
    simulate(folder, Population(), seed=1)
    make_way(folder / LEDGER, production=True)
    assert not (folder / LEDGER).exists() and (folder / "ledger-local-1.sqlite").exists()


@pytest.mark.parametrize(
    "verb", [("status",), ("fetch",), ("review", "--apply"), ("expire",), ("extend", "--hours", "2")]
)
def test_nobody_is_asked_about_answers_that_are_simulated(
    verb: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for credentials, which who only simulates has not, nor the marketplace, if there are some."""
    monkeypatch.setattr("hitgen.recruiters.mturk.kind.MTurkKind.open", lambda *_: pytest.fail("asked"))
    folder = make_study(tmp_path / "study", images=2, ratings=2)
    simulate(folder, Population(), seed=1)
    assert main([verb[0], str(folder), *verb[1:]]) == 1
    assert (
        "its answers are simulated: nothing of this batch was published; try `hitgen review`" in capsys.readouterr().err
    )


@pytest.mark.parametrize(("verb", "needs"), [("report", True), ("simulate", False), ("export", True)])
def test_the_missing_extra_is_named(verb: str, needs: bool, tmp_path: Path) -> None:
    folder = make_study(tmp_path / "study", images=2, ratings=2)
    hide = "import sys; sys.modules.update(polars=None, scipy=None); from hitgen.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run([sys.executable, "-c", hide, verb, str(folder)], capture_output=True, text=True, check=False)
    assert (done.returncode, "this needs the extra `analysis`; try pip install -e '" in done.stderr) == (needs, needs)


@pytest.mark.parametrize("verb", ["report", "simulate"])
def test_a_folder_that_is_no_batch_is_named(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, str(tmp_path / "nothing")]) == 1
    assert "there is no such folder" in capsys.readouterr().err
    folder = make_study(tmp_path / "study", images=2, ratings=2)
    (folder / "build" / "manifest.json").unlink()
    assert main([verb, str(folder)]) == 1
    assert "hitgen build" in capsys.readouterr().err
