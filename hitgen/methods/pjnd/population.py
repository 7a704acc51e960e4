"""Who answers in a simulation of `pjnd`, and what is true of a ladder to them.

PJND = image's mean + worker's bias + noise. The noise is normal, skewed or heavy-tailed; people are of one kind, or of two that
see flicker early and late; some honest people have a late criterion, and some answer with more noise than others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator

from hitgen.methods import population
from hitgen.methods.pjnd.manifest import Point
from hitgen.methods.population import BASE_LEVELS, Person, Positive, Share

Array = np.ndarray[Any, np.dtype[np.float64]]

Kind = Literal["honest", "uniform", "far-left", "far-right", "random-clicks", "decoder"]
SPAMMERS: tuple[Kind, ...] = ("uniform", "far-left", "far-right", "random-clicks")
Shape = Literal["normal", "lognormal", "heavy-tails", "bimodal"]

LOG_SD = 0.5
"""Of a lognormal population: skewness 1.75."""
TAIL_DF = 3
"""Degrees of freedom of Student's t where tails are heavy."""
TWO_KINDS = ((0.6, -0.7), (0.4, 1.05))
"""Two kinds of people: their shares, and where they lie, in SDs of the image; between them is 73.5% of the variance."""
BETWEEN = sum(share * at**2 for share, at in TWO_KINDS)


def within(shape: Shape) -> float:
    """The part of an image's variance that is within each kind of people."""
    return 1 - BETWEEN if shape == "bimodal" else 1.0


class Population(population.Population):
    """Who answers: levels are those of a ladder of 100 and are scaled to others; lengths are source px at height 480."""

    pjnd_mean: float = Field(default=38, description="mean PJND of all images")
    pjnd_sd: Positive = 14
    population_sd: tuple[Positive, Positive] = Field(default=(8, 14), description="an image's SD over people, from, to")
    worker_sd: float = Field(default=6, ge=0, description="SD of a worker's own bias, part of the population's SD")
    shape: Shape = Field(default="normal", description="of the PJND over people; bimodal: two kinds of them")
    late: Share = Field(default=0, description="honest people who see flicker late, in gold questions too")
    late_levels: float = Field(default=8, ge=0, description="how much later they see it")
    late_gold_level_pass: Share = Field(default=0.35, description="their levels within a gold question's window")
    retest: Share = Field(default=0.7, description="correlation of a person's noise where a ladder is shown again")
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
        if self.worker_sd**2 > self.population_sd[0] ** 2 * within(self.shape) + 1e-9:
            among = " of either kind of people" if self.shape == "bimodal" else ""
            raise ValueError(f"worker_sd is part of population_sd{among} and cannot be larger")
        return self


@dataclass(frozen=True)
class LadderTruth:
    """What is true of one ladder: mean and SD of the PJND over people, and where flicker is seen, in source px.

    `sd` is of people who are not late; `worker_sd` is the part of it that is workers' bias, `inconsistency` the SD of the logarithm
    by which a worker's own noise is larger or smaller, `late` the share of people who see flicker `late_levels` later. All in
    levels of this ladder.
    """

    ladder: str
    width: int
    height: int
    level_max: int
    mean: float
    sd: float
    hotspots: tuple[Point, ...]
    shape: Shape = "normal"
    worker_sd: float = 0.0
    inconsistency: float = 0.0
    late: float = 0.0
    late_levels: float = 0.0

    @property
    def noise_sd(self) -> float:
        """The SD of what is neither the worker's bias nor the kind of people that a worker is of."""
        return float(np.sqrt(max(0.0, self.sd**2 * within(self.shape) - self.worker_sd**2)))

    @property
    def kinds(self) -> tuple[tuple[float, float], ...]:
        """The kinds of people: their shares, and how many levels they lie off the mean; the late ones last."""
        two = TWO_KINDS if self.shape == "bimodal" else ((1.0, 0.0),)
        early = tuple((share * (1 - self.late), at * self.sd) for share, at in two)
        return (*early, (self.late, self.late_levels)) if self.late else early

    def offset(self, person: Person) -> float:
        """How many levels off the mean the kind of people lies that a person is of."""
        reached = 0.0
        for share, at in self.kinds:
            reached += share
            if person.lot < reached:
                return at
        return self.kinds[-1][1]


def draw_noise(shape: Shape, rng: np.random.Generator) -> float:
    """One draw of noise of mean 0 and SD 1."""
    match shape:
        case "lognormal":
            mean = np.exp(LOG_SD**2 / 2)
            return float((rng.lognormal(0, LOG_SD) - mean) / (mean * np.sqrt(np.expm1(LOG_SD**2))))
        case "heavy-tails":
            return float(rng.standard_t(TAIL_DF) / np.sqrt(TAIL_DF / (TAIL_DF - 2)))
    return float(rng.normal())


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
        shape=population.shape,
        worker_sd=population.worker_sd * scale,
        inconsistency=population.inconsistency,
        late=population.late,
        late_levels=population.late_levels * scale,
    )
