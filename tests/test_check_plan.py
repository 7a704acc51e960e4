"""What `check` says before anything is built: people, usable ratings, sizes on screens; and large pictures measured by tiles."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitgen.batch.sources import LadderSource
from hitgen.check import Planned, check
from hitgen.cli import main
from hitgen.commands.check import plan_lines
from hitgen.config.hit import Display
from hitgen.config.images import JpegSet
from hitgen.errors import InputError
from hitgen.stimuli import estimate, measure
from hitgen.stimuli.estimate import estimate_ladder
from hitgen.stimuli.flash import flash_area_sr
from hitgen.stimuli.ladders import make_ladder
from hitgen.stimuli.packs import pack_path, read_pack
from hitgen.stimuli.tiles import tiles_of
from tests.bench.build import photographs
from tests.support.batches import write_batch

pytestmark = pytest.mark.long

NEEDED = "[screening]\ngold_answers_min = {}\n"


def planned(folder: Path) -> Planned:
    heard: list[Planned] = []
    check(folder, workers=1, told=heard.append)
    return heard[0]


def test_people_pages_and_usable_ratings_are_told(tmp_path: Path) -> None:
    folder = write_batch(tmp_path / "batch", "ratings = 6\nassignments = 3\n", size=(64, 48))
    found = planned(folder)
    view = found.outlook
    # two pages of the same two ladders: nobody works both
    assert (found.pages, view.people, view.pages_each, view.ratings, view.usable, view.gold) == (
        2,
        6,
        1,
        12,
        12,
        (1, 1),
    )
    assert view.minutes_a_page == 6
    assert dict(view.qualities)["study"] == "83 to 6"
    # by thresholds both checks of one answer are to be passed: .84 x .94, .7 x .88, and .08 or .84 x .04
    told = "by one gold answer each keeps 79% of honest people, 62% of sloppy ones and 1.8% of those who guess"
    assert told in " ".join(plan_lines(found))
    sizes = {shown.screen: (shown.size, shown.fits) for shown in view.shown}
    assert sizes == {"1366x768": ((546, 409), True), "1920x1080": ((503, 377), True)}
    # the controls below, as a window of at most 800 px has them; beside the picture it would be 918 x 560
    assert view.window == (546 + 24, 409 + 300)


def test_where_no_rating_can_be_used_that_is_a_fault_with_two_ways_out(tmp_path: Path) -> None:
    folder = write_batch(tmp_path / "batch", "ratings = 3\n" + NEEDED.format(10), size=(64, 48))
    with pytest.raises(InputError) as caught:
        check(folder, workers=1)
    told = str(caught.value)
    assert "none of 6 would be used; try gold_answers_min = 1, or make more questions by `hitgen gold`" in told
    assert check(folder, workers=1, trial=True).warnings[0].endswith("raise `gold` under [hit]")


def test_where_few_can_be_used_that_is_a_warning(tmp_path: Path) -> None:
    """Two pages that share no trial, the second with a question of its own: who works one of them alone gives one answer."""
    folder = write_batch(tmp_path / "batch", "ratings = 4\n[screening]\ngold_answers_min = 2\n", size=(64, 48), study=1)
    text = (folder / "batch.toml").read_text()
    Image.open(folder / "gold" / "gold0.png").rotate(180).save(folder / "gold" / "gold1.png")
    Image.open(folder / "study" / "study0.png").rotate(180).save(folder / "study" / "study1.png")
    Image.open(folder / "study" / "study0.png").transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(
        folder / "study" / "study2.png"
    )
    again = text[text.index('[[questions]]\nimages = "gold"') : text.index("[hit]")].replace("gold0", "gold1")
    (folder / "batch.toml").write_text(text.replace("[hit]", again + "[hit]"))
    found = check(folder, workers=1)
    # three pages, two questions: half of the people meet one alone
    assert (found.planned.outlook.ratings, found.planned.outlook.usable) == (12, 8)
    assert "only 8 of 12 ratings can be used" in " ".join(found.warnings)


def test_a_page_that_does_not_fit_names_the_width_that_would(tmp_path: Path) -> None:
    accept = 'accept_flash_hazard = "I accept flashes beyond WCAG 2.3.1"'
    folder = write_batch(tmp_path / "batch", f"ratings = 3\n[display]\nwidth_cm = 25\n{accept}\n", size=(64, 48))
    found = planned(folder)
    widths = {shown.screen: shown.fits_cm for shown in found.outlook.shown if not shown.fits}
    assert "1366x768" in widths and f"and would with width_cm = {widths['1366x768']:g}" in " ".join(plan_lines(found))
    text = (folder / "batch.toml").read_text()
    for width, fits in ((widths["1366x768"], True), (widths["1366x768"] + 0.1, False)):
        (folder / "batch.toml").write_text(text.replace("width_cm = 25", f"width_cm = {width:.1f}"))
        assert {shown.screen: shown.fits for shown in planned(folder).outlook.shown}["1366x768"] is fits


def test_a_changed_setting_measures_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_batch(tmp_path / "batch", "ratings = 3\n[display]\nwidth_cm = 13\n", size=(96, 64))
    first = check(folder, workers=1)
    monkeypatch.setattr(measure, "look_at", None)
    text = (folder / "batch.toml").read_text().replace("width_cm = 13", "width_cm = 20")
    (folder / "batch.toml").write_text(text)
    again = check(folder, workers=1)
    assert again.inline_bytes == first.inline_bytes


def large(path: Path) -> Path:
    """A photograph of 3 megapixels."""
    with Image.open(photographs(path.parent / "small", 1)[0]) as photo:
        photo.resize((2000, 1500), Image.Resampling.LANCZOS).save(path)
    return path


def test_tiles_tell_what_the_whole_picture_would(tmp_path: Path) -> None:
    qualities = (90, 40, 10, 3)
    levels = tuple({"level": number, "quality": each} for number, each in enumerate(qualities, start=1))
    images = JpegSet(name="study", sources="*.png", codec="jpeg", levels=levels)
    source = LadderSource(images, "big", large(tmp_path / "big.png"), tmp_path)
    guessed, look = estimate_ladder(source)
    made = make_ladder(source, tmp_path)
    pack = read_pack(pack_path(tmp_path, made.pack).read_bytes())
    assert (guessed.width, guessed.height, len(guessed.levels)) == (2000, 1500, 5)
    for number in range(1, 5):
        assert look.bytes[number] == pytest.approx(len(pack.frame(number).content), rel=0.15)
    display = Display()
    pictures = [np.asarray(Image.open(__import__("io").BytesIO(pack.frame(n).content)).convert("RGB")) for n in (0, 4)]
    whole_sr = flash_area_sr(pictures[0], pictures[1], display)
    assert look.on(display).flash_sr[4] == pytest.approx(whole_sr, rel=0.25, abs=0.0004)


@pytest.mark.parametrize("size", [(2000, 1500), (9000, 200), (200, 9000), (1300, 32 * 20)])
def test_tiles_lie_inside_on_whole_blocks(size: tuple[int, int]) -> None:
    tiles = tiles_of(*size)
    rows = np.arange(size[1])[:, None].repeat(size[0], axis=1)
    taken = tiles.take(rows)
    assert (taken[:: tiles.side_px, 0] % 16 == 0).all()
    marked = np.ones(taken.shape, dtype=bool)
    assert tiles.counts(marked).sum() == pytest.approx(size[0] * size[1], rel=0.35)


def test_large_pictures_are_checked_by_tiles_until_they_are_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_batch(tmp_path / "batch", "ratings = 3\n[display]\nswaps_per_second = 6\n", size=(96, 64), study=1)
    large(folder / "study" / "study0.png")
    begun_s = time.monotonic()
    assert main(["check", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "1 ladder by block-aligned tiles of their pictures" in said and "about " in said
    assert time.monotonic() - begun_s < 60
    monkeypatch.setattr(estimate, "estimate_ladder", None)
    assert main(["check", str(folder)]) == 0
    assert main(["build", str(folder)]) == 0
    capsys.readouterr()
    assert main(["check", str(folder)]) == 0
    assert "tiles" not in capsys.readouterr().out


def test_flashes_stand_in_one_table_and_one_fault_with_a_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "study"
    photographs(tmp_path / "photos", 3)
    assert main(["init", str(folder), "--images", str(tmp_path / "photos")]) == 0
    path = folder / "batch.toml"
    text = path.read_text().replace("FILL IN: ", "")
    levels = text[text.index("levels = ") :].splitlines()[0]
    steps = ", ".join(f"{{level = {number}, quality = {quality}}}" for number, quality in enumerate((60, 20, 3, 1), 1))
    path.write_text(
        text.replace(levels, f"levels = [{steps}]")
        .replace("swaps_per_second = 8", "swaps_per_second = 20")
        .replace("width_cm = 13.797", "width_cm = 40")
    )
    capsys.readouterr()
    assert main(["check", str(folder)]) == 1
    said = capsys.readouterr()
    table = [line for line in said.out.splitlines() if line.endswith(("-", *"1234")) and " sr " in line]
    assert len(table) == 3
    assert (
        said.err.count("batch.toml: ") == 1
        and "flash beyond WCAG 2.3.1" in said.err
        and "swaps_per_second = 6" in said.err
    )
