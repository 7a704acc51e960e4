"""What simulated observers answer to comparisons: whoever looks at a level above their own PJND sees it, give or take a little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field

from hitgen.config.batch import BatchConfig
from hitgen.manifest import Ladder
from hitgen.methods import population
from hitgen.methods.population import Person, Positive, Share
from hitgen.methods.threshold.quest import Weights, best_level, prior, updated
from hitgen.methods.threshold.robot import Answer
from hitgen.methods.threshold.row import Side

BASE_LEVELS = 100
Kind = Literal["honest", "uniform", "none", "left"]
SIDES: tuple[Side, ...] = ("left", "right", "none")


class Population(population.Population):
    """Who answers: levels are those of a ladder of 100 and are scaled to others."""

    pjnd_mean: float = Field(default=38, description="mean PJND of all images")
    pjnd_sd: Positive = 14
    population_sd: tuple[Positive, Positive] = Field(default=(8, 14), description="an image's SD over people, from, to")
    look_sd: float = Field(default=2, ge=0, description="SD of one look about a person's own PJND")
    lapse: Share = Field(default=0.02, description="answers given blindly by honest workers")
    guess: Share = Field(default=0.1, description="who sees nothing and names a side all the same")
    trial_s: Positive = Field(default=6, description="median time of an honest comparison")
    spammer_trial_s: Positive = 2
    kinds: tuple[Kind, ...] = Field(
        default=("uniform", "none", "left"), min_length=1, description="of spammers, in equal parts"
    )


@dataclass(frozen=True)
class LadderTruth:
    """Mean and SD of a ladder's PJND over people."""

    ladder: str
    level_max: int
    mean: float
    sd: float


class Observer(population.Observer):
    """One person at work; keeps what the page would know of their answers, and their own PJND of each ladder."""

    def __init__(self, population: Population, person: Person, config: BatchConfig, rng: np.random.Generator) -> None:
        self._population, self.person, self._rng = population, person, rng
        self._method: Any = config.method
        self._own: dict[str, float] = {}
        self._posterior: dict[str, Weights] = {}

    def answer(self, truth: LadderTruth, known: Any) -> Answer:
        """What this person says at the level that a page would choose; `known` in a catch trial."""
        guess, lapse = self._method.guess, self._method.lapse
        weights = self._posterior.get(truth.ladder)
        weights = prior() if weights is None else weights
        level = best_level(weights, truth.level_max, guess, lapse)
        side: Side = "none" if known else SIDES[int(self._rng.integers(2))]
        response = self._response(truth, level, side)
        if not known:
            seen = [(level, response == side)]
            self._posterior[truth.ladder] = updated(weights, seen, truth.level_max, guess, lapse)
        return Answer(response, level, side)

    def _response(self, truth: LadderTruth, level: int, side: Side) -> Side:
        anywhere = SIDES[int(self._rng.integers(2))]
        match self.person.kind:
            case "none" | "left":
                return self.person.kind
            case "uniform":
                return SIDES[int(self._rng.integers(3))]
        if self._rng.random() < self._population.lapse:
            return SIDES[int(self._rng.integers(3))]
        if side != "none" and level > self._threshold(truth) + self._rng.normal(0, self._population.look_sd):
            return side
        return anywhere if self._rng.random() < self._population.guess else "none"

    def _threshold(self, truth: LadderTruth) -> float:
        if truth.ladder not in self._own:
            scale = truth.level_max / BASE_LEVELS
            rest = max(truth.sd**2 - (self._population.worker_sd * scale) ** 2, 0)
            self._own[truth.ladder] = truth.mean + self.person.bias * scale + self._rng.normal(0, np.sqrt(rest))
        return self._own[truth.ladder]

    def row(self, answer: Answer, ladder: Ladder, lasted_ms: int) -> dict[str, Any]:
        return {"level": answer.level, "side": answer.side, "response": answer.response}


class Simulation(population.Simulation):
    """Observers of comparisons."""

    population = Population

    def truth(self, population: Population, ladder: Ladder, rng: np.random.Generator) -> LadderTruth:
        scale = ladder.level_max / BASE_LEVELS
        mean = float(np.clip(rng.normal(population.pjnd_mean, population.pjnd_sd), 1, BASE_LEVELS) * scale)
        return LadderTruth(ladder.ladder, ladder.level_max, mean, float(rng.uniform(*population.population_sd) * scale))

    def truth_of(self, record: dict[str, Any]) -> LadderTruth:
        return LadderTruth(**record)

    def observer(
        self, population: Population, person: Person, config: BatchConfig, rng: np.random.Generator
    ) -> Observer:
        return Observer(population, person, config, rng)


SIMULATION = Simulation()
