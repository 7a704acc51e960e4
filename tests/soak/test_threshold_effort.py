"""What comparisons cost beside a slider: answers, flicker comparisons looked at, and time, for a 75% level known as well."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from hitgen.methods.threshold import quest
from hitgen.methods.threshold.crossed import Comparison, answered, crossed
from tests.support.figures import write_figures

pytestmark = pytest.mark.soak
LEVELS, GUESS, LAPSE, STUDIES, WAVE = 100, 0.1, 0.03, 60, 5
RATINGS, SLIDER_S, POSITIONS = 20, 45, 12
COMPARISON_S = 8
Z75 = -0.6745


def people(rng: np.random.Generator) -> tuple[float, float]:
    return float(np.clip(rng.normal(38, 14), 8, 80)), float(rng.uniform(8, 14))


def slider(rng: np.random.Generator) -> float:
    """The width of the 75% level's interval by order statistics, from so many ratings."""
    mean, sd = people(rng)
    levels = np.sort(np.clip(np.round(rng.normal(mean, sd, RATINGS)), 1, LEVELS))
    low, high = (int(stats.binom.ppf(at, RATINGS, 0.25)) for at in (0.025, 0.975))
    return float(levels[min(high, RATINGS - 1)] - levels[max(low - 1, 0)])


def comparisons(rng: np.random.Generator, count: int) -> tuple[float, bool, float]:
    """The width of the interval after so many people compared once, whether it holds the truth, and the error."""
    mean, sd = people(rng)
    answers: list[Comparison] = []
    start = quest.prior()
    for person in range(count):
        if person % WAVE == 0:
            start = crossed(answered(answers, 1), GUESS, LAPSE).posteriors()[0] + 1e-7
        level = quest.best_level(start, LEVELS, GUESS, LAPSE)
        sees = level > rng.normal(mean, sd) + rng.normal(0, 2)
        found = sees if rng.random() > LAPSE else bool(rng.random() < 0.4)
        right = found or (not sees and rng.random() < GUESS)
        answers.append(Comparison(str(person), 0, level, 0, "left", "left" if right else "none"))
    value, low, high = crossed(answered(answers, 1), GUESS, LAPSE).levels(0.75)[0]
    truth = mean + Z75 * sd
    return high - low, low <= truth <= high, abs(value - truth)


@pytest.mark.timeout(1800)
def test_a_level_is_known_as_well_in_half_the_time_and_fewer_looks() -> None:
    rng = np.random.default_rng(3)
    wanted = float(np.mean([slider(rng) for _ in range(5 * STUDIES)]))
    figures: dict[str, object] = {"slider": {"ratings": RATINGS, "width": round(wanted, 1)}}
    needed = 0
    for count in range(20, 81, 5):
        found = [comparisons(rng, count) for _ in range(STUDIES)]
        width, covered, error = (float(np.mean([row[number] for row in found])) for number in range(3))
        figures[f"{count} comparisons"] = {
            "width": round(width, 1),
            "covered": round(covered, 2),
            "mae": round(error, 2),
        }
        assert covered >= 0.85
        if width <= wanted:
            needed = count
            break
    figures["as wide as the slider's"] = {
        "answers, times": needed / RATINGS, "looks, times": round(needed / (RATINGS * POSITIONS), 2),
        "time, times": round(needed * COMPARISON_S / (RATINGS * SLIDER_S), 2),
    }  # fmt: skip
    write_figures("threshold-effort", figures)
    assert needed and needed * COMPARISON_S <= 0.5 * RATINGS * SLIDER_S and needed <= 0.5 * RATINGS * POSITIONS
