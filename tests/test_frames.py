"""Which frames pages make and which packs carry, and why; a build is the same either way but for its weight."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hitgen.batch.load import load_batch
from hitgen.batch.new import eject
from hitgen.build import build
from hitgen.check import check
from hitgen.commands.check import measured_lines
from hitgen.ledger.ledger import LEDGER, MANIFEST_FACT, Ledger
from hitgen.manifest import Ladder, read_manifest
from hitgen.stimuli import ladders as ladders_module
from hitgen.stimuli import made as made_module
from hitgen.stimuli.form import in_form
from hitgen.stimuli.made import Proof, prove
from hitgen.stimuli.make import make_ladders
from hitgen.stimuli.packs import Frame, MadeFrame, Pack, read_pack
from hitgen.stimuli.shown import PackPixels
from tests.support.batches import write_batch
from tests.support.pictures import photograph

PIXELS = '[display]\nscaling = "pixels"\n'


def packs_of(folder: Path) -> list[tuple[Ladder, Pack]]:
    packs = folder / "build" / "packs"
    return [(each, read_pack((packs / f"{each.pack}.pack").read_bytes())) for each in read_manifest(folder).ladders]


def page_of(folder: Path) -> str:
    return (folder / "build" / "pages" / "p0001.html").read_text(encoding="utf-8")


def test_jpeg_ladders_are_made_by_the_page_and_show_what_carried_ones_do(tmp_path: Path) -> None:
    made = write_batch(tmp_path / "made", PIXELS, (96, 80))
    carried = write_batch(tmp_path / "carried", f'frames = "carried"\n{PIXELS}', (96, 80))
    for folder in (made, carried):
        build(folder, workers=1)
    for (ladder, pack), (other, carrying) in zip(packs_of(made), packs_of(carried), strict=True):
        assert ladder.made and not other.made
        assert isinstance(pack.frames[0], Frame) and all(isinstance(frame, MadeFrame) for frame in pack.frames[1:])
        assert all(isinstance(frame, Frame) for frame in carrying.frames)
        assert ladder.parameters == other.parameters
        shown, carried_pixels = PackPixels(pack), PackPixels(carrying)
        assert all(np.array_equal(shown.at(level), carried_pixels.at(level)) for level in range(13))
        assert 0.8 < (ladder.carried_bytes or 0) / other.bytes < 1.2


def test_only_pages_that_make_frames_may_compile_and_have_what_it_needs(tmp_path: Path) -> None:
    for name, extra in (("made", ""), ("carried", 'frames = "carried"\n')):
        build(write_batch(tmp_path / name, f"{extra}{PIXELS}", (96, 80)), workers=1)
    made, carried = page_of(tmp_path / "made"), page_of(tmp_path / "carried")
    for words in ("wasm-unsafe-eval", "worker-src blob:", "module_codecs_maker"):
        assert words in made and words not in carried


def test_many_processes_make_the_same_bytes_and_nothing_is_made_twice(tmp_path: Path) -> None:
    folders = [write_batch(tmp_path / name, PIXELS, (96, 80)) for name in ("one", "many")]
    first, many = (build(folder, workers=count) for folder, count in zip(folders, (1, 3), strict=True))
    assert first.ladders_encoded == many.ladders_encoded == 4
    assert [pack for _, pack in packs_of(folders[0])] == [pack for _, pack in packs_of(folders[1])]
    assert build(folders[0], workers=1).ladders_encoded == 0


def test_a_proof_holds_for_its_kernel_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_batch(tmp_path, PIXELS, (96, 80))
    build(folder, workers=1)
    monkeypatch.setattr(ladders_module, "kernel_digest", lambda: hashlib.sha256(b"another").hexdigest())
    assert build(folder, workers=1).ladders_encoded == 4


def test_where_a_jpeg_shows_other_pixels_all_is_carried_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_batch(tmp_path, PIXELS, (96, 80))

    def differing(picture: Image.Image, subsampling: Any, qualities: Sequence[int]) -> Proof:
        proof = prove(picture, subsampling, qualities)
        return Proof(tuple(qualities[3:4]), proof.jpeg_bytes)

    monkeypatch.setattr(made_module, "prove", differing)
    build(folder, workers=1)
    assert not any(ladder.made for ladder, _ in packs_of(folder)) and "wasm" not in page_of(folder)
    found = check(folder, workers=1)
    assert found.made == 0
    assert found.carried_because.endswith("this machine's JPEGs do not show the pixels that pages make")


def with_files(folder: Path, role: str) -> None:
    """Put a ladder of files in the place of a role's."""
    (folder / "ladder").mkdir()
    source = next((folder / role).glob("*.png"))
    with Image.open(source) as picture:
        for level in range(1, 13):
            picture.save(folder / "ladder" / f"{source.stem}_{level}.jpg", quality=90 - 7 * level)
    text = (folder / "batch.toml").read_text()
    head, _, rest = text.partition(f'name = "{role}"\n')
    _, _, rest = rest.partition("[[")
    files = 'codec = "files"\nframes = "ladder/{source}_{index}.jpg"\nindex = "level"\nlevels = 12\n'
    (folder / "batch.toml").write_text(
        f'{head}name = "{role}"\nsources = "{role}/*.png"\nrole = "{role}"\n{files}[[{rest}'
    )


def test_gold_that_pages_cannot_make_would_stand_out_so_all_is_carried(tmp_path: Path) -> None:
    folder = write_batch(tmp_path, PIXELS, (96, 80))
    with_files(folder, "gold")
    build(folder, workers=1)
    assert not any(ladder.made for ladder, _ in packs_of(folder))
    assert "wasm" not in page_of(folder)
    found = check(folder, workers=1)
    assert found.carried_because.startswith("pages cannot make those of gold/gold0, which would stand out")
    assert found.inline_bytes_otherwise < found.inline_bytes
    assert any("made" in line and line.startswith("frames") for line in measured_lines(found))


def test_gold_is_carried_where_no_study_ladder_is_made(tmp_path: Path) -> None:
    folder = write_batch(tmp_path, PIXELS, (96, 80), study=1)
    with_files(folder, "study")
    build(folder, workers=1)
    assert {ladder.role for ladder, _ in packs_of(folder) if ladder.made} == {"training"}
    assert not any("stands out" in line for line in check(folder, workers=1).warnings)
    first = read_manifest(folder)
    made = first.model_copy(
        update={"ladders": tuple(each.model_copy(update={"carried_bytes": 9}) for each in first.ladders)}
    )
    with Ledger(folder / LEDGER) as ledger:
        ledger.set_fact(MANIFEST_FACT, made.json())
    build(folder, workers=1)
    assert {ladder.role for ladder, _ in packs_of(folder) if ladder.made} == {"training", "gold"}


@pytest.mark.parametrize("name", ("jpeg.js", "jpeg.wasm.json", "webp.js"))
def test_a_batchs_own_codec_was_not_proved_so_all_is_carried_and_told(name: str, tmp_path: Path) -> None:
    folder = write_batch(tmp_path, PIXELS, (96, 80))
    own = eject(folder, f"assets/codecs/{name}")
    build(folder, workers=1)
    assert all(ladder.made for ladder, _ in packs_of(folder))
    own.write_text(own.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    build(folder, workers=1)
    assert not any(ladder.made for ladder, _ in packs_of(folder)) and "wasm" not in page_of(folder)
    told = check(folder, workers=1)
    assert told.carried_because.startswith(f"assets/codecs/{name} is the batch's own, whose frames no build has proved")


def test_quality_0_is_made_as_libjpeg_takes_it(tmp_path: Path) -> None:
    folder = write_batch(tmp_path, PIXELS, (96, 80))
    path = folder / "batch.toml"
    path.write_text(path.read_text().replace("level = 12, quality = 6", "level = 12, quality = 0"))
    build(folder, workers=1)
    for ladder, pack in packs_of(folder):
        assert ladder.made and ladder.parameters[-1] == 0
        assert pack.frame(12) == MadeFrame(subsampling="4:2:0", quality=1)


def test_training_has_nothing_to_hide_and_may_be_carried(tmp_path: Path) -> None:
    folder = write_batch(tmp_path, PIXELS, (96, 80))
    with_files(folder, "training")
    build(folder, workers=1)
    assert {ladder.role for ladder, _ in packs_of(folder) if ladder.made} == {"study", "gold"}
    found = check(folder, workers=1)
    assert (found.made, found.carried_because) == (3, "")
    assert found.inline_bytes_otherwise > found.inline_bytes


@pytest.mark.parametrize("published", ("made", "carried"))
def test_a_published_study_keeps_its_form_in_every_rebuild(published: str, tmp_path: Path) -> None:
    folder = write_batch(tmp_path, f'frames = "{published}"\n{PIXELS}', (96, 80))
    build(folder, workers=1)
    first = read_manifest(folder)
    with Ledger(folder / LEDGER) as ledger:
        ledger.set_fact(MANIFEST_FACT, first.json())
    text, other = (folder / "batch.toml").read_text(), {"made": "carried", "carried": "made"}[published]
    for default in (f'frames = "{other}"\n', ""):
        (folder / "batch.toml").write_text(text.replace(f'frames = "{published}"\n', default))
        build(folder, workers=1)
        assert read_manifest(folder).ladders == first.ladders
    found = check(folder, workers=1)
    assert found.carried_because == {"made": "", "carried": "the study was published so"}[published]
    assert not found.carried_because or f"all frames are carried: {found.carried_because}" in found.warnings


def test_check_says_of_large_pictures_what_a_build_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are known by tiles until then."""
    folder = write_batch(tmp_path, f"{PIXELS}swaps_per_second = 6\n", (96, 80), study=1)
    Image.new("RGB", (16400, 96), "gray").save(folder / "study" / "study0.png")
    why = "study/study0: pages make frames of sources of at most 16383 pixels a side"
    assert (found := check(folder, workers=1)).carried_because == why
    assert (found.made, found.estimated) == (0, 1)
    photograph("coffee.png", (1500, 1040)).save(folder / "study" / "study0.png")
    monkeypatch.setattr(made_module, "prove", lambda *given: Proof((50,), 1))
    assert (found := check(folder, workers=1)).carried_because.endswith("do not show the pixels that pages make")
    assert (found.made, found.estimated) == (0, 1)


def test_a_source_that_pages_cannot_read_is_carried_and_told(tmp_path: Path) -> None:
    folder = write_batch(tmp_path, PIXELS, (96, 80))
    Image.new("RGB", (16400, 32)).save(folder / "study" / "study0.png")
    build(folder, workers=1)
    assert not any(ladder.made for ladder, _ in packs_of(folder))
    batch = load_batch(folder)
    sources, why = in_form(batch, batch.ladders)
    made = make_ladders(sources, tmp_path / "packs", tmp_path / "cache", workers=1)
    assert (why, made.carried_because) == (
        "", "study/study0: pages make frames of sources of at most 16383 pixels a side"
    )  # fmt: skip
