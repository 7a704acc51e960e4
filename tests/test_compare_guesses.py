"""Who is taken for guessing: those whose questions can tell, and not honest people at levels that hardly anybody sees."""

from __future__ import annotations

import numpy as np
import pytest

from hitgen.methods.compare.analysis.detect import detections
from hitgen.methods.compare.analysis.people import Screened, screened, weak_traps
from hitgen.methods.compare.answers import Answer, Side
from hitgen.methods.compare.choices import Screening
from tests.support.triplets import SOURCE_SIDE

LAST = 6


def answered(people: int, share_right: dict[int, float], guessing: int = 0, seed: int = 1) -> list[Answer]:
    """Each level of 24 sources held against its source by everybody, right as often as `share_right` says of it; traps are passed."""
    rng = np.random.default_rng(seed)
    given = []
    for number in range(people + guessing):
        name = f"{'honest' if number < people else 'guessing'}{number}"
        asked = [("source", source, level) for source in range(24) for level in share_right]
        for kind, source, level in [*asked, *(("trap", source, LAST) for source in range(10))]:
            sides: tuple[Side, Side] = (SOURCE_SIDE, ("a", level))
            left, right = sides if rng.random() < 0.5 else sides[::-1]
            share = 1.0 if kind == "trap" else share_right[level] if number < people else 0.5
            said = (right if left[1] == 0 else left) if rng.random() < share else (left if left[1] == 0 else right)
            response = "left" if said == left else "right"
            given.append(Answer("plain", name, name, kind, str(source), left, right, response, 2000, 2))  # type: ignore[arg-type]
    return given


def honest_kept(found: Screened) -> int:
    return sum(name.startswith("honest") for _, name in found.kept)


@pytest.mark.parametrize("last", [0.5, 0.75, 1.0])
def test_levels_that_nobody_sees_leave_nobody_out_and_do_not_seem_to_be_seen(last: float) -> None:
    answers = answered(60, {1: 0.5, 2: 0.5, 3: 0.5, LAST: last})
    found = screened(answers, Screening())
    assert honest_kept(found) >= 58
    used = [answer for answer in answers if (answer.arm, answer.assignment) in found.kept]
    shares = [row.share for row in detections(used) if row.level < LAST]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.02)


def test_who_guesses_where_others_see_is_left_out() -> None:
    found = screened(answered(40, {1: 0.6, 2: 0.8, 3: 0.9, 4: 0.95}, guessing=10), Screening())
    assert honest_kept(found) == 40 and len(found.kept) <= 43
    assert all(each.guesses_known for each in found.habits.values())


def test_how_hard_questions_are_is_told_by_others_alone() -> None:
    """One person's luck is no evidence that others can see it."""
    alone = answered(1, {1: 1.0, 2: 1.0})
    [habits] = screened(alone, Screening()).habits.values()
    assert not habits.guesses_known


@pytest.mark.parametrize(("share", "warned"), [(0.8, True), (1.0, False)])
def test_a_trap_that_people_miss_who_pass_the_others_is_named(share: float, warned: bool) -> None:
    """Ten traps each, the same ten for all; one of them is seen by `share` of 60 people."""
    rng = np.random.default_rng(2)
    given = [
        Answer("plain", f"w{n}", f"w{n}", "trap", str(trap), SOURCE_SIDE, ("a", LAST), said, 2000, 2)  # type: ignore[arg-type]
        for n in range(60)
        for trap in range(10)
        for said in ("right" if trap or rng.random() < share else "left",)
    ]
    assert [(trap.source, trap.codec, trap.answers) for trap in weak_traps(given)] == (
        [("0", "a", 60)] if warned else []
    )
    assert weak_traps(given[: 10 * 14]) == [], "14 answers to a trap say little"
