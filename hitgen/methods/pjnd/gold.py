"""`hitgen gold`: a gold or training ladder like the study's, written into a batch."""

from __future__ import annotations

import io
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from hitgen.batch.load import load_batch
from hitgen.errors import CONFIG_NAME, Fault, InputError, at_option, in_config
from hitgen.lib.files import write_whole
from hitgen.lib.progress import OnProgress, silent
from hitgen.manifest import BuildFolder
from hitgen.methods import base
from hitgen.methods.pjnd.gold_ladder import Gold, make_gold, write_gold
from hitgen.stimuli.alike import same_picture
from hitgen.stimuli.make import make_ladders
from hitgen.stimuli.packs import pack_path, read_pack
from hitgen.stimuli.sources import open_source

STUDY_LADDERS = 8
"""So many study ladders, at most, are measured for the sizes that gold has to follow."""
LONGEST_NAME = 64
FORMS = {"jpeg": "JPEG", "webp": "WEBP"}


@dataclass(frozen=True)
class GoldPlan(base.GoldPlan):
    """A made ladder that waits for approval: its TOML is what will be added to batch.toml."""

    gold: Gold


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
    codec = study[0].images.codec
    alike = [ladder for ladder in study if ladder.images == study[0].images][:STUDY_LADDERS]
    name = name or re.sub(r"[^A-Za-z0-9_-]", "-", f"{role}-{source.stem}")[:LONGEST_NAME]
    _check_name(name)
    if (folder / "gold" / name).exists() or any(images.name == name for images in batch.config.images):
        raise InputError(Fault(str(folder), "", f"the batch has a ladder {name!r} already", "--name with another name"))
    opened = open_source(source, str(source)).pixels
    studied = same_picture(source, [ladder for ladder in batch.ladders if ladder.images.role == "study"])
    if studied:
        problem = f"it shows the study picture {studied.key}, whose answer nobody knows"
        raise InputError(Fault(str(source), "", problem, "a photograph that is not in the study"))
    output = BuildFolder(folder)
    made = make_ladders(alike, output.packs, output.cache / "ladders", progress=progress)
    like = []
    for ladder in made.ladders:
        pack = read_pack(pack_path(output.packs, ladder.pack).read_bytes())
        like.append([len(pack.frame(level).content) for level in range(len(pack.levels))])
    size = (made.ladders[0].width, made.ladders[0].height)
    if opened.size != size:
        remedy = f"cropping and scaling it to {size[0]}x{size[1]}"
        raise InputError(
            Fault(
                str(source),
                "",
                f"it is {opened.width}x{opened.height}, unlike the study images, and would stand out",
                remedy,
            )
        )
    gold = make_gold(opened, onset, like, seed, str(source), FORMS[codec])
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


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name) or len(name) > LONGEST_NAME:
        problem = f"{name!r} is no name of an image set"
        raise InputError(at_option("--name", problem, f"at most {LONGEST_NAME} letters, digits, - and _"))


def add_gold(folder: Path, plan: GoldPlan) -> str:
    """Write the ladder's files and append its image set and question to batch.toml; the text that was appended."""
    batch = load_batch(folder)
    study = next(ladder for ladder in batch.ladders if ladder.images.codec in FORMS)
    try:
        text = write_gold(plan.gold, folder, plan.name, plan.role, FORMS[study.images.codec])
        with (folder / CONFIG_NAME).open("a", encoding="utf-8") as file:
            file.write(text)
    except BaseException:
        shutil.rmtree(folder / "gold" / plan.name, ignore_errors=True)
        raise
    return text


def _approval_picture(gold: Gold) -> Image.Image:
    picture = gold.source.copy()
    draw = ImageDraw.Draw(picture)
    for x, y in gold.points:
        reach = gold.radius_px
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), outline=(255, 255, 255), width=3)
    return picture
