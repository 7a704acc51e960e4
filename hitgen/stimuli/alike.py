"""The same picture under two names, told by what the files show and not by what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from hitgen.batch.sources import LadderSource
from hitgen.errors import Fault
from hitgen.lib.pictures import upright_size
from hitgen.manifest import Ladder
from hitgen.stimuli.sources import open_source


def double_faults(ladders: Iterable[Ladder]) -> list[Fault]:
    """A fault for each study ladder that shows what another study ladder does.

    One source under two codecs is no double as long as it has one name: the plan keeps its ladders apart by it.
    """
    first: dict[str, Ladder] = {}
    whole: dict[str, Ladder] = {}
    faults = []
    for ladder in ladders:
        if ladder.role != "study":
            continue
        other = first.setdefault(ladder.levels[0].frame, ladder)
        same = whole.setdefault(ladder.ladder, ladder)
        if other.source != ladder.source:
            remedy = "leaving one of them out, or one name for both files where their codecs differ"
            faults.append(Fault(ladder.key, "", f"it shows the same picture as {other.key}", remedy))
        elif same is not ladder:
            faults.append(Fault(ladder.key, "", f"it is the same ladder as {same.key}", "leaving one of them out"))
    return faults


def double_warnings(ladders: Sequence[Ladder]) -> list[str]:
    """What to mind of gold and training ladders that show what another ladder does."""
    warnings = []
    for number, ladder in enumerate(ladders):
        others = [other for other in ladders if other.levels[0].frame == ladder.levels[0].frame]
        study = [other.key for other in others if other.role == "study"]
        if ladder.role != "study" and study:
            warnings.append(
                f"{ladder.key}: it shows the study picture {study[0]}: who has learned its answer, or met it twice, is no "
                "fresh eye; take a picture that is not in the study"
            )
        taught = [other.key for other in others if other.role == "training"]
        if ladder.role == "gold" and taught:
            warnings.append(
                f"{ladder.key}: it shows the training picture {taught[0]}, whose answer everybody is told; take another one"
            )
        same = [other.key for other in ladders[:number] if other.ladder == ladder.ladder and other.role != "study"]
        if ladder.role != "study" and same:
            warnings.append(f"{ladder.key}: it is the same ladder as {same[0]}; leave one of them out")
    return warnings


def same_picture(path: Path, sources: Iterable[LadderSource]) -> LadderSource | None:
    """The first of the sources that shows the very picture in a file; None where none does."""
    wanted = open_source(path)
    for source in sources:
        alike = upright_size(source.path) == (wanted.width, wanted.height)
        if alike and open_source(source.path, source.key).digest == wanted.digest:
            return source
    return None
