"""Several pictures at once by `threshold`: which stand together, what is read of the answers, and what they say of ladders."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hitgen.build import build
from hitgen.check import check
from hitgen.cli import main
from hitgen.manifest import read_manifest
from hitgen.methods.base import Arranged, method_of
from hitgen.methods.population import Person
from hitgen.methods.threshold import THRESHOLD, grid_of, quest
from hitgen.methods.threshold.config import Config
from hitgen.methods.threshold.crossed import Comparison, answered, crossed
from hitgen.methods.threshold.further import gains_of
from hitgen.methods.threshold.observers import SIMULATION, LadderTruth, Population
from hitgen.methods.threshold.plan import plan_comparisons
from hitgen.methods.threshold.screening import responses_of
from hitgen.outlook import SCREENS
from hitgen.results.dataset import make_dataset
from hitgen.results.study import read_study
from hitgen.simulation.simulate import simulate
from hitgen.stimuli.flash import LIMIT_SR
from tests.support.known_truth import read_people
from tests.support.threshold_study import GUESS, LAPSE, compared, config_of
from tests.test_threshold import study

EACH = 'flickering = "each"\n'
HIT = "study = 3\nratings = 16\ncomparisons = 6\ncatch = 6\n"


def planned(pictures: int, ladders: int, comparisons: int, catch: int, repeats: int = 0) -> list[Any]:
    """The trials of a page."""
    config: Config = config_of("each", comparisons, pictures)
    hit = config.hit.model_copy(update={"study": ladders, "catch": catch, "repeats": repeats, "ratings": 2})
    batch = config.model_construct(**{**dict(config), "hit": hit, "qualification": None})
    object.__setattr__(batch, "batch", type("Batch", (), {"name": "b", "seed": 1}))
    names: Any = {"training": [], "gold": [], "study": [f"set/{n}" for n in range(ladders)]}
    (page,) = plan_comparisons(batch, names, "salt").pages
    return list(page.trials)


@pytest.mark.parametrize(
    ("pictures", "ladders", "comparisons", "catch", "repeats"),
    [(3, 3, 1, 0, 0), (3, 27, 1, 3, 0), (3, 8, 3, 3, 0), (4, 5, 2, 1, 0), (2, 7, 1, 0, 0), (4, 9, 1, 40, 0), (3, 6, 2, 1, 4)],
)  # fmt: skip
def test_pictures_that_stand_together_are_of_different_ladders_and_every_ladder_is_asked_for_equally_often(
    pictures: int, ladders: int, comparisons: int, catch: int, repeats: int
) -> None:
    trials = planned(pictures, ladders, comparisons, catch, repeats)
    groups: dict[int, list[str]] = {}
    for trial in trials:
        groups.setdefault(trial.group, []).append(trial.ladder)
    assert all(len(keys) == len(set(keys)) == pictures for keys in groups.values())
    counts = Counter(trial.ladder for trial in trials if trial.asked == "compare")
    twice = sum(count == 2 * comparisons for count in counts.values())
    assert len(counts) == ladders and twice == repeats and set(counts.values()) <= {comparisons, 2 * comparisons}
    caught = sum(trial.asked == "catch" for trial in trials)
    assert catch <= caught < catch + pictures or repeats, "no more than fill the last one"
    assert len({trial.trial for trial in trials}) == len(trials)
    assert all((trial.question is None) == (trial.asked == "compare") == (trial.role == "study") for trial in trials)


def test_fewer_ladders_than_pictures_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = study(tmp_path / "few", EACH, hit="study = 2\nratings = 2\ncomparisons = 2\ncatch = 1\n")
    assert main(["check", str(folder)]) == 1
    told = capsys.readouterr().err
    assert "method.pictures: 3 pictures of a trial are of different ladders, and a page has" in told


def test_a_number_of_pictures_without_each_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(study(tmp_path / "pair", "pictures = 3\n", hit=HIT))]) == 1
    assert "method.pictures: two pictures stand together where 'both' flickers" in capsys.readouterr().err


def test_a_plan_tells_how_large_pictures_stand_together_and_how_they_flash(tmp_path: Path) -> None:
    assert [grid_of(count) for count in (2, 3, 4)] == [(2, 1), (3, 1), (2, 2)]
    config = config_of("each", pictures=4)
    assert THRESHOLD.arranged(config) == Arranged(2, 2, 24, 28)
    assert THRESHOLD.arranged(config).around((400, 300)) == (824, 680)
    assert THRESHOLD.arranged(config_of("both")).around((400, 300)) == (824, 300)
    folder = study(tmp_path / "three", EACH, hit="study = 3\nratings = 2\ncomparisons = 1\ncatch = 3\n")
    found = check(folder, workers=1)
    assert found.planned.outlook.window == (3 * 64 + 2 * 24 + 24, 48 + 28 + 300), "as narrow as that"
    assert {(each.screen, each.fits) for each in found.planned.outlook.shown} == {(screen, True) for screen in SCREENS}
    assert dict(found.planned.asked)["at once"] == "3 pictures of different ladders"
    text = (folder / "batch.toml").read_text()
    (folder / "batch.toml").write_text(text.replace('flickering = "each"', 'flickering = "one"'))
    alone = check(folder, workers=1)
    assert found.largest_flash_sr == pytest.approx(3 * alone.largest_flash_sr) and LIMIT_SR > 0
    assert found.planned.outlook.minutes_a_page <= alone.planned.outlook.minutes_a_page


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = study(tmp_path_factory.mktemp("each") / "study", EACH, hit=HIT)
    (folder / "plan.secret").write_text("5" * 32)  # whether an interval holds the truth must not hang on chance
    build(folder, workers=1)
    simulate(folder, Population(spammers=0.25), seed=6)
    return folder


def test_answers_are_counted_by_ladder_and_pictures_of_a_trial_share_their_time(worked: Path) -> None:
    found = read_study(worked)
    assert not found.faulty
    ratings = make_dataset(worked).ratings
    of_study = ratings.filter(ratings["role"] == "study")
    assert set(of_study.group_by("ladder").len()["len"]) == {16 * 6}
    assert set(of_study["side"]) == {"here"} and set(ratings["response"]) == {"here", "none"}
    assert set(ratings.filter(ratings["asked"] == "catch")["side"]) == {"none"}
    for _, rows in ratings.group_by("assignment", "group"):
        assert sorted(rows["position"]) == [1, 2, 3] and rows["ladder"].n_unique() == 3
        assert rows["started_ms"].n_unique() == rows["ended_ms"].n_unique() == 1
    manifest: Any = found.manifest
    assert manifest.pictures == 3 and gains_of(found.works, manifest).keys() == {
        each.ladder for each in manifest.ladders
    }


def test_levels_of_the_report_are_true_and_a_further_study_goes_on(worked: Path, tmp_path: Path) -> None:
    assert main(["report", str(worked)]) == 0 and main(["export", str(worked), "--no-figures"]) == 0
    methods = (worked / "results" / "export" / "methods.md").read_text("utf-8")
    assert "3 pictures of different ladders stood together" in methods and "selects a picture without seeing" in methods
    rows = (worked / "results" / "export" / "analysis" / "sur.csv").read_text().splitlines()
    truths = {row["ladder"]: row for row in json.loads((worked / "simulation" / "truth.json").read_text())["ladders"]}
    ladders = {ladder.source: ladder.ladder for ladder in read_manifest(worked).ladders}
    for line in rows[1:]:
        row = dict(zip(rows[0].split(","), line.split(","), strict=True))
        truth = truths[ladders[row["source"]]]
        level = max(0, truth["mean"] - 0.674 * truth["sd"])  # nobody sees the source flicker
        assert float(row["sur75_low"]) - 2 < level < float(row["sur75_high"]) + 2
    further = study(tmp_path / "second", f'{EACH}start_from = "posterior.json"\n', hit=HIT)
    (further / "posterior.json").write_bytes((worked / "results/export/analysis/posterior.json").read_bytes())
    build(further, workers=1)
    html = (further / "build" / "pages" / "p0001.html").read_text()
    data = json.loads(html.split('id="hit-page">')[1].split("</script>")[0])
    assert {frozenset(trial) for trial in data["study"]} == {
        frozenset({"trial", "pack", "width", "height", "level_count", "shown", "prior", "group"})
    }, "nothing tells a catch picture"
    assert len({len(trial["shown"]) for trial in data["study"]}) == 1


def test_who_always_selects_the_same_is_seen_and_by_whole_trials(worked: Path) -> None:
    found = read_study(worked)
    by_kind: dict[str, list[str]] = {}
    kinds = {person.worker: person.kind for person in read_people(worked)}
    for work in found.works:
        by_kind.setdefault(kinds[work.received.worker], []).extend(responses_of(work))
    assert set(by_kind["none"]) == {"none"} and set(by_kind["left"]) == {"picture 1"}
    assert "picture 1 and picture 2 and picture 3" in by_kind["honest"] and len(set(by_kind["honest"])) > 4
    straight = {w for w, kind in kinds.items() if kind in ("none", "left")}
    told = {finding.worker for finding in method_of(found.config).screen(found.works, found.config)}
    assert told == {work.received.worker for work in found.works if work.received.worker in straight}


def test_levels_biases_and_spammers_are_found_by_several_pictures() -> None:
    found = compared(config_of("each"), Population(), 71_400, ladders=30, people=24, each=27)
    width, covered, error = found.figures()
    assert width < 20 and error < 4.5 and covered >= 0.86  # who came is the same for all ladders
    model, honest = found.model(), found.honest
    assert model.honest[honest].mean() > 0.9 and model.honest[~honest].mean() < 0.3
    assert 0.02 < model.guess < 0.12, "who does not see a picture flicker selects it in 5% of cases"


def test_one_place_is_a_habit_of_its_own() -> None:
    rng = np.random.default_rng(4)
    comparisons = []
    for person in range(20):
        for n in range(30):
            level, place = float(rng.uniform(20, 60)), 1 + n % 3
            selected = place == 1 if person == 0 else level > 40 + rng.normal(0, 9)
            comparisons.append(
                Comparison(f"w{person:02}", n % 10, level, 0, "here", "here" if selected else "none", place)
            )
    found = crossed(answered(comparisons, 10), GUESS, LAPSE)
    assert found.honest[0] < 0.05 and found.honest[1:].min() > 0.8


def test_of_one_picture_there_is_nothing_wrong_to_name() -> None:
    rates = quest.outcome_rates([np.array([0.4]), np.array([0.6]), np.zeros(1), np.zeros(1)], 0.1, 0.04, 2)
    assert rates[:, 0] == pytest.approx([0.96 * 0.36 + 0.02, 0.96 * 0.64 + 0.02, 0, 0])


def test_pictures_that_are_not_looked_at_are_missed() -> None:
    truth = LadderTruth("a", 100, 1, 1)
    said = []
    for share in (0.0, 1.0):
        people = Population(guess=0, lapse=0, overlooked=share, worker_sd=0)
        one = SIMULATION.observer(people, Person("w", "honest", 0), config_of("each"), np.random.default_rng(1))
        said.append([one.answer(truth, None).response for _ in range(6)])
    assert said == [["here"] * 6, ["none"] * 6]
