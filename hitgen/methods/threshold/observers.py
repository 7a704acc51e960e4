"""What simulated observers answer to comparisons: whoever looks at a level above their own PJND sees it, give or take a little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from pydantic import Field

from hitgen.config.batch import BatchConfig
from hitgen.manifest import Ladder, Trial
from hitgen.methods import population
from hitgen.methods.population import BASE_LEVELS, Person, Positive, Share
from hitgen.methods.threshold import quest
from hitgen.methods.threshold.quest import Compared, Levels, Weights, outcome_of, prior
from hitgen.methods.threshold.robot import Answer, Shown
from hitgen.methods.threshold.row import Response, Side

Kind = Literal["honest", "uniform", "none", "left"]
RESPONSES: tuple[Response, ...] = ("left", "right", "none", "both")
SIDES: tuple[Side, ...] = ("left", "right")


@lru_cache(maxsize=4096)
def chosen(
    begun: tuple[float, ...], answers: tuple[Compared, ...], level_max: int, guess: float, lapse: float, paired: bool
) -> Levels:
    """As `quest.chosen`, reckoned once for all observers whose pages began with these weights and were answered so."""
    return quest.chosen(np.reshape(begun, prior().shape), answers, level_max, guess, lapse, paired)


USUAL = tuple(map(float, prior().ravel()))


class Population(population.Population):
    """Who answers: levels are those of a ladder of 100 and are scaled to others."""

    pjnd_mean: float = Field(default=38, description="mean PJND of all images")
    pjnd_sd: Positive = 14
    population_sd: tuple[Positive, Positive] = Field(default=(8, 14), description="an image's SD over people, from, to")
    look_sd: float = Field(default=2, ge=0, description="SD of one look about a person's own PJND")
    lapse: Share = Field(default=0.02, description="answers given blindly by honest workers")
    guess: Share = Field(
        default=0.1,
        description="who sees nothing and names a side all the same; half of it for each of several pictures",
    )
    overlooked: Share = Field(default=0, description="pictures among several that are not looked at")
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
        self._answers: dict[str, list[Compared]] = {}
        self._begun: dict[str, tuple[float, ...]] = {}
        self._positions: list[int] = []

    def begin(self, truth: LadderTruth, known: Weights) -> None:
        """A page that knows this of a ladder before the first answer."""
        self._begun[truth.ladder] = tuple(map(float, known.ravel()))

    def answer(self, truth: LadderTruth, known: Any) -> Answer:
        """What this person says at the level that a page would choose; `known` in a catch trial."""
        position = self._position() if self._method.flickering == "each" else 0
        before = self._answers.setdefault(truth.ladder, [])
        level, other = self._levels(truth, before)
        side: Side = "here" if position else SIDES[int(self._rng.integers(2))]
        response = self._response(truth, level, other, "none" if known else side, position)
        if known:
            return Answer(response, level, "none", other, position)
        before.append((level, other, outcome_of(side, response)))
        return Answer(response, level, side, other, position)

    def facing(self, shown: Shown, trial: Trial, truths: Mapping[str, LadderTruth], known: Any) -> Answer:
        side: Side = "none" if known else shown.side
        return shown.answered(self._response(truths[trial.ladder], shown.level, shown.other, side, shown.position))

    def _position(self) -> int:
        """Where the next picture of a trial stands: every position comes once."""
        if not self._positions:
            self._positions = [int(each) + 1 for each in self._rng.permutation(self._method.pictures)]
        return self._positions.pop()

    def _levels(self, truth: LadderTruth, before: list[Compared]) -> Levels:
        begun, method = self._begun.get(truth.ladder, USUAL), self._method
        return chosen(begun, tuple(before), truth.level_max, method.guess, method.lapse, method.flickering == "both")

    def _response(self, truth: LadderTruth, level: int, other: int, side: Side, position: int) -> Response:
        if position:
            return "here" if self._selects(truth, level, side, position) else "none"
        responses = RESPONSES if other else RESPONSES[:-1]
        anywhere = SIDES[int(self._rng.integers(2))]
        match self.person.kind:
            case "none" | "left":
                return self.person.kind
            case "uniform":
                return responses[int(self._rng.integers(len(responses)))]
        if self._rng.random() < self._population.lapse:
            return responses[int(self._rng.integers(len(responses)))]
        if side != "none":
            sees, sees_other = (self._sees(truth, each) for each in (level, other))
            if sees or sees_other:
                opposite: Side = "right" if side == "left" else "left"
                return "both" if sees and sees_other else side if sees else opposite
        return anywhere if self._rng.random() < self._population.guess else "none"

    def _selects(self, truth: LadderTruth, level: int, side: Side, position: int) -> bool:
        """Whether one of several pictures is selected."""
        match self.person.kind:
            case "none":
                return False
            case "left":
                return position == 1
        if self.person.kind == "uniform" or self._rng.random() < self._population.lapse:
            return bool(self._rng.random() < 0.5)
        seen = side != "none" and self._rng.random() >= self._population.overlooked and self._sees(truth, level)
        return seen or bool(self._rng.random() < self._population.guess / 2)

    def _sees(self, truth: LadderTruth, level: int) -> bool:
        """Whether this person sees a level flicker in one look; the source never does."""
        look = self._rng.normal(0, self._population.look_sd)
        return level > 0 and level > self._threshold(truth) + look

    def _threshold(self, truth: LadderTruth) -> float:
        if truth.ladder not in self._own:
            scale = truth.level_max / BASE_LEVELS
            rest = max(truth.sd**2 - (self._population.worker_sd * scale) ** 2, 0)
            self._own[truth.ladder] = truth.mean + self.person.bias * scale + self._rng.normal(0, np.sqrt(rest))
        return self._own[truth.ladder]

    def row(self, answer: Answer, ladder: Ladder, lasted_ms: int) -> dict[str, Any]:
        names = ("level", "other", "side", "response", "position")
        return {name: getattr(answer, name) for name in names}


class Simulation(population.Simulation):
    """Observers of comparisons."""

    population = Population

    def truth(self, population: Population, ladder: Ladder, rng: np.random.Generator) -> LadderTruth:
        scale = ladder.level_max / BASE_LEVELS
        mean = float(np.clip(rng.normal(population.pjnd_mean, population.pjnd_sd), 1, BASE_LEVELS) * scale)
        return LadderTruth(ladder.ladder, ladder.level_max, mean, float(rng.uniform(*population.population_sd) * scale))

    def observer(
        self, population: Population, person: Person, config: BatchConfig, rng: np.random.Generator
    ) -> Observer:
        return Observer(population, person, config, rng)


SIMULATION = Simulation()
