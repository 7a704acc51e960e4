"""Summaries shaped like KonJND-1k's subjective_ratings.csv: one row a ladder, all its ratings in one cell.

Columns: `image_id` (the source's file), `Compression type`, `No. of ratings`, `mean`, `std` (n - 1), `ratings` (a list of
levels). KonJND-1k has 504 JPEG ladders of 100 levels and 504 BPG ladders of 51. Further columns are
ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hitgen.errors import Fault, InputError
from hitgen.lib.files import csv_text, guarded, read_csv, unguarded, write_whole
from hitgen.methods.pjnd.analysis.answers import LadderAnswers

COLUMNS = ("image_id", "Compression type", "No. of ratings", "mean", "std", "ratings")
LEVELS = {"jpeg": 100, "bpg": 51, "h.264": 51, "h.265": 51}
"""The highest level of a known codec. Where the level is a QP, 51 is the coarsest, whether or not somebody answered it."""
MOST_LEVELS = 1000
NUMBERS = re.compile(r"\[\s*(-?\d+(\.\d*)?((\s*[,;]\s*|\s+)-?\d+(\.\d*)?)*)?\s*,?\s*\]")


@dataclass(frozen=True)
class PublicRatings:
    """The ladders of a summary, every rating by a person of its own, and where the file disagrees with itself."""

    ladders: tuple[LadderAnswers, ...]
    warnings: tuple[str, ...]


def read_konjnd(path: Path) -> PublicRatings:
    """The ratings in a KonJND-1k-shaped CSV; InputError names every line that cannot be read."""
    rows = read_csv(path.read_bytes(), str(path), (*COLUMNS[:2], "ratings"))
    ladders: list[LadderAnswers] = []
    warnings: list[str] = []
    faults: list[Fault] = []
    for line, row in rows:
        cells = {name.casefold(): cell for name, cell in row.items()}
        try:
            ladders.append(_ladder(cells))
        except ValueError as error:
            faults.append(Fault(path.name, f"line {line}", str(error), "ratings such as [12, 34, 56]"))
            continue
        told = cells.get("no. of ratings", "")
        if told and told != str(len(ladders[-1].levels)):
            warnings.append(f"line {line}: No. of ratings is {told}, but there are {len(ladders[-1].levels)}")
    if not faults and not ladders:
        faults = [Fault(str(path), "", "it has no ratings", "a file with one row a ladder")]
    if faults:
        raise InputError(faults)
    return PublicRatings(_scaled(ladders), tuple(warnings))


def _ladder(cells: dict[str, str]) -> LadderAnswers:
    source, codec, ratings = unguarded(cells["image_id"]), cells["compression type"], cells["ratings"]
    if not source or not codec:
        raise ValueError("image_id or Compression type is empty")
    if not NUMBERS.fullmatch(ratings):
        raise ValueError("ratings is not a list of numbers")
    levels = np.array([float(number) for number in re.findall(r"-?\d+(?:\.\d*)?", ratings)])
    if not len(levels):
        raise ValueError("ratings is empty")
    if (levels % 1).any() or levels.min() < 0 or levels.max() > MOST_LEVELS:
        raise ValueError(f"ratings has a number that is no level, 0 to {MOST_LEVELS}")
    people = tuple(f"{number}" for number in range(len(levels)))
    whole = levels.astype(np.int64)
    return LadderAnswers(
        f"{source}/{codec}", "konjnd", source, codec, int(whole.max()), whole, people, np.array([np.nan])
    )


def _scaled(ladders: list[LadderAnswers]) -> tuple[LadderAnswers, ...]:
    """With the highest level of each codec: the published one, or the highest rating where that is higher or unknown."""
    highest = dict(LEVELS)
    for ladder in ladders:
        codec = ladder.codec.casefold()
        highest[codec] = max(highest.get(codec, 1), ladder.level_max)
    return tuple(_with_levels(ladder, highest[ladder.codec.casefold()]) for ladder in ladders)


def _with_levels(ladder: LadderAnswers, level_max: int) -> LadderAnswers:
    levels = np.arange(level_max + 1.0)
    # A rating is a distortion level: JPEG's quality is 101 - level; of the others the level itself is the parameter, a QP.
    parameters = 101 - levels if ladder.codec.casefold() == "jpeg" else levels
    parameters[0] = np.nan
    names = (ladder.ladder, ladder.images, ladder.source, ladder.codec)
    return LadderAnswers(*names, level_max, np.maximum(ladder.levels, 1), ladder.workers, parameters)


def write_konjnd(path: Path, ladders: Iterable[LadderAnswers]) -> None:
    """Write such a summary; "none seen" becomes the highest level, as that dataset has it."""
    write_whole(path, csv_text([COLUMNS, *map(_row, ladders)]).encode(), private=True)


def _row(ladder: LadderAnswers) -> tuple[object, ...]:
    values = ladder.clipped
    deviation = f"{values.std(ddof=1):.4f}" if len(values) > 1 else ""
    ratings = json.dumps([int(value) for value in values])
    return guarded(ladder.source), ladder.codec.upper(), len(values), f"{values.mean():.4f}", deviation, ratings
