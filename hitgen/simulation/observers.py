"""What simulated observers answer, and the truth they answer from.

PJND = image's mean + worker's bias + noise, rounded, clipped to 1..L; beyond L nothing is seen. Clicks fall on hotspots
with jitter, some anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from hitgen.simulation.population import Person, Population

Point = tuple[float, float]
BASE_LEVELS = 100
BASE_HEIGHT_PX = 480
GOLD_MISS_LEVELS = 20


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


@dataclass(frozen=True)
class Gold:
    """A question with a known answer: the accepted levels and the points in source px."""

    low: int
    high: int
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Answer:
    """A level (None: no flicker seen) and the places in source px."""

    level: int | None
    points: list[Point]


class Observer:
    """One person at work; draws from its own random numbers."""

    def __init__(self, population: Population, person: Person, rng: np.random.Generator, locations: int = 3) -> None:
        self.person = person
        self._population = population
        self._rng = rng
        self._locations = locations

    def answer(self, truth: LadderTruth, gold: Gold | None = None) -> Answer:
        """What this person says of a ladder; `gold` where flicker begins and lies at known places."""
        level = self._level(truth, gold)
        if level is None:
            return Answer(None, [])
        if not self.person.honest:
            return Answer(level, [self._anywhere(truth) for _ in range(self._locations)])
        return Answer(level, self._places(truth, gold))

    def _level(self, truth: LadderTruth, gold: Gold | None) -> int | None:
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

    def _gold_level(self, gold: Gold, last: int) -> int:
        """Within the window as often as the population passes, otherwise up to 20 levels beside it."""
        if self._rng.random() < self._population.gold_level_pass:
            return int(self._rng.integers(gold.low, gold.high + 1))
        beside = [*range(max(1, gold.low - GOLD_MISS_LEVELS), gold.low)]
        beside += range(gold.high + 1, min(last, gold.high + GOLD_MISS_LEVELS) + 1)
        return int(self._rng.choice(beside)) if beside else gold.low

    def _places(self, truth: LadderTruth, gold: Gold | None) -> list[Point]:
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
