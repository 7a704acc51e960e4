"""The plan of `compare`: what is asked, how often, on which side, and what a batch says wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hitgen.batch.load import load_batch
from hitgen.build import plan_of
from hitgen.methods.compare import COMPARE
from hitgen.methods.compare.config import Config
from hitgen.methods.compare.plan import Levels, PlannedQuestion, levels_of, loose_ends, make_plan, questions_of
from hitgen.plan import Plan
from tests.support.compare import config, write_study

NAMES = {
    "study": [f"{codec}/s{number}" for codec in ("jpeg", "webp") for number in range(3)],
    "training": [],
    "gold": [],
}


def asked(plan: Plan) -> list[tuple[str, PlannedQuestion]]:
    return [(page.page, trial) for page in plan.pages for trial in page.trials if isinstance(trial, PlannedQuestion)]


def levels(settings: Config) -> Levels:
    return levels_of(settings, NAMES["study"])


def test_every_question_has_its_answers_in_each_arm_and_its_sides_in_balance() -> None:
    settings = config(levels=4, hit={"study": 20}, boosted={"answers": 9}, plain={"answers": 4, "distance": 1})
    plan = make_plan(settings, NAMES)
    wanted = {"boosted": 9, "plain": 4}
    counts: Counter[tuple[str, Any]] = Counter()
    for page in plan.pages:
        for trial in page.trials:
            if isinstance(trial, PlannedQuestion) and trial.role == "study":
                counts[trial.subject, trial.what.left] += page.assignments
    by_subject: dict[str, list[int]] = {}
    for (subject, _), count in counts.items():
        by_subject.setdefault(subject, []).append(count)
    for arm, answers in wanted.items():
        questions = questions_of(settings, arm, levels(settings))  # type: ignore[arg-type]
        assert {question.subject for question in questions} == {name for name in by_subject if name.startswith(arm)}
        assert all(
            sorted(by_subject[question.subject]) == [answers // 2, answers - answers // 2] for question in questions
        )
    assert len(questions_of(settings, "boosted", levels(settings))) == 3 * (2 * 10 + 2)
    assert len(questions_of(settings, "plain", levels(settings))) == 3 * (2 * 4 + 2)


def test_a_page_has_one_arm_and_the_pages_of_a_question_are_each_other_s_mirror() -> None:
    plan = make_plan(config(levels=4, hit={"study": 30, "ratings": 4}), NAMES)
    assert all(len({trial.what.arm for page, trial in asked(plan) if page == name}) == 1 for name, _ in asked(plan))
    sides: dict[str, set[str]] = {}
    for page, trial in asked(plan):
        if trial.role == "study":
            sides.setdefault(trial.subject, set()).add(page)
    pairs = {frozenset(pages) for pages in sides.values()}
    assert all(len(pages) == 2 for pages in pairs) and len(pairs) == len(plan.pages) // 2


def test_left_and_right_are_even_within_a_page_too() -> None:
    plan = make_plan(config(levels=10, compare=["source"], hit={"study": 60, "ratings": 2}), NAMES)
    for page in plan.pages:
        study = [trial for name, trial in asked(plan) if name == page.page and trial.role == "study"]
        left = sum(trial.what.left.level > 0 for trial in study)
        assert abs(2 * left - len(study)) <= 1


def test_controls_are_spread_evenly_one_a_block() -> None:
    plan = make_plan(config(levels=10, hit={"study": 110, "gold": 6, "bias": 4, "training": 2, "ratings": 2}), NAMES)
    for page in plan.pages:
        here = [trial for name, trial in asked(plan) if name == page.page]
        assert [trial.role for trial in here[:2]] == ["training"] * 2
        blocks: dict[int, list[str]] = {}
        for trial in here[2:]:
            blocks.setdefault(trial.block, []).append(trial.role)
        assert len(blocks) == 10 and all(roles.count("gold") == 1 for roles in blocks.values())
        sizes = [len(roles) for roles in blocks.values()]
        assert max(sizes) - min(sizes) <= 1
        kinds = Counter(trial.what.asked for trial in here if trial.role == "gold")
        assert kinds == {"trap": 6, "bias": 4}
        traps = [trial.what for trial in here if trial.what.asked == "trap"]
        assert len({trap.subject for trap in traps}) == 6  # each ladder's own, none twice while there are others


def test_nobody_meets_a_question_twice_on_a_page() -> None:
    settings = config(levels=5, hit={"study": 40, "gold": 2, "bias": 2, "ratings": 2}, distance=2)
    for page in make_plan(settings, NAMES).pages:
        subjects = [trial.subject for trial in page.trials if trial.role != "training"]
        assert len(subjects) == len(set(subjects))


def test_the_plan_hangs_on_seed_and_secret_alone() -> None:
    assert make_plan(config(), NAMES) == make_plan(config(), NAMES)
    assert make_plan(config(), NAMES) != make_plan(config(), NAMES, "secret")
    assert make_plan(config(), NAMES) != make_plan(config(seed=2), NAMES)


def test_assignments_of_a_page_are_as_few_as_is_asked() -> None:
    plan = make_plan(config(hit={"assignments": 3, "ratings": 10}), NAMES)
    assert {page.assignments for page in plan.pages} == {3, 2}


@pytest.mark.parametrize("compare", [["same"], ["source"], ["same", "cross"], ["source", "cross"]])
def test_whatever_is_compared_hangs_together(compare: list[str]) -> None:
    settings = config(levels=6, compare=compare, distance=1)
    assert loose_ends(questions_of(settings, "boosted", levels(settings)), levels(settings)) == []


def test_a_missing_link_is_named() -> None:
    settings = config(levels=3, compare=["same"], distance=1)
    questions = [each for each in questions_of(settings, "plain", levels(settings)) if each.left.level != 1]
    assert "s0 jpeg 2" in loose_ends(questions, levels(settings))


def told(folder: Path, **given: Any) -> tuple[list[tuple[str, str]], list[str]]:
    batch = load_batch(write_study(folder, **given))
    plan = plan_of(batch)
    return list(COMPARE.plan_rows(batch, plan)), list(COMPARE.warnings(batch, plan))


def test_the_plan_is_told_arm_by_arm(tmp_path: Path) -> None:
    rows, warnings = told(tmp_path, sources=2)
    assert rows[:3] == [
        ("questions", "boosted: 14 (8 with the source, 4 within a codec, 2 across codecs)"),
        ("answers", "boosted: 2 a question, 28 in all (58% of the study's)"),
        ("a page", "boosted: 14 questions, 2 traps, 1 with the same twice, 2 of practice; 2 assignments of 2 pages"),
    ]
    assert rows[3] == ("questions", "plain: 10 (4 with the source, 4 within a codec, 2 across codecs)")
    assert warnings[-1] == "batch.toml: hit.study: a page has 10 questions; the standard's have 60 to 140"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"method": 'arms = ["boosted"]'}, "the scale will be in boosted units, never JND"),
        (
            {"hit": "pause = true", "sources": 1},
            "of the traps on 4 pages ask what a study question of the page asks too",
        ),
        ({"codecs": ["jpeg"]}, "2 traps a page of 1 ladders: some come twice on a page"),
    ],
)
def test_what_makes_a_study_weak_is_warned_of(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    assert any(said in warning for warning in told(tmp_path, **given)[1])
