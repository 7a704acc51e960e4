"""Simulated observers at the real page in a real browser: what they meant is what the dataset has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from hitgen.build import build
from hitgen.results.dataset import make_dataset
from tests.support.batches import write_batch
from tests.test_threshold import study

pytestmark = pytest.mark.browser


def simulated(folder: Path, people: Path) -> str:
    """What `simulate --browser` prints of a batch; in a process of its own: the tests' browser is open in this one, and Playwright allows one at a time."""
    command = [sys.executable, "-m", "hitgen", "simulate", str(folder), "--browser", "--population", str(people)]
    done = subprocess.run([*command, "--seed", "3"], capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_robots_answer_a_batch_on_its_pages(tmp_path: Path) -> None:
    folder = write_batch(
        tmp_path / "batch", "ratings = 2\nrepeats = 1\n[screening]\ngold_answers_min = 1\noff = ['speed']\n"
    )
    build(folder, workers=1)
    people = tmp_path / "people.toml"
    people.write_text('spammers = 0.5\nkinds = ["far-right"]\nlapse = 0\nhits_per_worker = 1\n')
    assert "2 submissions by 2 simulated workers, 1 of them spammers" in simulated(folder, people)
    data = make_dataset(folder)
    assert data.ratings.height >= 2 * 5 and set(data.ratings["browser"]) != {"simulated"}
    study = data.ratings.filter(pl.col("role") == "study")
    assert study["swaps"].min() >= 4, "the pages flickered"
    far = study.group_by("worker").agg((pl.col("level") >= 11).all())["level"].to_list()
    assert sorted(far) == [False, True], "one of them answers at the far right alone"
    marks = data.tables["clicks"].filter(pl.col("role") == "study").group_by("worker").len()
    assert marks["len"].to_list() == [9, 9]
    assert study.group_by("worker", "ladder").len()["len"].sort().to_list() == [1, 1, 2, 2], "one was shown twice"


def test_robots_answer_levels_that_a_page_chooses(tmp_path: Path) -> None:
    folder = study(tmp_path / "batch", hit="study = 1\nratings = 1\ncomparisons = 2\ncatch = 1\n")
    build(folder, workers=1)
    people = tmp_path / "people.toml"
    people.write_text("spammers = 0\nlapse = 0\nguess = 0\nhits_per_worker = 1\n")
    simulated(folder, people)
    rows = make_dataset(folder).ratings
    assert rows.height == 3 * 3 and rows.filter(pl.col("role") == "gold")["response"].to_list() == ["none"] * 3
    compared = rows.filter(pl.col("role") == "study")
    assert compared["level"].min() >= 1 and compared["other"].n_unique() > 1, "each page chose levels of its own"


@pytest.mark.soak
def test_robots_select_pictures(tmp_path: Path) -> None:
    hit = "study = 3\nratings = 2\ncomparisons = 2\ncatch = 3\n"
    folder = study(tmp_path / "batch", 'flickering = "each"\n', hit=hit)
    build(folder, workers=1)
    people = tmp_path / "people.toml"
    people.write_text('spammers = 0.5\nkinds = ["left"]\nlapse = 0\nguess = 0\nhits_per_worker = 1\n')
    simulated(folder, people)
    rows = make_dataset(folder).ratings
    assert rows.height == 2 * 9
    firsts = rows.with_columns(first=(pl.col("position") == 1) == (pl.col("response") == "here"))
    left = [bool(each["first"].all()) for _, each in firsts.group_by("worker")]
    assert sorted(left) == [False, True], "one of them selects the left picture alone"
