"""Summaries shaped like KonJND-1k's subjective_ratings.csv: one row a ladder, all its ratings in one cell.

Columns: `image_id` (the source's file), `Compression type`, `No. of ratings`, `mean`, `std` (n - 1), `ratings` (a list of
levels). KonJND-1k has 504 JPEG ladders of 100 levels and 504 BPG ladders of 51. A column `Ratings are` says `level` or `quality`;
further columns are ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hitgen.errors import Fault, raise_faults
from hitgen.lib.files import csv_text, guarded, read_csv, unguarded, unpacked, write_whole
from hitgen.methods.pjnd.analysis.answers import LadderAnswers

COLUMNS = ("image_id", "Compression type", "No. of ratings", "mean", "std", "ratings")
TOLD = "Ratings are"
LEVEL, QUALITY = "level", "quality"
LEVELS = {"jpeg": 100, "bpg": 51, "h.264": 51, "h.265": 51}
"""The highest level of a known codec. Where the level is a QP, 51 is the coarsest, whether or not somebody answered it."""
QPS = ("bpg", "h.264", "h.265")
"""Codecs whose level is the QP itself, so that nothing can be upside down."""
MOST_LEVELS = 1000
BEST_QUALITY = 101
"""One above the quality of JPEG's level 1: level + quality = 101."""
NUMBER = re.compile(r"-?\d+(\.\d*)?")


@dataclass(frozen=True)
class PublicRatings:
    """The ladders of a summary, every rating by a person of its own, where the file disagrees with itself, and how its ratings were taken."""

    ladders: tuple[LadderAnswers, ...]
    warnings: tuple[str, ...]
    taken: str = ""


def read_konjnd(path: Path, ratings: str | None = None) -> PublicRatings:
    """The ratings in a KonJND-1k-shaped CSV; InputError names every line that cannot be read.

    `ratings` says whether a JPEG rating is a `level` or a `quality`, which is wanted where the file does not say: read the other
    way, every ladder is upside down.
    """
    rows = read_csv(unpacked(path), str(path), (*COLUMNS[:2], "ratings"))
    ladders: list[LadderAnswers] = []
    warnings: list[str] = []
    faults: list[Fault] = []
    open_, takes = False, set()
    for line, row in rows:
        cells = {name.casefold(): cell for name, cell in row.items()}
        try:
            as_told = ratings or _told(cells)
            taken = LEVEL if cells["compression type"].casefold() in QPS else as_told
            open_ |= taken is None and cells["compression type"].casefold() == "jpeg"
            ladder, odd = _ladder(cells, taken or LEVEL)
            takes.add(
                "the level itself, a QP" if cells["compression type"].casefold() in QPS else f"a {taken or LEVEL}"
            )
            ladders.append(ladder)
            warnings += [f"line {line}: {text}" for text in odd]
        except ValueError as error:
            faults.append(Fault(path.name, f"line {line}", str(error), "ratings such as [12, 34, 56]"))
            continue
        told = cells.get("no. of ratings", "")
        if told and told != str(len(ladders[-1].levels)):
            warnings.append(f"line {line}: No. of ratings is {told}, but there are {len(ladders[-1].levels)}")
    if open_ and not faults:
        problem = (
            "nothing says whether a JPEG rating is a distortion level or a quality, and one is the other upside down"
        )
        faults = [Fault(str(path), "ratings", problem, "--ratings level, or --ratings quality")]
    if not faults and not ladders:
        faults = [Fault(str(path), "", "it has no ratings", "a file with one row a ladder")]
    raise_faults(faults)
    scaled, beyond = _scaled(ladders)
    return PublicRatings(scaled, (*warnings, *beyond), " or ".join(sorted(takes)))


def _told(cells: dict[str, str]) -> str | None:
    """What a row says of its ratings; ValueError where that is neither."""
    told = cells.get(TOLD.casefold(), "").strip().casefold()
    if told not in ("", LEVEL, QUALITY):
        raise ValueError(f"{TOLD} is neither {LEVEL} nor {QUALITY}")
    return told or None


def _ladder(cells: dict[str, str], taken: str) -> tuple[LadderAnswers, list[str]]:
    source, codec, ratings = unguarded(cells["image_id"]), cells["compression type"], cells["ratings"]
    if not source or not codec:
        raise ValueError("image_id or Compression type is empty")
    levels = np.array(_numbers(ratings))
    if not len(levels):
        raise ValueError("ratings is empty")
    if (levels % 1).any() or levels.min() < 0 or levels.max() > MOST_LEVELS:
        raise ValueError(f"ratings has a number that is no level, 0 to {MOST_LEVELS}")
    people = tuple(f"{number}" for number in range(len(levels)))
    whole = levels.astype(np.int64) if taken == LEVEL else BEST_QUALITY - levels.astype(np.int64)
    odd = []
    if zeros := int((whole < 1).sum()):
        what = "level 0, the source itself, or below" if taken == LEVEL else f"a quality above {BEST_QUALITY - 1}"
        odd.append(f"{zeros} of {len(whole)} ratings of {source} ({codec}) are {what}; they count as level 1")
        whole = np.maximum(whole, 1)
    name = f"{source}/{codec}"
    return LadderAnswers(name, "konjnd", source, codec, int(whole.max()), whole, people, np.array([np.nan])), odd


def _numbers(text: str) -> list[float]:
    """The numbers of a list as Python, R and spreadsheets write it: commas, semicolons or spaces between, one may follow the last."""
    if ";" in text and "," in text:
        raise ValueError("ratings has commas and semicolons, and a comma may be a decimal one")
    parts = text[1:-1].replace(";", ",").split(",") if text.startswith("[") and text.endswith("]") else [""]
    numbers = [word for part in parts for word in part.split()]
    if not all(part.strip() for part in parts[:-1]) or not all(map(NUMBER.fullmatch, numbers)) or len(text) < 2:
        raise ValueError("ratings is not a list of numbers")
    return [float(word) for word in numbers]


def _scaled(ladders: list[LadderAnswers]) -> tuple[tuple[LadderAnswers, ...], list[str]]:
    """With the highest level of each codec: the published one, or the highest rating where that is higher or unknown; and what lies above."""
    highest, beyond = dict(LEVELS), []
    for ladder in ladders:
        codec = ladder.codec.casefold()
        if codec in LEVELS and ladder.level_max > LEVELS[codec]:
            above = f"{int((ladder.levels > LEVELS[codec]).sum())} of {len(ladder.levels)} ratings of {ladder.source}"
            beyond.append(
                f"{above} ({ladder.codec}) are above {LEVELS[codec]}, the highest level; the ladder is taken to go on to {ladder.level_max}"
            )
        highest[codec] = max(highest.get(codec, 1), ladder.level_max)
    return tuple(_with_levels(ladder, highest[ladder.codec.casefold()]) for ladder in ladders), beyond


def _with_levels(ladder: LadderAnswers, level_max: int) -> LadderAnswers:
    levels = np.arange(level_max + 1.0)
    # A rating is a distortion level: JPEG's quality is 101 - level; of the others the level itself is the parameter, a QP.
    parameters = 101 - levels if ladder.codec.casefold() == "jpeg" else levels
    parameters[0] = np.nan
    names = (ladder.ladder, ladder.images, ladder.source, ladder.codec)
    return LadderAnswers(*names, level_max, ladder.levels, ladder.workers, parameters)


def write_konjnd(path: Path, ladders: Iterable[LadderAnswers]) -> None:
    """Write such a summary; "none seen" becomes the highest level, as that dataset has it."""
    write_whole(path, csv_text([(*COLUMNS, TOLD), *map(_row, ladders)]).encode(), private=True)


def _row(ladder: LadderAnswers) -> tuple[object, ...]:
    values = ladder.clipped
    deviation = f"{values.std(ddof=1):.4f}" if len(values) > 1 else ""
    ratings = json.dumps([int(value) for value in values])
    return guarded(ladder.source), ladder.codec.upper(), len(values), f"{values.mean():.4f}", deviation, ratings, LEVEL
