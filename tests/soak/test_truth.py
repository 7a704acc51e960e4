"""At least 200 trials on real pages by robots of known truth: the dataset equals every injected level and point."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.figures import write_figures
from tests.support.truthful_robots import Truth, dataset, differences, rehearsed, work_all


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_trials(tmp_path: Path) -> None:
    truth = Truth(seed=2)
    began = time.perf_counter()
    with rehearsed(tmp_path, study=4, pages=8, ratings=5) as (folder, market):
        done = work_all(market, truth, workers=5)
        found = dataset(folder)
        count, told = differences(folder, truth, done, found)
    answers = list(truth.answers.values())
    write_figures(
        "truth",
        {
            "trials_compared": count,
            "differences": told,
            "none_seen": sum(answer.level is None for answer in answers),
            "marks": found.tables["clicks"].height,
            "robots": len({one.worker for one in done}),
            "minutes": round((time.perf_counter() - began) / 60, 1),
        },
    )
    assert count == 200 and told == []
