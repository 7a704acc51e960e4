"""A new batch folder with a commented batch.toml, and a copy of what is shipped to be edited in it."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from hitgen.batch.resources import KINDS, names
from hitgen.batch.sources import composed, name_problem
from hitgen.config.read import nearest
from hitgen.config.schema import SCHEMA_NAME, batch_schema
from hitgen.errors import CONFIG_NAME, Fault, InputError
from hitgen.lib.contract import FILE
from hitgen.lib.pictures import SUFFIXES
from hitgen.lib.shipped import shipped
from hitgen.lib.text import plain

LONGEST_NAME = 64

TEMPLATE = """#:schema ./{schema}
# A hitgen batch. Fill in [consent], then run:  hitgen check {folder}   and   hitgen build {folder}
# Every key is described in docs/config.md.

[batch]
name = "{name}"
seed = 7                      # same seed, same plan

[[images]]
name = "study"
sources = "{pattern}"
codec = "jpeg"                # jpeg webp avif jpeg2000 heic jxl command files
levels = 100                  # level d has quality 101 - d
role = "study"

# Gold and training ladders have known answers; they keep the data honest. Make them from photographs that are
# not in the study, with:  hitgen gold {folder} --source PHOTO --role training   (and --role gold)
# and then raise the numbers here.
[hit]
layout = "flicker"            # flicker: controls below the image; side: beside it
training = 0                  # training trials a page
study = 2                     # study trials a page
gold = 0                      # gold trials a page
ratings = 43                  # ratings wanted for each study image
locations = 3                 # places a worker marks
packs = "inline"              # inline: one file a page; linked: pages share packs
reward_usd = "1.20"

[display]
scaling = "physical"          # physical: width_cm on every screen; pixels: one image pixel per device pixel
width_cm = 13.797
distance_cm = 30
swaps_per_second = 8          # 8 swaps a second are a flicker of 4 Hz
# accept_flash_hazard = "I accept flashes beyond WCAG 2.3.1"   # `hitgen check` says whether it is needed

[consent]                     # what participants read and agree to
title = "Visibility of image compression"
contact = "FILL IN: name and address"
approval = "FILL IN: number of the ethics approval"   # or instead: exemption = "why none is needed"
retention = "FILL IN: what is kept, where and for how long"
withdrawal = "You may leave at any time; nothing is sent then."

[[survey]]
name = "vision"
kind = "choice"               # choice, number, scale or text
label = "Do you wear glasses or contact lenses now?"
options = ["no", "glasses", "contact lenses"]

# [screening]                 # docs/results.md; these are the defaults
# gold_rate = 0.7             # least share of gold checks to be passed
# gold_answers_min = 10       # below this many gold answers the verdict is "not enough evidence"
# reject = ["gold"]           # work is rejected, unpaid, only for rules named here; none by default

[host]
kind = "folder"               # folder: a web server of your own; s3: a bucket
base_url = "http://127.0.0.1:8470"   # where the world sees it: `hitgen serve {folder}` on this machine, to begin with

[recruiter]
kind = "link"                 # people of your own; or prolific, turkle, mturk: docs/recruiters.md
results = {{kind = "collector", url = "http://127.0.0.1:8470"}}   # where answers go: the same server, or {{kind = "s3"}}
"""


@dataclass(frozen=True)
class Begun:
    """A new batch folder: how many images it has, and what was left out and why."""

    images: int
    left_out: tuple[str, ...]


def init(folder: Path, images: Path) -> Begun:
    """Make a batch folder with copies of the images of another, whole or not at all.

    InputError where the folder has something in it, or there are no images.
    """
    if not images.is_dir():
        raise InputError(Fault(str(images), "", "there is no such folder", "a folder with photographs"))
    found, left_out = _sorted_out(images)
    if not found:
        why = f" ({'; '.join(left_out[:3])})" if left_out else ""
        raise InputError(
            Fault(str(images), "", f"it has no images{why}", "a folder with PNG, JPEG, WebP or TIFF files")
        )
    if folder.is_file() or (folder.exists() and any(folder.iterdir())):
        raise InputError(Fault(str(folder), "", "it exists and is not empty", "another name"))
    target = folder.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / f".{secrets.token_hex(4)}.{os.getpid()}.part"
    try:
        (partial / "images").mkdir(parents=True)
        for path in found:
            shutil.copyfile(path, partial / "images" / path.name)
        (partial / SCHEMA_NAME).write_text(json.dumps(batch_schema(), indent=1) + "\n", encoding="utf-8")
        (partial / CONFIG_NAME).write_text(_template(folder, found), encoding="utf-8")
        if target.exists():
            target.rmdir()
        partial.replace(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return Begun(len(found), tuple(left_out))


def _template(folder: Path, found: list[Path]) -> str:
    name = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in folder.resolve().name
    )
    suffixes = {path.suffix for path in found}
    pattern = f"images/*{suffixes.pop()}" if len(suffixes) == 1 else "images/*"
    short = name.strip("-_")[:LONGEST_NAME] or "batch"
    return TEMPLATE.format(schema=SCHEMA_NAME, folder=plain(str(folder)), name=short, pattern=pattern)


def _sorted_out(images: Path) -> tuple[list[Path], list[str]]:
    """The files of a folder that can be sources, and in words what is left out; hidden files are the system's own."""
    found: list[Path] = []
    left_out = []
    for path in sorted(path for path in images.iterdir() if not path.name.startswith(".")):
        why = _why_not(path)
        if why:
            left_out.append(f"{plain(path.name)}: {why}")
            continue
        twin = next((other for other in found if composed(other.stem) == composed(path.stem)), None)
        if twin:
            problem = f"{twin.name} and {path.name}: two images have the same name but for the ending"
            raise InputError(Fault(str(images), "", problem, "renaming one"))
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


def eject(batch_folder: Path, name: str) -> Path:
    """The copy made in the batch folder; InputError for an unknown name and where the batch has that file already."""
    known = ejectable()
    if not (batch_folder / CONFIG_NAME).is_file():
        raise InputError(
            Fault(str(batch_folder), "", "it is no batch folder", f"`hitgen init {batch_folder} --images FOLDER`")
        )
    asked = (name, f"templates/{name}", f"assets/{name}")
    matches = [(candidate, candidate) for candidate in known if candidate in asked]
    # a method's part by its name in a layout; a copy there wins as well
    plain = ((candidate, re.sub(r"methods/[^/]+/", "", candidate)) for candidate in known)
    matches = matches or [(candidate, name) for candidate, name in plain if name in asked]
    if not matches:
        raise InputError(Fault(name, "", "there is no such template, style or script", nearest(name, known)))
    source, own = matches[0]
    kind, _, rest = source.partition("/")
    target = batch_folder / own
    if target.exists():
        raise InputError(Fault(str(target), "", "the batch has its own already", "editing that, or removing it first"))
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(shipped(kind) / rest, target)
    return target
