"""Gold and training answers: the window, the places one to one, and only that trial's marks."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import pytest

from hitgen.methods.evidence import Evidence
from hitgen.methods.pjnd import PJND
from hitgen.methods.pjnd.grade import level_is_right, match_count, places_are_right
from hitgen.methods.pjnd.manifest import Catch
from hitgen.methods.pjnd.row import Row
from hitgen.results.screening import GoldTally, passed_share, tallied
from hitgen.results.study import read_study
from tests.support.manifests import ladder, question
from tests.support.small_study import POINTS, SmallStudy, row, xml

ANSWER = question(ladder("gold", "g", "gold"), (10, 17), POINTS)


@pytest.mark.parametrize(
    ("level", "right"), [(9, False), (10, True), (13, True), (17, True), (18, False), (None, False)]
)
def test_the_window_includes_its_ends_and_none_seen_is_wrong(level: int | None, right: bool) -> None:
    assert level_is_right(level, ANSWER) is right


def test_a_mark_on_the_rim_counts_and_one_beyond_does_not() -> None:
    assert match_count([(170, 100)], POINTS, 70) == 1
    assert match_count([(170.01, 100)], POINTS, 70) == 0


def test_one_mark_never_serves_two_points_nor_two_marks_one_point() -> None:
    close = ((100.0, 100.0), (160.0, 100.0))
    assert match_count([(130, 100)], close, 70) == 1
    assert match_count([(100, 100), (101, 100), (99, 100)], POINTS, 70) == 1
    assert not places_are_right([(130, 100)], question(ladder("gold", "g", "gold"), (1, 2), close))


def test_the_matching_is_the_largest_there_is() -> None:
    rng = random.Random(3)
    for _ in range(300):
        marks = [(rng.uniform(0, 200), rng.uniform(0, 200)) for _ in range(rng.randint(0, 4))]
        points = [(rng.uniform(0, 200), rng.uniform(0, 200)) for _ in range(rng.randint(1, 4))]
        best = 0
        for size in range(1, min(len(marks), len(points)) + 1):
            for chosen, to in itertools.product(
                itertools.combinations(marks, size), itertools.permutations(points, size)
            ):
                near = ((m[0] - p[0]) ** 2 + (m[1] - p[1]) ** 2 <= 70**2 for m, p in zip(chosen, to, strict=True))
                if all(near):
                    best = size
        assert match_count(marks, points, 70) == best


def test_marks_of_a_study_trial_do_not_count_for_gold(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    given = small.answer("p0001", "A1", "W1", gold="level")
    studies = small.trials("p0001", "study")
    for trial in given["trials"]:
        if trial["trial"] in studies:
            trial["points"] = [list(point) for point in POINTS]
    small.hand_in([("p0001", "A1", "W1", xml(given))])
    [work] = read_study(tmp_path).works
    [gold] = work.answers("gold")
    assert gold.passes == (True, False, None)
    assert [a.passes for a in work.answers("study")] == [()] * 2


def test_every_coached_attempt_is_graded_and_kept_apart(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    given = small.answer("p0001", "A1", "W1")
    [training] = small.trials("p0001", "training")
    given["trials"][0] |= {"attempt": 3}
    given["trials"].insert(0, row(training, 99, [], 1000, 9000))
    given["trials"].insert(1, row(training, 30, [[0, 0]] * 3, 9500, 19000) | {"attempt": 2})
    small.hand_in([("p0001", "A1", "W1", xml(given))])
    [work] = read_study(tmp_path).works
    found = [(a.row.attempt, *a.passes[:2]) for a in work.answers("training")]
    assert found == [(1, False, False), (2, True, False), (3, True, True)]
    assert [attempt.order for attempt in work.attempts] == [1, 1, 1, 2, 3, 4]


def test_none_seen_is_right_where_there_is_nothing_and_wrong_elsewhere() -> None:
    rows = [Row.model_validate_json(json.dumps(row("t", level, POINTS, 0, 9000))) for level in (None, 12)]
    nothing = Catch(question="gold/g", ladder="0" * 64, images="gold", source="g", none_seen=True)
    assert [PJND.grade(each, nothing) for each in rows] == [(None, None, True), (None, None, False)]
    assert [PJND.grade(each, ANSWER)[2] for each in rows] == [None, None]
    graded = [(None, None, True), (True, False, None), (None, None, False)]
    nothing_said = Evidence(0.8, 0.0)
    assert tallied(graded, 3, nothing_said) == GoldTally(3, (1, 1, 2), (1, 0, 1), nothing_said)
    assert passed_share(graded) == 0.5 and passed_share([]) is None
