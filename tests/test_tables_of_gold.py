"""Gold whose JPEG tables are not those of its levels is named; what pages make, or hitgen encodes, never is."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from hitgen.config.images import Role
from hitgen.manifest import Ladder
from hitgen.stimuli.packs import Frame, make_pack, write_pack
from hitgen.stimuli.tables import table_warnings
from tests.support import manifests

PICTURE = Image.effect_noise((48, 40), 60).convert("RGB")


def coded(quality: int, form: str = "JPEG") -> Frame:
    buffer = io.BytesIO()
    PICTURE.save(buffer, form, quality=quality)
    return Frame(buffer.getvalue(), f"image/{form.lower()}")


def ladder(folder: Path, source: str, role: Role, qualities: Sequence[int], form: str = "JPEG") -> Ladder:
    pack, size = write_pack(make_pack(48, 40, [coded(100, "PNG"), *(coded(each, form) for each in qualities)]), folder)
    return manifests.ladder(role, source, role).model_copy(update={"pack": pack, "bytes": size})


@pytest.mark.parametrize(
    ("qualities", "form", "off"),
    [((90, 80, 70), "JPEG", 0), ((90, 81, 71), "JPEG", 2), ((91, 79, 69), "JPEG", 3), ((90, 81, 71), "WEBP", 0)],
)
def test_gold_is_named_by_how_many_levels_are_coded_otherwise(
    tmp_path: Path, qualities: tuple[int, ...], form: str, off: int
) -> None:
    study = [ladder(tmp_path, f"s{n}", "study", (90, 80, 70)) for n in range(2)]
    gold = ladder(tmp_path, "g", "gold", qualities, form)
    told = list(table_warnings([*study, gold], tmp_path))
    assert len(told) == (off > 0)
    assert not told or f"at {off} of 3 levels its JPEG tables are none of study's there" in told[0]
    assert not list(table_warnings(study, tmp_path))


def test_ladders_that_no_build_has_made_yet_are_passed_over(tmp_path: Path) -> None:
    study = ladder(tmp_path, "s", "study", (90, 80))
    gone = ladder(tmp_path, "g", "gold", (60, 50)).model_copy(update={"pack": "0" * 64})
    assert not list(table_warnings([study, gone], tmp_path))
