"""A population of simulated observers, and what a method says of them: their truth, their answers, their rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field, ValidationError

from hitgen.config.base import Strict
from hitgen.config.batch import BatchConfig
from hitgen.config.read import validation_faults
from hitgen.errors import Fault, InputError
from hitgen.lib.files import content_of
from hitgen.lib.toml import read_toml
from hitgen.manifest import Ladder, Manifest, Trial

HONEST = "honest"
BASE_LEVELS = 100
"""Populations speak of levels of a ladder of so many; for others they are scaled."""
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


class Population(Strict):
    """Who answers; a method's subclass says how."""

    worker_sd: float = Field(default=6, ge=0, description="SD of a worker's own bias")
    trial_s: Positive = Field(default=45, description="median time of an honest trial")
    spammer_trial_s: Positive = 20
    least_trial_s: Positive = Field(default=6, description="no trial takes less")
    spammers: Share = 0.2
    kinds: tuple[str, ...] = Field(default=("uniform",), min_length=1, description="of spammers, in equal parts")
    gold_known: Share = Field(default=0, description="spammers who know the answers of gold questions")
    inconsistency: float = Field(default=0, ge=0, description="SD of the logarithm of a worker's own noise")
    hits_per_worker: int = Field(default=10, ge=1)


def read_population(path: Path, model: type[Population]) -> Population:
    """The population in a TOML file; InputError with every fault in it."""
    try:
        return model.model_validate(read_toml(content_of(path), str(path)))
    except FileNotFoundError:
        raise InputError(
            Fault(str(path), "", "there is no such file", "`hitgen simulate` without --population")
        ) from None
    except ValidationError as error:
        raise InputError(validation_faults(error, model, path.name)) from None


@dataclass(frozen=True)
class Person:
    """One simulated worker; `bias` is in the method's units, `noise` how many times the usual one this person's is.

    `lot` from 0 to 1 says of what kind an honest person is where there are several.
    """

    worker: str
    kind: str
    bias: float
    noise: float = 1.0
    knows_gold: bool = False
    lot: float = 0.5

    @property
    def honest(self) -> bool:
        return self.kind == HONEST


def draw_people(population: Population, count: int, rng: np.random.Generator) -> list[Person]:
    """`count` workers in random order, the configured share of them spammers of every kind in equal parts."""
    spammers = round(population.spammers * count)
    kinds: Sequence[str] = [population.kinds[number % len(population.kinds)] for number in range(spammers)]
    kinds = [*kinds, *[HONEST] * (count - spammers)]
    biases = rng.normal(0, population.worker_sd, count) if population.worker_sd else np.zeros(count)
    order, further = rng.permutation(count), rng.spawn(1)[0]
    noises = np.exp(further.normal(0, population.inconsistency, count))
    knowing, lots = further.random(count) < population.gold_known, further.random(count)
    return [
        Person(
            *(f"SIM{number:05d}", kinds[index], float(biases[number]), float(noises[number])),
            *(kinds[index] != HONEST and bool(knowing[number]), float(lots[number])),
        )
        for number, index in enumerate(order)
    ]


class Observer(ABC):
    """One person at work by a method; answers are what the method's robot takes as answers."""

    @abstractmethod
    def answer(self, truth: Any, known: Any) -> Any:
        """What this person says; `known` where the trial has a known answer."""

    def asked(self, trial: Trial, truths: Mapping[str, Any], known: Any) -> Any:
        """What this person says to a trial; `truths` by ladder, `known` where the trial has a known answer."""
        return self.answer(truths[trial.ladder], known)

    def facing(self, shown: Any, trial: Trial, truths: Mapping[str, Any], known: Any) -> Any:
        """What this person says to what a page shows, as the method's robot sees it; it matters where the page chooses that."""
        return self.asked(trial, truths, known)

    def corrected(self, trial: Trial, answer: Any, known: Any) -> Any | None:
        """What this person says to a training trial after coaching; None where the answer was right."""
        return self.coached(answer, known) if known else None

    def coached(self, answer: Any, known: Any) -> Any | None:
        """What this person says after coaching; None where the answer was right."""
        return None

    def least_ms(self, answer: Any) -> int:
        """How long an answer takes at least."""
        return 0

    @abstractmethod
    def row(self, answer: Any, ladder: Ladder, lasted_ms: int) -> dict[str, Any]:
        """The method's own keys of the row."""


class Simulation(ABC):
    """What a method knows of simulated observers."""

    population: ClassVar[type[Population]] = Population

    def truths(self, population: Any, manifest: Manifest, rng: np.random.Generator) -> dict[str, Any]:
        """What is true of each ladder, by its digest."""
        return {ladder.ladder: self.truth(population, ladder, rng) for ladder in manifest.ladders}

    @abstractmethod
    def truth(self, population: Any, ladder: Ladder, rng: np.random.Generator) -> Any:
        """What is true of a ladder, as a dataclass; drawn from the population."""

    @abstractmethod
    def observer(self, population: Any, person: Person, config: BatchConfig, rng: np.random.Generator) -> Observer:
        """A person at work."""
