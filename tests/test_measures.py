"""A small simulated study of known truth through the real grading, screening and analysis: the proof in short."""

from __future__ import annotations

import pytest

from tests.bench.measures import TARGETS, measure

pytestmark = pytest.mark.long


def test_a_study_of_known_truth_is_measured() -> None:
    """60 images instead of 300 and one seed; the targets are those of the whole proof."""
    found = measure(seed=31, gold=10, images=60)
    missed = {name: found[name] for name, (low, high) in TARGETS.items() if not low <= found[name] <= high}
    assert missed == {}
    # 60 intervals: four standard errors below 95%
    assert found["covered"] >= 0.84 and found["covered_sur75"] >= 0.84
    assert found["unscreened_mae_mean"] > 1.5 * found["mae_mean"], "screening is what makes it right"


def test_one_gold_question_cannot_tell_workers_apart() -> None:
    """An honest worker's one answer has two checks, and both must pass: many of them fall out."""
    found = measure(seed=31, gold=1, images=60)
    assert found["honest_kept"] < 0.95
