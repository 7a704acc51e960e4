"""A population of simulated observers: what can be configured of it, and the observers drawn from it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, ValidationError, model_validator

from hitgen.config.base import Strict
from hitgen.config.loading import validation_faults
from hitgen.errors import Fault, InputError

Kind = Literal["honest", "uniform", "far-left", "far-right", "random-clicks"]
SPAMMERS: tuple[Kind, ...] = ("uniform", "far-left", "far-right", "random-clicks")
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


class Population(Strict):
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
    trial_s: Positive = Field(default=45, description="median time of an honest trial")
    spammer_trial_s: Positive = 20
    spammers: Share = 0.2
    kinds: tuple[Kind, ...] = Field(default=SPAMMERS, min_length=1, description="of spammers, in equal parts")
    hits_per_worker: int = Field(default=10, ge=1)

    @model_validator(mode="after")
    def _whole(self) -> Population:
        if abs(sum(self.hotspots) - 1) > 1e-6:
            raise ValueError("the shares of hotspots must sum to 1")
        if self.worker_sd > self.population_sd[0]:
            raise ValueError("worker_sd is part of population_sd and cannot be larger")
        return self


def read_population(path: Path) -> Population:
    """The population in a TOML file; InputError with every fault in it."""
    try:
        return Population.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise InputError(
            Fault(str(path), "", "there is no such file", "`hitgen simulate` without --population")
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(Fault(str(path), "", f"it is not TOML: {error}", "mending that line")) from None
    except ValidationError as error:
        raise InputError(validation_faults(error, Population, path.name)) from None


@dataclass(frozen=True)
class Person:
    """One simulated worker; `bias` is in levels of a ladder of 100."""

    worker: str
    kind: Kind
    bias: float

    @property
    def honest(self) -> bool:
        return self.kind == "honest"


def draw_people(population: Population, count: int, rng: np.random.Generator) -> list[Person]:
    """`count` workers in random order, the configured share of them spammers of every kind in equal parts."""
    spammers = round(population.spammers * count)
    kinds: Sequence[Kind] = [population.kinds[number % len(population.kinds)] for number in range(spammers)]
    kinds = [*kinds, *["honest"] * (count - spammers)]  # type: ignore[list-item]
    biases = rng.normal(0, population.worker_sd, count) if population.worker_sd else np.zeros(count)
    return [
        Person(f"SIM{number:05d}", kinds[place], float(biases[number]))
        for number, place in enumerate(rng.permutation(count))
    ]
