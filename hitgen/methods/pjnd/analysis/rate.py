"""What levels weigh: bytes and bits per pixel of each, and codecs held against each other at equal PJND and SUR."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
from scipy import stats

from hitgen.methods.pjnd.analysis.analyse import LadderResult
from hitgen.methods.pjnd.analysis.order import CONFIDENCE
from hitgen.methods.pjnd.analysis.pjnd import Estimate
from hitgen.stimuli.packs import Pack, open_pack, pack_path
from hitgen.stimuli.shown import PackBytes

FEWEST = 3
"""Below so many sources, nobody can say how sure a mean of ratios is."""


class Weights:
    """The bytes of a ladder's frames at levels 0..L, and the pixels of its source; frames that pages make are coded when they are
    asked for."""

    def __init__(self, pack: Pack) -> None:
        self.pixels = pack.width * pack.height
        self._last = len(pack.levels) - 1
        self._bytes = PackBytes(pack)

    @property
    def bytes(self) -> tuple[int, ...]:
        """Of all levels."""
        return tuple(self._bytes.at(level) for level in range(self._last + 1))

    def at(self, level: float | None) -> float | None:
        """Bytes at a level, between two of them in between; None where there is no such level."""
        if level is None or not 0 <= level <= self._last:
            return None
        below, above = math.floor(level), math.ceil(level)
        return self._bytes.at(below) + (level - below) * (self._bytes.at(above) - self._bytes.at(below))

    def bits_per_pixel(self, level: float | None) -> float | None:
        """Bits a source pixel at a level."""
        found = self.at(level)
        return None if found is None else 8 * found / self.pixels


@dataclass(frozen=True)
class Weighed:
    """A ladder at one quality that people told, as its mean PJND: the level and its bits per pixel, each with its interval."""

    source: str
    codec: str
    at: str
    level: Estimate
    parameter: float | None
    bytes: float
    bits_per_pixel: Estimate


@dataclass(frozen=True)
class CodecRatio:
    """How much more `codec` weighs than `than` at equal quality: the geometric mean over sources, with its 95% interval."""

    codec: str
    than: str
    at: str
    sources: int
    ratio: Estimate


def weights_of(packs: Path, pack: str) -> Weights | None:
    """What the frames of a built ladder weigh; None where its pack is gone."""
    path = pack_path(packs, pack)
    if not path.is_file():
        return None
    return Weights(open_pack(path))


def weighed(results: Sequence[LadderResult], weights: Mapping[str, Weights]) -> list[Weighed]:
    """Each ladder at its mean PJND and at the level that 75% of people take for the source."""
    found = []
    for result in results:
        mine = weights.get(result.answers.ladder)
        for at, level in (("PJND", result.mean), ("75% SUR", result.levels[0.75])):
            size = mine.at(level.value) if mine else None
            if mine is None or size is None:
                continue
            # a higher level weighs less, so that the interval turns round
            bits = Estimate(*map(mine.bits_per_pixel, (level.value, level.high, level.low)))
            answers = result.answers
            found.append(Weighed(answers.source, answers.codec, at, level, answers.parameter(level.value), size, bits))
    return found


def ratios(rows: Sequence[Weighed]) -> list[CodecRatio]:
    """Every two codecs that share sources, at each quality; intervals after Student, of the logarithms over sources."""
    by_codec: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows:
        by_codec.setdefault((row.at, row.codec), {})[row.source] = row.bytes
    found = []
    for (at, than), (other_at, codec) in combinations(by_codec, 2):
        shared = sorted(set(by_codec[at, than]) & set(by_codec[other_at, codec])) if at == other_at else []
        if not shared:
            continue
        logs = np.log([by_codec[at, codec][name] / by_codec[at, than][name] for name in shared])
        low = high = None
        if len(logs) >= FEWEST:
            reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(logs) - 1) * stats.sem(logs))
            low, high = math.exp(logs.mean() - reach), math.exp(logs.mean() + reach)
        found.append(CodecRatio(codec, than, at, len(shared), Estimate(math.exp(float(logs.mean())), low, high)))
    return found


def level_table(images: pl.DataFrame, packs: Path) -> pl.DataFrame:
    """One row a ladder and level: the codec parameter, bytes and bits per pixel; no row for a ladder whose pack is gone."""
    rows = []
    for image in images.iter_rows(named=True):
        weights = weights_of(packs, image["pack"])
        for level, size in enumerate(weights.bytes if weights else ()):
            named = {name: image[name] for name in ("ladder", "images", "source", "codec")}
            rows.append(
                {
                    **named,
                    "level": level,
                    "bytes": size,
                    "bits_per_pixel": 8 * size / weights.pixels if weights else None,
                }
            )
    schema = dict.fromkeys(("ladder", "images", "source", "codec"), pl.String)
    return pl.DataFrame(rows, schema={**schema, "level": pl.Int64, "bytes": pl.Int64, "bits_per_pixel": pl.Float64})
