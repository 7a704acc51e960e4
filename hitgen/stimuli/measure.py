"""What the frames of a ladder are like, measured once and cached: error, sizes, flash area; and what looks wrong."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from hitgen.config.hit import Display
from hitgen.lib.files import write_whole
from hitgen.lib.processes import shared
from hitgen.lib.progress import OnProgress
from hitgen.manifest import Ladder
from hitgen.stimuli.flash import areas_sr, light_of
from hitgen.stimuli.packs import Frame, Pack, open_pack, pack_path
from hitgen.stimuli.shown import PackPixels
from hitgen.stimuli.tiles import Tiles, tiles_of
from hitgen.stimuli.views import PLACES, View, as_it_is, composed

Task = TypeVar("Task")
MADE = "made"
"""Where others have the type of their frames."""
IDENTICAL_RUN = 3
"""A run of this many levels with one frame is told: a worker cannot choose between them."""
ERROR_DROP = 0.3
"""Error may fall a little from one level to the next (JPEG's rounding does by up to a tenth); a fall by more is told."""

UNSEEN_MSE = 6.5
"""40 dB: below this, error is not seen and may go up and down."""
SMALLEST_SHARE, LARGEST_SHARE = 0.8, 1.25
"""A gold pack this far below or above all study packs is told."""


@dataclass(frozen=True)
class Measured:
    """Per level 0..L: mean squared error in RGB, bytes, and flashing area in steradians; the frames' types."""

    mse: tuple[float, ...]
    bytes: tuple[int, ...]
    flash_sr: tuple[float, ...]
    types: tuple[str, ...]


@dataclass(frozen=True)
class Look:
    """What was seen of a ladder's frames, whatever the display is: per level, errors, bytes and flashing source pixels in cells."""

    mse: NDArray[np.float64]
    bytes: NDArray[np.int64]
    counts: NDArray[np.float32]
    cell_px: int
    width: int
    types: tuple[str, ...]

    def on(self, display: Display) -> Measured:
        """The measurements on a display."""
        flash_sr = areas_sr(self.counts, self.cell_px, self.width, display)
        return Measured(tuple(map(float, self.mse)), tuple(map(int, self.bytes)), tuple(flash_sr), self.types)


def look_at(pack: Pack, tiles: Tiles, taken: bool = False, view: View | None = None) -> Look:
    """Look at every picture that a pack's levels show once and hold it against the source; of large pictures, tiles alone.

    `taken`: the pack's pictures are such tiles already. `view`: what is shown of it, if not each level as it is.
    """
    shown = PackPixels(pack)
    seen_as = view or as_it_is(len(pack.levels) - 1)
    pairs: list[tuple[int, tuple[int, ...]]] = [(pack.levels[0], ())]
    for around, inside in map(seen_as.at, range(1, len(pack.levels))):
        pairs.append((pack.levels[around], tuple(pack.levels[each] for each in inside)))

    @lru_cache(PLACES)
    def within(number: int) -> NDArray[np.uint8]:  # a place keeps its frame for many levels
        return shown.of(pack.frames[number])

    def seen(around: int, inside: tuple[int, ...]) -> NDArray[np.uint8]:
        picture = shown.of(pack.frames[around])
        if inside:
            picture = composed(picture, [within(number) for number in inside], seen_as)
        return picture if taken else tiles.take(picture)

    numbers = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
    source = seen(*pairs[0])
    light, wide = light_of(source), source.astype(np.int16).ravel()
    mse, counts = [], []
    for pair in numbers:
        frame = seen(*pair)
        error = (wide - frame.ravel()).astype(np.float64)
        mse.append(float(np.dot(error, error)) / error.size)
        counts.append(tiles.counts(light.flashes(light_of(frame))))
    sizes = np.array([len(pack.frame(level).content) for level in range(len(pack.levels))])
    order = [numbers[pair] for pair in pairs]
    return Look(
        np.array(mse)[order], sizes, np.array(counts)[order], tiles.step_px, tiles.width,
        tuple(sorted({frame.type if isinstance(frame, Frame) else MADE for frame in pack.frames[1:]})),
    )  # fmt: skip


def measure_ladders(
    ladders: Sequence[Ladder],
    packs: Path,
    cache: Path,
    display: Display,
    workers: int | None,
    progress: OnProgress,
    views: Mapping[str, View],
) -> dict[str, Measured]:
    """The measurements of every ladder by its key, on all cores, cached by pack: another display measures nothing again.

    `views`: what is shown of some of them, by key, if not each level as it is.
    """
    cache.mkdir(parents=True, exist_ok=True)
    tasks: list[_Task] = []
    for ladder in ladders:
        view = views.get(ladder.key)
        name = f"{ladder.pack}-{view.digest}" if view else ladder.pack
        tasks.append((pack_path(packs, ladder.pack), cache / f"{name}.npz", view))
    todo = [task for task in dict.fromkeys(tasks) if not is_look(task[1])]
    on_all_cores(_look_into, todo, workers, "measuring", progress)
    return {ladder.key: read_look(path).on(display) for ladder, (_, path, _) in zip(ladders, tasks, strict=True)}


_Task = tuple[Path, Path, View | None]


def on_all_cores(
    work: Callable[[Task], None], todo: Sequence[Task], workers: int | None, step: str, progress: OnProgress
) -> None:
    """Do independent pieces of work in processes, counting them."""
    for number, _ in enumerate(shared(work, todo, workers), start=1):
        progress(step, number, len(todo))


def _look_into(task: _Task) -> None:
    pack, record, view = task
    opened = open_pack(pack)
    write_look(record, look_at(opened, tiles_of(opened.width, opened.height), view=view))


def write_look(path: Path, look: Look) -> None:
    """Keep a look in a file."""
    file = io.BytesIO()
    np.savez_compressed(
        file, mse=look.mse, bytes=look.bytes, counts=look.counts, size=np.array([look.cell_px, look.width]),
        types=np.array(look.types, dtype=np.str_),
    )  # fmt: skip
    write_whole(path, file.getvalue())


def is_look(path: Path) -> bool:
    """Whether a look was kept in a file, and can be read."""
    try:
        read_look(path)
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return False
    return True


def read_look(path: Path) -> Look:
    """The look that `write_look` kept."""
    with path.open("rb") as file, np.load(file) as kept:
        cell_px, width = map(int, kept["size"])
        return Look(kept["mse"], kept["bytes"], kept["counts"], cell_px, width, tuple(map(str, kept["types"])))


def ladder_warnings(ladders: Sequence[Ladder], measured: dict[str, Measured], estimated: Collection[str]) -> list[str]:
    """What looks wrong with the ladders of a batch, in words; the bytes of `estimated` ones are told of nobody."""
    study = [ladder for ladder in ladders if ladder.role == "study"]
    types = {kind for ladder in study for kind in measured[ladder.key].types}
    warnings = []
    for ladder in ladders:
        warnings += [f"{ladder.key}: {problem}" for problem in _shape_warnings(ladder, measured[ladder.key])]
        if ladder.role == "gold" and study and not any(each.key in estimated for each in study):
            warnings += [f"{ladder.key}: it stands out: {problem}" for problem in _gold_warnings(ladder, study)]
            if not set(measured[ladder.key].types) <= types:
                warnings.append(
                    f"{ladder.key}: it stands out: its frames are of other types than those of study ladders"
                )
    return warnings


def _shape_warnings(ladder: Ladder, measured: Measured) -> Iterator[str]:
    level = 0
    runs = []
    for _, same in itertools.groupby(entry.frame for entry in ladder.levels):
        length = len(list(same))
        if length >= IDENTICAL_RUN:
            runs.append(f"{level} to {level + length - 1}")
        level += length
    if runs:
        shown = ", ".join(runs[:5]) + (" and more" if len(runs) > 5 else "")
        yield f"levels {shown} show one and the same frame; nobody can choose between them"
    errors = list(itertools.pairwise(measured.mse))
    falls = [
        level
        for level, (before, after) in enumerate(errors, 1)
        if max(before, after) > UNSEEN_MSE and after < (1 - ERROR_DROP) * before
    ]
    if falls:
        yield f"the error falls from level {falls[0] - 1} to {falls[0]}; levels should grow worse"


def _gold_warnings(gold: Ladder, study: Sequence[Ladder]) -> Iterator[str]:
    distinct, usual = _distinct(gold), min(_distinct(ladder) for ladder in study)
    if distinct < 0.9 * usual:
        yield f"{distinct} distinct frames, where study ladders have {usual} or more"
    low, high = min(ladder.bytes for ladder in study), max(ladder.bytes for ladder in study)
    if not SMALLEST_SHARE * low <= gold.bytes <= LARGEST_SHARE * high:
        yield f"{gold.bytes} bytes, where study ladders have {low} to {high}"


def _distinct(ladder: Ladder) -> int:
    return len({level.frame for level in ladder.levels})
