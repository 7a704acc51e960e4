"""Making a batch's ladders: all cores, cached by content, safe to kill at any moment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from hitgen.batch.sources import LadderSource
from hitgen.errors import Fault, InputError
from hitgen.lib.files import write_whole
from hitgen.lib.processes import shared
from hitgen.lib.progress import OnProgress, silent
from hitgen.manifest import Ladder
from hitgen.stimuli.alike import double_faults
from hitgen.stimuli.cluster import on_cluster
from hitgen.stimuli.codecs import WEBP_MAX_SIDE_PX
from hitgen.stimuli.ladders import cache_key, make_ladder
from hitgen.stimuli.packs import pack_path


@dataclass(frozen=True)
class Made:
    """The ladders in the order asked for, and how many of them had to be encoded."""

    ladders: tuple[Ladder, ...]
    encoded: int
    carried_because: str = ""
    """Why frames that pages could make are carried after all."""


def make_ladders(
    sources: Sequence[LadderSource],
    packs: Path,
    cache: Path,
    workers: int | None = None,
    progress: OnProgress = silent,
    scheduler: str | None = None,
) -> Made:
    """Every ladder's pack in `packs`, byte for byte what a serial run gives.

    A ladder whose inputs are known is taken from the cache if its pack is there in full length: packs appear under
    their final name only when whole, so a killed run leaves none that is cut short. The faults of all sources are
    raised together, after the others are done; until there are none, new packs wait in the cache. With `scheduler`, the
    address of a Dask cluster, its workers do what processes on this machine would. Where one ladder that is to be made
    cannot be, as this machine's JPEGs show other pixels, all are carried.
    """
    waiting = cache / "packs"
    for folder in (cache, waiting):
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
    ladders, encoded = _all_of(sources, packs, cache, workers, progress, scheduler)
    why = unproved(sources, ladders)
    if why:
        carried = [replace(source, made=False) for source in sources]
        ladders, more = _all_of(carried, packs, cache, workers, progress, scheduler)
        encoded += more
    _hand_over(waiting, packs, {pack for ladder in ladders for pack in (ladder.pack, *ladder.packs)})
    return Made(tuple(ladders), encoded, why)


def unproved(sources: Sequence[LadderSource], ladders: Sequence[Ladder]) -> str:
    """Why the first ladder that was to be made is carried; empty where none is."""
    ladder = next(
        (ladder for source, ladder in zip(sources, ladders, strict=True) if source.made and not ladder.made), None
    )
    if ladder is None:
        return ""
    if max(ladder.width, ladder.height) > WEBP_MAX_SIDE_PX:
        return f"{ladder.key}: pages make frames of sources of at most {WEBP_MAX_SIDE_PX} pixels a side"
    return f"{ladder.key}: this machine's JPEGs do not show the pixels that pages make"


def _all_of(
    sources: Sequence[LadderSource],
    packs: Path,
    cache: Path,
    workers: int | None,
    progress: OnProgress,
    scheduler: str | None,
) -> tuple[list[Ladder], int]:
    """The ladders, new packs waiting in the cache, and how many of them are new."""
    waiting = cache / "packs"
    done: dict[int, Ladder] = {}
    faults: dict[int, Sequence[Fault]] = {}  # told in the order of the sources, whoever was done first
    missing: list[tuple[int, str]] = []
    for number, source in enumerate(sources):
        try:
            key = cache_key(source)
        except InputError as error:
            faults[number] = error.faults
            continue
        except OSError as error:
            problem = f"it cannot be read ({error.strerror})"
            faults[number] = [Fault(source.path.name, "", problem, "its path and permissions")]
            continue
        ladder = _cached(source, cache / f"{key}.json", (packs, waiting))
        if ladder is None:
            missing.append((number, key))
        else:
            named = {"images": source.images.name, "source": source.source, "role": source.images.role}
            done[number] = ladder.model_copy(update=named)
    progress("ladders", len(done), len(sources))
    tasks = [(number, sources[number]) for number, _ in missing]
    keys = dict(missing)
    results = on_cluster(scheduler, _attempt, tasks, waiting) if scheduler and tasks else _here(tasks, waiting, workers)
    for number, result in results:
        if isinstance(result, InputError):
            faults[number] = result.faults
        else:
            write_whole(cache / f"{keys[number]}.json", result.model_dump_json().encode())
            done[number] = result
        progress("ladders", len(done), len(sources))
    found = [fault for number in sorted(faults) for fault in faults[number]]
    found += double_faults(done[number] for number in sorted(done))
    if found:
        raise InputError(dict.fromkeys(found))
    return [done[number] for number in range(len(sources))], len(missing)


def made_before(source: LadderSource, packs: Path, cache: Path) -> bool:
    """Whether a ladder's pack is there from an earlier run; False where the source cannot be read."""
    try:
        return _cached(source, cache / f"{cache_key(source)}.json", (packs, cache / "packs")) is not None
    except (InputError, OSError):
        return False


def _cached(source: LadderSource, record: Path, folders: Sequence[Path]) -> Ladder | None:
    model = source.treatment.model if source.treatment else Ladder
    try:
        ladder = model.model_validate_json(record.read_bytes())
    except (OSError, ValueError):
        return None
    sizes = {ladder.pack: ladder.bytes, **ladder.packs}
    whole = all(any(_is_whole(pack_path(folder, name), size) for folder in folders) for name, size in sizes.items())
    return ladder if whole else None


def _is_whole(pack: Path, size_bytes: int) -> bool:
    try:
        return pack.stat().st_size == size_bytes
    except OSError:
        return False


def _hand_over(waiting: Path, packs: Path, wanted: set[str]) -> None:
    packs.mkdir(parents=True, exist_ok=True)
    for pack in waiting.glob("*.pack"):
        if pack.stem in wanted:
            pack.replace(packs / pack.name)


def _here(
    tasks: Sequence[tuple[int, LadderSource]], folder: Path, workers: int | None
) -> Iterator[tuple[int, Ladder | InputError]]:
    attempts = shared(partial(_attempt, folder=folder), [source for _, source in tasks], workers)
    return ((tasks[turn][0], result) for turn, result in attempts)


def _attempt(source: LadderSource, folder: Path) -> Ladder | InputError:
    try:
        return make_ladder(source, folder)
    except InputError as error:
        return error


def _sweep(folder: Path) -> None:
    """Remove what killed runs left half written; parts of runs that still live are theirs."""
    for left in folder.glob(".*.part"):
        pid = left.name.split(".")[-2]
        if not (pid.isdigit() and _alive(int(pid))):
            left.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    if os.name == "nt":
        return True  # there, signal 0 is a key press, not a question
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
