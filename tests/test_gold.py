"""Gold ladders: invisible below the onset, three places from there on, and not to be told from study by their weight."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitgen.errors import InputError
from hitgen.methods.pjnd.gold_ladder import Gold, make_gold
from hitgen.stimuli.codecs import lossless
from tests.bench.build import photographs

LADDERS = 8
pytestmark = [
    pytest.mark.xdist_group("gold"),
    pytest.mark.long,
]  # its ladders take half a minute: made once, not once a process
Curve = list[int]


def study_curve(path: Path) -> Curve:
    image = Image.open(path).convert("RGB")
    sizes = [len(lossless(image).content)]
    for level in range(1, 101):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=101 - level)
        sizes.append(buffer.tell())
    return sizes


def gold_curve(gold: Gold) -> Curve:
    return [len(lossless(gold.source).content), *map(len, gold.frames)]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return photographs(tmp_path_factory.mktemp("photos"), 2 * LADDERS)


@pytest.fixture(scope="module")
def study(photos: list[Path]) -> list[Curve]:
    return [study_curve(path) for path in photos[:LADDERS]]


@pytest.fixture(scope="module")
def golds(photos: list[Path], study: list[Curve]) -> list[Gold]:
    return [
        make_gold(Image.open(path).convert("RGB"), 15 + 4 * number, study, number)
        for number, path in enumerate(photos[LADDERS:])
    ]


def block_error(gold: Gold, level: int) -> np.ndarray:
    """Mean absolute luma error in blocks of 8x8."""
    source = np.asarray(gold.source.convert("L")).astype(int)
    frame = np.asarray(Image.open(io.BytesIO(gold.frames[level - 1])).convert("L")).astype(int)
    blocks = (frame - source).reshape(60, 8, 80, 8).mean((1, 3))
    return np.abs(blocks)


def test_nothing_is_seen_below_the_onset_and_three_places_from_there_on(golds: list[Gold]) -> None:
    for gold in golds:
        onset = gold.level[0]
        assert max(block_error(gold, level).max() for level in range(1, onset)) < 4
        seen = block_error(gold, onset)
        rows, columns = np.nonzero(seen > 6)
        assert len(rows) >= 3
        for x, y in gold.points:
            assert np.hypot(columns * 8 + 4 - x, rows * 8 + 4 - y).min() < 16
        for row, column in zip(rows, columns, strict=True):
            assert min(np.hypot(column * 8 + 4 - x, row * 8 + 4 - y) for x, y in gold.points) < gold.radius_px
        assert block_error(gold, onset + 7).max() > seen.max()


def test_places_are_apart_and_frames_all_differ(golds: list[Gold]) -> None:
    for gold in golds:
        assert len(set(gold.frames)) == 100
        for number, (x, y) in enumerate(gold.points):
            for a, b in gold.points[number + 1 :]:
                assert np.hypot(x - a, y - b) > 2 * gold.radius_px


def test_same_seed_same_bytes(photos: list[Path], study: list[Curve]) -> None:
    image = Image.open(photos[-1]).convert("RGB")
    small = [curve[:13] for curve in study]
    assert make_gold(image, 4, small, 5) == make_gold(image, 4, small, 5)


def test_an_onset_without_room_is_refused(photos: list[Path], study: list[Curve]) -> None:
    with pytest.raises(InputError, match="level of 2 to 92"):
        make_gold(Image.open(photos[0]).convert("RGB"), 95, study, 1, "x.png")


def features(curve: Curve) -> np.ndarray:
    """What a page shows of a pack: number of distinct sizes, weights, and the shape of the curve."""
    sizes = np.log(np.array(curve, dtype=float))
    steps = np.diff(sizes[1:])
    picked = sizes[[0, 1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]]
    shape = [np.log(sum(curve)), (steps > 0).sum(), np.abs(np.diff(steps)).mean(), len(set(curve)), sizes[0] - sizes[1]]
    return np.array([*picked, *shape])


def hits(first: list[Curve], second: list[Curve]) -> int:
    """How many ladders a nearest-centroid rule places right when each is left out in turn."""
    table = np.array([features(curve) for curve in first + second])
    table = (table - table.mean(0)) / (table.std(0) + 1e-9)
    kinds = np.array([0] * len(first) + [1] * len(second))
    right = 0
    for out in range(len(kinds)):
        kept = np.arange(len(kinds)) != out
        centres = [table[kept & (kinds == kind)].mean(0) for kind in (0, 1)]
        right += int(np.argmin([np.linalg.norm(table[out] - centre) for centre in centres])) == kinds[out]
    return right


def larger_share(first: np.ndarray, second: np.ndarray) -> float:
    """How often one of the first is larger than one of the second, ties by half: 0.5 where they are alike."""
    return float(np.mean(np.sign(first[:, None] - second[None, :]) / 2 + 0.5))


def test_a_page_does_not_tell_gold_from_study(study: list[Curve], golds: list[Gold]) -> None:
    """Chance is 8 of 16; 13 or more would come about by chance in 1% of cases. The same rule finds a naive gold at once."""
    assert hits(study, [gold_curve(gold) for gold in golds]) < 13
    told = np.array([features(curve) for curve in study]), np.array([features(gold_curve(gold)) for gold in golds])
    for feature, (of_study, of_gold) in enumerate(zip(told[0].T, told[1].T, strict=True)):
        assert 0.1 < larger_share(of_gold, of_study) < 0.9, feature
    naive = [[curve[0], *([curve[6]] * 40), *([curve[40]] * 60)] for curve in study]
    assert hits(study, naive) >= 15
