"""Studies of `threshold` without pages: simulated people compare, in waves whose pages start from what all before have answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hitgen.methods.population import Person, draw_people
from hitgen.methods.threshold import crossed as model
from hitgen.methods.threshold import quest
from hitgen.methods.threshold.config import Config
from hitgen.methods.threshold.crossed import Comparison, Model
from hitgen.methods.threshold.observers import LadderTruth, Observer, Population, Simulation

LEVELS, GUESS, LAPSE, CATCH = 100, 0.1, 0.03, 3
Z75 = -0.6745


@dataclass(frozen=True)
class Compared:
    """Comparisons of ladders with known truth, in the order of waves."""

    truths: list[LadderTruth]
    people: list[Person]
    comparisons: list[Comparison]

    @property
    def honest(self) -> np.ndarray:
        """Who is honest, of those who answered, by name."""
        return np.array([person.honest for person in sorted(self.people, key=lambda one: one.worker)])

    def model(self) -> Model:
        """The crossed model of it."""
        return model.crossed(model.answered(self.comparisons, len(self.truths)), GUESS, LAPSE)

    def shift(self) -> float:
        """How far the 75% levels are too high on average."""
        value = self.model().levels(0.75)[:, 0]
        truth = np.array([each.mean + Z75 * each.sd for each in self.truths]).clip(0, 100)
        return float((value - truth).mean())

    def figures(self) -> tuple[float, float, float]:
        """Of the intervals of the 75% level their mean width and how many hold the truth, and the mean absolute error."""
        value, low, high = self.model().levels(0.75).T
        truth = np.array([each.mean + Z75 * each.sd for each in self.truths]).clip(0, 100)
        return (
            float((high - low).mean()),
            float(((low <= truth) & (truth <= high)).mean()),
            float(np.abs(value - truth).mean()),
        )


def config_of(flickering: str, comparisons: int = 1, pictures: int = 3) -> Config:
    """A study whose people compare each ladder so often; only what observers ask of it is there."""
    config = Config.model_construct(**{name: field.default for name, field in Config.model_fields.items()})
    method = config.method.model_copy(update={"flickering": flickering, "pictures": pictures})
    return config.model_copy(
        update={"method": method, "hit": config.hit.model_copy(update={"comparisons": comparisons})}
    )


def compared(
    config: Config, population: Population, seed: int, ladders: int = 100, people: int = 20, each: int = 20, wave: int = 5
) -> Compared:  # fmt: skip
    """Every ladder compared by `people` people, `each` ladders a person, `config.hit.comparisons` times each; CATCH catch trials.

    Where each of several pictures is asked about, a person's CATCH pictures and ladders stand in as many trials as it takes.
    """
    rng = np.random.default_rng(seed)
    truths = [LadderTruth(f"ladder {n}", LEVELS, *_drawn(population, rng)) for n in range(ladders)]
    crew = draw_people(population, people * ladders // each, rng)
    queue = np.concatenate([rng.permutation(ladders) for _ in range(people)])
    study = Compared(truths, crew, [])
    known = [quest.prior()] * ladders
    for number, person in enumerate(crew):
        if number and number % max(1, wave * ladders // each) == 0:
            known = [weights + 1e-7 for weights in study.model().posteriors()]
        observer = Simulation().observer(population, person, config, rng)
        mine = [*dict.fromkeys(int(n) for n in queue[number * each : (number + 1) * each])]
        for n in mine:
            observer.begin(truths[n], known[n] / known[n].sum())
        asked = [n for n in mine for _ in range(config.hit.comparisons)] + [-1] * CATCH
        for n in rng.permutation(asked):
            study.comparisons.append(_compared(observer, truths, int(n)))
    return study


def _drawn(population: Population, rng: np.random.Generator) -> tuple[float, float]:
    mean = float(np.clip(rng.normal(population.pjnd_mean, population.pjnd_sd), 1, LEVELS))
    return mean, float(rng.uniform(*population.population_sd))


def _compared(observer: Observer, truths: list[LadderTruth], n: int) -> Comparison:
    answer = observer.answer(truths[max(n, 0)], n < 0)
    return Comparison(
        observer.person.worker, n, answer.level, answer.other, answer.side, answer.response, answer.position
    )
