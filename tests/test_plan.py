"""The plan's promises, held over many shapes of study."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from hitgen.config.batch import BatchConfig
from hitgen.errors import InputError
from hitgen.plan import Plan, make_plan


def config(**hit: object) -> BatchConfig:
    qualification = hit.pop("qualification", None)
    table = {
        "batch": {"name": "t", "seed": hit.pop("seed", 1)},
        "images": [{"name": "a", "sources": "*.png", "codec": "jpeg"}],
        "hit": hit,
        "consent": {"title": "t", "contact": "c", "exemption": "e", "retention": "r", "withdrawal": "w"},
    }
    if qualification:
        table["qualification"] = qualification
    return BatchConfig.model_validate(table)


def names(study: int, training: int, gold: int, codecs: int = 1) -> dict[str, list[str]]:
    return {
        "study": [f"set{codec}/s{number}" for codec in range(codecs) for number in range(study)],
        "training": [f"t/t{number}" for number in range(training)],
        "gold": [f"g/g{number}" for number in range(gold)],
    }


SHAPES = list(itertools.product((1, 2, 7, 30), (1, 2, 5), (1, 3), (43, 10), (None, 1, 9)))


def plan_of(study: int, per_page: int, codecs: int, ratings: int, assignments: int | None) -> Plan:
    settings = config(study=per_page, training=2, gold=2, ratings=ratings, assignments=assignments)
    return make_plan(settings, names(study, 3, 5, codecs))


@pytest.mark.parametrize(("study", "per_page", "codecs", "ratings", "assignments"), SHAPES)
def test_promises(study: int, per_page: int, codecs: int, ratings: int, assignments: int | None) -> None:
    plan = plan_of(study, per_page, codecs, ratings, assignments)
    assert set(plan.ratings()) == set(names(study, 0, 0, codecs)["study"])
    assert set(plan.ratings().values()) == {ratings}
    for role in ("training", "gold"):
        used = Counter(t.ladder for page in plan.pages for t in page.trials if t.role == role)
        counts = [used[key] for key in names(study, 3, 5)[role]]
        assert max(counts) - min(counts) <= 1
    ids = [t.trial for page in plan.pages for t in page.trials]
    assert len(set(ids)) == len(ids)
    sizes = [sum(t.role == "study" for t in page.trials) for page in plan.pages]
    assert max(sizes) <= per_page and max(sizes) - min(sizes) <= 1
    for page in plan.pages:
        ladders = [t.ladder for t in page.trials]
        assert len(set(ladders)) == len(ladders)
        roles = [t.role for t in page.trials]
        assert roles[:2] == ["training"] * 2 and "training" not in roles[2:]
        if len(sizes) >= codecs * len({p.assignments for p in plan.pages}) and study >= per_page:
            sources = [t.ladder.partition("/")[2] for t in page.trials if t.role == "study"]
            assert len(set(sources)) == len(sources)


def test_same_seed_same_plan_and_other_seed_another() -> None:
    first = make_plan(config(seed=1), names(20, 2, 2))
    assert first == make_plan(config(seed=1), names(20, 2, 2))
    assert first != make_plan(config(seed=2), names(20, 2, 2))


def test_a_worker_who_does_several_pages_meets_gold_again_only_when_it_must() -> None:
    plan = make_plan(config(study=2, gold=2, training=1, ratings=5), names(20, 4, 10))
    for start in range(len(plan.pages) - 4):
        met = [t.ladder for page in plan.pages[start : start + 5] for t in page.trials if t.role == "gold"]
        assert len(set(met)) == 10
        coached = [t.ladder for page in plan.pages[start : start + 4] for t in page.trials if t.role == "training"]
        assert len(set(coached)) == 4


def test_copies_of_a_page_hold_the_same_study_ladders() -> None:
    plan = make_plan(config(study=2, gold=1, training=1, ratings=4, assignments=1), names(6, 2, 2))
    groups = Counter(frozenset(t.ladder for t in page.trials if t.role == "study") for page in plan.pages)
    assert set(groups.values()) == {4} and len(groups) == 3


def test_position_of_gold_varies() -> None:
    plan = make_plan(config(study=2, gold=1, training=0, ratings=1), names(200, 0, 5))
    places = Counter(next(i for i, t in enumerate(page.trials) if t.role == "gold") for page in plan.pages)
    assert set(places) == {0, 1, 2} and min(places.values()) > 15


def test_a_qualification_page_has_training_and_gold_alone() -> None:
    plan = make_plan(config(qualification={"training": 1, "gold": 3}), names(4, 2, 4))
    first, second = plan.pages[:2]
    assert (first.kind, second.kind) == ("qualification", "study")
    assert Counter(t.role for t in first.trials) == {"training": 1, "gold": 3}


def test_more_pages_than_anybody_could_publish_are_refused_before_they_are_made() -> None:
    with pytest.raises(
        InputError, match=r"hit.assignments: makes 10000000 pages; a batch has at most 100000; try more"
    ):
        make_plan(config(ratings=10_000, assignments=1, study=1, gold=0, training=0), names(1000, 0, 0))


def test_ten_thousand_pages() -> None:
    plan = make_plan(config(study=5, ratings=50, assignments=1, gold=2), names(1000, 20, 40))
    assert len(plan.pages) == 10_000 and len({page.page for page in plan.pages}) == 10_000
