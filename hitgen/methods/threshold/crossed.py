"""The crossed model of comparisons: everybody's level for a ladder is the ladder's mean plus the person's bias plus noise.

A person sees what flickers above their own level for the ladder, which is its mean, plus a bias that is the person's in all ladders, plus
noise of the ladder's own spread; all of it normal. Several answers of one person to one ladder are about the one level. Means, spreads and
biases are shrunk towards what is usual in the study; a person is honest or a spammer whose answers do not depend on what is shown, and catch
trials are evidence of it. Posteriors are over grids, by loopy belief propagation between ladders and people (Pearl 1988; Kschischang and others,
IEEE Transactions on Information Theory 47 (2001), 498-519).

All lengths are shares of a ladder times 100, so that ladders of different length go together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy import special

from hitgen.methods.threshold import quest
from hitgen.methods.threshold.quest import OUTCOMES

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

STEP = 2.0
MEANS = np.arange(-10, 131, STEP)
BIASES = np.arange(-24, 25, STEP)
PLACES = np.arange(MEANS[0] + BIASES[0], MEANS[-1] + BIASES[-1] + STEP / 2, STEP)
"""Where the mean may lie for one person."""
OWN = np.arange(-90, 221, STEP)
"""Where a person's own level may lie."""
SPREADS = np.array([3, 4.5, 6, 7.5, 9, 11, 13.5, 17, 22])
LOOK = 2.0
"""The SD of one look about a person's own level."""
FIRST_ROUNDS, ROUNDS = 3, 12
ENOUGH = 0.05
"""A round that moves no ladder by so much is the last."""
BETWEEN, BETWEEN_WEIGHT = 5.0, 3.0
"""The SD of people's biases before any are seen, and how many people it counts for."""
LADDERS_BEFORE, SPREADS_BEFORE = 4.0, 6.0
"""How many ladders the usual means and spreads count for."""
GUESS_WEIGHT = 50.0
"""How many comparisons in which nothing is seen the configured rate of guesses counts for."""
HONEST_SHARE = 0.8
STRAY = 0.03
OWN_WEIGHT = 0.5
"""Of each response, in a spammer's own histogram."""
CHOICES = ("none", "left", "right", "both")
OF_ONE = ("none", "here")
"""Where each of several pictures is asked about."""
LEAST_RATE = 1e-4
"""No answer is held for less probable of who looks, however few lapses are configured."""
TINY = 1e-300
AT_ONCE = 4096


def _kernel() -> NDArray[np.float32]:
    z = (OWN[None, :, None] - PLACES[:, None, None]) / SPREADS
    dense = np.exp(-0.5 * z**2)
    return np.asarray(dense / dense.sum(1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True)
class Answered:
    """Comparisons in the order in which they are listed; arrays of numbers of people and ladders, levels in shares times 100.

    `ladder` is -1 in a catch trial, `other` 0 where one picture alone flickered; `outcome` is a number of OUTCOMES, `response` what
    was pressed, as a number from 0 to `choices` - 1, 0 for "none", and `position` where the picture stood among several.
    """

    worker: Ints
    ladder: Ints
    level: Array
    other: Array
    outcome: Ints
    response: Ints
    position: Ints
    workers: int
    ladders: int
    choices: int


@dataclass(frozen=True)
class Comparison:
    """One comparison by a worker; `ladder` is its number, -1 in a catch trial; levels in shares of the ladder times 100.

    `level` flickered at `side` and `other`, where it is above 0, at the other one.
    """

    worker: str
    ladder: int
    level: float
    other: float
    side: str
    response: str
    position: int = 0


def answered(comparisons: Sequence[Comparison], ladders: int) -> Answered:
    """Comparisons of so many ladders, as numbers."""
    names = {name: at for at, name in enumerate(sorted({each.worker for each in comparisons}))}
    of_one = any(each.position for each in comparisons)
    choices = OF_ONE if of_one else CHOICES if any(each.other for each in comparisons) else CHOICES[:-1]
    return Answered(
        np.array([names[each.worker] for each in comparisons], dtype=np.int64),
        np.array([each.ladder for each in comparisons], dtype=np.int64),
        np.array([each.level for each in comparisons], dtype=np.float64),
        np.array([each.other for each in comparisons], dtype=np.float64),
        np.array([OUTCOMES.index(quest.outcome_of(each.side, each.response)) for each in comparisons], dtype=np.int64),
        np.array([choices.index(each.response) for each in comparisons], dtype=np.int64),
        np.array([each.position for each in comparisons], dtype=np.int64),
        *(len(names), ladders, len(choices)),
    )  # fmt: skip


@dataclass(frozen=True)
class Model:
    """What was found: weights over MEANS x SPREADS of each ladder; of people how probably each is honest, and their bias.

    `between` is the SD of people's biases, `shift` that of what all ladders may be off because of who came.
    """

    ladders: Array
    honest: Array
    bias: Array
    between: float
    guess: float

    @property
    def shift(self) -> float:
        return self.between / float(np.sqrt(max(self.honest.sum(), 1)))

    def levels(self, share: float) -> Array:
        """The level of each ladder at which a share of people sees nothing yet: its mean and middle 95%; ladders x 3, clipped to the ladder."""
        at = (MEANS[:, None] + NormalDist().inv_cdf(1 - share) * np.hypot(SPREADS, self.between)).ravel()
        weights = self.ladders.reshape(len(self.ladders), -1)
        fine = np.arange(-60, 181, 0.25)
        below = weights @ special.ndtr((fine - at[:, None]) / np.hypot(self.shift, STEP / np.sqrt(12)))
        bounds = [[np.interp(end, row, fine) for end in (0.025, 0.975)] for row in below]
        return np.asarray(np.clip(np.column_stack([weights @ at, np.reshape(bounds, (-1, 2))]), 0, 100))

    def posteriors(self) -> Array:
        """What is known of each ladder on the grid that pages have: ladders x means x SDs of the PJND over people."""
        to_means = _onto(MEANS / 100, np.array(quest.MEANS))
        to_sds = _onto(np.log(np.hypot(SPREADS, self.between) / 100), np.log(quest.SDS))
        found = np.einsum("lms,mp,sq->lpq", self.ladders, to_means, to_sds, optimize=True)
        return np.asarray(found / found.sum((1, 2), keepdims=True))


def _onto(fine: Array, coarse: Array) -> Array:
    """How much of each place of a fine grid belongs to each of a coarse one, by straight lines: fine x coarse."""
    at = np.interp(fine, coarse, np.arange(len(coarse)))
    return np.asarray(np.maximum(0, 1 - np.abs(at[:, None] - np.arange(len(coarse)))))


class Fitting:
    """One study's comparisons, with what does not change over the rounds."""

    def __init__(self, data: Answered, guess: float, lapse: float) -> None:
        self.data = data
        self.guess, self.lapse = guess, lapse
        shown = data.ladder >= 0
        keys, self.group = np.unique(
            data.worker[shown] * max(data.ladders, 1) + data.ladder[shown], return_inverse=True
        )
        self.worker, self.ladder = keys // max(data.ladders, 1), keys % max(data.ladders, 1)
        self.honest = np.full(data.workers, HONEST_SHARE)
        self.spam = self._spam()
        self.places, self.best = self._places()
        self.chance = -np.log(data.choices) * np.bincount(self.group, minlength=len(keys))

    def _guess(self) -> float:
        """How often either side is named by who sees nothing, by sides named wrongly and false alarms."""
        data, weight = self.data, self.honest[self.data.worker]
        shown = data.ladder >= 0
        none, wrong = (
            float(weight[shown & (data.outcome == OUTCOMES.index(name))].sum()) for name in ("none", "wrong")
        )
        false = float(weight[~shown & (data.response > 0)].sum())
        sides = quest.sides_of(data.choices)
        # where one picture is asked about, what was not seen and named all the same is known of catch trials alone
        unseen = (none + 2 * wrong if sides > 1 else 0) + sides * float(weight[~shown].sum())
        return min(0.3, (GUESS_WEIGHT * self.guess + wrong + false) / (GUESS_WEIGHT + unseen))

    def _places(self) -> tuple[NDArray[np.float32], Array]:
        """How probable each person's answers to a ladder are, by the place of the mean for that person and the spread, as shares of the
        most that any own level makes them; and the logarithm of that."""
        data = self.data
        shown = data.ladder >= 0
        kinds, which = np.unique(
            np.column_stack([data.level[shown], data.other[shown], data.outcome[shown]]), axis=0, return_inverse=True
        )
        level, other = kinds[:, :1], kinds[:, 1:2]
        high, low = special.ndtr((level - OWN) / LOOK), np.where(other > 0, special.ndtr((other - OWN) / LOOK), 0)
        seen = (1 - high) * (1 - low), high * (1 - low), low * (1 - high), high * low
        rates = quest.outcome_rates(seen, self.guess, self.lapse, data.choices)
        logs = np.log(np.maximum(rates[kinds[:, 2].astype(np.int64), np.arange(len(kinds))], LEAST_RATE))
        own = np.zeros((len(self.worker), len(OWN)))
        np.add.at(own, self.group, logs[which.ravel()])
        best, kernel = own.max(1, initial=-np.inf), _kernel()
        flat = kernel.transpose(1, 0, 2).reshape(len(OWN), -1).astype(np.float64)
        places = np.empty((len(own), flat.shape[1]), dtype=np.float32)
        for start in range(0, len(own), AT_ONCE):
            # Summed in whole precision: in halves of it the number of threads would decide the last digits that are written.
            some = slice(start, start + AT_ONCE)
            places[some] = np.exp(own[some] - best[some, None]) @ flat
        return places.reshape(-1, *kernel.shape[::2]), best

    def _spam(self) -> Array:
        """The logarithm of how probable each person's responses are if that person does not look: by chance, always "none", or by a habit for each position."""
        data = self.data
        counts = np.zeros((data.workers, int(data.position.max(initial=0)) + 1, data.choices))
        np.add.at(counts, (data.worker, data.position, data.response), 1)
        of_position = counts.sum(2)
        total, nothing = of_position.sum(1), counts[..., 0].sum(1)
        none = nothing * np.log1p(-STRAY) + (total - nothing) * np.log(STRAY / (data.choices - 1))
        habit = special.gammaln(OWN_WEIGHT * data.choices) - special.gammaln(OWN_WEIGHT * data.choices + of_position)
        habit = habit + (special.gammaln(OWN_WEIGHT + counts) - special.gammaln(OWN_WEIGHT)).sum(2)
        habit = habit.sum(1)
        kinds = np.stack([-total * np.log(data.choices), none, habit])
        return np.asarray(special.logsumexp(kinds, axis=0) - np.log(len(kinds)))

    def _catches(self) -> Array:
        """The logarithm of how probable each person's answers to catch trials are if that person looks."""
        data, sides = self.data, quest.sides_of(self.data.choices)
        alarm = min(max(sides * self.guess, LEAST_RATE), 1 - LEAST_RATE)
        caught = data.ladder < 0
        logs = np.where(data.response == 0, np.log1p(-alarm), np.log(alarm / sides))
        return np.asarray(np.bincount(data.worker[caught], logs[caught], data.workers), dtype=np.float64)

    def fitted(self) -> Model:
        """The model, once by the configured rate of guesses and then by what honest people's answers say of it."""
        self.run(FIRST_ROUNDS)
        self.guess = self._guess()
        self.places, self.best = self._places()
        return self.run(ROUNDS)

    def run(self, rounds: int) -> Model:
        """Rounds of messages between ladders and people, until they move no ladder."""
        data, between = self.data, BETWEEN
        centre, width = 100 * quest.PRIOR_MEAN, 100 * quest.PRIOR_MEAN_SD
        usual = _usual(between)
        spreads, catches = usual, self._catches()
        biases = np.tile(_normal(BIASES, 0, between), (len(self.worker), 1))
        before = np.zeros(data.ladders)
        for _ in range(rounds):
            told = self._to_ladders(biases)
            sums = np.zeros((data.ladders, *told.shape[1:]))
            np.add.at(sums, self.ladder, told)
            means = np.log(_normal(MEANS, centre, width) + TINY)[:, None]
            spreads = _spreads(sums + means, spreads, usual)
            logs = sums + means + np.log(spreads)
            ladders = _weights(logs)
            first = ladders.sum(2) @ MEANS
            second = ladders.sum(2) @ MEANS**2
            centre, width = _usual_means(first, second)
            back = self._to_people(_weights(logs[self.ladder] - told))
            sums_b = np.zeros((data.workers, len(BIASES)))
            np.add.at(sums_b, self.worker, back)
            sums_b = sums_b + np.log(_normal(BIASES, 0, between) + TINY)
            odds = (
                special.logsumexp(sums_b, axis=1)
                + np.bincount(self.worker, self.best, data.workers)
                + catches
                - self.spam
                + np.log(HONEST_SHARE / (1 - HONEST_SHARE))
            )
            self.honest = special.expit(odds)
            of_people = _weights(sums_b)
            squares = float(self.honest @ (of_people @ BIASES**2))
            between = float(np.sqrt((squares + BETWEEN_WEIGHT * BETWEEN**2) / (self.honest.sum() + BETWEEN_WEIGHT)))
            biases = _weights(sums_b[self.worker] - back)
            moved, before = float(np.abs(first - before).max(initial=0)), first
            if moved < ENOUGH:
                break
        return Model(ladders, self.honest, of_people @ BIASES, between, self.guess)

    def _to_ladders(self, biases: Array) -> Array:
        """What each person's answers to a ladder say of it, by what is known of the person otherwise: logarithms."""
        count, weights = len(MEANS), biases.astype(np.float32)
        told = np.zeros((len(self.worker), count, len(SPREADS)), dtype=np.float32)
        for at in range(len(BIASES)):
            told += weights[:, at, None, None] * self.places[:, at : at + count]
        honest = self.honest[self.worker][:, None, None]
        blind = np.exp(self.chance - self.best)[:, None, None]
        return np.asarray(np.log(honest * told + (1 - honest) * blind + TINY))

    def _to_people(self, ladders: Array) -> Array:
        """What each person's answers to a ladder say of the person's bias, by what is known of the ladder otherwise: logarithms."""
        count, weights = len(MEANS), ladders.astype(np.float32)
        told = [np.einsum("gms,gms->g", weights, self.places[:, at : at + count]) for at in range(len(BIASES))]
        return np.asarray(np.log(np.reshape(told, (len(BIASES), -1)).T.astype(np.float64) + TINY))


def crossed(data: Answered, guess: float, lapse: float) -> Model:
    """The crossed model of a study's comparisons; `guess` and `lapse` as in config.md."""
    return Fitting(data, guess, lapse).fitted()


def _usual(between: float) -> Array:
    """How usual each spread is, before any ladder is seen."""
    logs = np.log(np.hypot(SPREADS, between) / (100 * quest.PRIOR_SD)) / quest.PRIOR_SD_LOG
    # a step of the grid is a share of the spread, not of the whole SD
    weights = np.exp(-0.5 * logs**2) * SPREADS**2 / (SPREADS**2 + between**2)
    return np.asarray(weights / weights.sum())


def _spreads(logs: Array, begun: Array, usual: Array) -> Array:
    """How usual each spread is among the ladders of the study: EM over what they say of it."""
    told, weights = _weights(special.logsumexp(logs, axis=1)), begun
    for _ in range(30):
        shares = told * weights
        shares = shares / shares.sum(1, keepdims=True)
        weights = shares.sum(0) + SPREADS_BEFORE * usual
        weights = np.asarray(weights / weights.sum())
    return weights


def _usual_means(first: Array, second: Array) -> tuple[float, float]:
    """Mean and SD of the study's ladders, from the first two moments of each; what is usual counts for some ladders."""
    count = len(first) + LADDERS_BEFORE
    mean = (float(first.sum()) + LADDERS_BEFORE * 100 * quest.PRIOR_MEAN) / count
    squares = float((second - 2 * mean * first + mean**2).sum())
    usual = (100 * quest.PRIOR_MEAN - mean) ** 2 + (100 * quest.PRIOR_MEAN_SD) ** 2
    return mean, float(np.sqrt((squares + LADDERS_BEFORE * usual) / count))


def _normal(grid: Array, mean: float, sd: float) -> Array:
    dense = np.exp(-0.5 * ((grid - mean) / sd) ** 2)
    return np.asarray(dense / dense.sum())


def _weights(logs: Array) -> Array:
    """Logarithms as weights that sum to 1, over all axes but the first."""
    return np.asarray(special.softmax(logs, axis=tuple(range(1, logs.ndim))))
