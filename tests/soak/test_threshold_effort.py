"""What comparisons cost beside a slider on the same population: how many answers a ladder for a 75% level known as well, and whether it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hitgen.methods.pjnd.analysis.crossed_study import cross
from hitgen.methods.pjnd.analysis.pjnd import Estimate
from hitgen.methods.pjnd.analysis.sur import estimate_sur
from hitgen.methods.pjnd.population import Population as Raters
from hitgen.methods.threshold.observers import Population
from tests.support.crossed_study import rated
from tests.support.figures import write_figures
from tests.support.known_truth import sur_level
from tests.support.threshold_study import CATCH, Compared, compared, config_of

pytestmark = pytest.mark.soak
STUDIES, FIRST_SEED = 4, 830_000
SLIDER_S, COMPARISON_S = 45, 8
TOGETHER = {2: (20, 24), 3: (24, 27, 30), 4: (32, 36)}
"""Answers a ladder, by the number of pictures that are asked about at once."""
COUNTS = {"both": (10, 15, 20, 31, 43), "one": (15, 24, 35)}


def slider(ratings: int, gold: int) -> dict[str, float]:
    """Of 100 images with 20% spam, 20 ratings a worker: the mean width of the 75% level's interval, and how many hold the truth."""
    found: dict[str, list[float]] = {"crossed": [], "crossed_covered": [], "counted": [], "counted_covered": []}
    for n in range(STUDIES):
        study = rated(Raters(), FIRST_SEED + n, ratings=ratings, gold=gold)
        crossing = cross(study.answers(), study.gold_evidence(), (0.75,))
        assert crossing is not None
        for truth, kept in zip(study.truths, study.answers(study.kept_by_thresholds()), strict=True):
            level = sur_level(truth, 0.75)
            _note(found, "crossed", crossing.ladders[truth.ladder].levels[0.75], level)
            _note(found, "counted", estimate_sur(kept).empirical_levels[0.75], level)
    return {name: round(float(np.mean(values)), 2) for name, values in found.items()}


def _note(found: dict[str, list[float]], name: str, estimate: Estimate, truth: float) -> None:
    if estimate.low is not None and estimate.high is not None:
        found[name].append(estimate.high - estimate.low)
        found[f"{name}_covered"].append(estimate.low <= truth <= estimate.high)


def comparisons(flickering: str, people: int, each: int = 1) -> dict[str, float]:
    """The same by `threshold`, of so many people for each ladder who compare it `each` times, in waves of five people a ladder."""
    return averaged(
        [compared(config_of(flickering, each), Population(), FIRST_SEED + n, people=people) for n in range(STUDIES)]
    )


def together(pictures: int, people: int, **traits: float) -> dict[str, float]:
    """The same of so many people for each ladder who are asked about each of several pictures at once, in about ten trials a person.

    `trials` are those shown for each ladder, catch pictures left out, as they are in all other counts.
    """
    config, each = config_of("each", pictures=pictures), 10 * pictures - CATCH
    population = Population(**traits)
    found = [compared(config, population, FIRST_SEED + n, people=people, each=each) for n in range(STUDIES)]
    asked = [sum(one.ladder >= 0 for one in study.comparisons) / len(study.truths) for study in found]
    return averaged(found) | {"trials": round(float(np.mean(asked)) / pictures, 2)}


def averaged(studies: list[Compared]) -> dict[str, float]:
    """What studies come to on average."""
    names = ("width", "covered", "mae", "shift")
    rows = [(*study.figures(), study.shift()) for study in studies]
    return dict(zip(names, (round(float(one), 3) for one in np.mean(rows, axis=0)), strict=True))


@pytest.mark.timeout(3600)
def test_answers_for_a_level_known_as_well_as_by_the_slider() -> None:
    beside = {f"{ratings} ratings, {gold} gold": slider(ratings, gold) for ratings in (20, 43) for gold in (10, 1)}
    found: dict[str, Any] = {
        flickering: {count: comparisons(flickering, count) for count in counts} for flickering, counts in COUNTS.items()
    }
    twice = comparisons("both", 10, 2)
    each = {
        f"{count} of {pictures} pictures": together(pictures, count)
        for pictures, counts in TOGETHER.items()
        for count in counts
    }
    worse = {f"{share:.0%} not looked at": together(3, 30, overlooked=share) for share in (0.1, 0.2)}
    worse["10% named unseen"] = together(3, 30, guess=0.2)
    write_figures(
        "threshold-effort",
        {"studies": STUDIES, "slider": beside, **found, "both, ten people twice": twice, "each": each, "each, worse": worse,
         "time, times": {count: round(count * COMPARISON_S / (20 * SLIDER_S), 2) for count in COUNTS["both"]}},
    )  # fmt: skip
    both, one = found["both"], found["one"]
    rows = (*both.values(), *one.values(), twice, *each.values())
    assert min(row["covered"] for row in rows) >= 0.92
    counted, few_gold = beside["20 ratings, 10 gold"]["counted"], beside["20 ratings, 1 gold"]["counted"]
    assert both[15]["width"] <= 1.02 * counted and one[24]["width"] <= 1.05 * counted
    half, fewer, of_four = (each[name] for name in ("30 of 3 pictures", "27 of 3 pictures", "32 of 4 pictures"))
    assert half["trials"] <= 10 and half["width"] <= counted, "half the trials for an interval as wide as the slider's"
    assert fewer["trials"] <= 9 and fewer["width"] <= 1.02 * counted
    assert of_four["trials"] <= 8 and of_four["width"] <= counted
    assert max(row["covered"] for row in (half, fewer, of_four)) <= 0.98
    worst = min(row["covered"] for row in worse.values())
    assert worst >= 0.9, "who does not look at each picture shifts levels, and intervals are wider"
    assert both[10]["width"] <= few_gold, "half the answers, beside ratings that are screened by one gold question"
    assert both[31]["width"] <= 1.05 * beside["20 ratings, 10 gold"]["crossed"]
