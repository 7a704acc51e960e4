"""What robots of known truth do on real pages is what the dataset says (200 trials of it: tests/soak/test_truth.py)."""

from __future__ import annotations

from pathlib import Path

import polars
import pytest

from hitgen.methods.pjnd.robot import Answer, Robot
from tests.support.batches import built_page, write_batch
from tests.support.browsers import OpenPage
from tests.support.truthful_robots import Truth, dataset, differences, rehearsed, work_all


@pytest.mark.browser
def test_the_dataset_is_what_robots_did(tmp_path: Path) -> None:
    truth = Truth(seed=1)
    with rehearsed(tmp_path, study=2, pages=1, ratings=2) as (folder, market):
        done = work_all(market, truth, workers=2)
        found = dataset(folder)
        assert differences(folder, truth, done, found) == (6, [])
        # The comparison sees a difference where there is one.
        judged = set(found.ratings.filter(polars.col("role") == "study", ~polars.col("none_seen"))["trial"])
        key = next(key for key in truth.answers if key[1] in judged and truth.answers[key].level is not None)
        answer = truth.answers[key]
        truth.answers[key] = Answer((answer.level or 0) + 1, [(x + 5, y) for x, y in answer.points])
        assert len(differences(folder, truth, done, found)[1]) == 2


@pytest.mark.browser
def test_a_picture_that_stands_on_a_page_twice_is_shown_twice(open_page: OpenPage, tmp_path: Path) -> None:
    folder = write_batch(tmp_path / "twice")
    (folder / "study" / "study0.png").write_bytes((folder / "training" / "training0.png").read_bytes())
    page = open_page(built_page(folder), size=(1680, 1050))
    record = Robot(page, lambda trial: Answer(5, [(64, 48), (256, 48), (160, 192)])).work()
    assert len(record.order) == 4 and record.screens[-1] == "submit"
