"""Distances against bits per pixel: what each codec needs for a JND, codecs held against each other, where they cross."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import stats

from hitgen.methods.compare.analysis.likelihood import Array
from hitgen.methods.compare.analysis.own import BitsPerPixel
from hitgen.methods.compare.analysis.scale import HIGH, LOW, Estimate, Level, Scale, SourceScale

STEPS = 64
FEWEST = 3
"""Below so many sources, nobody can say how sure a mean over them is."""


@dataclass(frozen=True)
class Reached:
    """The level, and the bits a pixel, at which a codec reaches a distance; None beyond its last level."""

    source: str
    codec: str
    at: float
    level: Level | None
    bits_per_pixel: float | None


@dataclass(frozen=True)
class Gap:
    """How many times the bits of `than` a codec needs at equal distances, over the range that both reach.

    `source` is empty where it is the geometric mean over sources.
    """

    source: str
    codec: str
    than: str
    low_units: float
    high_units: float
    ratio: Estimate


@dataclass(frozen=True)
class Crossing:
    """Where the curves of two codecs cross: from there on to larger distances, `better` needs fewer bits."""

    source: str
    better: str
    than: str
    units: float
    bits_per_pixel: float


@dataclass(frozen=True)
class Curve:
    """A codec of a source: (levels,) logarithms of bits a pixel, and distances with those of resamples."""

    log_bits: Array
    units: Array
    samples: Array


def curve_of(of: SourceScale, codec: str, bits: BitsPerPixel) -> Curve | None:
    """The curve of a codec; None where a level's bits are not known or do not fall."""
    mine = of.of(codec)
    told = [bits(of.source, codec, int(level)) for level in of.design.level[mine]]
    known = [value for value in told if value]
    if len(known) < len(told) or len(known) < 2 or (np.diff(known) >= 0).any():
        return None
    return Curve(np.log(known), of.units[mine], of.samples[:, mine])


def reached(scale: Scale, wanted: Sequence[float], bits: BitsPerPixel) -> list[Reached]:
    """Levels and bits at the wanted distances, for each source and codec."""
    rows = []
    for of in scale.sources:
        for codec in scale.codecs(of):
            curve = curve_of(of, codec, bits)
            for at in wanted:
                level = of.level_at(codec, at)
                weighs = float(np.exp(np.interp(at, curve.units, curve.log_bits))) if curve and level else None
                inside = curve is not None and curve.units[0] <= at
                rows.append(Reached(of.source, codec, at, level, weighs if inside else None))
    return rows


def gaps(scale: Scale, bits: BitsPerPixel) -> list[Gap]:
    """Each two codecs of each source, then their means over sources."""
    found: dict[tuple[str, str], list[tuple[Gap, Array]]] = {}
    for of in scale.sources:
        for one, other in combinations(scale.codecs(of), 2):
            pair = curve_of(of, one, bits), curve_of(of, other, bits)
            if pair[0] and pair[1] and (gap := _gap(of.source, one, other, pair[0], pair[1])):
                found.setdefault((one, other), []).append(gap)
    rows = [gap for each in found.values() for gap, _ in each]
    for (one, other), each in found.items():
        if len(each) >= FEWEST:
            values = np.log([gap.ratio.value for gap, _ in each])
            within = float(np.mean([sample.var(ddof=1) for _, sample in each]))
            reach = stats.t.ppf(HIGH, len(each) - 1) * np.sqrt(max(values.var(ddof=1), within) / len(each))
            ends = np.exp([values.mean(), values.mean() - reach, values.mean() + reach])
            low, high = min(gap.low_units for gap, _ in each), max(gap.high_units for gap, _ in each)
            rows.append(Gap("", one, other, low, high, Estimate(*map(float, ends))))
    return rows


def _gap(source: str, one: str, other: str, first: Curve, second: Curve) -> tuple[Gap, Array] | None:
    """The mean difference of logarithms over the distances both reach, as Bjontegaard's; the same range for all resamples."""
    low, high = max(first.units[0], second.units[0]), min(first.units[-1], second.units[-1])
    if high <= low:
        return None
    at = np.linspace(low, high, STEPS)

    def mean(a: Array, b: Array) -> float:
        return float((np.interp(at, a, first.log_bits) - np.interp(at, b, second.log_bits)).mean())

    value = mean(first.units, second.units)
    samples = np.array([mean(a, b) for a, b in zip(first.samples, second.samples, strict=True)])
    lowest, highest = np.quantile(samples, [LOW, HIGH])
    ends = np.exp([value, min(lowest, value), max(highest, value)])
    return Gap(source, one, other, float(low), float(high), Estimate(*map(float, ends))), samples


def crossings(scale: Scale, bits: BitsPerPixel) -> list[Crossing]:
    """Where two codecs of a source need the same bits for the same distance and change places."""
    rows = []
    for of in scale.sources:
        for one, other in combinations(scale.codecs(of), 2):
            first, second = curve_of(of, one, bits), curve_of(of, other, bits)
            if not first or not second:
                continue
            low, high = max(first.units[0], second.units[0]), min(first.units[-1], second.units[-1])
            at = np.unique(np.concatenate([[low, high], first.units, second.units]))
            at = at[(at >= low) & (at <= high)]
            if len(at) < 2:
                continue
            apart = np.interp(at, first.units, first.log_bits) - np.interp(at, second.units, second.log_bits)
            for number in np.flatnonzero(apart[:-1] * apart[1:] < 0):
                share = apart[number] / (apart[number] - apart[number + 1])
                units = float(at[number] + share * (at[number + 1] - at[number]))
                better, than = (one, other) if apart[number + 1] < 0 else (other, one)
                weighs = float(np.exp(np.interp(units, first.units, first.log_bits)))
                rows.append(Crossing(of.source, better, than, units, weighs))
    return rows
