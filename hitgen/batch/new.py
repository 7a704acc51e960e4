"""A new batch folder with a commented batch.toml, and a copy of what is shipped to be edited in it."""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from hitgen.batch.resources import EJECTED, KINDS, names
from hitgen.batch.sources import composed, name_problem
from hitgen.config.base import LONGEST_NAME
from hitgen.config.kinds import DEFAULT_METHOD
from hitgen.config.read import batch_schema, nearest
from hitgen.config.recruiter import Recruiting
from hitgen.errors import CONFIG_NAME, Fault, InputError
from hitgen.lib.contract import FILE
from hitgen.lib.files import write_whole
from hitgen.lib.pictures import SUFFIXES
from hitgen.lib.shipped import shipped
from hitgen.lib.text import plain
from hitgen.lib.toml import read_toml

SCHEMA_NAME = "batch.schema.json"

TEMPLATE = """#:schema ./{schema}
# A hitgen batch. Fill in [consent], then run:  {check}   and   {build}
# Every key is described in docs/config.md.

[batch]
name = "{name}"
seed = 7                      # same seed, same plan

{body}[consent]                     # what participants read and agree to
title = "{title}"
contact = "FILL IN: name and address"
approval = "FILL IN: number of the ethics approval"   # or instead: exemption = "why none is needed"
retention = "FILL IN: what is kept, where and for how long"
withdrawal = "You may leave at any time; nothing is sent then."
statement = "{statement}"   # from the plan

[[survey]]
name = "vision"
kind = "choice"               # choice, number, scale or text
label = "Do you wear glasses or contact lenses now?"
options = ["no", "glasses", "contact lenses"]

# [[check]]                   # of eyes or screens, before the trials: docs/checks.md
# kind = "screen"             # screen, colour, brightness, distance or acuity

{screening}{recruiting}"""


ASKED = "You will look at {pictures} pictures, which takes about {minutes} minutes."
PAID = ASKED + " You are paid {reward_usd} US dollars for it."
REPEATS = 'gold_repeats = "allow"        # pages share gold questions, and everybody may work all pages\n'


@dataclass(frozen=True)
class Beginning:
    """What a new batch.toml says of a method: the study's title, the tables up to [consent], [screening]; in them what a `Recipe` says stands in braces.

    `at_once` pictures flash at the same time. `study` is how many trials of the study a page has, at most; None: about as many pages
    as there are gold questions. `gold`: photographs make gold and training. `crop` is what is shown of the middle of pictures, which then are taken as they are.
    """

    title: str
    body: str
    screening: str
    at_once: int = 1
    study: int | None = None
    gold: bool = False
    crop: tuple[int, int] | None = None


@dataclass(frozen=True)
class Recipe:
    """What a new batch.toml says beyond the usual: fitted to the pictures found, to the method, and to who comes."""

    recruiting: type[Recruiting]
    beginning: Beginning
    levels: int = 100
    levels_why: str = ""
    swaps: float = 8
    swaps_why: str = ""
    study: int = 2
    gold: int = 0
    """How many gold questions there will be."""
    repeats: bool = False
    """Whether there will be more pages than those."""
    crop: tuple[int, int] = (0, 0)


def sort_out(images: Path, elsewhere: Collection[Path]) -> tuple[list[Path], list[str], list[Fault]]:
    """The pictures of a folder for a study, in words what is left out, and which have one name; `elsewhere` are those
    meant for other things.

    InputError where there are none.
    """
    if not images.is_dir():
        problem = "it is a file" if images.exists() else "there is no such folder"
        raise InputError(Fault(str(images), "", problem, "a folder with photographs"))
    found, left_out = _sorted_out(images, {path.resolve() for path in elsewhere})
    first: dict[str, Path] = {}
    twins = [(first.setdefault(composed(path.stem), path), path) for path in found]
    if not found:
        why = f" ({'; '.join(left_out[:3])})" if left_out else ""
        raise InputError(
            Fault(str(images), "", f"it has no images{why}", "a folder with PNG, JPEG, WebP or TIFF files")
        )
    same = "{} and {}: two images have the same name but for the ending"
    faults = [
        Fault(str(images), "", same.format(one.name, other.name), "renaming one")
        for one, other in twins
        if one != other
    ]
    return found, left_out, faults


def write_new(folder: Path, recipe: Recipe, pictures: Sequence[Path], finish: Callable[[Path], None]) -> None:
    """A new batch folder with copies of these pictures in its images/, whole or not at all.

    `finish` does what is left to do in it before it gets its name. InputError where the folder has something in it.
    """
    if folder.is_file() or (folder.exists() and any(folder.iterdir())):
        raise InputError(Fault(str(folder), "", "it exists and is not empty", "another name"))
    target = folder.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / f".{secrets.token_hex(4)}.{os.getpid()}.part"
    try:
        (partial / "images").mkdir(parents=True)
        for path in pictures:
            shutil.copyfile(path, partial / "images" / path.name)
        (partial / SCHEMA_NAME).write_text(json.dumps(batch_schema(), indent=1) + "\n", encoding="utf-8")
        (partial / CONFIG_NAME).write_text(_template(folder, pictures, recipe), encoding="utf-8")
        finish(partial)
        if target.exists():
            target.rmdir()
        partial.replace(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _template(folder: Path, found: Sequence[Path], recipe: Recipe) -> str:
    name = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in folder.resolve().name
    )
    suffixes = {path.suffix for path in found}
    pattern = f"images/*{suffixes.pop()}" if len(suffixes) == 1 else "images/*"
    short = name.strip("-_")[:LONGEST_NAME] or "batch"
    quoted = shlex.quote(plain(str(folder)))
    pays, begins = recipe.recruiting.pays, recipe.beginning
    reward_usd = "1.20" if pays else "0.00"
    body = begins.body.format(
        pattern=pattern, gold=f"hitgen gold {quoted} --source PHOTO --role gold", levels=recipe.levels, levels_why=recipe.levels_why,
        study=recipe.study, swaps=recipe.swaps, swaps_why=recipe.swaps_why, reward_usd=reward_usd, crop=str(list(recipe.crop)),
    )  # fmt: skip
    screening = begins.screening.format(
        use_above=0.9 if recipe.gold else 0.7, use_why="" if recipe.gold else "; 0.9 when there is gold"
    )
    return TEMPLATE.format(
        schema=SCHEMA_NAME, name=short, check=f"hitgen check {quoted}", build=f"hitgen build {quoted}", title=begins.title,
        body=body, statement=PAID if pays else ASKED, screening=screening,
        recruiting=recipe.recruiting.begins.format(folder=quoted) + (REPEATS if recipe.repeats else ""),
    )  # fmt: skip


def _sorted_out(images: Path, elsewhere: Collection[Path]) -> tuple[list[Path], list[str]]:
    """The files of a folder that can be sources, and in words what is left out; hidden files are the system's own."""
    found: list[Path] = []
    left_out = []
    for path in sorted(path for path in images.iterdir() if not path.name.startswith(".")):
        why = "taken for training or gold" if path.resolve() in elsewhere else _why_not(path)
        if why:
            left_out.append(f"{plain(path.name)}: {why}")
            continue
        found.append(path)
    return found, left_out


def _why_not(path: Path) -> str:
    if path.is_symlink() and not path.exists():
        return "a link to a file that is not there"
    if path.is_dir():
        return "a folder"
    if path.suffix.lower() not in SUFFIXES:
        return "its name does not end like an image's"
    if not path.is_file():
        return "no ordinary file"
    problem = name_problem(path.stem)
    return f"its name {problem}" if problem else ""


def ejectable() -> list[str]:
    """Everything that can be copied, as `templates/...` and `assets/...`."""
    files = [f"{kind}/{name}" for kind in KINDS for name in names(kind)]
    return [name for name in files if not name.endswith((FILE, ".d.ts")) and not name.startswith("templates/bare/")]


def _method_kind(batch_folder: Path) -> str:
    """The method of a batch.toml, which need not be right yet."""
    try:
        table = read_toml((batch_folder / CONFIG_NAME).read_bytes(), CONFIG_NAME).get("method")
    except InputError:
        table = None
    return str(table.get("kind", DEFAULT_METHOD)) if isinstance(table, dict) else DEFAULT_METHOD


def eject(batch_folder: Path, name: str) -> Path:
    """The copy made in the batch folder; InputError for an unknown name and where the batch has that file already."""
    known = ejectable()
    if not (batch_folder / CONFIG_NAME).is_file():
        raise InputError(
            Fault(
                str(batch_folder),
                "",
                "it is no batch folder",
                f"`hitgen init {shlex.quote(str(batch_folder))} --images FOLDER`",
            )
        )
    asked = (name, f"templates/{name}", f"assets/{name}")
    matches = [(candidate, candidate) for candidate in known if candidate in asked]
    # a method's part by its name in a layout, the batch's own method before all others; a copy there wins as well
    part = f"/methods/{_method_kind(batch_folder)}/"
    ordered = sorted(known, key=lambda candidate: part not in candidate)
    plain = ((candidate, re.sub(r"methods/[^/]+/", "", candidate)) for candidate in ordered)
    matches = matches or [(candidate, name) for candidate, name in plain if name in asked]
    if not matches:
        raise InputError(Fault(name, "", "there is no such template, style or script", nearest(name, known)))
    source, own = matches[0]
    kind, _, rest = source.partition("/")
    target = batch_folder / own
    if target.exists():
        raise InputError(Fault(str(target), "", "the batch has its own already", "editing that, or removing it first"))
    content = (shipped(kind) / rest).read_bytes()
    for path in (batch_folder / EJECTED / source, target):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    return target
