"""Ladders that a page shows twice on purpose: planned, kept, counted once, and told as test and retest."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from hitgen.cli import main
from hitgen.config.hit import HitTable
from hitgen.methods.pjnd.analysis.analyse import analyse
from hitgen.methods.pjnd.analysis.retest import retest
from hitgen.methods.pjnd.population import Population
from hitgen.plan import make_plan
from hitgen.results.dataset import Dataset, make_dataset
from hitgen.simulation.simulate import simulate
from tests.support.large_study import make_study
from tests.test_plan import config, names


def test_a_page_shows_as_many_of_its_ladders_twice_as_wanted() -> None:
    plan = make_plan(config(study=4, repeats=2, training=0, gold=1, ratings=9, assignments=3), names(12, 0, 3))
    again = set()
    for page in plan.pages:
        counts = Counter(trial.ladder for trial in page.trials if trial.role == "study")
        assert sorted(counts.values()) == [1, 1, 2, 2]
        again |= {ladder for ladder, count in counts.items() if count == 2}
    assert set(plan.ratings().values()) == {9}, "a rating is asked for once, however often it is repeated"
    assert len(again) > 6, "other pages repeat other ladders"
    ids = [trial.trial for page in plan.pages for trial in page.trials]
    assert len(set(ids)) == len(ids)


def test_without_repeats_a_plan_is_what_it_was() -> None:
    given = names(12, 3, 3)
    assert make_plan(config(study=4), given) == make_plan(config(study=4, repeats=0), given)
    with pytest.raises(ValueError, match="repeats is 3, but a page has 2 study trials"):
        HitTable(study=2, repeats=3)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_study(
        tmp_path_factory.mktemp("study") / "s", images=12, ratings=12, study=4, repeats=1, gold_answers_min=None
    )
    simulate(folder, Population(hits_per_worker=3, lapse=0, retest=0.9), seed=4)
    return folder


@pytest.fixture(scope="module")
def dataset(study: Path) -> Dataset:
    return make_dataset(study)


def test_second_answers_are_kept_and_counted_once(dataset: Dataset) -> None:
    rows = dataset.ratings.filter(pl.col("role") == "study")
    assert rows.height == 12 * 12 * 5 // 4
    assert not rows["rules"].str.contains("repeat").any()
    analysis = analyse(dataset.ratings, dataset.tables["clicks"], dataset.images)
    for result in analysis.ladders:
        assert len(set(result.answers.workers)) == result.pjnd.n <= 12
        assert result.clicks is not None and len(result.clicks.points) == 3 * (result.pjnd.n - result.pjnd.none_seen)
    first = rows.sort("started_ms").unique(["ladder", "worker"], keep="first", maintain_order=True)
    assert first.height == 144


def test_people_agree_with_themselves_more_than_with_each_other(study: Path, dataset: Dataset) -> None:
    found = retest(dataset.ratings)
    assert found is not None and found.pairs > 15 and found.correlation is not None
    # noise that comes again by 0.9: within a person sqrt(1 - 0.9) of its SD of some 9 levels
    assert 1.5 < found.within_sd < 5 and found.correlation > 0.85
    assert main(["report", str(study)]) == 0
    text = (study / "results" / "report.html").read_text("utf-8")
    assert f"({found.pairs} pairs of {found.workers} workers)" in text and "between observers" in text


def test_too_few_pairs_say_nothing(dataset: Dataset) -> None:
    assert retest(dataset.ratings.head(3)) is None
