"""The crossed model of comparisons against known truth: levels, biases, honesty, and intervals that hold."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from hitgen.methods.threshold import crossed as model
from hitgen.methods.threshold import quest
from hitgen.methods.threshold.crossed import Comparison, answered, crossed
from hitgen.methods.threshold.observers import Population
from tests.support.threshold_study import GUESS, LAPSE, Compared, compared, config_of

FRESH = 71_300


@pytest.fixture(scope="module")
def paired() -> Compared:
    return compared(config_of("both"), Population(), FRESH, ladders=40, people=15)


def test_levels_biases_and_spammers_are_found_by_pairs(paired: Compared) -> None:
    found = paired.model()
    width, covered, error = paired.figures()
    assert width < 20 and error < 4.5 and covered >= 0.86  # who came is the same for all ladders
    honest = paired.honest
    assert found.honest[honest].min() > 0.9 and found.honest[~honest].mean() < 0.2
    true = np.array([person.bias for person in sorted(paired.people, key=lambda one: one.worker)])
    assert np.corrcoef(found.bias[honest], true[honest])[0, 1] > 0.7
    assert 0.02 < found.guess < 0.1, "who sees nothing names either side in 5% of cases"


def test_a_pair_says_more_than_one_level(paired: Compared) -> None:
    one = compared(config_of("one"), Population(), FRESH, ladders=40, people=15)
    assert paired.figures()[0] < 0.92 * one.figures()[0]


def test_what_pages_start_from_is_what_is_known(paired: Compared) -> None:
    found = paired.model()
    known = found.posteriors()
    assert known.shape == (40, len(quest.MEANS), len(quest.SDS)) and known.sum((1, 2)) == pytest.approx(1)
    means = 100 * (known.sum(2) @ np.array(quest.MEANS))
    off = np.abs(means - found.ladders.sum(2) @ model.MEANS)
    assert off[means > 10].max() < 0.1 and off.max() < 3, "the pages' grid begins at 2"
    assert all(quest.entropy(each) < quest.entropy(quest.prior()) for each in known)


def test_without_answers_what_is_usual_is_known_and_ladders_of_any_length_go_together() -> None:
    nothing = crossed(answered([], 3), GUESS, LAPSE)
    assert nothing.levels(0.5)[:, 0] == pytest.approx(40, abs=1) and nothing.between == pytest.approx(model.BETWEEN)
    alone = crossed(answered([Comparison("a", 0, 60, 0, "left", "left")], 1), GUESS, LAPSE)
    assert alone.levels(0.5)[0, 0] < 40


@pytest.mark.parametrize(("response", "inside"), [("none", (60, 100)), ("left", (0, 15))])
def test_what_nobody_or_everybody_sees_lies_at_an_end(response: str, inside: tuple[float, float]) -> None:
    level, usual = (100.0, 40.0) if response == "none" else (2.0, 40.0)
    comparisons = [
        Comparison(f"w{person}", ladder, level if ladder == 0 else usual, 0, "left", response if ladder == 0 else each)
        for person in range(20) for ladder in range(6) for each in [("left", "none")[(person + ladder) % 2]]
    ]  # fmt: skip
    value, low, high = crossed(answered(comparisons, 6), GUESS, LAPSE).levels(0.75)[0]
    assert inside[0] <= value <= inside[1] and 0 <= low <= value <= high <= 100


def test_who_says_one_thing_alone_or_fails_catch_trials_is_no_honest_person() -> None:
    rng = np.random.default_rng(5)
    comparisons = []
    for person in range(30):
        for n in range(16):
            level, side = float(rng.uniform(20, 60)), ("left", "right")[int(rng.integers(2))]
            sees = level > 40 + rng.normal(0, 9)
            said = {0: "left", 1: ("none", "left", "right")[int(rng.integers(3))]}.get(person, side if sees else "none")
            comparisons.append(Comparison(f"w{person:02}", n % 8, level, 0, side, said))
        caught = "left" if person in (0, 2) else "none"
        comparisons += [Comparison(f"w{person:02}", -1, 0, 0, "none", caught) for _ in range(6 if person == 2 else 3)]
    found = crossed(answered(comparisons, 8), GUESS, LAPSE)
    assert found.honest[:2].max() < 0.1 and found.honest[3:].min() > 0.8
    assert found.honest[2] < found.honest[3:].min()


def test_answers_that_contradict_each_other_are_weighed_though_no_lapse_is_configured() -> None:
    odd = [Comparison("a", 0, 90, 0, "left", "none")] * 20 + [Comparison("a", 0, 4, 0, "left", "left")] * 20
    plain = [Comparison(f"w{n}", 0, 30 + n, 0, "left", ("none", "left")[n % 2]) for n in range(12)]
    found = crossed(answered([*odd, *plain], 1), 0.0, 0.0)
    assert np.isfinite(found.levels(0.75)).all() and np.isfinite(found.honest).all()
    assert 15 < found.levels(0.5)[0, 0] < 60


def test_several_answers_of_one_person_are_about_one_level() -> None:
    """Four answers of five people say less of people than one answer of twenty."""
    rng = np.random.default_rng(8)
    widths = []
    for people, each in ((20, 1), (5, 4)):
        comparisons = []
        for ladder in range(20):
            for person in range(people):
                own = 40 + rng.normal(0, 11)
                for level in rng.uniform(25, 50, each):
                    comparisons.append(
                        Comparison(f"{person}", ladder, level, 0, "left", "left" if level > own else "none")
                    )
        levels = crossed(answered(comparisons, 20), GUESS, LAPSE).levels(0.5)
        widths.append(float((levels[:, 2] - levels[:, 1]).mean()))
    assert widths[0] < widths[1]


def test_the_number_of_threads_decides_no_digit_that_is_written() -> None:
    script = (
        "from tests.support.threshold_study import *;"
        "study = compared(config_of('both'), Population(), 3, ladders=30, people=6, wave=100);"
        "print([float(f'{value:.10g}') for value in study.model().levels(0.75).ravel()])"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {f"{name}_NUM_THREADS": threads for name in ("OMP", "OPENBLAS")},
            capture_output=True, text=True, check=True, timeout=120,
        ).stdout
        for threads in ("1", "4")
    ]  # fmt: skip
    assert told[0] == told[1] and told[0].count(",") == 89
