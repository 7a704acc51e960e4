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
from tests.support.threshold_study import compared, config_of

pytestmark = pytest.mark.soak
STUDIES, FIRST_SEED = 4, 830_000
SLIDER_S, COMPARISON_S = 45, 8
COUNTS = {"both": (10, 15, 20, 31, 43), "one": (15, 24, 35)}


def slider(ratings: int, gold: int) -> dict[str, float]:
    """Of 100 images with 20% spam, 20 ratings a worker: the mean width of the 75% level's interval, and how many hold the truth."""
    found: dict[str, list[float]] = {"crossed": [], "crossed_covered": [], "counted": [], "counted_covered": []}
    for n in range(STUDIES):
        study = rated(Raters(), FIRST_SEED + n, ratings=ratings, gold=gold)
        crossing = cross(study.answers(), study.gold_evidence(), (0.75,))
        assert crossing is not None
        for truth, kept in zip(study.truths, study.answers(study.kept_by_thresholds()), strict=True):
            level = truth.sur_level(0.75)
            _note(found, "crossed", crossing.ladders[truth.ladder].levels[0.75], level)
            _note(found, "counted", estimate_sur(kept).empirical_levels[0.75], level)
    return {name: round(float(np.mean(values)), 2) for name, values in found.items()}


def _note(found: dict[str, list[float]], name: str, estimate: Estimate, truth: float) -> None:
    if estimate.low is not None and estimate.high is not None:
        found[name].append(estimate.high - estimate.low)
        found[f"{name}_covered"].append(estimate.low <= truth <= estimate.high)


def comparisons(flickering: str, people: int, each: int = 1) -> dict[str, float]:
    """The same by `threshold`, of so many people for each ladder who compare it `each` times, in waves of five people a ladder."""
    config = config_of(flickering, each)
    rows = [compared(config, Population(), FIRST_SEED + n, people=people).figures() for n in range(STUDIES)]
    return dict(zip(("width", "covered", "mae"), (round(float(one), 3) for one in np.mean(rows, axis=0)), strict=True))


@pytest.mark.timeout(3600)
def test_answers_for_a_level_known_as_well_as_by_the_slider() -> None:
    beside = {f"{ratings} ratings, {gold} gold": slider(ratings, gold) for ratings in (20, 43) for gold in (10, 1)}
    found: dict[str, Any] = {
        flickering: {count: comparisons(flickering, count) for count in counts} for flickering, counts in COUNTS.items()
    }
    twice = comparisons("both", 10, 2)
    write_figures(
        "threshold-effort",
        {"studies": STUDIES, "slider": beside, **found, "both, ten people twice": twice,
         "time, times": {count: round(count * COMPARISON_S / (20 * SLIDER_S), 2) for count in COUNTS["both"]}},
    )  # fmt: skip
    both, one = found["both"], found["one"]
    assert min(row["covered"] for row in (*both.values(), *one.values(), twice)) >= 0.92
    counted, few_gold = beside["20 ratings, 10 gold"]["counted"], beside["20 ratings, 1 gold"]["counted"]
    assert both[15]["width"] <= 1.02 * counted and one[24]["width"] <= 1.05 * counted
    assert both[10]["width"] <= few_gold, "half the answers, beside ratings that are screened by one gold question"
    assert both[31]["width"] <= 1.05 * beside["20 ratings, 10 gold"]["crossed"]
