"""Studies of `pjnd` without pages: simulated people rate ladders and answer gold, as `hitgen simulate` would have them do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hitgen.methods.evidence import evidence
from hitgen.methods.pjnd import PJND
from hitgen.methods.pjnd.analysis.answers import FloatArray, LadderAnswers
from hitgen.methods.pjnd.analysis.pooled import restricted_mean
from hitgen.methods.pjnd.grade import level_is_right, places_are_right
from hitgen.methods.pjnd.manifest import Known
from hitgen.methods.pjnd.observers import Observer
from hitgen.methods.pjnd.population import LadderTruth, Population, draw_truth
from hitgen.methods.population import Person, draw_people

SIZE = (640, 480)


@dataclass(frozen=True)
class Rated:
    """Ratings as arrays (a level of level_max + 1 says that none was seen), and gold passes: (level, place) of each worker."""

    truths: Sequence[LadderTruth]
    people: Sequence[Person]
    worker: np.ndarray
    ladder: np.ndarray
    level: np.ndarray
    gold: Sequence[Sequence[tuple[bool, bool]]]

    @property
    def honest(self) -> np.ndarray:
        """Who is honest."""
        return np.array([person.honest for person in self.people])

    def answers(self, kept: np.ndarray | None = None) -> list[LadderAnswers]:
        """The answers to each ladder; of `kept` workers alone where that is given."""
        found = []
        for number, truth in enumerate(self.truths):
            mine = self.ladder == number
            if kept is not None:
                mine &= kept[self.worker]
            names = tuple(f"w{worker}" for worker in self.worker[mine])
            nothing = np.full(truth.level_max + 1, np.nan)
            found.append(
                LadderAnswers(
                    truth.ladder, "study", truth.ladder, "jpeg", truth.level_max, self.level[mine], names, nothing
                )
            )
        return found

    def gold_evidence(self) -> dict[str, float]:
        """What each worker's gold answers say, as the dataset has it; none of them is to a catch trial."""
        rates = tuple(check.rates for check in PJND.checks)
        return {
            f"w{worker}": evidence([(rates, (*answer, None)) for answer in mine], PJND.guessing, 0.8).levels
            for worker, mine in enumerate(self.gold)
        }

    def first(self, ratings: int) -> Rated:
        """The study of the workers who gave each ladder's first `ratings` ratings."""
        workers = ratings * len(self.truths) * len(self.people) // len(self.level)
        mine = self.worker < workers
        return Rated(
            self.truths,
            self.people[:workers],
            self.worker[mine],
            self.ladder[mine],
            self.level[mine],
            self.gold[:workers],
        )

    def kept_by_thresholds(self, rate: float = 0.7) -> np.ndarray:
        """Who passes that share of the checks, all where none was asked."""
        return np.array([not mine or np.mean(mine) >= rate for mine in self.gold])


def rated(
    population: Population,
    seed: int,
    images: int = 100,
    ratings: int = 20,
    each: int = 20,
    gold: int = 10,
    levels: int = 100,
) -> Rated:
    """Every ladder rated `ratings` times, by workers who rate `each` of them and answer `gold` questions."""
    rng = np.random.default_rng(seed)
    truths = [draw_truth(population, f"ladder {n}", SIZE, levels, rng) for n in range(images)]
    queue = np.concatenate([rng.permutation(images) for _ in range(ratings)])
    people = draw_people(population, -(-len(queue) // each), rng)
    questions = [_question(rng, levels) for _ in range(max(gold, 1))]
    worker, ladder, level, answered = [], [], [], []
    for number, person in enumerate(people):
        observer = Observer(population, person, rng)
        mine = dict.fromkeys(int(n) for n in queue[number * each : (number + 1) * each])
        for n in mine:
            given = observer.answer(truths[n]).level
            worker.append(number), ladder.append(n), level.append(levels + 1 if given is None else given)
        answers = [(known, observer.answer(truths[0], known)) for known in questions[:gold]]
        answered.append([(level_is_right(a.level, known), places_are_right(a.points, known)) for known, a in answers])
    return Rated(truths, people, np.array(worker), np.array(ladder), np.array(level), answered)


def _question(rng: np.random.Generator, levels: int) -> Known:
    low = int(rng.integers(levels // 10, levels // 2))
    points = ((90.0, 90.0), (520.0, 120.0), (300.0, 390.0))
    return Known(level=(low, low + max(1, levels * 8 // 100) - 1), points=points, radius_px=70, matches=2)


def restricted_sd(sur: FloatArray) -> float:
    """The SD of the PJND, clipped to the highest level."""
    square = float(((2 * np.arange(len(sur) - 1) + 1) * sur[:-1]).sum())
    return float(np.sqrt(max(0.0, square - restricted_mean(sur) ** 2)))
