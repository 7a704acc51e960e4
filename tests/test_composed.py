"""What a trial shows: masked alike in every trial, read by the page as it was meant, and composed of two frames."""

from __future__ import annotations

import base64
import hashlib
import json
from itertools import pairwise

import numpy as np
import pytest

from hitgen.methods.pjnd.config import Catch, Planted, Question
from hitgen.stimuli.views import View, as_it_is, composed, masked, source_alone
from tests.support import nodes

TRIAL, SOURCE = "0123456789abcdef", b"a source's bytes"
PLANTED = Question(
    images="gold", source="g", level=(10, 13), points=((30, 20), (90, 20), (60, 50)), radius_px=12,
    planted=Planted(outside=6, inside=(8, 11, 15, 20)),
)  # fmt: skip
OWN_LEVELS = PLANTED.model_copy(
    update={"planted": Planted(outside=13, inside=((12, 15, 21, 22), (20, 21, 22, 23), (14, 15, 16, 30)), reach_px=6)}
)
VIEWS = (
    as_it_is(30),
    source_alone(30),
    PLANTED.view(30),
    View((1, 65535), ((2, 3), (4, 5)), ((65535, 1), (2, 3)), 70),
    OWN_LEVELS.view(30),
)


@pytest.mark.parametrize("view", VIEWS)
def test_the_page_reads_what_was_meant(view: View) -> None:
    text = masked(view, TRIAL, hashlib.sha256(SOURCE).hexdigest())
    pack = f"{{ levels: [1], frames: [{{}}, {{ type: 'image/png', bytes: Uint8Array.from({list(SOURCE)}) }}] }}"
    found = nodes.run("instrument/view.js", f"return module.readView({json.dumps(text)}, '{TRIAL}', {pack});")
    assert found == {
        "outside": [0, *view.outside], "inside": [[0, *levels] for levels in view.inside], "reach": view.reach_px,
        "places": [list(place) for place in view.places],
    }  # fmt: skip


def test_masks_tell_nothing_by_length_or_look() -> None:
    """Every bit is set half of the time, whatever is shown."""
    rng = np.random.default_rng(1)
    lengths = set()
    for view in (*VIEWS[:3], VIEWS[4]):
        texts = [masked(view, rng.bytes(8).hex(), rng.bytes(32).hex()) for _ in range(400)]
        lengths |= set(map(len, texts))
        bits = np.unpackbits(np.array([list(base64.b64decode(text)) for text in texts], np.uint8), axis=1)
        assert np.abs(bits[:, 16:].mean(0) - 0.5).max() < 0.13
    assert len(lengths) == 1


def test_a_planted_picture_is_held_back_grows_in_its_places_and_catches_up() -> None:
    view = PLANTED.view(30)
    assert view.outside[:14] == (1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 9)
    assert len(view.inside) == 3
    for inside in view.inside:
        assert inside[:9] == view.outside[:9]
        assert inside[9:14] == (8, 11, 15, 20, 20)
        assert view.outside[-1] == inside[-1] == 30
        assert all(a <= b for a, b in pairwise(inside))
    assert set(Catch(images="gold", source="g", none_seen=True).view(30).outside) == {0}


def test_nothing_is_held_back_around_places_with_levels_of_their_own() -> None:
    view = OWN_LEVELS.view(30)
    assert view.outside == tuple(range(1, 31)) and view.reach_px == 6
    assert [levels[9:16] for levels in view.inside] == [
        (12, 15, 21, 22, 22, 22, 22),
        (20, 21, 22, 23, 23, 23, 23),
        (14, 15, 16, 30, 30, 30, 30),
    ]
    assert view.at(9) == (9, ()) and view.at(10) == (10, (12, 20, 14)) and view.at(30) == (30, ())
    with pytest.raises(ValueError, match="2 rows of levels for 3 points"):
        Question.model_validate(PLANTED.model_dump() | {"planted": {"outside": 6, "inside": [[8, 9], [8, 9]]}})


def test_a_composed_frame_is_the_other_one_in_its_places_alone() -> None:
    outside, inside = np.full((60, 120, 3), 40, np.uint8), np.full((60, 120, 3), 200, np.uint8)
    result = composed(outside, [inside] * 3, PLANTED.view(30))
    rows, columns = np.nonzero(result[..., 0] != 40)
    distances = np.min([np.hypot(columns - x, rows - y) for x, y in PLANTED.points], axis=0)
    assert distances.max() < 13
    assert all(result[int(y), int(x), 0] == 200 for x, y in PLANTED.points)
