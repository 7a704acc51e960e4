"""Batch folders: of pictures that can be built, for people of one's own, and with a build that was never made."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hitgen.build import build
from hitgen.manifest import Ladder
from tests.support import manifests

SMALL = 'ratings = 3\nassignments = 3\n[display]\nscaling = "pixels"\n'

STUDY = '[[images]]\nname = "study"\nsources = "images/*.png"\ncodec = "jpeg"\n'
CONSENT = """[consent]
title = "A small study"
contact = "someone@example.org"
exemption = "A test."
retention = "Nothing is kept."
withdrawal = "At any time."
"""
HEAD = f'\n[batch]\nname = "small"\nseed = 5\n{CONSENT}'


def write_config(folder: Path, host: str, recruiter: str = "", hit: str = "", more: str = "") -> None:
    """batch.toml of a study on a marketplace, whose pictures nobody needs."""
    folder.mkdir(exist_ok=True)
    (folder / "batch.toml").write_text(
        f'[batch]\nname = "demo"\nseed = 7\n{STUDY}[hit]\nreward_usd = "1.20"\n{hit}\n{CONSENT}'
        f'[host]\n{host}\n[recruiter]\nkind = "mturk"\n{recruiter}\n{more}\n'
    )


def make_batch(folder: Path, pages: Sequence[dict[str, Any]], host: str, recruiter: str = "", hit: str = "") -> Path:
    """A batch folder with batch.toml and a build of `pages`: {"study": [...], "gold": [...], ...} each."""
    write_config(folder, host, recruiter, hit)
    packs = folder / "build" / "packs"
    packs.mkdir(parents=True, exist_ok=True)
    made: dict[tuple[str, str], Ladder] = {}
    rows = []
    for number, page in enumerate(pages, start=1):
        shown = [_ladder(packs, role, name, made) for role in ("study", "gold") for name in page.get(role, [])]
        count, kind = page.get("assignments", 5), page.get("kind", "study")
        rows.append(manifests.page(f"p{number:04d}", shown, count, kind, folder=folder, text=page.get("text", "")))
    manifests.write(folder, rows, made.values())
    return folder


def _ladder(packs: Path, role: Any, name: str, made: dict[tuple[str, str], Ladder]) -> Ladder:
    content = f"HITPACK1{name}".encode()
    digest = hashlib.sha256(content).hexdigest()
    (packs / f"{digest}.pack").write_bytes(content)
    return made.setdefault((role, name), manifests.ladder(role, name, role, name, digest))


def link_batch(folder: Path, port: int, hit: str = SMALL, recruiter: str = "") -> Path:
    """A batch for own participants, or another recruiter, whose pages and collector are on one port of this machine."""
    address = f"http://127.0.0.1:{port}"
    extra = f"""{hit}
[host]
kind = "folder"
base_url = "{address}"
[recruiter]
{recruiter or link(address)}
"""
    return write_batch(folder, extra, study=1)


def link(address: str) -> str:
    """The recruiter's config of own participants."""
    return f'kind = "link"\nresults = {{kind = "collector", url = "{address}"}}'


def places(folder: Path) -> list[dict[str, str]]:
    """The list of personal addresses."""
    with (folder / "places.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def grid(width: int, height: int, seed: int = 0) -> Image.Image:
    """A picture that shows where one is in it: red grows to the right, green downward; blue is texture."""
    columns = np.linspace(40, 215, width)[None, :].repeat(height, axis=0)
    rows = np.linspace(40, 215, height)[:, None].repeat(width, axis=1)
    blue = np.random.default_rng(seed).integers(90, 160, (height // 8 + 1, width // 8 + 1)).repeat(8, 0).repeat(8, 1)
    return Image.fromarray(np.dstack([columns, rows, blue[:height, :width]]).astype(np.uint8))


def write_batch(folder: Path, extra: str = "", size: tuple[int, int] = (320, 240), study: int = 2) -> Path:
    """A batch with study ladders, a training and a gold ladder of 12 levels each."""
    for role, count in (("study", study), ("training", 1), ("gold", 1)):
        (folder / role).mkdir(parents=True)
        for number in range(count):
            grid(*size, seed=len(role) * 10 + number).save(folder / role / f"{role}{number}.png")
    # one gold question is all there is of evidence here
    text = HEAD + ("" if "[screening]" in extra else "[screening]\ngold_answers_min = 1\n")
    for role in ("study", "training", "gold"):
        levels = ", ".join(f"{{level = {level}, quality = {90 - 7 * level}}}" for level in range(1, 13))
        text += f'[[images]]\nname = "{role}"\nsources = "{role}/*.png"\ncodec = "jpeg"\nlevels = [{levels}]\nrole = "{role}"\n'
    width, height = size
    points = f"[[{width * 0.2}, {height * 0.2}], [{width * 0.8}, {height * 0.2}], [{width * 0.5}, {height * 0.8}]]"
    for role in ("training", "gold"):
        text += (
            f'[[questions]]\nimages = "{role}"\nsource = "{role}0"\nlevel = [4, 6]\npoints = {points}\nradius_px = 20\n'
        )
    text += f"[hit]\ntraining = 1\nstudy = {study}\ngold = 1\n{extra}"
    (folder / "batch.toml").write_text(text)
    return folder


def built_page(folder: Path) -> str:
    """The address of the first page of a batch, built."""
    return (build(folder, workers=1).folder.pages / "p0001.html").resolve().as_uri()
