"""What is true of the people and ladders of a simulation of `pjnd`, and the SUR that follows from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special, stats

from hitgen.methods.pjnd.population import LOG_SD, TAIL_DF, LadderTruth, Shape
from hitgen.methods.population import Person
from hitgen.simulation.simulate import TRUTH

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Truth:
    """What the last simulation of a batch knew and the analysis must find out."""

    ladders: dict[str, LadderTruth]
    people: tuple[Person, ...]


def read_truth(folder: Path) -> Truth:
    record = json.loads((folder / TRUTH).read_text("utf-8"))
    ladders = [LadderTruth(**{**row, "hotspots": tuple(map(tuple, row["hotspots"]))}) for row in record["ladders"]]
    return Truth({ladder.ladder: ladder for ladder in ladders}, read_people(folder))


def read_people(folder: Path) -> tuple[Person, ...]:
    """Who answered, by any method."""
    return tuple(Person(**row) for row in json.loads((folder / TRUTH).read_text("utf-8"))["people"])


def share_above(truth: LadderTruth) -> Array:
    """The true SUR: the share of people whose rounded PJND is above d, for d = 0..level_max."""
    above = _above(truth, np.arange(truth.level_max + 1, dtype=np.float64) + 0.5)
    return np.concatenate([[1.0], above[1:]])  # whoever sees it at once has PJND 1


def clipped_mean(truth: LadderTruth) -> float:
    """The mean of the rounded PJND, clipped to 1..level_max: the sum of its survival function."""
    return float(share_above(truth)[:-1].sum())


def sur_level(truth: LadderTruth, share: float) -> int:
    """The largest level with SUR >= share."""
    return int(np.flatnonzero(share_above(truth) >= share)[-1])


def noise_above(shape: Shape, z: Array) -> Array:
    """The share of noise of mean 0 and SD 1 that is above z."""
    match shape:
        case "lognormal":
            # exp(LOG_SD Z), less its mean, over its SD
            mean = np.exp(LOG_SD**2 / 2)
            x = z * mean * np.sqrt(np.expm1(LOG_SD**2)) + mean
            return np.asarray(special.ndtr(-np.log(np.maximum(x, 1e-300)) / LOG_SD), dtype=np.float64)
        case "heavy-tails":
            return np.asarray(stats.t.sf(z * np.sqrt(TAIL_DF / (TAIL_DF - 2)), TAIL_DF), dtype=np.float64)
    return np.asarray(special.ndtr(-z), dtype=np.float64)


def _above(truth: LadderTruth, levels: Array) -> Array:
    if truth.shape == "normal" and not truth.inconsistency and not truth.late:
        return np.asarray(stats.norm.sf(levels, truth.mean, truth.sd), dtype=np.float64)
    biases, bias_weights = _nodes(truth.worker_sd)
    factors, factor_weights = _nodes(truth.inconsistency)
    above = np.zeros_like(levels)
    for share, at in truth.kinds:
        from_mean = levels[:, None, None] - truth.mean - at - biases[:, None]
        scales = np.maximum(1e-9, truth.noise_sd * np.exp(factors))
        of_kind = noise_above(truth.shape, from_mean / scales)
        above += share * np.einsum("lbf,b,f->l", of_kind, bias_weights, factor_weights)
    return above


def _nodes(sd: float) -> tuple[Array, Array]:
    """Where a normal variable of this SD lies, and how much of it there, for integrals."""
    if not sd:
        return np.zeros(1), np.ones(1)
    at, weights = special.roots_hermitenorm(25)
    return at * sd, weights / weights.sum()
