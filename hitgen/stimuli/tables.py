"""Whether carried JPEG frames tell gold from study by their quantisation tables, which whoever opens a pack can compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hitgen.lib.containers import jpeg_head
from hitgen.manifest import Ladder
from hitgen.stimuli.packs import Frame, open_pack, pack_path

STUDY_LADDERS = 8
"""So many study ladders, at most, are looked at: those of one set have the same tables."""
DQT = b"\xdb"


def table_warnings(ladders: Sequence[Ladder], packs: Path) -> Iterator[str]:
    """What to mind of gold ladders whose frames are coded otherwise than study's at the same level; made ones never are."""
    made = [ladder for ladder in ladders if pack_path(packs, ladder.pack).is_file()]
    gold = [ladder for ladder in made if ladder.role == "gold" and ladder.carried_bytes is None]
    study = [ladder for ladder in made if ladder.role == "study" and ladder.carried_bytes is None]
    usual: dict[int, set[bytes]] = {}
    for ladder in study[:STUDY_LADDERS] if gold else []:
        for level, tables in _tables(ladder, packs):
            usual.setdefault(level, set()).add(tables)
    for ladder in gold:
        coded = list(_tables(ladder, packs))
        off = [level for level, tables in coded if level in usual and tables not in usual[level]]
        if off:
            yield (
                f"{ladder.key}: it stands out: at {len(off)} of {len(coded)} levels its JPEG tables are none of study's there; "
                "only whoever opens packs sees it, and gold whose frames pages make has none of its own"
            )


def _tables(ladder: Ladder, packs: Path) -> Iterator[tuple[int, bytes]]:
    """The quantisation tables of each level that is a carried JPEG."""
    pack = open_pack(pack_path(packs, ladder.pack))
    for level in range(1, len(pack.levels)):
        frame = pack.frame(level)
        if isinstance(frame, Frame) and frame.type == "image/jpeg":
            yield level, b"".join(part.payload for part in jpeg_head(frame.content) if part.kind == DQT)
