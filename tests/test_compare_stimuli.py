"""The pictures of `compare`: boosts in whole numbers, levels by what they do, crops, and packs of one picture."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitgen.batch.load import load_batch
from hitgen.config.images import AvifSet, JpegSet
from hitgen.errors import InputError
from hitgen.methods.compare import COMPARE
from hitgen.methods.compare.boosts import WEIGHT, amplified, enlarged, weights
from hitgen.methods.compare.manifest import Ladder
from hitgen.methods.compare.spread import Spread, psnr_db, spread_parameters
from hitgen.methods.compare.stimuli import placed
from hitgen.stimuli.codecs import code
from hitgen.stimuli.make import make_ladders
from hitgen.stimuli.packs import pack_path, read_pack
from hitgen.stimuli.sources import decode_rgb
from tests.support.batches import grid
from tests.support.compare import write_study

RNG = np.random.default_rng(3)


def noise(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return RNG.integers(0, 256, (*shape, 3), dtype=np.uint8)


def test_twice_the_difference_wherever_it_can_be_shown() -> None:
    v, w = noise(40, 30), noise(40, 30)
    made, v_, d = amplified(v, w).astype(int), v.astype(int), w.astype(int) - v
    free = ((v_ + 2 * d >= 0) & (v_ + 2 * d <= 255)).all(axis=2)
    assert free.any() and (made[free] == (v_ + 2 * d)[free]).all()
    assert (np.sign(made - v_) == np.sign(d)).all()
    assert (np.abs(made - v_) >= np.abs(d)).all()  # never less than it was


def test_where_it_would_clip_one_factor_serves_all_channels_of_a_pixel() -> None:
    v = np.array([[[250, 100, 100]]], dtype=np.uint8)
    w = np.array([[[254, 108, 92]]], dtype=np.uint8)
    assert amplified(v, w).tolist() == [[[255, 110, 90]]]  # 5/4 of 4, 8 and 8


def test_a_picture_is_enlarged_by_whole_weights_of_six_pixels() -> None:
    assert weights() == (8, -70, 278, 913, -136, 31) and sum(weights()) == WEIGHT
    flat = np.full((6, 5, 3), 77, np.uint8)
    assert (enlarged(flat) == 77).all() and enlarged(flat).shape == (12, 10, 3)
    step = np.zeros((1, 12, 3), np.uint8)
    step[:, 6:] = 200
    row = enlarged(step)[0, :, 0].tolist()
    assert row == enlarged(step[:, ::-1])[0, ::-1, 0].tolist()
    assert row[:6] == [0] * 6 and row[-6:] == [200] * 6


def test_it_is_the_lanczos_of_others_to_a_rounding() -> None:
    soft = np.asarray(grid(60, 40).resize((30, 20), Image.Resampling.BILINEAR))
    theirs = np.asarray(Image.fromarray(soft).resize((60, 40), Image.Resampling.LANCZOS)).astype(int)
    assert np.abs(enlarged(soft) - theirs)[6:-6, 6:-6].max() <= 2


def test_levels_step_evenly_through_error_or_size() -> None:
    picture = grid(96, 64)
    images = JpegSet(name="j", sources="*", codec="jpeg", levels=4)
    found = spread_parameters(picture, images, Spread("error", 40, 28, 4), "s")
    values = [psnr_db(picture, shown) for _, shown in found.values()]
    assert list(found) == sorted(found, reverse=True) and len(found) == 4
    assert np.abs(np.subtract(values, [40, 36, 32, 28])).max() < 1.5
    sizes = [
        8 * size / (96 * 64)
        for size, _ in spread_parameters(picture, images, Spread("size", 3.6, 1.2, 3), "s").values()
    ]
    assert all(abs(ratio / 3**0.5 - 1) < 0.25 for ratio in (a / b for a, b in pairwise(sizes)))


def test_a_codec_that_does_not_reach_so_far_is_refused_with_what_it_reaches() -> None:
    images = AvifSet(name="a", sources="*", codec="avif", levels=3)
    with pytest.raises(
        InputError, match=r"s: method.size_bpp: 3 levels from 99 to 98 bits per pixel are asked of a, which goes from"
    ):
        spread_parameters(grid(64, 48), images, Spread("size", 99, 98, 3), "s")


def test_a_crop_lies_in_the_middle_and_zoom_takes_half_of_it() -> None:
    assert placed((60, 40), (100, 100), "s", False) == (20, 30, 60, 40)
    assert placed((60, 40), (100, 100), "s", True) == (35, 40, 30, 20)
    assert placed(None, (101, 99), "s", False) == (0, 0, 101, 99)
    with pytest.raises(InputError, match="it has 100x30 pixels, and 60x40 are to be shown of it"):
        placed((60, 40), (100, 30), "s", False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Ladder]]:
    folder = write_study(tmp_path_factory.mktemp("stimuli"))
    batch = load_batch(folder)
    ladders = make_ladders(COMPARE.sources(batch), folder / "packs", folder / "cache", 1).ladders
    again = make_ladders(COMPARE.sources(batch), folder / "packs", folder / "cache", 1)
    assert again.encoded == 0 and again.ladders == ladders
    return folder, {ladder.key: ladder for ladder in ladders if isinstance(ladder, Ladder)}


def pixels(folder: Path, digest: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    pack = read_pack(pack_path(folder / "packs", digest).read_bytes())
    assert len(pack.frames) == 1
    return np.asarray(decode_rgb(pack.source.content, "frame"))


def test_each_picture_is_a_pack_of_its_own_made_by_the_rules(made: tuple[Path, dict[str, Ladder]]) -> None:
    folder, ladders = made
    source = Image.open(folder / "images" / "s0.png")
    plain, boosted = ladders["jpeg.plain/s0"], ladders["jpeg.boosted/s0"]
    assert (plain.width, plain.height, boosted.width, boosted.height) == (64, 48, 64, 48)
    assert plain.crop == (8, 8, 64, 48) and boosted.crop == (24, 20, 32, 24)
    whole, inner = np.asarray(source)[8:56, 8:72], np.asarray(source)[20:44, 24:56]
    images = load_batch(folder).config.images[0]
    for level in range(3):
        quality = plain.levels[level].parameter
        size, shown = (0, source) if quality is None else code(source, images, quality)
        assert plain.coded_bytes[level] == boosted.coded_bytes[level] == size
        version = np.asarray(shown)
        assert (pixels(folder, plain.pictures[level]) == (version[8:56, 8:72] if level else whole)).all()
        expected = enlarged(amplified(inner, version[20:44, 24:56])) if level else enlarged(inner)
        assert (pixels(folder, boosted.pictures[level]) == expected).all()
    assert plain.bpp(1) == 8 * plain.coded_bytes[1] / (80 * 64) and plain.bpp(0) is None


def test_codecs_of_a_source_share_its_pivot(made: tuple[Path, dict[str, Ladder]]) -> None:
    _, ladders = made
    assert ladders["jpeg.plain/s0"].pictures[0] == ladders["webp.plain/s0"].pictures[0]
    assert ladders["jpeg.boosted/s0"].pictures[0] != ladders["jpeg.plain/s0"].pictures[0]
