"""What the frames of a ladder are like, measured once and cached: error, sizes, flash area; and what looks wrong."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from hitgen.config.hit import Display
from hitgen.lib.files import write_whole
from hitgen.manifest import Ladder
from hitgen.stimuli.flash import flash_area_sr
from hitgen.stimuli.packs import Pack, pack_path, read_pack

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


def measure_pack(pack: Pack, display: Display) -> Measured:
    """Decode every frame of a pack once and measure it against the source."""
    source = _pixels(pack, 0)
    mse, flash = [], []
    for number in range(len(pack.frames)):
        frame = _pixels(pack, number)
        mse.append(float(np.mean((source.astype(np.int32) - frame) ** 2)))
        flash.append(flash_area_sr(source, frame, display))
    levels = pack.levels
    return Measured(
        tuple(mse[number] for number in levels),
        tuple(len(pack.frames[number].content) for number in levels),
        tuple(flash[number] for number in levels),
        tuple(sorted({frame.type for frame in pack.frames[1:]})),
    )


def measure_ladders(
    ladders: Sequence[Ladder], packs: Path, cache: Path, display: Display, workers: int | None = None
) -> dict[str, Measured]:
    """The measurements of every ladder by its key, on all cores, cached by pack and display."""
    cache.mkdir(parents=True, exist_ok=True)
    shown = hashlib.sha256(display.model_dump_json().encode()).hexdigest()[:16]
    tasks = [(pack_path(packs, ladder.pack), cache / f"{ladder.pack}-{shown}.json", display) for ladder in ladders]
    todo = [task for task in dict.fromkeys(tasks) if not task[1].is_file()]
    if len(todo) > 1 and workers != 1:
        with ProcessPoolExecutor(min(workers or os.cpu_count() or 1, len(todo))) as pool:
            list(pool.map(_measure, todo))
    else:
        for task in todo:
            _measure(task)
    found = [json.loads(task[1].read_bytes()) for task in tasks]
    return {
        ladder.key: Measured(**{key: tuple(values) for key, values in record.items()})
        for ladder, record in zip(ladders, found, strict=True)
    }


def _measure(task: tuple[Path, Path, Display]) -> None:
    pack, record, display = task
    write_whole(record, json.dumps(asdict(measure_pack(read_pack(pack.read_bytes()), display))).encode())


def _pixels(pack: Pack, number: int) -> np.ndarray:
    with Image.open(io.BytesIO(pack.frames[number].content)) as image:
        return np.asarray(image.convert("RGB"))


def ladder_warnings(ladders: Sequence[Ladder], measured: dict[str, Measured]) -> list[str]:
    """What looks wrong with the ladders of a batch, in words."""
    study = [ladder for ladder in ladders if ladder.role == "study"]
    types = {kind for ladder in study for kind in measured[ladder.key].types}
    warnings = []
    for ladder in ladders:
        warnings += [f"{ladder.key}: {problem}" for problem in _shape_warnings(ladder, measured[ladder.key])]
        if ladder.role == "gold" and study:
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
