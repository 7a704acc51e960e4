"""`hitgen gold`: a gold or training ladder like the study's, written into a batch."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, ImageDraw

from hitgen.batch.load import Batch, load_batch
from hitgen.config.hit import Display
from hitgen.config.images import JpegSet
from hitgen.errors import CONFIG_NAME, Fault, InputError, at_option, in_config
from hitgen.lib.files import write_whole
from hitgen.lib.progress import OnProgress, silent
from hitgen.manifest import BuildFolder
from hitgen.methods import base
from hitgen.methods.pjnd.gold_ladder import LARGEST_STEP, UNFINISHED, Gold, is_unfinished, make_gold, write_gold
from hitgen.methods.pjnd.gold_planted import PlantedGold, make_planted, write_planted
from hitgen.stimuli.alike import same_picture
from hitgen.stimuli.flash import LIMIT_SR, flash_area_sr
from hitgen.stimuli.form import in_form
from hitgen.stimuli.make import make_ladders
from hitgen.stimuli.packs import pack_path, read_pack
from hitgen.stimuli.sources import open_source

STUDY_LADDERS = 8
"""So many study ladders, at most, are measured for the sizes that gold has to follow."""
LONGEST_NAME = 64
STEPS = (LARGEST_STEP, 45.0, 32.0, 24.0)
"""How far the places change at most: the first with which nothing flashes beyond the limit."""
FORMS = {"jpeg": "JPEG", "webp": "WEBP"}
AnyGold = TypeVar("AnyGold", Gold, PlantedGold)


@dataclass(frozen=True)
class GoldPlan(base.GoldPlan):
    """A made ladder that waits for approval: its TOML is what will be added to batch.toml."""

    gold: Gold | PlantedGold


def plan_gold(
    folder: Path, source: Path, role: str, onset: int, name: str = "", seed: int = 1, progress: OnProgress = silent
) -> GoldPlan:
    """Make the ladder and a picture of it for approval; nothing of the batch is changed yet."""
    batch = load_batch(folder)
    study = [ladder for ladder in batch.ladders if ladder.images.role == "study" and ladder.images.codec in FORMS]
    if not study:
        raise InputError(
            in_config(
                "images",
                "gold is made like a study set in jpeg or webp, and there is none",
                'codec = "jpeg"',
            )
        )
    alike = [ladder for ladder in study if ladder.images == study[0].images][:STUDY_LADDERS]
    name = name or re.sub(r"[^A-Za-z0-9_-]", "-", f"{role}-{source.stem}")[:LONGEST_NAME]
    _check_name(name)
    made_in = folder / "gold" / name
    if (made_in.exists() and not is_unfinished(made_in)) or any(images.name == name for images in batch.config.images):
        raise InputError(Fault(str(folder), "", f"the batch has a ladder {name!r} already", "--name with another name"))
    opened = open_source(source, str(source)).pixels
    studied = same_picture(source, [ladder for ladder in batch.ladders if ladder.images.role == "study"])
    if studied:
        problem = f"it shows the study picture {studied.key}, whose answer nobody knows"
        raise InputError(Fault(str(source), "", problem, "a photograph that is not in the study"))
    output = BuildFolder(folder)
    images = study[0].images
    sources, _ = in_form(batch, study)
    is_made = {source.key for source in sources if source.made}
    alike = [replace(ladder, made=ladder.key in is_made) for ladder in alike]
    made = make_ladders(alike, output.packs, output.cache / "ladders", progress=progress)
    size = (made.ladders[0].width, made.ladders[0].height)
    if opened.size != size:
        remedy = f"cropping and scaling it to {size[0]}x{size[1]}"
        problem = f"it is {opened.width}x{opened.height}, unlike the study images, and would stand out"
        raise InputError(Fault(str(source), "", problem, remedy))
    packs = [read_pack(pack_path(output.packs, ladder.pack).read_bytes()) for ladder in made.ladders]
    gold: Gold | PlantedGold
    if isinstance(images, JpegSet) and made.ladders[0].made:
        weights = [len(pack.source.content) for pack in packs]
        planted = make_planted(opened, onset, weights, images, seed, str(source))
        gold = _harmless(batch, planted.changing, source)
    else:
        like = [[len(pack.frame(level).content) for level in range(len(pack.levels))] for pack in packs]
        form = FORMS[images.codec]
        gold = _harmless(batch, lambda step: make_gold(opened, onset, like, seed, str(source), form, step), source)
    picture = output.cache / f"{name}.png"
    shown = io.BytesIO()
    _approval_picture(gold).save(shown, "PNG")
    write_whole(picture, shown.getvalue(), private=True)  # it shows the right answer
    low, high = gold.level
    told = (
        f"{name}: flicker begins at level {low}; accepted {low} to {high}",
        f"The three places are circled in {picture}",
    )
    return GoldPlan(name, role, told, gold)


def _harmless(batch: Batch, made: Callable[[float], AnyGold], source: Path) -> AnyGold:
    """The gold whose places change as much as can be without a flash beyond the limit that the study keeps."""
    display = batch.config.display
    for step in STEPS:
        gold = made(step)
        if display.accept_flash_hazard or not _is_hazard(gold, display):
            return gold
    problem = "its places flash beyond WCAG 2.3.1 however little they change"
    raise InputError(Fault(str(source), "", problem, "another photograph, or fewer levels for the study"))


def _is_hazard(gold: Gold | PlantedGold, display: Display) -> bool:
    pristine = np.asarray(gold.source)
    return any(flash_area_sr(pristine, pixels, display) > LIMIT_SR for pixels in gold.shown())


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name) or len(name) > LONGEST_NAME:
        problem = f"{name!r} is no name of an image set"
        raise InputError(at_option("--name", problem, f"at most {LONGEST_NAME} letters, digits, - and _"))


def add_gold(folder: Path, plan: GoldPlan) -> str:
    """Write the ladder's files and append its image set and question to batch.toml, where one of its kind stands on each page from then on; the text that was appended."""
    batch = load_batch(folder)
    study = next(ladder for ladder in batch.ladders if ladder.images.codec in FORMS)
    try:
        if isinstance(plan.gold, PlantedGold):
            text = write_planted(plan.gold, folder, plan.name, plan.role)
        else:
            text = write_gold(plan.gold, folder, plan.name, plan.role, FORMS[study.images.codec])
        path = folder / CONFIG_NAME
        # A batch that asks for none of its kind would never show it.
        config = re.sub(rf"(?m)^({plan.role} *= *)0\b", r"\g<1>1", path.read_bytes().decode(), count=1)
        write_whole(path, (config + text).encode())
    except BaseException:
        shutil.rmtree(folder / "gold" / plan.name, ignore_errors=True)
        raise
    (folder / "gold" / plan.name / UNFINISHED).unlink()
    return text


def _approval_picture(gold: Gold | PlantedGold) -> Image.Image:
    picture = gold.source.copy()
    draw = ImageDraw.Draw(picture)
    for x, y in gold.points:
        reach = gold.radius_px
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), outline=(255, 255, 255), width=3)
    return picture
