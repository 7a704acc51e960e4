"""What simulated observers answer: their PJND rounded and clipped to 1..L, beyond L nothing; marks on hotspots with jitter, some anywhere."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from hitgen.config.batch import BatchConfig
from hitgen.manifest import Ladder
from hitgen.methods import population
from hitgen.methods.pjnd.grade import level_is_right, places_are_right
from hitgen.methods.pjnd.manifest import Catch, Known, Point
from hitgen.methods.pjnd.population import LadderTruth, Population, draw_noise, draw_truth
from hitgen.methods.pjnd.robot import Answer
from hitgen.methods.population import BASE_LEVELS, Person

BASE_HEIGHT_PX = 480
GOLD_MISS_LEVELS = 20
TRACE_STEPS = 12


class Observer(population.Observer):
    """One person at work; draws from its own random numbers."""

    def __init__(self, population: Population, person: Person, rng: np.random.Generator, locations: int = 3) -> None:
        self.person = person
        self._population = population
        self._rng = rng
        self._locations = locations
        self._met: dict[str, float] = {}

    def answer(self, truth: LadderTruth, known: Known | Catch | None = None) -> Answer:
        """What this person says of a ladder; `known` where flicker begins and lies at known places, or is not to be seen."""
        level = self._level(truth, known)
        if level is None:
            return Answer(None, [])
        if not self.person.honest and not (known and self._knows_gold):
            return Answer(level, [self._anywhere(truth) for _ in range(self._locations)])
        return Answer(level, self._places(truth, known))

    @property
    def _knows_gold(self) -> bool:
        """Whether this spammer answers a known question rightly: having the answer, or a program that finds what was planted."""
        return self.person.knows_gold or self.person.kind == "decoder"

    def _level(self, truth: LadderTruth, gold: Known | Catch | None) -> int | None:
        last = truth.level_max
        if gold and not self.person.honest and self._knows_gold:
            if isinstance(gold, Catch):
                return None
            return int(self._rng.integers(gold.level[0], gold.level[1] + 1))
        match self.person.kind:
            case "uniform":
                return int(self._rng.integers(1, last + 1))
            case "far-left":
                return int(self._rng.integers(1, max(2, last // 20) + 1))
            case "far-right":
                return int(self._rng.integers(last - max(2, last // 20) + 1, last + 1))
            case "decoder":
                # What jumps in a natural ladder's frames is the same to every program, and not what people see.
                return 1 + zlib.crc32(truth.ladder.encode()) % last
        if self._rng.random() < self._population.lapse:
            return int(self._rng.integers(1, last + 1))
        if isinstance(gold, Catch):
            return None
        if gold:
            return self._gold_level(gold, last)
        own = truth.offset(self.person) + self.person.bias * last / BASE_LEVELS
        noise = truth.noise_sd * self.person.noise * self._noise(truth)
        level = max(1, round(truth.mean + own + noise))
        return None if level > last else level

    def _noise(self, truth: LadderTruth) -> float:
        """Noise of SD 1, a part of it as at the ladder's first meeting."""
        drawn, same = draw_noise(truth.shape, self._rng), self._population.retest
        if truth.ladder in self._met:
            return same * self._met[truth.ladder] + float(np.sqrt(1 - same**2)) * drawn
        self._met[truth.ladder] = drawn
        return drawn

    def _gold_level(self, gold: Known, last: int) -> int:
        """Within the window as often as the population passes, otherwise up to 20 levels beside it; of late people, above it."""
        late = self._population.late > 1 - self.person.lot
        passing = self._population.late_gold_level_pass if late else self._population.gold_level_pass
        if self._rng.random() < passing:
            return int(self._rng.integers(gold.level[0], gold.level[1] + 1))
        below = [] if late else range(max(1, gold.level[0] - GOLD_MISS_LEVELS), gold.level[0])
        beside = [*below, *range(gold.level[1] + 1, min(last, gold.level[1] + GOLD_MISS_LEVELS) + 1)]
        return int(self._rng.choice(beside)) if beside else gold.level[0]

    def _places(self, truth: LadderTruth, gold: Known | Catch | None) -> list[Point]:
        """Three different places: on the points of a gold question one each, on hotspots by their shares."""
        count, population = self._locations, self._population
        if isinstance(gold, Known) and gold.points:
            order = self._rng.permutation(len(gold.points))
            targets = [gold.points[order[number % len(order)]] for number in range(count)]
        else:
            chosen = self._rng.choice(len(truth.hotspots), count, p=population.hotspots)
            targets = [truth.hotspots[number] for number in chosen]
        jitter = population.jitter_px * truth.height / BASE_HEIGHT_PX
        return [
            self._anywhere(truth)
            if self.person.honest and self._rng.random() < population.random_clicks
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

    def observer(
        self, population: Population, person: Person, config: BatchConfig, rng: np.random.Generator
    ) -> Observer:
        return Observer(population, person, rng, config.hit.locations)  # type: ignore[attr-defined]


SIMULATION = Simulation()
