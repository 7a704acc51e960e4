"""A built batch answered by a simulated population: its submissions in a ledger of play money, the truth beside it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from hitgen.config.batch import BatchConfig
from hitgen.config.read import read_config
from hitgen.errors import CONFIG_NAME, Fault, InputError
from hitgen.ledger.access import locked
from hitgen.ledger.ledger import LEDGER, Ledger
from hitgen.ledger.rows import SIMULATED, Order
from hitgen.lib.files import private_folder, write_whole
from hitgen.lib.money import FREE
from hitgen.lib.progress import OnProgress, silent
from hitgen.manifest import Manifest, Page, read_manifest, refuse_other_method
from hitgen.methods.base import method_of
from hitgen.methods.population import Person, Population, draw_people
from hitgen.publishing.collect import collect
from hitgen.publishing.publication import Account
from hitgen.recruiters.memory import Memory
from hitgen.results.reviewfile import review_path
from hitgen.simulation.answers import SimulatedWorker, is_admitted
from hitgen.simulation.deal import Deal

TRUTH = "simulation/truth.json"
LEAST_TO_QUIZ = 20
"""Workers hired at once where a quiz lets only some of them in."""
START = datetime(2026, 1, 5, 8, tzinfo=UTC)

Work = Callable[[SimulatedWorker, Page, Mapping[str, Any], str, datetime], dict[str, Any]]
"""How a worker comes to a submission: (worker, page, truths, assignment, when)."""


@dataclass(frozen=True)
class Simulated:
    """What was made: counts of workers, spammers among them, submissions, and where the truth is."""

    workers: int
    spammers: int
    submissions: int
    truth: Path


def simulate(
    folder: Path,
    population: Population,
    seed: int = 1,
    people: int | None = None,
    progress: OnProgress = silent,
    work: Work = SimulatedWorker.work,
) -> Simulated:
    """Answer a built batch: every page as often as it asks for, or by `people` workers.

    Replaces an earlier simulation, with what was reviewed of it. Raises InputError where the batch has a ledger of real submissions, or no build.
    """
    config, manifest = read_config(folder / CONFIG_NAME), read_manifest(folder)
    refuse_other_method(config, manifest)
    path = folder / LEDGER
    rng = np.random.default_rng(seed)
    method = method_of(config).simulation()
    truths = method.truths(population, manifest, rng)
    with locked(path):
        _refuse_real(path)
        fresh = path.with_name(f"{LEDGER}.simulating")
        _remove(fresh)
        made = _Made(config, manifest, population, truths, rng, work)
        with Ledger(fresh) as ledger:
            recruiter = Memory(now=START, funds_usd=None, endpoint=SIMULATED)
            ledger.bind(recruiter.account())
            _fill(Account(folder, config, ledger, recruiter, recruiter.clock), recruiter, made, people, progress)
            # Publishing moves a closed ledger of play money out of the way.
            ledger.set_fact("closed", START.isoformat())
        _write_truth(folder, truths, made.people)
        if path.exists():
            review_path(folder).unlink(missing_ok=True)  # of other people's answers, under the same names
        _remove(path)
        fresh.replace(path)
    spammers = sum(not person.honest for person in made.people)
    return Simulated(len(made.people), spammers, made.submissions, folder / TRUTH)


def _refuse_real(path: Path) -> None:
    if not path.exists():
        return
    with Ledger(path) as ledger:
        bound = ledger.account
        if bound and not bound.is_simulated:
            problem = "holds real HITs or submissions"
            raise InputError(Fault(str(path), "", problem, "simulating on a copy of the batch folder"))


def _remove(path: Path) -> None:
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)


class _Made:
    """Workers and their submissions, one after another."""

    def __init__(
        self,
        config: BatchConfig,
        manifest: Manifest,
        population: Population,
        truths: Mapping[str, Any],
        rng: np.random.Generator,
        work: Work,
    ) -> None:
        self.config, self.manifest, self.population, self.rng = config, manifest, population, rng
        self.people: list[Person] = []
        self.submissions = 0
        self._truths, self._work = truths, work

    def hire(self, count: int) -> Iterator[SimulatedWorker]:
        """Further workers, with the configured share of spammers."""
        for person in draw_people(self.population, count, self.rng):
            named = replace(person, worker=f"SIM{len(self.people):05d}")
            self.people.append(named)
            yield SimulatedWorker(self.population, named, self.config, self.manifest, self.rng)

    def submit(self, worker: SimulatedWorker, page: Page, recruiter: Memory) -> dict[str, Any]:
        """One page worked by one worker; what was handed in."""
        self.submissions += 1
        at = START + timedelta(minutes=7 * len(self.people), seconds=400 * (self.submissions % 10))
        name = f"SIMULATED{self.submissions:07d}"
        record = self._work(worker, page, self._truths, name, at)
        done = at + timedelta(milliseconds=record["submitted_ms"])
        answer = json.dumps(record, separators=(",", ":"))
        hit = hit_of(page)
        if not recruiter.places(hit):
            # A quiz has room for whoever comes.
            recruiter.add_place(hit)
        recruiter.accept(hit)
        recruiter.hand_in(hit, worker.person.worker, "Approved", answer, name, (at, done))
        return record


def hit_of(page: Page) -> str:
    """The name of a page's only HIT."""
    return f"{page.page}.1"


def _fill(account: Account, recruiter: Memory, made: _Made, people: int | None, progress: OnProgress) -> None:
    pages = made.manifest.pages
    for page in pages:
        _publish(account.ledger, recruiter, made.config, page)
    quiz = next((page for page in pages if page.kind == "qualification"), None)
    study = [page for page in pages if page.kind == "study"]
    deal = Deal(study, made.rng, made.config.recruiter.gold_repeats == "allow")
    total = deal.places_left()
    before = -1
    # A round that fills no place is the last: nobody passes the quiz.
    while deal.places_left() not in (0, before) and (people is None or len(made.people) < people):
        before = deal.places_left()
        needed = max(
            math.ceil(before / made.population.hits_per_worker), deal.most_left(), LEAST_TO_QUIZ if quiz else 1
        )
        for worker in made.hire(min(needed, 1000) if people is None else people - len(made.people)):
            if quiz is None or _passes(made, worker, quiz, recruiter):
                for page in deal.take(made.population.hits_per_worker):
                    made.submit(worker, page, recruiter)
            progress("answers", total - deal.places_left(), total)
            if not deal.places_left():
                break
        collect(account)
        # The ledger has them; a large study's would not fit into memory.
        recruiter.handed_in.clear()


def _passes(made: _Made, worker: SimulatedWorker, quiz: Page, recruiter: Memory) -> bool:
    return is_admitted(made.submit(worker, quiz, recruiter), quiz, made.manifest, made.config) and not worker.failed


def _publish(ledger: Ledger, recruiter: Memory, config: BatchConfig, page: Page) -> None:
    """A HIT for a page, with places without end for a quiz, made for nothing."""
    hit, assignments = hit_of(page), page.assignments
    annotation = f"hitgen {ledger.name} {config.batch.name} {hit}"
    order = Order(hit, page.page, page.kind, f"simulated:{page.page}", assignments, FREE, annotation)
    row = ledger.intend(order, page.sha256, FREE, START)
    ledger.created(hit, recruiter.create(order, row.token))


def _write_truth(folder: Path, truths: Mapping[str, Any], people: list[Person]) -> None:
    """Keep what the simulation knows and the analysis must find out."""
    path = folder / TRUTH
    private_folder(path.parent)
    record = {
        "ladders": [asdict(ladder) for ladder in truths.values()],
        "people": [asdict(person) for person in people],
    }
    write_whole(path, json.dumps(record, indent=1).encode(), private=True)
