"""The scale of a study in JND: each version's distance from its source, with intervals by resampling workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from scipy import stats

from hitgen.lib.progress import OnProgress, silent
from hitgen.methods.compare.analysis.likelihood import (
    Array,
    Counts,
    Design,
    boost,
    distances,
    drawn_middles,
    fitted,
    refitted,
    seen,
)
from hitgen.methods.compare.analysis.sides import Lean, Sided, leaning, threshold_of
from hitgen.methods.compare.analysis.tally import RESPONSES, Tally, held, tallied
from hitgen.methods.compare.answers import JND, Answer, Side
from hitgen.methods.compare.choices import ScaleTable
from hitgen.methods.compare.row import Arm

SEED = 20261126
AT_ONCE = 50
ARMS: tuple[Arm, ...] = ("plain", "boosted")
LOW, HIGH = 0.025, 0.975
Unit = Literal["jnd", "boosted_units"]


@dataclass(frozen=True)
class Estimate:
    """A value with its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Level:
    """A level with its 95% interval; `high` is None where it ends beyond the codec's last level."""

    value: float
    low: float
    high: float | None


FARTHEST = 20.0
"""Units beyond which answers tell nothing: everybody sees the difference. Upper ends of intervals go no farther."""


@dataclass(frozen=True)
class SourceScale:
    """One source: (versions,) distances in units and (resamples, versions) what resamples of workers give.

    Percentiles of `samples`, and of whatever is computed of them, are the ends of intervals.
    """

    source: str
    design: Design
    units: Array
    samples: Array
    answers: np.ndarray[Any, np.dtype[np.int64]]
    """(versions,) how many answers compare each version with another."""
    boosts: tuple[tuple[float, float], ...]
    """g1 and g2 of each codec, for distances in units."""
    best: Array
    """(1, parameters) the likeliest, as if nobody leant to a side."""
    halving: float = 1.0
    """How many times larger distances would be if "not sure" did not count half."""
    workers: int = 0
    """Who answered in the arm that has fewer of them."""
    held: np.ndarray[Any, np.dtype[np.bool_]] | None = None
    """(versions,) whether answers bound each distance from above."""

    @cached_property
    def versions(self) -> list[Side]:
        return [
            (self.design.codecs[codec], int(level))
            for codec, level in zip(self.design.codec, self.design.level, strict=True)
        ]

    def of(self, codec: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The numbers of a codec's versions, by level."""
        return np.flatnonzero(self.design.codec == self.design.codecs.index(codec))

    @cached_property
    def intervals(self) -> tuple[Array, Array]:
        """(versions,) the ends of each version's 95% interval; `halving` widens the upper one, up to `FARTHEST`."""
        low, high = np.quantile(self.samples, [LOW, HIGH], axis=0)
        return np.minimum(low, self.units), np.maximum(np.minimum(high * self.halving, FARTHEST), self.units)

    def level_at(self, codec: str, units: float) -> Level | None:
        """The level of a codec at a distance, between levels in between; None beyond its last level."""
        mine = self.of(codec)
        value = crossed(self.units[mine], self.design.level[mine], units)
        if value is None:
            return None
        levels = np.append(0, self.design.level[mine])
        low, high = (
            float(np.quantile([np.interp(at, np.append(0, sample), levels) for sample in self.samples[:, mine]], end))
            for at, end in ((units / self.halving, LOW), (units, HIGH))
        )
        is_open = float((self.samples[:, mine[-1]] < units).mean()) > 1 - HIGH
        return Level(value, min(low, value), None if is_open else max(high, value))


@dataclass(frozen=True)
class Scale:
    """The scales of all sources; `unmeasured` are codecs of a source whose boost no plain answer tells."""

    unit: Unit
    sources: tuple[SourceScale, ...]
    unmeasured: tuple[tuple[str, str], ...]
    apart: tuple[tuple[str, Side], ...]
    leans: Mapping[Arm, Lean]
    """How people lean to a side, in the arms that have answers; whether that counts is the table's choice."""

    @property
    def called(self) -> str:
        """The unit in words."""
        return "JND" if self.unit == "jnd" else "boosted units"

    @property
    def halving(self) -> float:
        """How many times larger distances would be, of the source where it is most, if "not sure" did not count half."""
        return max((of.halving for of in self.sources), default=1.0)

    def codecs(self, of: SourceScale) -> tuple[str, ...]:
        """The codecs of a source that have a scale in this unit."""
        return tuple(codec for codec in of.design.codecs if (of.source, codec) not in self.unmeasured)


def crossed(units: Array, levels: np.ndarray[Any, np.dtype[np.int64]], at: float) -> float | None:
    """The level at which rising distances (from 0 at level 0) reach `at`; None beyond the last."""
    if not len(units) or units[-1] < at:
        return None
    return float(np.interp(at, np.concatenate([[0], units]), np.concatenate([[0], levels])))


def reconstructed(answers: Sequence[Answer], choices: ScaleTable, progress: OnProgress = silent) -> Scale:
    """The scale in the answers of a study; empty where no answer counts for one.

    Without plain answers it is in boosted units: distances as if the boosted answers were plain.
    """
    counted = [answer for answer in answers if answer.scaled]
    plain = any(answer.arm == "plain" for answer in counted)
    found, unmeasured, apart = [], [], []
    tallies = tallied(counted, choices.ties == "model")
    for number, tally in enumerate(tallies):
        progress("scale", number, len(tallies))
        apart += [(tally.source, side) for side in tally.apart]
        if not tally.design.versions:
            continue
        design = tally.design
        if not plain:
            tally = replace(tally, design=replace(design, boosted=np.zeros_like(design.boosted)))
        found.append(_scaled(tally, choices.resamples, SEED + number))
        unmeasured += [(tally.source, codec) for codec in design.codecs if plain and not _has_plain(design, codec)]
    leans = {arm: lean for arm in ARMS if (lean := _lean(counted, found, arm, choices)).people}
    told = tuple(_leant(of, leans, plain) if choices.sides == "model" else of for of in found)
    progress("scale", len(tallies), len(tallies))
    return Scale("jnd" if plain else "boosted_units", told, tuple(unmeasured), tuple(apart), leans)


def _lean(answers: Sequence[Answer], found: Sequence[SourceScale], arm: Arm, choices: ScaleTable) -> Lean:
    """How people lean in an arm, over all sources."""
    rng = np.random.default_rng([SEED, ARMS.index(arm)])
    return leaning(_sided(answers, found, arm), choices.ties == "half", choices.resamples, rng)


def _sided(answers: Sequence[Answer], found: Sequence[SourceScale], arm: Arm) -> Iterator[Sided]:
    far: dict[str, tuple[dict[Side, float], float]] = {}
    for of in found:
        both, lapses = seen(of.design, of.best)
        scale = int(arm == "boosted" and bool(of.design.boosted.any()))
        far[of.source] = dict(zip(of.versions, both[scale].tolist(), strict=False)), float(lapses[scale])
    for answer in answers:
        if answer.arm != arm or answer.source not in far or answer.left == answer.right:
            continue
        at, lapse = far[answer.source]
        left, right = (at.get(side) if side[1] else 0.0 for side in (answer.left, answer.right))
        if left is not None and right is not None:
            yield Sided(answer.worker, left - right, RESPONSES[answer.response], lapse)


def _leant(of: SourceScale, leans: Mapping[Arm, Lean], plain: bool) -> SourceScale:
    """A source's scale with what leaning to a side has taken from it."""
    lean = leans.get("plain" if plain else "boosted")
    if lean is None:
        return of
    looks = (leans["boosted"].factor if plain and "boosted" in leans else 1.0) / lean.factor
    return replace(
        of, units=of.units * lean.factor, samples=of.samples * lean.factors(widening(lean.people))[:, None],
        boosts=tuple((g1 * looks, g2 * looks / lean.factor) for g1, g2 in of.boosts),
    )  # fmt: skip


def _has_plain(design: Design, codec: str) -> bool:
    """Whether a plain answer shows a version of a codec."""
    codecs = np.append(design.codec, -1)
    shown = (codecs[design.left] == design.codecs.index(codec)) | (codecs[design.right] == design.codecs.index(codec))
    return bool((shown & ~design.boosted).any())


def _scaled(tally: Tally, resamples: int, seed: int) -> SourceScale:
    design = tally.design
    best = fitted(design, tally.whole)
    rng = np.random.default_rng(seed)
    weights = np.zeros((resamples, len(tally.workers)))
    for stratum in np.unique(tally.strata):
        mine = np.flatnonzero(tally.strata == stratum)
        weights[:, mine] = rng.multinomial(len(mine), np.full(len(mine), 1 / len(mine)), size=resamples)
    middles = drawn_middles(design, resamples, rng)
    parts = [
        refitted(design, best, tally.resampled(weights[some]), middles[some])
        for some in (slice(start, start + AT_ONCE) for start in range(0, resamples, AT_ONCE))
    ]
    spread = best + (np.concatenate(parts) - best) * widening(_fewest(tally))
    samples = distances(design, spread) / JND
    g1, g2 = boost(design, best)
    return SourceScale(
        tally.source, design, distances(design, best)[0] / JND, samples, _met(design, tally.whole),
        tuple(zip(g1[0].tolist(), (g2[0] * JND).tolist(), strict=True)), best,
        halved(design, best, tally.whole), _fewest(tally), held(design, tally.whole),
    )  # fmt: skip


def halved(design: Design, best: Array, counts: Counts) -> float:
    """How many times larger distances would be if people answered "not sure" below a threshold t, the one that fits how often they did in the plain arm.

    Counted half, answers follow (Phi(z - t) + Phi(z + t)) / 2, of variance 1 + t^2: distances shrink by its root.
    """
    asked = (counts.left + counts.right + counts.unsure)[0][~design.boosted]
    if design.ties or not asked.sum():
        return 1.0
    at = np.append(distances(design, best)[0], 0)
    z = (at[design.left] - at[design.right])[~design.boosted]
    return float(np.hypot(1, threshold_of(z, asked, float(counts.unsure[0][~design.boosted].sum()), halves=True)))


def widening(workers: int) -> float:
    """By what factor resamples of so few workers must be spread about the estimate: Student's quantile over the normal's,
    and the root of n / (n - 1), since a resample has their own mean for the true one.
    """
    known = max(workers, 2)
    return float(stats.t.ppf(HIGH, known - 1) / stats.norm.ppf(HIGH) * np.sqrt(known / (known - 1)))


def _met(design: Design, counts: Counts) -> np.ndarray[Any, np.dtype[np.int64]]:
    asked = (counts.left + counts.right + counts.unsure)[0]
    return np.array(
        [asked[(design.left == version) | (design.right == version)].sum() for version in range(design.versions)],
        np.int64,
    )


def _fewest(tally: Tally) -> int:
    """The workers of the arm that has fewer of them: they bound how sure the scale is."""
    asked = tally.counts.sum(0)
    by_arm = [(asked[:, arm].sum(1) > 0).sum() for arm in (tally.design.boosted, ~tally.design.boosted) if arm.any()]
    return int(min(by_arm))
