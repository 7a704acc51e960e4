"""What is planted in gold: known places and levels, in study nothing, and masks that tell neither from the other."""

from __future__ import annotations

import numpy as np
import pytest

from hitgen.config.images import Planted
from hitgen.stimuli.plant import Change, change_at, changed, masked, unmasked
from tests.support.pictures import photograph

PLANTED = Planted(level=20, centres=((60, 40), (240, 60), (150, 180)))
SOURCE = np.asarray(photograph("coffee.png", (320, 240)))


def test_a_change_comes_back_from_its_mask() -> None:
    change = Change(((1, 2), (65535, 0), (300, 400)), (-70, 0, 70))
    for key in (0, 1, 2**31, 2**32 - 1):
        assert unmasked(masked(change, key), key) == change
    assert unmasked(masked(change, 5), 6) != change


def test_masks_of_nothing_look_like_masks_of_something() -> None:
    """Every bit is set half of the time in both."""
    rng = np.random.default_rng(1)
    for change in (Change(), Change(((100, 200), (300, 400), (50, 60)), (16, 14, -13))):
        texts = [masked(change, int(key)) for key in rng.integers(0, 2**32, 2000)]
        bits = np.unpackbits(np.array([list(bytes.fromhex(text)) for text in texts], np.uint8), axis=1)
        assert np.abs(bits.mean(0) - 0.5).max() < 0.06


def test_nothing_changes_before_the_level_and_three_places_from_there() -> None:
    assert change_at(PLANTED, SOURCE, 19) == Change() == change_at(None, SOURCE, 50)
    for level in (20, 27, 100):
        difference = np.abs(changed(SOURCE, change_at(PLANTED, SOURCE, level)).astype(int) - SOURCE)
        rows, columns = np.nonzero(difference.max(2))
        distances = [np.hypot(columns - x, rows - y) for x, y in PLANTED.centres]
        assert (np.min(distances, axis=0) < 0.08 * 240).all()
        assert all(difference[y, x].min() >= 12 for x, y in PLANTED.centres)


def test_it_grows_from_level_to_level() -> None:
    steps = [np.abs(change_at(PLANTED, SOURCE, level).steps) for level in range(20, 101)]
    assert (np.diff(steps, axis=0) >= 0).all()
    assert steps[-1].max() <= 70


@pytest.mark.parametrize("point", ((0, 0), (319, 239), (0, 120)))
def test_a_place_at_the_edge_stays_inside(point: tuple[int, int]) -> None:
    result = changed(SOURCE, Change((point, (0, 0), (0, 0)), (40, 0, 0)))
    assert result.shape == SOURCE.shape
    assert (result != SOURCE).any()
