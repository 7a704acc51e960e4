"""`hitgen init`: from a folder of photographs to a study that can be worked: sizes, levels, training and gold fitted to them."""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PIL import Image, ImageOps

from hitgen.batch.new import Beginning, Recipe, sort_out, write_new
from hitgen.batch.sources import LadderSource
from hitgen.config.hit import Display
from hitgen.config.images import JpegSet
from hitgen.config.kinds import DEFAULT_METHOD, METHODS, RECRUITERS
from hitgen.config.read import read_config
from hitgen.errors import CONFIG_NAME, InputError, at_option, raise_faults
from hitgen.lib.files import in_one_of
from hitgen.lib.pictures import upright_size
from hitgen.lib.progress import OnProgress, counted, silent
from hitgen.methods.base import method_of
from hitgen.stimuli.estimate import estimate_ladder
from hitgen.stimuli.flash import MOST_FLASHES_PER_S, flash_of
from hitgen.stimuli.sources import open_source

Fit = Literal["crop", "scale", "keep"]
Size = tuple[int, int]
USUAL_SIZE = (640, 480)
"""The size of the pictures of KonJND-1k and its kin, whose ladders are made and shown in no time."""
KEPT_PX = 1_000_000
"""Pictures of one size are left as they are up to so many pixels."""
FEWEST_LEVELS = 60
"""A ladder with fewer levels hides the answers of many people."""
LEVEL_STEP = 5
LONGEST_PAGE = 8
"""Study trials a page, at most."""
ONSETS = (30, 42, 24, 36, 48, 20)


@dataclass(frozen=True)
class Started:
    """A new batch folder: how many images it has, what was left out and why, and what was fitted how."""

    images: int
    left_out: tuple[str, ...]
    told: tuple[str, ...]
    gold: bool
    """Whether gold can be made for it."""


def start(
    folder: Path,
    images: Path,
    recruiter: str = "link",
    training: Sequence[Path] = (),
    gold: Sequence[Path] = (),
    fit: Fit | None = None,
    size: Size = USUAL_SIZE,
    progress: OnProgress = silent,
    method: str = DEFAULT_METHOD,
) -> Started:
    """Make a batch folder from the images of another, whole or not at all, with training and gold ladders where photographs for
    them are named.

    `fit` is `crop` (scaled and cut to `size`), `scale` (scaled into it), `keep`; None: `keep` where all pictures have one
    moderate size or `method` shows a crop of each, else `crop`. InputError where the folder has something in it, or a picture
    cannot be used.
    """
    begins = _beginning(method, {"--training": training, "--gold": gold})
    training, gold = ([in_one_of(path, [images]) for path in paths] for paths in (training, gold))
    found, left_out, faults = sort_out(images, [*training, *gold])
    sizes = Counter(each for path in [*found, *training, *gold] if (each := upright_size(path)))
    one_size = len(sizes) == 1 and math.prod(next(iter(sizes))) <= KEPT_PX
    fit = fit or ("keep" if begins.crop or one_size else "crop")
    size = _possible(size, sizes)
    study = min(begins.study, len(found)) if begins.study else _study(len(found), len(gold))
    recipe = Recipe(RECRUITERS.get(recruiter).model, begins, study=study, gold=len(gold))
    recipe = replace(recipe, repeats=0 < len(gold) < math.ceil(len(found) / study))
    told: list[str] = []
    with tempfile.TemporaryDirectory(prefix="hitgen-", ignore_cleanup_errors=True) as name:
        fitted = []
        for path in counted("pictures", found, progress):
            try:
                fitted.append(_fitted(path, fit, size, Path(name), told))
            except InputError as error:  # the others are looked at all the same, so that all are told at once
                faults += error.faults
        raise_faults(faults)
        recipe, why = _safe(recipe, fitted, progress) if not begins.crop else _cropped(recipe, begins.crop, fitted)
        told += why

        def finish(partial: Path) -> None:
            photographs: dict[str, Sequence[Path]] = {"training": training, "gold": gold}
            lines = _with_answers(partial, photographs, fit, size, Path(name), progress)
            told.extend(line.replace(str(partial), str(folder)) for line in lines)

        write_new(folder, recipe, fitted, finish)
    return Started(len(found), tuple(left_out), tuple(told), begins.gold)


def _beginning(method: str, photographs: Mapping[str, Sequence[Path]]) -> Beginning:
    """What the method has to say of a new batch; InputError where it has nothing, and for photographs that it makes nothing of."""
    known = METHODS.get(method)
    begins: Beginning | None = known.beginning
    if begins is None:
        raise InputError(at_option("--method", f"{method!r} does not say what a new batch has", "a batch.toml by hand"))
    for option, paths in photographs.items():
        if paths and not begins.gold:
            [fault] = known.no_gold().faults
            raise InputError(at_option(option, fault.problem, f"no {option}, and {fault.remedy}"))
    return begins


def _study(pictures: int, golds: int) -> int:
    """Study trials a page: as many pages as gold questions, if they are not too long, and all pages alike."""
    pages = max(golds, math.ceil(pictures / LONGEST_PAGE)) if golds else math.ceil(pictures / 2)
    return max(1, math.ceil(pictures / max(1, pages)))


def _possible(size: Size, sizes: Counter[Size]) -> Size:
    """The wanted size upright where most pictures are, and smaller where the smallest has less: nothing is enlarged."""
    upright = sum(count for (width, height), count in sizes.items() if height > width)
    width, height = (min(size), max(size)) if upright > sizes.total() / 2 else size
    share = min([1.0, *(min(across / width, down / height) for across, down in sizes)])
    return max(1, math.floor(width * share)), max(1, math.floor(height * share))


def _fitted(path: Path, fit: Fit, size: Size, scratch: Path, told: list[str]) -> Path:
    """The picture as it comes into the study; what was done to it is told."""
    source = open_source(path, str(path)).pixels
    if fit == "keep" or source.size == size:
        return path
    how = ImageOps.fit if fit == "crop" else ImageOps.contain
    picture: Image.Image = how(source, size, Image.Resampling.LANCZOS)
    cut = 1 - (size[0] / size[1]) / (source.width / source.height) if fit == "crop" else 0.0
    share = max(cut, 1 - 1 / (1 - cut)) if cut else 0.0
    words = f", {share:.0%} of it cut off at the edges" if share >= 0.005 else ""
    told.append(f"{path.name}: {source.width}x{source.height}, scaled to {picture.width}x{picture.height}{words}")
    made = scratch / f"{path.stem}.png"
    picture.save(made)
    return made


def _safe(recipe: Recipe, pictures: Sequence[Path], progress: OnProgress) -> tuple[Recipe, list[str]]:
    """The recipe with as many levels as flash no more than WCAG 2.3.1 permits, or a slower flicker."""
    steps = [
        {"level": number, "quality": max(1, 101 - number * LEVEL_STEP)} for number in range(1, 100 // LEVEL_STEP + 1)
    ]
    images = JpegSet(name="study", sources="*", codec="jpeg", levels=tuple(steps))
    first: list[tuple[int, str]] = []
    for path in counted("flashes", pictures, progress):
        _, look = estimate_ladder(LadderSource(images, path.stem, path, path.parent))
        found = flash_of(path.name, [recipe.beginning.at_once * area for area in look.on(Display()).flash_sr])
        if found.first_beyond is not None:
            first.append((found.first_beyond * LEVEL_STEP, path.name))
    if not first:
        return recipe, []
    beyond, name = min(first)
    levels = beyond - 2 * LEVEL_STEP
    seen = f"{name} flashes beyond WCAG 2.3.1 from about level {beyond} on"
    if levels >= FEWEST_LEVELS:
        return replace(recipe, levels=levels, levels_why=f"; {seen}"), [f"levels = {levels}: {seen}"]
    swaps = 2 * MOST_FLASHES_PER_S
    told = f"swaps_per_second = {swaps:g}, which is no hazard: {seen}"
    return replace(recipe, swaps=swaps, swaps_why=f"; at {swaps:g} no picture is a hazard"), [told]


def _cropped(recipe: Recipe, crop: Size, pictures: Sequence[Path]) -> tuple[Recipe, list[str]]:
    """The recipe with the crop that a method begins with, smaller where a picture is; both sides even."""
    sizes = [size for path in pictures if (size := upright_size(path))]
    across, down = (min([wanted, *(size[side] for size in sizes)]) // 2 * 2 for side, wanted in enumerate(crop))
    told = f"crop = [{across}, {down}] instead of [{crop[0]}, {crop[1]}], as the smallest picture has no more"
    return replace(recipe, crop=(across, down)), [told] if (across, down) != crop else []


def _with_answers(
    folder: Path, photographs: dict[str, Sequence[Path]], fit: Fit, size: Size, scratch: Path, progress: OnProgress
) -> list[str]:
    """Training and gold ladders from photographs, each with an onset of its own, which hides gold as well as can be."""
    told: list[str] = []
    method = method_of(read_config(folder / CONFIG_NAME))
    wanted = [(role, path) for role, paths in photographs.items() for path in paths]
    studied = upright_size(next((folder / "images").iterdir())) or size
    for number, (role, path) in enumerate(counted("training and gold", wanted, progress)):
        ready = _fitted(path, "keep" if fit == "keep" else "crop", studied, scratch, told)
        onset = ONSETS[number % len(ONSETS)]
        try:
            plan = method.plan_gold(folder, ready, role, None if role == "gold" else onset, "", number + 1)
        except InputError:  # it cannot hide: a study begins all the same, and is told
            plan = method.plan_gold(folder, ready, role, onset, "", number + 1)
        method.add_gold(folder, plan)
        told += plan.told
    return told
