"""A new batch folder with a commented batch.toml, and a copy of what is shipped to be edited in it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from hitgen.batch.resources import KINDS, names
from hitgen.config.loading import CONFIG_NAME, nearest
from hitgen.config.schema import SCHEMA_NAME, batch_schema
from hitgen.errors import Fault, InputError
from hitgen.lib.contract import FILE
from hitgen.lib.shipped import shipped

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"}

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

[recruiter]
kind = "mturk"                # or link (own participants), turkle, prolific: docs/people.md
"""


def init(folder: Path, images: Path) -> int:
    """Make a batch folder with copies of the images of another; how many there are.

    InputError where the folder has something in it, or there are no images.
    """
    found = (
        sorted(path for path in images.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES) if images.is_dir() else []
    )
    if not found:
        problem = "it has no images" if images.is_dir() else "there is no such folder"
        raise InputError(Fault(str(images), "", problem, "a folder with PNG, JPEG, WebP or TIFF files"))
    if folder.exists() and any(folder.iterdir()):
        raise InputError(Fault(str(folder), "", "it exists and is not empty", "another name"))
    stems = {path.stem for path in found}
    if len(stems) < len(found):
        raise InputError(Fault(str(images), "", "two images have the same name but for the ending", "renaming one"))
    name = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in folder.resolve().name
    )
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for path in found:
        shutil.copyfile(path, folder / "images" / path.name)
    suffixes = {path.suffix for path in found}
    pattern = f"images/*{suffixes.pop()}" if len(suffixes) == 1 else "images/*"
    text = TEMPLATE.format(schema=SCHEMA_NAME, folder=folder, name=name.strip("-") or "batch", pattern=pattern)
    (folder / SCHEMA_NAME).write_text(json.dumps(batch_schema(), indent=1) + "\n", encoding="utf-8")
    (folder / CONFIG_NAME).write_text(text, encoding="utf-8")
    return len(found)


def ejectable() -> list[str]:
    """Everything that can be copied, as `templates/...` and `assets/...`."""
    return [f"{kind}/{name}" for kind in KINDS for name in names(kind) if not name.endswith(FILE)]


def eject(batch_folder: Path, name: str) -> Path:
    """The copy made in the batch folder; InputError for an unknown name and where the batch has that file already."""
    known = ejectable()
    if not (batch_folder / CONFIG_NAME).is_file():
        raise InputError(
            Fault(str(batch_folder), "", "it is no batch folder", f"`hitgen init {batch_folder} --images FOLDER`")
        )
    matches = [candidate for candidate in known if candidate in (name, f"templates/{name}", f"assets/{name}")]
    if not matches:
        raise InputError(Fault(name, "", "there is no such template, style or script", nearest(name, known)))
    kind, _, rest = matches[0].partition("/")
    target = batch_folder / matches[0]
    if target.exists():
        raise InputError(Fault(str(target), "", "the batch has its own already", "editing that, or removing it first"))
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(shipped(kind) / rest, target)
    return target
