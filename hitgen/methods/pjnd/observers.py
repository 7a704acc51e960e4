"""What simulated observers answer, and the truth they answer from.

PJND = image's mean + worker's bias + noise, rounded, clipped to 1..L; beyond L nothing is seen. Clicks fall on hotspots
with jitter, some anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator
from scipy import stats

from hitgen.config.batch import BatchConfig
from hitgen.manifest import Ladder
from hitgen.methods import population
from hitgen.methods.pjnd.grade import level_is_right, places_are_right
from hitgen.methods.pjnd.manifest import Known, Point
from hitgen.methods.pjnd.robot import Answer
from hitgen.methods.population import Person, Positive, Share

BASE_LEVELS = 100
BASE_HEIGHT_PX = 480
GOLD_MISS_LEVELS = 20
TRACE_STEPS = 12


Kind = Literal["honest", "uniform", "far-left", "far-right", "random-clicks"]
SPAMMERS: tuple[Kind, ...] = ("uniform", "far-left", "far-right", "random-clicks")


class Population(population.Population):
    """Who answers: levels are those of a ladder of 100 and are scaled to others; lengths are source px at height 480."""

    pjnd_mean: float = Field(default=38, description="mean PJND of all images")
    pjnd_sd: Positive = 14
    population_sd: tuple[Positive, Positive] = Field(default=(8, 14), description="an image's SD over people, from, to")
    worker_sd: float = Field(default=6, ge=0, description="SD of a worker's own bias, part of the population's SD")
    lapse: Share = Field(default=0.02, description="answers given blindly by honest workers")
    hotspots: tuple[Share, ...] = Field(default=(0.5, 0.3, 0.2), min_length=1, max_length=20)
    jitter_px: float = Field(default=20, ge=0)
    random_clicks: Share = Field(default=0.15, description="clicks of honest workers that fall anywhere")
    gold_level_pass: Share = Field(default=0.85, description="honest levels within a gold question's window")
    kinds: tuple[Kind, ...] = Field(default=SPAMMERS, min_length=1, description="of spammers, in equal parts")

    @model_validator(mode="after")
    def _whole(self) -> Population:
        if abs(sum(self.hotspots) - 1) > 1e-6:
            raise ValueError("the shares of hotspots must sum to 1")
        if self.worker_sd > self.population_sd[0]:
            raise ValueError("worker_sd is part of population_sd and cannot be larger")
        return self


@dataclass(frozen=True)
class LadderTruth:
    """What is true of one ladder: mean and SD of the PJND over people, and where flicker is seen, in source px."""

    ladder: str
    width: int
    height: int
    level_max: int
    mean: float
    sd: float
    hotspots: tuple[Point, ...]

    def share_above(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The true SUR: the share of people whose rounded PJND is above d, for d = 0..level_max."""
        above = stats.norm.sf(np.arange(self.level_max + 1) + 0.5, self.mean, self.sd)
        return np.concatenate([[1.0], above[1:]])  # whoever sees it at once has PJND 1

    def clipped_mean(self) -> float:
        """The mean of the rounded PJND, clipped to 1..level_max: the sum of its survival function."""
        return float(self.share_above()[:-1].sum())

    def sur_level(self, share: float) -> int:
        """The largest level with SUR >= share."""
        return int(np.flatnonzero(self.share_above() >= share)[-1])


def draw_truth(
    population: Population, ladder: str, size: tuple[int, int], level_max: int, rng: np.random.Generator
) -> LadderTruth:
    """A ladder's truth, drawn from the population; hotspots keep 8% of the side from the border."""
    scale = level_max / BASE_LEVELS
    low, high = population.population_sd
    spots = rng.uniform(0.08, 0.92, (len(population.hotspots), 2)) * size
    return LadderTruth(
        *(ladder, *size, level_max),
        mean=float(np.clip(rng.normal(population.pjnd_mean, population.pjnd_sd), 1, BASE_LEVELS) * scale),
        sd=float(rng.uniform(low, high) * scale),
        hotspots=tuple((float(x), float(y)) for x, y in spots),
    )


class Observer(population.Observer):
    """One person at work; draws from its own random numbers."""

    def __init__(self, population: Population, person: Person, rng: np.random.Generator, locations: int = 3) -> None:
        self.person = person
        self._population = population
        self._rng = rng
        self._locations = locations

    def answer(self, truth: LadderTruth, known: Known | None = None) -> Answer:
        """What this person says of a ladder; `known` where flicker begins and lies at known places."""
        level = self._level(truth, known)
        if level is None:
            return Answer(None, [])
        if not self.person.honest:
            return Answer(level, [self._anywhere(truth) for _ in range(self._locations)])
        return Answer(level, self._places(truth, known))

    def _level(self, truth: LadderTruth, gold: Known | None) -> int | None:
        last = truth.level_max
        match self.person.kind:
            case "uniform":
                return int(self._rng.integers(1, last + 1))
            case "far-left":
                return int(self._rng.integers(1, max(2, last // 20) + 1))
            case "far-right":
                return int(self._rng.integers(last - max(2, last // 20) + 1, last + 1))
        if self._rng.random() < self._population.lapse:
            return int(self._rng.integers(1, last + 1))
        if gold:
            return self._gold_level(gold, last)
        scale = last / BASE_LEVELS
        bias = self.person.bias * scale
        noise_sd = np.sqrt(max(0.0, truth.sd**2 - (self._population.worker_sd * scale) ** 2))
        level = max(1, round(truth.mean + bias + self._rng.normal(0, noise_sd)))
        return None if level > last else level

    def _gold_level(self, gold: Known, last: int) -> int:
        """Within the window as often as the population passes, otherwise up to 20 levels beside it."""
        if self._rng.random() < self._population.gold_level_pass:
            return int(self._rng.integers(gold.level[0], gold.level[1] + 1))
        beside = [*range(max(1, gold.level[0] - GOLD_MISS_LEVELS), gold.level[0])]
        beside += range(gold.level[1] + 1, min(last, gold.level[1] + GOLD_MISS_LEVELS) + 1)
        return int(self._rng.choice(beside)) if beside else gold.level[0]

    def _places(self, truth: LadderTruth, gold: Known | None) -> list[Point]:
        """Three different places: on the points of a gold question one each, on hotspots by their shares."""
        count, population = self._locations, self._population
        if gold and gold.points:
            order = self._rng.permutation(len(gold.points))
            targets = [gold.points[order[number % len(order)]] for number in range(count)]
        else:
            chosen = self._rng.choice(len(truth.hotspots), count, p=population.hotspots)
            targets = [truth.hotspots[number] for number in chosen]
        jitter = population.jitter_px * truth.height / BASE_HEIGHT_PX
        return [
            self._anywhere(truth)
            if self._rng.random() < population.random_clicks
            else self._within(truth, self._rng.normal(target, jitter))
            for target in targets
        ]

    def _anywhere(self, truth: LadderTruth) -> Point:
        return self._within(truth, self._rng.uniform((0, 0), (truth.width, truth.height)))

    def _within(self, truth: LadderTruth, at: Any) -> Point:
        x, y = np.clip(at, 0, (truth.width - 0.01, truth.height - 0.01))
        return round(float(x), 2), round(float(y), 2)

    def coached(self, answer: Answer, known: Known) -> Answer | None:
        if level_is_right(answer.level, known) and places_are_right(answer.points, known):
            return None
        return Answer(known.level[0], [*known.points][: self._locations])

    def row(self, answer: Answer, ladder: Ladder, lasted_ms: int) -> dict[str, Any]:
        level = ladder.level_max if answer.level is None else answer.level
        return {
            "level": answer.level, "none_seen": answer.level is None, "points": [list(point) for point in answer.points],
            "slider_start": 0, "trace": self._trace(level, ladder.level_max, lasted_ms),
        }  # fmt: skip

    def _trace(self, level: int, level_max: int, lasted_ms: int) -> list[list[int]]:
        """Up in steps, a little beyond, and back."""
        beyond = min(level_max, level + int(self._rng.integers(1, 6)))
        steps = [round(beyond * (step + 1) / TRACE_STEPS) for step in range(TRACE_STEPS)]
        return [[0, 0], *([lasted_ms * (n + 1) // 20, at] for n, at in enumerate(steps)), [lasted_ms * 7 // 10, level]]


class Simulation(population.Simulation):
    """Observers with a slider."""

    population = Population

    def truth(self, population: Population, ladder: Ladder, rng: np.random.Generator) -> LadderTruth:
        return draw_truth(population, ladder.ladder, (ladder.width, ladder.height), ladder.level_max, rng)

    def truth_of(self, record: dict[str, Any]) -> LadderTruth:
        return LadderTruth(**{**record, "hotspots": tuple((x, y) for x, y in record["hotspots"])})

    def observer(
        self, population: Population, person: Person, config: BatchConfig, rng: np.random.Generator
    ) -> Observer:
        return Observer(population, person, rng, config.hit.locations)  # type: ignore[attr-defined]


SIMULATION = Simulation()
