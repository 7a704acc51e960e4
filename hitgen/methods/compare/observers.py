"""What simulated observers answer, and the truth they answer from: Thurstone's case V with a boost, lapses and sides.

Seen difference = distance of left - distance of right + the worker's bias to a side + a normal deviate of SD 1; within
the threshold it is "not sure". Distances are d = 0.6745 JND in the plain arm and g1 d + g2 d^2 in the boosted one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

import numpy as np
from pydantic import Field

from hitgen.config.batch import BatchConfig
from hitgen.manifest import Ladder, Manifest, Trial
from hitgen.methods import population
from hitgen.methods.compare import manifest
from hitgen.methods.compare.answers import JND
from hitgen.methods.compare.possible import most_toggles
from hitgen.methods.compare.robot import Answer
from hitgen.methods.compare.row import Arm, Response, Version
from hitgen.methods.population import Person, Positive, Share

TOLD: tuple[Response, ...] = ("left", "right", "notsure")
Kind = Literal["honest", "coin", "thirds", "one-side", "turns"]
SPAMMERS: tuple[Kind, ...] = ("coin", "thirds", "one-side", "turns")
NotBelow0 = Annotated[float, Field(ge=0)]
Range = tuple[NotBelow0, NotBelow0]


class Population(population.Population):
    """Who answers, and how far levels are from their sources."""

    worker_sd: float = Field(default=0.1, ge=0, description="SD of a worker's bias to a side, in units of d")
    trial_s: Positive = Field(default=2.8, description="median time of an honest question")
    spammer_trial_s: Positive = 1.6
    least_trial_s: Positive = Field(default=0.3, description="no question takes less")
    spammers: Share = 0.3
    jnd: dict[str, dict[str, tuple[NotBelow0, ...]]] = Field(
        default={}, description="true JND of levels 1 up, by source and codec; what is not named is drawn"
    )
    top_jnd: Range = Field(default=(1.2, 3.0), description="JND of the last level, from, to")
    bend: Range = Field(default=(1.0, 2.0), description="levels rise as (level / last) to this power, from, to")
    boost: Range = Field(default=(1.5, 3.0), description="g1, how many times larger small differences look boosted")
    boost_change: tuple[float, float] = Field(default=(-0.25, 0.3), description="g2 d / g1 at the last level, from, to")
    threshold: float = Field(default=0.2, ge=0, description='differences within it are "not sure", in units of d')
    lapse: Share = Field(default=0.02, description="answers given blindly by honest workers")
    skip: Share = Field(default=0.003, description="questions that run out of time")
    kinds: tuple[Kind, ...] = Field(default=SPAMMERS, min_length=1, description="of spammers, in equal parts")


@dataclass(frozen=True)
class LadderTruth:
    """What is true of the versions of one source and codec in one arm, for levels 0 up: JND, and distance as it is seen."""

    ladder: str
    source: str
    codec: str
    arm: Arm
    jnd: tuple[float, ...]
    seen: tuple[float, ...]


class Observer(population.Observer):
    """One person at work; draws from its own random numbers."""

    def __init__(self, population: Population, person: Person, config: Any, rng: np.random.Generator) -> None:
        self.person, self._method = person, config.method
        self._population, self._rng = population, rng
        self._answered = 0

    def answer(self, truth: Any, known: Any) -> Any:
        raise NotImplementedError("a question has two ladders")

    def asked(self, trial: Trial, truths: Mapping[str, Any], known: Any) -> Answer:
        question = cast(manifest.Trial, trial)
        self._answered += 1
        toggles = 1 + int(self._rng.poisson(2 if self.person.honest else 0.3))
        if self._rng.random() < self._population.skip:
            return Answer("skip", self._limit_ms(question.arm) / 1000, toggles)
        return Answer(self._response(question, truths), toggles=toggles)

    def _response(self, trial: manifest.Trial, truths: Mapping[str, LadderTruth]) -> Response:
        blind = TOLD[int(self._rng.integers(3))]
        match self.person.kind:
            case "coin":
                return TOLD[int(self._rng.integers(2))]
            case "thirds":
                return blind
            case "one-side":
                return "right" if self._rng.random() < 0.9 else blind
            case "turns":
                return TOLD[self._answered % 2]
        if self._rng.random() < self._population.lapse:
            return blind
        left, right = (_distance(trial, version, truths) for version in (trial.left, trial.right))
        difference = left - right + self.person.bias + self._rng.normal()
        if abs(difference) <= self._population.threshold:
            return "notsure"
        return "left" if difference > 0 else "right"

    def corrected(self, trial: Trial, answer: Answer, known: Any) -> Answer | None:
        question = cast(manifest.Trial, trial)
        right: Response = "left" if question.left.level > question.right.level else "right"
        return None if answer.response == right else Answer(right, toggles=answer.toggles)

    def row(self, answer: Answer, ladder: Ladder, lasted_ms: int) -> dict[str, Any]:
        arm = cast(manifest.Ladder, ladder).arm
        time_ms = round(min(answer.time_s * 1000 or lasted_ms, self._limit_ms(arm)))
        flickers = arm == "boosted" and "flicker" in self._method.boost
        toggles = min(answer.toggles, most_toggles(time_ms, self._method.toggles_per_second))
        return {
            "response": answer.response,
            "response_time_ms": time_ms,
            "toggles": None if flickers else toggles,
            "begun": 1,
        }

    def least_ms(self, answer: Answer) -> int:
        return round(answer.time_s * 1000)

    def _limit_ms(self, arm: Arm) -> float:
        return float(1000 * (self._method.shown_s + self._method.blank_s if arm == "boosted" else self._method.limit_s))


def _distance(trial: manifest.Trial, version: Version, truths: Mapping[str, LadderTruth]) -> float:
    if not version.level:
        return 0.0
    return next(
        truth.seen[version.level]
        for truth in truths.values()
        if (truth.source, truth.codec, truth.arm) == (trial.source, version.codec, trial.arm)
    )


class Simulation(population.Simulation):
    """Observers of triplets."""

    population = Population

    def truth(self, population: Any, ladder: Ladder, rng: np.random.Generator) -> Any:
        raise NotImplementedError("the arms of a source and codec share one truth")

    def truths(self, population: Population, manifest: Manifest, rng: np.random.Generator) -> dict[str, Any]:
        drawn: dict[tuple[str, str], tuple[np.ndarray[Any, Any], float, float]] = {}
        found = {}
        for ladder in manifest.ladders:
            arm: Arm = ladder.arm  # type: ignore[attr-defined]
            codec = ladder.images.removesuffix(f".{arm}")
            if (ladder.source, codec) not in drawn:
                drawn[ladder.source, codec] = _drawn(population, ladder.source, codec, ladder.level_max, rng)
            jnd, g1, g2 = drawn[ladder.source, codec]
            d = jnd * JND
            seen = d if arm == "plain" else g1 * d + g2 * d**2
            found[ladder.ladder] = LadderTruth(
                ladder.ladder, ladder.source, codec, arm, tuple(jnd.tolist()), tuple(seen.tolist())
            )
        return found

    def observer(
        self, population: Population, person: Person, config: BatchConfig, rng: np.random.Generator
    ) -> Observer:
        return Observer(population, person, config, rng)


def _drawn(
    population: Population, source: str, codec: str, last: int, rng: np.random.Generator
) -> tuple[np.ndarray[Any, Any], float, float]:
    """(levels + 1,) JND from level 0 up, and the boost's g1 and g2."""
    top, bend = rng.uniform(*population.top_jnd), rng.uniform(*population.bend)
    steps = np.diff(np.linspace(0, 1, last + 1) ** bend) * rng.lognormal(0, 0.25, last)
    jnd = np.concatenate([[0.0], np.cumsum(steps) / steps.sum() * top])
    given = population.jnd.get(source, {}).get(codec)
    if given is not None and len(given) == last:
        jnd = np.concatenate([[0.0], given])
    g1, change = rng.uniform(*population.boost), rng.uniform(*population.boost_change)
    return jnd, float(g1), float(g1 * change / max(jnd[-1] * JND, 0.1))


SIMULATION = Simulation()
