"""The form that a batch's frames come in: made by the page, or carried."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from hitgen.batch.load import Batch
from hitgen.batch.sources import LadderSource
from hitgen.config.images import Role
from hitgen.ledger.ledger import LEDGER, MANIFEST_FACT, Ledger
from hitgen.lib.shipped import shipped

Frames = Literal["made", "carried"]
CODECS = ("assets", "codecs")
"""Where the scripts lie that make frames."""


def in_form(batch: Batch, sources: Sequence[LadderSource]) -> tuple[list[LadderSource], str]:
    """The sources of a batch with what is to become of their frames, and why none is made though some could be.

    With `frames = "made"`, JPEG ladders are, unless there is gold that pages cannot make, or a script of the batch's own that
    would make them. Gold comes as the study does, or it would stand out. What was published keeps its form, whatever the
    config or a later default says.
    """
    wanted, why = batch.config.hit.frames, ""
    study = [source.can_be_made for source in sources if source.images.role == "study"]
    if any(study):
        published = published_form(batch.folder)
        if published == "carried" and wanted == "made":
            why = "the study was published so"
        wanted = published or wanted
        gold = [each.key for each in sources if each.images.role == "gold" and not each.images.can_be_made]
        if wanted == "made" and gold:
            why = (
                f"pages cannot make those of {gold[0]}, which would stand out beside made ones; "
                "`hitgen gold` makes gold that they can"
            )
    own = _own_codec(batch.folder)
    if wanted == "made" and own:
        why = f"{own} is the batch's own, whose frames no build has proved; without it pages make them"
    makes = wanted == "made" and not why
    hides = any(study) or not study or published_form(batch.folder, "gold") == "made"
    return [
        replace(source, made=makes and source.can_be_made and (hides or source.images.role != "gold"))
        for source in sources
    ], why


def _own_codec(folder: Path) -> str | None:
    """A script of the batch's own that pages would make frames with, where it is another one than what was proved."""
    for own in sorted(folder.joinpath(*CODECS).glob("*.js*")):
        there = shipped(CODECS[0]) / CODECS[1] / own.name
        if there.is_file() and own.read_bytes() != there.read_bytes():
            return own.relative_to(folder).as_posix()
    return None


def makes_any(sources: Iterable[LadderSource]) -> bool:
    """Whether pages will make frames, if the proof succeeds."""
    return any(source.made for source in sources)


def published_form(folder: Path, role: Role = "study") -> Frames | None:
    """How the frames of a role came that a batch's ledger says were published; None where none were."""
    path = folder / LEDGER
    if not path.is_file():
        return None
    with Ledger(path, copy=True) as ledger:
        text = ledger.fact(MANIFEST_FACT)
    ladders = [ladder for ladder in json.loads(text)["ladders"] if ladder["role"] == role] if text else []
    if not ladders:
        return None
    return "made" if any(ladder.get("carried_bytes") is not None for ladder in ladders) else "carried"
