"""The form that a batch's frames come in: made by the page, or carried."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from hitgen.batch.load import Batch
from hitgen.batch.sources import LadderSource
from hitgen.ledger.ledger import LEDGER, MANIFEST_FACT, Ledger

Frames = Literal["made", "carried"]


def in_form(batch: Batch, sources: Sequence[LadderSource]) -> tuple[list[LadderSource], str]:
    """The sources of a batch with what is to become of their frames, and why none is made though some could be.

    With `frames = "made"`, JPEG ladders are, unless there is gold that pages cannot make: it would stand out. What was
    published keeps its form, whatever the config or a later default says.
    """
    wanted, why = batch.config.hit.frames, ""
    if any(source.images.can_be_made for source in sources if source.images.role == "study"):
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
    makes = wanted == "made" and not why
    return [replace(source, made=makes and source.images.can_be_made) for source in sources], why


def makes_any(sources: Iterable[LadderSource]) -> bool:
    """Whether pages will make frames, if the proof succeeds."""
    return any(source.made for source in sources)


def published_form(folder: Path) -> Frames | None:
    """How the study's frames came that a batch's ledger says was published; None where nothing was."""
    path = folder / LEDGER
    if not path.is_file():
        return None
    with Ledger(path, copy=True) as ledger:
        text = ledger.fact(MANIFEST_FACT)
    if text is None:
        return None
    study = [ladder for ladder in json.loads(text)["ladders"] if ladder["role"] == "study"]
    return "made" if any(ladder.get("carried_bytes") is not None for ladder in study) else "carried"
