"""How far answers can be relied on: halves against each other, each worker against all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hitgen.methods.pjnd.analysis.answers import FloatArray, LadderAnswers, as_they_came

LEAST_IN_COMMON = 3
SPLITS = 200
Table = tuple[FloatArray, FloatArray]
"""Answers (0 where there is none) and 1 where there is one; workers x ladders."""


@dataclass(frozen=True)
class WorkerReliability:
    """One worker against the mean of all others on the same ladders, in levels; None where too few are in common.

    `bias` is the mean difference, `inconsistency` the SD of the differences, `correlation` Pearson's (leave one out).
    """

    worker: str
    ratings: int
    bias: float | None
    inconsistency: float | None
    correlation: float | None


@dataclass(frozen=True)
class SplitHalf:
    """Correlation of mean PJNDs between two random halves of the workers, mean of many splits, and its SD.

    `stepped_up` estimates that of two whole studies (Spearman-Brown); None where the halves do not agree at all.
    """

    correlation: float
    sd: float
    stepped_up: float | None


def _table(ladders: Sequence[LadderAnswers]) -> tuple[tuple[str, ...], Table]:
    names = as_they_came(ladders)
    row = {worker: number for number, worker in enumerate(names)}
    levels = np.zeros((len(names), len(ladders)))
    given = np.zeros_like(levels)
    for column, ladder in enumerate(ladders):
        rows = [row[worker] for worker in ladder.workers]
        levels[rows, column] = ladder.clipped
        given[rows, column] = 1
    return names, (levels, given)


def split_half(ladders: Sequence[LadderAnswers], rng: np.random.Generator) -> SplitHalf | None:
    """How well one half of the workers agrees with the other on the ladders' means; None with fewer than 3 ladders."""
    names, (levels, given) = _table(ladders)
    if len(names) < 4 or len(ladders) < LEAST_IN_COMMON:
        return None
    found = []
    for _ in range(SPLITS):
        first = (rng.permutation(len(names)) < len(names) // 2).astype(np.float64)
        sums, counts = first @ levels, first @ given
        other_sums, other_counts = levels.sum(0) - sums, given.sum(0) - counts
        both = (counts > 0) & (other_counts > 0)
        correlation = _pearson(sums[both] / counts[both], other_sums[both] / other_counts[both])
        if correlation is not None:
            found.append(correlation)
    if not found:
        return None
    mean = float(np.mean(found))
    return SplitHalf(mean, float(np.std(found)), 2 * mean / (1 + mean) if mean > 0 else None)


def reliability_of_workers(ladders: Sequence[LadderAnswers]) -> list[WorkerReliability]:
    """Every worker against the mean of the others, in the order in which they came."""
    names, (levels, given) = _table(ladders)
    sums, counts = levels.sum(0), given.sum(0)
    return [_worker(name, levels[row], given[row], sums, counts) for row, name in enumerate(names)]


def _worker(name: str, own: FloatArray, given: FloatArray, sums: FloatArray, counts: FloatArray) -> WorkerReliability:
    shared = (given > 0) & (counts > 1)
    others = (sums[shared] - own[shared]) / (counts[shared] - 1)
    difference = own[shared] - others
    few = len(difference) < LEAST_IN_COMMON
    return WorkerReliability(
        name,
        int(given.sum()),
        float(difference.mean()) if len(difference) else None,
        None if few else float(difference.std(ddof=1)),
        None if few else _pearson(own[shared], others),
    )


def _pearson(one: FloatArray, other: FloatArray) -> float | None:
    if len(one) < LEAST_IN_COMMON or not one.std() or not other.std():
        return None
    return float(np.corrcoef(one, other)[0, 1])
