"""Counts at every step of exclusion add up, to what the ledger and the dataset hold, whatever came in."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hitgen import cli
from hitgen.results.dataset import dataset_of
from hitgen.results.flow import Count, Flow, flow_of
from hitgen.results.review import propose
from hitgen.results.reviewfile import write_review
from hitgen.results.study import read_study
from tests.support.small_study import SmallStudy, xml

SCREENING = "[screening]\ngold_answers_min = 1\nsame_level_min = 3\nremove_outliers = 'either'\n"
HOW = ("right", "right", "right", "wrong", "quick", "still", "straight", "odd", "uncalibrated", "faulty")
ENDS = ("", "", "", "returned", "exclude", "use", "not-enough-evidence")
WORKERS = ("W1", "W2", "W3", "W4", "W5")
SUBMITTED = st.tuples(
    st.sampled_from(WORKERS), st.sampled_from(("p0001", "p0002")), st.sampled_from(HOW), st.sampled_from(ENDS)
)


def answer(small: SmallStudy, page: str, name: str, worker: str, how: str) -> str:
    """What somebody hands in, more or less honestly."""
    if how == "faulty":
        return "no answer"
    level: Any = {"straight": 50, "odd": 95}.get(how, {f"s{n}": 35 + n for n in range(4)})
    made = small.answer(page, name, worker, level, gold="wrong" if how == "wrong" else "right")
    for row in made["trials"]:
        if how == "quick":
            row["ended_ms"] = row["started_ms"] + 900
        if how == "still":
            row["trace"] = [[0, 0]]
    if how == "uncalibrated":
        made["display"]["css_px_per_cm"] = None
    return xml(made)


def study(folder: Path, came: list[tuple[str, str, str, str]], forgotten: set[str]) -> Flow:
    """The flow of a study into which this came, held against the dataset."""
    small = SmallStudy(folder, toml=SCREENING, quiz=False)
    rows = [
        (page, f"A{number}", worker, answer(small, page, f"A{number}", worker, how))
        for number, (worker, page, how, _) in enumerate(came)
    ]
    small.hand_in(rows)
    with small.ledger() as ledger:
        for number, (_, _, _, end) in enumerate(came):
            if end == "returned":
                ledger.set_status(f"A{number}", "Returned")
        for worker in forgotten:
            ledger.forget(worker)
    ends = {f"A{number}": end for number, (*_, end) in enumerate(came)}
    edited = [
        replace(row, use=ends[row.assignment])
        if ends[row.assignment] in ("exclude", "use", "not-enough-evidence")
        else row
        for row in propose(read_study(folder))
    ]
    write_review(folder, edited)
    found = read_study(folder)
    flow = flow_of(found)
    ratings = dataset_of(found).ratings.filter(pl.col("role") == "study")
    used = ratings.filter(pl.col("use") == "use")
    assert flow.used == Count(used["worker"].n_unique(), used["assignment"].n_unique(), used.height)
    assert flow.read.ratings == ratings.height
    assert sum(step.out.ratings or 0 for step in flow.screened) == ratings.height - used.height
    return flow


def adds_up(flow: Flow) -> None:
    """Every step is what was there less what is left, for people, submissions and ratings alike, and nothing is below nothing."""
    before = flow.handed_in
    for step in flow.steps:
        assert before.submissions - step.out.submissions == step.rest.submissions and step.out.submissions >= 0
        for name in ("people", "ratings"):
            had, out, rest = getattr(before, name), getattr(step.out, name), getattr(step.rest, name)
            assert None in (had, out, rest) or (had - out == rest and out >= 0)
        before = step.rest
    offered = flow.offered
    assert offered.places - offered.unworked + offered.beyond + offered.returned == offered.handed_in
    assert flow.handed_in.submissions == offered.handed_in


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(SUBMITTED, min_size=1, max_size=9), st.sets(st.sampled_from(WORKERS), max_size=1))
def test_every_step_adds_up_to_the_dataset(came: list[tuple[str, str, str, str]], forgotten: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        adds_up(study(Path(folder), came, forgotten))


def test_each_reason_has_its_step_and_review_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    came = [
        ("W1", "p0001", "right", ""), ("W2", "p0001", "wrong", ""), ("W3", "p0001", "quick", ""), ("W4", "p0001", "still", ""),
        ("W5", "p0001", "faulty", ""), ("W5", "p0002", "right", "returned"), ("W1", "p0002", "right", "exclude"),
    ]  # fmt: skip
    flow = study(tmp_path, came, set())
    adds_up(flow)
    assert flow.handed_in == Count(5, 7) and flow.read == Count(4, 5, 10) and flow.used == Count(1, 1, 2)
    assert {step.rule: step.out for step in flow.screened if step.out.ratings} == {
        "gold": Count(1, 1, 2), "speed": Count(1, 1, 2), "slider": Count(1, 1, 2), "by hand": Count(0, 1, 2),
    }  # fmt: skip
    assert (flow.offered.places, flow.offered.unworked, flow.offered.beyond) == (10, 4, 0)
    assert cli.main(["review", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "7 submissions: 1 returned by the participant, 1 faulty, 5 read" in told
    assert "10 ratings: 2 by the rule gold, 2 by the rule speed, 2 by the rule slider, 2 by hand; 2 used" in told


def test_who_was_forgotten_is_counted_and_nothing_else_known(tmp_path: Path) -> None:
    flow = study(tmp_path, [("W1", "p0001", "right", ""), ("W2", "p0001", "right", "returned")], {"W2"})
    adds_up(flow)
    assert flow.handed_in == Count(None, 2) and flow.steps[0].out == Count(None, 1) and flow.used.people == 1
    assert (flow.offered.returned, flow.offered.erased) == (1, 1)
