"""Robots of known truth on the real pages, through the marketplace, against what the dataset says of them."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars

from hitgen.build import build
from hitgen.doubles.mturk.marketplace import Marketplace
from hitgen.manifest import Question, read_manifest
from hitgen.methods.pjnd.robot import Answer, Robot, Trial, spread
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.results.dataset import Dataset, make_dataset
from hitgen.results.fetch import fetch
from hitgen.results.study import read_study
from hitgen.robots.crew import Worked, work
from tests.support.batches import write_batch
from tests.support.marketplace import open_marketplace
from tests.support.servers import serving

WITHIN_PX = 1.0
"""A click lands on a whole pixel of the screen, whose pixels are about as large as the source's here."""
EXTRA = """ratings = {ratings}
[display]
width_cm = 9
accept_flash_hazard = "I accept flashes beyond WCAG 2.3.1"
[host]
kind = "folder"
base_url = "{site}"
[recruiter]
kind = "mturk"
endpoint_url = "{market}"
gold_repeats = "allow"
cap_usd = "1000"
[screening]
gold_answers_min = 0
off = ["speed", "flicker", "straight", "gold"]
"""


@dataclass
class Truth:
    """What each robot was made to see: drawn by chance from worker and trial, and written down when asked."""

    seed: int
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)

    def __call__(self, trial: Trial) -> Answer:
        chance = random.Random(f"{self.seed} {trial.worker} {trial.trial}")
        level = None if chance.random() < 0.1 else chance.randint(1, trial.level_count)
        points = [(chance.uniform(1, trial.width - 1), chance.uniform(1, trial.height - 1)) for _ in range(3)]
        return self.answers.setdefault((trial.worker, trial.trial), Answer(level, spread(points, trial)))


@contextmanager
def rehearsed(folder: Path, study: int, pages: int, ratings: int) -> Iterator[tuple[Path, Marketplace]]:
    """A batch of `pages` pages with `study` ladders each, published on a marketplace of its own."""
    batch = folder / "small"
    (batch / "published").mkdir(parents=True)
    with (
        open_marketplace(folder / "marketplace.sqlite") as (market, _),
        serving(batch / "published") as site,
    ):
        extra = EXTRA.format(ratings=ratings, site=site, market=market.endpoint_url)
        write_batch(batch, extra, study=study * pages)
        toml = batch / "batch.toml"
        toml.write_text(toml.read_text().replace(f"study = {study * pages}\n", f"study = {study}\n"))
        build(batch, workers=2)
        with open_publication(batch) as publication:
            publish(publication, plan_publication(publication))
        yield batch, market


def work_all(market: Marketplace, truth: Truth, workers: int) -> list[Worked]:
    done = work(market, lambda page, worker: Robot(page, truth, worker=worker), workers)
    assert {one.ended for one in done} == {"done"}
    return done


def dataset(folder: Path) -> Dataset:
    with open_account(folder) as account:
        found = fetch(account)
    assert found.faulty == ()
    return make_dataset(folder)


def differences(folder: Path, truth: Truth, done: list[Worked], found: Dataset) -> tuple[int, list[str]]:
    """How many study and gold trials were compared, and where the dataset says other than what was injected."""
    study = read_study(folder)
    names = {study.pseudonym(one.worker): one.worker for one in done}
    manifest = read_manifest(folder)
    gold = manifest.by_question
    planned = {trial.trial: trial for page in manifest.pages for trial in page.trials}
    marks: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in found.tables["clicks"].sort("assignment", "trial", "attempt", "click").iter_rows(named=True):
        marks.setdefault((names[row["worker"]], row["trial"]), []).append((row["x"], row["y"]))
    told, count = [], 0
    for row in found.ratings.filter(polars.col("role") != "training").iter_rows(named=True):
        key = (names[row["worker"]], row["trial"])
        known, answer, trial = f"{key}", truth.answers[key], planned[row["trial"]]
        count += 1
        if (row["level"], row["none_seen"]) != (answer.level, answer.level is None):
            told.append(f"{known}: level {row['level']} for {answer.level}")
        wanted = [] if answer.level is None else answer.points
        got = marks.get(key, [])
        if len(got) != len(wanted) or any(math.dist(a, b) > WITHIN_PX for a, b in zip(got, wanted, strict=True)):
            told.append(f"{known}: marks {got} for {wanted}")
        if (row["source"], row["images"], row["role"]) != (trial.source, trial.images, trial.role):
            told.append(f"{known}: {row['images']}/{row['source']} for {trial}")
        if row["role"] == "gold":
            passes = (row["gold_level_pass"], row["gold_place_pass"])
            if passes != _graded(answer.level, got, gold[trial.question or ""]):
                told.append(f"{known}: graded {passes} with {row['level']}, {got}")
    orders: dict[str, list[list[str]]] = {one.worker: [] for one in done}
    for one in done:
        orders[one.worker].append(one.record.order)
    for worker, rows in found.ratings.filter(polars.col("attempt") == 1).group_by("worker", "assignment"):
        seen = rows.sort("order")["trial"].to_list()
        if seen not in orders[names[str(worker[0])]]:
            told.append(f"{worker}: order {seen}")
    return count, told


def _graded(level: int | None, marks: list[tuple[float, float]], question: Question) -> tuple[bool, bool]:
    """The grade by trying every pairing, apart from the code under test."""
    low, high = question.level
    best = max(
        (
            sum(math.dist(mark, point) <= question.radius_px for mark, point in zip(marks, some, strict=False))
            for some in itertools.permutations(question.points)
        ),
        default=0,
    )
    return level is not None and low <= level <= high, best >= question.matches
