"""What pictures weigh at the quality that people told, and codecs against each other there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from hitgen.methods.pjnd.analysis.pjnd import Estimate
from hitgen.methods.pjnd.analysis.rate import Weighed, ratios, weights_of
from hitgen.stimuli.codecs import lossless
from hitgen.stimuli.made import encoded
from hitgen.stimuli.packs import Frame, MadeFrame, make_pack, write_pack
from tests.support.batches import grid


def test_a_level_weighs_what_its_frame_does(tmp_path: Path) -> None:
    frames = [Frame(b"x" * size, "image/jpeg") for size in (9000, 4000, 2000)]
    pack, _ = write_pack(make_pack(40, 50, frames), tmp_path)
    weights = weights_of(tmp_path, pack)
    assert weights and weights.bytes == (9000, 4000, 2000)
    assert weights.at(1.5) == 3000
    assert weights.bits_per_pixel(2) == 8 * 2000 / (40 * 50)
    assert weights.at(None) is None and weights.at(3) is None
    assert weights_of(tmp_path, "0" * 64) is None


def test_a_frame_that_pages_make_weighs_what_its_jpeg_does(tmp_path: Path) -> None:
    picture = grid(64, 48)
    made = [MadeFrame(subsampling="4:2:0", quality=quality, planted="0" * 30) for quality in (80, 20)]
    pack, _ = write_pack(make_pack(64, 48, [lossless(picture), *made]), tmp_path)
    carried = [encoded(picture, "4:2:0", quality) for quality in (80, 20)]
    weights = weights_of(tmp_path, pack)
    assert weights and weights.bytes[1:] == tuple(map(len, carried))
    assert weights.at(1.5) == (len(carried[0]) + len(carried[1])) / 2


def row(source: str, codec: str, size: float) -> Weighed:
    return Weighed(source, codec, "PJND", Estimate(40.0), 61.0, size, Estimate(1.0))


def test_codecs_are_compared_on_the_sources_that_they_share() -> None:
    rows = [row(name, "jpeg", 1000.0) for name in "abcd"] + [
        row(name, "webp", size) for name, size in zip("abc", (500.0, 700.0, 600.0), strict=True)
    ]
    (found,) = ratios(rows)
    assert (found.codec, found.than, found.sources) == ("webp", "jpeg", 3)
    assert found.ratio.value == pytest.approx((0.5 * 0.7 * 0.6) ** (1 / 3))
    assert found.ratio.low is not None and found.ratio.high is not None
    logs = np.log([0.5, 0.7, 0.6])
    student = stats.t.interval(
        0.95, 2, logs.mean(), stats.sem(logs)
    )  # resamples of three hold the mean in 75% of samples
    assert (found.ratio.low, found.ratio.high) == pytest.approx(tuple(np.exp(student)))
    assert ratios(rows[:1]) == []
    assert ratios(rows[:1] + rows[4:5])[0].ratio.low is None
