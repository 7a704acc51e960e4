"""`hitgen gold`: ladders with a known answer that look like the study's, written into a batch."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from hitgen.batch.load import Batch, load_batch
from hitgen.config.base import LONGEST_NAME
from hitgen.config.images import AnyImageSet
from hitgen.config.read import toml_of
from hitgen.errors import CONFIG_NAME, Fault, InputError, at_option, in_config
from hitgen.lib.files import write_whole
from hitgen.manifest import BuildFolder
from hitgen.methods import base
from hitgen.methods.pjnd.config import Question
from hitgen.methods.pjnd.gold_planted import Made, plant
from hitgen.stimuli.alike import same_picture
from hitgen.stimuli.codecs import encode_frame
from hitgen.stimuli.flash import LIMIT_SR, flash_area_sr
from hitgen.stimuli.sources import open_source
from hitgen.stimuli.views import composed

UNFINISHED = ".unfinished"
"""Lies in a ladder's folder until batch.toml names it."""
NOT_COPIED = {"name", "sources", "role"}


@dataclass(frozen=True)
class GoldPlan(base.GoldPlan):
    """Ladders that wait for approval: files below gold/NAME, and the TOML that will be added to batch.toml."""

    files: Mapping[str, bytes]
    text: str


def plan_gold(
    folder: Path, source: Path, role: str, onset: int | None, name: str = "", seed: int = 1, catch: bool = False
) -> GoldPlan:
    """A ladder of a photograph of one's own with a planted answer, or with nothing to be seen (`catch`), and a picture of it
    for approval; nothing of the batch is changed yet."""
    batch = load_batch(folder)
    images = study_sets(batch)[0]
    name = checked_name(batch, name or re.sub(r"[^A-Za-z0-9_-]", "-", f"{role}-{source.stem}")[:LONGEST_NAME])
    picture = _photograph(batch, source, images)
    files = {f"{name}.png": png(picture)}
    if catch:
        if role != "gold":
            raise InputError(at_option("--catch", "training shows people what flicker is", "--role gold"))
        text = set_text(images, name, role) + question_text(name, {"none_seen": True})
        return GoldPlan(name, role, (f"{name}: the source at every level; none seen is right",), files, text)
    made = _harmless(batch, picture, images, onset, seed, str(source))
    if onset is None and role == "gold" and made.telling:
        remedy = "another photograph, or --onset LEVEL, which plants it all the same"
        raise InputError(Fault(str(source), "", f"programs could tell it from study: {made.telling[0]}", remedy))
    if made.parameters != images.parameters:
        images = images.model_copy(update={"levels": _spelled_out(images, made)})
    shown = BuildFolder(folder).cache / f"{name}.png"
    shown.parent.mkdir(exist_ok=True)
    write_whole(shown, png(_approval_picture(picture, made)), private=True)  # it shows the right answer
    low, high = made.level
    told = (
        f"{name}: flicker begins at level {low}; accepted {low} to {high}",
        f"The three places are circled in {shown}",
        *(f"A program that reads pixels can tell it: {words}" for words in made.telling if role == "gold"),
    )
    answer = {
        "level": made.level, "points": made.points, "radius_px": made.radius_px, "matches": 2,
        "planted": made.planted.model_dump(exclude_none=True),
    }  # fmt: skip
    return GoldPlan(name, role, told, files, set_text(images, name, role) + question_text(name, answer))


def study_sets(batch: Batch) -> list[AnyImageSet]:
    """The study's sets that gold can be made like; InputError where there is none."""
    found: list[AnyImageSet] = [
        images for images in batch.config.images if images.role == "study" and images.codec != "files"
    ]
    if not found:
        problem = "gold is made like a study set whose frames are encoded here, and there is none"
        raise InputError(in_config("images", problem, 'codec = "jpeg", or gold ladders of your own files'))
    return found


def checked_name(batch: Batch, name: str) -> str:
    """A name that a new image set can have."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name) or len(name) > LONGEST_NAME:
        problem = f"{name!r} is no name of an image set"
        raise InputError(at_option("--name", problem, f"at most {LONGEST_NAME} letters, digits, - and _"))
    made_in = batch.folder / "gold" / name
    if (made_in.exists() and not is_unfinished(made_in)) or any(images.name == name for images in batch.config.images):
        problem = f"the batch has a ladder {name!r} already"
        raise InputError(Fault(str(batch.folder), "", problem, "--name with another name"))
    return name


def _photograph(batch: Batch, source: Path, images: AnyImageSet) -> Image.Image:
    """A picture that is not in the study and has its size."""
    opened = open_source(source, str(source)).pixels
    study = [ladder for ladder in batch.ladders if ladder.images.role == "study"]
    studied = same_picture(source, study)
    if studied:
        problem = f"it shows the study picture {studied.key}, whose answer nobody knows"
        raise InputError(Fault(str(source), "", problem, "a photograph that is not in the study"))
    like = next(ladder for ladder in study if ladder.images == images)
    size = open_source(like.path, like.key).pixels.size
    if opened.size != size:
        remedy = f"cropping and scaling it to {size[0]}x{size[1]}"
        problem = f"it is {opened.width}x{opened.height}, unlike the study images, and would stand out"
        raise InputError(Fault(str(source), "", problem, remedy))
    return opened


def _harmless(batch: Batch, picture: Image.Image, images: AnyImageSet, onset: int | None, seed: int, name: str) -> Made:
    """What to plant, where nothing flashes beyond the limit that the study keeps."""
    display = batch.config.display
    made = plant(picture, images, onset, seed, name)
    pristine = np.asarray(picture)
    if display.accept_flash_hazard or all(
        flash_area_sr(pristine, frame, display) <= LIMIT_SR for frame in shown_frames(picture, images, made)
    ):
        return made
    problem = "its places flash beyond WCAG 2.3.1"
    raise InputError(Fault(name, "", problem, "another photograph, or fewer levels for the study"))


def shown_frames(picture: Image.Image, images: AnyImageSet, made: Made) -> Iterator[Any]:
    """What is shown at the window's levels, the last first: pixels."""
    view = asked_question(made).view(images.level_count)
    for level in range(made.level[1], made.level[0] - 1, -1):
        outside, inside = view.at(level)
        within = [_pixels(picture, images, made, number) for number in inside]
        around = _pixels(picture, images, made, outside)
        yield composed(around, within, view) if inside else around


def asked_question(made: Made) -> Question:
    """The question that a planted answer is asked by."""
    return Question(
        images="gold",
        source="gold",
        level=made.level,
        points=made.points,
        radius_px=made.radius_px,
        planted=made.planted,
    )


def _pixels(picture: Image.Image, images: AnyImageSet, made: Made, level: int) -> Any:
    if not level:
        return np.asarray(picture)
    with Image.open(io.BytesIO(encode_frame(picture, images, made.parameters[level - 1], "gold").content)) as frame:
        return np.asarray(frame.convert("RGB"))


def _spelled_out(images: AnyImageSet, made: Made) -> tuple[dict[str, Any], ...]:
    key = "ratio" if images.codec == "jpeg2000" else "quality"
    return tuple({"level": level, key: parameter} for level, parameter in enumerate(made.parameters, start=1))


def set_text(images: AnyImageSet, name: str, role: str, sources: str = "") -> str:
    """The TOML of a set like one of the study's, of the pictures in gold/NAME if not elsewhere."""
    kept = images.model_dump(mode="json", exclude=NOT_COPIED, exclude_none=True)
    rows = {"name": name, "sources": sources or f"gold/{name}/*.png", "codec": kept.pop("codec"), **kept, "role": role}
    return "\n[[images]]\n" + "".join(f"{key} = {toml_of(value)}\n" for key, value in rows.items())


def question_text(name: str, answer: Mapping[str, Any], source: str = "") -> str:
    """The TOML of a question."""
    rows = {"images": name, "source": source or name, **answer}
    return "\n[[questions]]\n" + "".join(f"{key} = {toml_of(value)}\n" for key, value in rows.items())


def is_unfinished(folder: Path) -> bool:
    """Whether a ladder's folder was left by a run that was cut off before batch.toml knew of it, or has nothing in it."""
    return (folder / UNFINISHED).exists() or (folder.is_dir() and not any(folder.iterdir()))


def add_gold(folder: Path, plan: GoldPlan) -> str:
    """Write the ladders' files and append their image set and questions to batch.toml; the text that was appended.

    A batch that had none of this role on a page has one from then on.
    """
    made_in = folder / "gold" / plan.name
    if is_unfinished(made_in):
        shutil.rmtree(made_in)
    made_in.mkdir(parents=True)
    try:
        (made_in / UNFINISHED).touch()
        for name, content in plan.files.items():
            (made_in / name).parent.mkdir(exist_ok=True)
            (made_in / name).write_bytes(content)
        path = folder / CONFIG_NAME
        # A batch that asks for none of its kind would never show it.
        config = re.sub(rf"(?m)^({plan.role} *= *)0\b", r"\g<1>1", path.read_bytes().decode(), count=1)
        write_whole(path, (config + plan.text).encode())
    except BaseException:
        shutil.rmtree(made_in, ignore_errors=True)
        raise
    with suppress(OSError):  # it is there to be told from what batch.toml does not name
        (made_in / UNFINISHED).unlink()
    return plan.text


def _approval_picture(picture: Image.Image, made: Made) -> Image.Image:
    circled = picture.copy()
    draw = ImageDraw.Draw(circled)
    for x, y in made.points:
        reach = made.radius_px
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), outline=(255, 255, 255), width=3)
    return circled


def png(picture: Image.Image) -> bytes:
    """A picture as a file."""
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
