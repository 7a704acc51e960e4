"""Natural gold: ladders whose PJND and regions enough people agreed on, promoted to questions with their own window, places and rates.

Nothing told it from study before it was asked, and nothing does afterwards: its answer is known from people alone.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hitgen.batch.load import Batch, load_batch
from hitgen.config.base import LONGEST_NAME
from hitgen.config.images import AnyImageSet
from hitgen.errors import Fault, InputError
from hitgen.methods.base import FoundAnswers
from hitgen.methods.pjnd.gold import NOT_COPIED, GoldPlan, checked_name, png, question_text, set_text, study_sets
from hitgen.methods.pjnd.gold_planted import RADIUS_SHARE
from hitgen.methods.pjnd.grade import match_count
from hitgen.methods.pjnd.manifest import Point
from hitgen.stimuli.alike import same_picture
from hitgen.stimuli.sources import open_source

if TYPE_CHECKING:
    import polars

FEWEST_PEOPLE = 15
WINDOW_SHARE = 0.95
"""The window holds so many of the levels that people gave."""
WIDEST_SHARE = 0.5
"""Of the ladder: a wider window says nothing of who gives a level in it."""
PLACE_RATE = 0.8
"""So many people have to mark the places."""
MOST_PLACES = 3
CELL_PX = 8
CHANCE_TRIES = 2000
Answers = dict[str, tuple[int | None, tuple[Point, ...]]]
"""By person: the level (None: none seen), and the marks."""


@dataclass(frozen=True)
class Agreed:
    """What people agreed on for one ladder, and how much more an answer of theirs tells than one by chance, in nats."""

    people: int
    level: tuple[int, int]
    level_rate: float
    points: tuple[tuple[int, int], ...]
    radius_px: float
    matches: int
    place_rate: float
    telling: float


class Fit(NamedTuple):
    """A ladder that can be gold."""

    answer: Agreed
    images: AnyImageSet
    """A study's set like its own."""
    source: str
    path: Path


class UnfitError(Exception):
    """Why a ladder cannot be gold."""


def agreed(answers: Answers, level_max: int, size: tuple[int, int]) -> Agreed:
    """The window and places that people agree on; UnfitError where they don't, or are too few."""
    if len(answers) < FEWEST_PEOPLE:
        raise UnfitError(f"fewer than {FEWEST_PEOPLE} people rated it")
    levels = sorted(level_max + 1 if level is None else level for level, _ in answers.values())
    spare = math.floor(len(levels) * (1 - WINDOW_SHARE) / 2)
    low, high = levels[spare], levels[-1 - spare]
    if high > level_max:
        raise UnfitError("some see no flicker at any level")
    width = (high - low + 1) / level_max
    if width > WIDEST_SHARE:
        raise UnfitError(f"their levels spread over more than {WIDEST_SHARE:.0%} of the ladder")
    level_rate = _rate(sum(low <= level <= high for level in levels), len(levels))
    radius = round(RADIUS_SHARE * size[1], 1)
    marks = [places for _, places in answers.values() if places]
    choices = list(_choices(marks, _peaks(marks, size, radius), size, radius)) if len(marks) >= FEWEST_PEOPLE else []
    if not choices:
        raise UnfitError(f"fewer than {PLACE_RATE:.0%} mark the same places")
    telling, points, matches, rate = max(choices)
    telling += _told(level_rate, width)
    return Agreed(len(levels), (low, high), level_rate, points, radius, matches, rate, telling)


def _rate(passed: int, of: int) -> float:
    """A share as Laplace told it: never none, never all."""
    return round((passed + 1) / (of + 2), 3)


def _told(rate: float, chance: float) -> float:
    return rate * math.log(rate / chance) + (1 - rate) * math.log((1 - rate) / (1 - chance))


def _peaks(marks: Sequence[Sequence[Point]], size: tuple[int, int], radius: float) -> tuple[tuple[int, int], ...]:
    """Where most people marked, one place after another, two radii apart."""
    columns, rows = np.meshgrid(np.arange(CELL_PX // 2, size[0], CELL_PX), np.arange(CELL_PX // 2, size[1], CELL_PX))
    density = np.zeros(rows.shape)
    for places in marks:
        for x, y in places:
            density += np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (radius**2 / 2)) / len(places)
    peaks: list[tuple[int, int]] = []
    for _ in range(MOST_PLACES):
        row, column = np.unravel_index(int(density.argmax()), density.shape)
        if density[row, column] <= 0:
            break
        x, y = int(columns[row, column]), int(rows[row, column])
        peaks.append((x, y))
        density[np.hypot(columns - x, rows - y) <= 2 * radius] = 0
    return tuple(peaks)


def _choices(
    marks: Sequence[Sequence[Point]], peaks: tuple[tuple[int, int], ...], size: tuple[int, int], radius: float
) -> Any:
    """How many places, and how many of them to be met: those that enough people meet, with what each tells."""
    rng, count = random.Random(1), round(float(np.median([len(places) for places in marks])))
    blind = [[(rng.uniform(0, size[0]), rng.uniform(0, size[1])) for _ in range(count)] for _ in range(CHANCE_TRIES)]
    for places, matches in product(range(1, len(peaks) + 1), range(1, MOST_PLACES + 1)):
        if matches > min(places, count):
            continue
        points = peaks[:places]
        met, by_chance = (
            _rate(sum(match_count(each, points, radius) >= matches for each in group), len(group))
            for group in (marks, blind)
        )
        if met >= PLACE_RATE and met > by_chance:
            yield _told(met, by_chance), points, matches, met


def find_gold(folder: Path, found: FoundAnswers, name: str, most: int) -> GoldPlan:
    """The ladders of an earlier study that can be gold in a batch, as many as are asked for, of early and late levels alike.

    InputError, saying why, where none can. Of the people nothing is kept but the answers they agree on.
    """
    batch = load_batch(folder)
    sets = study_sets(batch)
    name = checked_name(batch, name or f"gold-{found.name}"[:LONGEST_NAME])
    refused: Counter[str] = Counter()
    kept: list[Fit] = []
    for row in found.tables["images"].filter(found.tables["images"]["role"] == "study").iter_rows(named=True):
        key = (row["images"], row["source"])
        try:
            images = _set_like(row, found.sets.get(row["images"]), sets)
            path = _picture(batch, found, key, (row["width"], row["height"]))
            answers = answers_of(found, row["ladder"])
            answer = agreed(answers, row["level_max"], (row["width"], row["height"]))
            kept.append(Fit(answer, images, row["source"], path))
        except UnfitError as why:
            refused[str(why)] += 1
    if not kept:
        problem = f"no ladder can be gold: {'; '.join(f'{count} as {why}' for why, count in refused.most_common()) or 'there is none'}"
        raise InputError(Fault(found.where, "", problem, "more ratings, or `hitgen gold --source PHOTO`"))
    return _plan(batch, name, spread_out(kept, most), refused, found.own)


def spread_out(kept: Sequence[Fit], most: int) -> list[Fit]:
    """The most telling ladder of each of so many groups, from early to late windows, the most telling of them first.

    The most telling of all lie at one end of the study's levels, and what is seen of pictures would tell them.
    """
    ordered, count = sorted(kept, key=lambda each: sum(each.answer.level)), min(most, len(kept))
    groups = [ordered[len(ordered) * at // count : len(ordered) * (at + 1) // count] for at in range(count)]
    return sorted((max(group, key=_telling) for group in groups), key=_telling, reverse=True)


def _telling(each: Fit) -> float:
    return each.answer.telling


def _plan(batch: Batch, name: str, kept: Sequence[Fit], refused: Counter[str], own: bool) -> GoldPlan:
    files: dict[str, bytes] = {}
    text, told = "", []
    for number, images in enumerate({each.images.name: each.images for each in kept}.values()):
        of_set = checked_name(batch, name if not number else f"{name}-{images.name}"[:LONGEST_NAME])
        text += set_text(images, of_set, "gold", f"gold/{name}/{images.name}/*.png")
        for answer, _, source, path in (each for each in kept if each.images == images):
            files[f"{images.name}/{source}.png"] = png(open_source(path).pixels)
            text += question_text(of_set, _answer(answer), source)
            told.append(
                f"{of_set}/{source}: levels {answer.level[0]} to {answer.level[1]} ({answer.level_rate:.0%} of {answer.people} "
                f"people), {answer.matches} of {len(answer.points)} places ({answer.place_rate:.0%})"
            )
    told += [f"left out: {count}, as {why}" for why, count in refused.most_common()]
    if own:
        told.append("These are still study pictures here: take them out of the study's images before it goes on")
    return GoldPlan(name, "gold", tuple(told), files, text)


def _answer(answer: Agreed) -> dict[str, Any]:
    return {
        "level": answer.level, "points": answer.points, "radius_px": answer.radius_px, "matches": answer.matches,
        "level_rate": answer.level_rate, "place_rate": answer.place_rate,
    }  # fmt: skip


def answers_of(found: FoundAnswers, ladder: str) -> Answers:
    """What each person whose work is used answered of a ladder, the first time."""
    ratings = found.tables["ratings"]
    used = (ratings["role"] == "study") & (ratings["use"] == "use") & (ratings["ladder"] == ladder)
    rows = ratings.filter(used).unique("worker", keep="first", maintain_order=True)
    marks = _marks(found.tables["clicks"], ladder)
    return {
        row["worker"]: (row["level"], marks.get((row["assignment"], row["trial"]), ()))
        for row in rows.iter_rows(named=True)
    }


def _marks(clicks: polars.DataFrame, ladder: str) -> Mapping[tuple[str, str], tuple[Point, ...]]:
    found: dict[tuple[str, str], list[Point]] = {}
    for row in clicks.filter(clicks["ladder"] == ladder).iter_rows(named=True):
        found.setdefault((row["assignment"], row["trial"]), []).append((row["x"], row["y"]))
    return {key: tuple(points) for key, points in found.items()}


def _set_like(row: Mapping[str, Any], theirs: AnyImageSet | None, ours: Sequence[AnyImageSet]) -> AnyImageSet:
    """The study's set that such a ladder cannot be told from."""
    for images in ours:
        alike = theirs is None or theirs.model_dump(exclude=NOT_COPIED) == images.model_dump(exclude=NOT_COPIED)
        if images.codec == row["codec"] and images.level_count == row["level_max"] and alike:
            return images
    raise UnfitError("no study set here has their codec and levels")


def _picture(batch: Batch, found: FoundAnswers, key: tuple[str, str], size: tuple[int, int]) -> Path:
    """The file of its source; UnfitError where it is not there, has another size, or is in the study."""
    path = found.pictures.get(key)
    if path is None:
        raise UnfitError("its picture is not there")
    study = [ladder for ladder in batch.ladders if ladder.images.role == "study"]
    if open_source(path).pixels.size != size:
        raise UnfitError("its picture has another size than the one that was rated")
    if not found.own and same_picture(path, study):
        raise UnfitError("it is a picture of this study too")
    wanted = {open_source(ladder.path).pixels.size for ladder in study[:1]}
    if size not in wanted:
        raise UnfitError("it has another size than this study's pictures")
    return path
