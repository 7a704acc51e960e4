"""What is painted, read back from the canvas in every animation frame by an observer that is not the page's."""

from __future__ import annotations

import statistics
from base64 import b64decode
from difflib import SequenceMatcher
from io import BytesIO
from itertools import groupby, pairwise
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from hitgen.stimuli.form import Frames
from tests.support.browsers import OpenPage
from tests.support.figures import write_figures
from tests.support.painting import (
    DRAG,
    LEVELS,
    OBSERVER,
    SWAP_MS,
    around,
    at,
    at_study,
    grey,
    observe,
    stretches,
    swap_times,
)


def check_painted(seen: list, most_frames_off: float) -> dict[str, float]:
    """Only known pictures; each swap no farther from its due time than the nearest frame plus what is allowed."""
    known = {grey(level): "source" if level == 0 else f"level:{level}" for level in range(LEVELS + 1)}
    assert [entry for entry in seen if known.get(entry[1]) != entry[2]] == []
    frames = [entry[0] for entry in seen]
    frame_ms = statistics.median(b - a for a, b in pairwise(frames))
    # the first change comes with the first move of the slider, or after a standstill, within a phase: it is no swap
    judged = [swaps for part in stretches(seen) if len(swaps := swap_times(part)[1:]) > 10]
    assert judged
    off = []
    lengths: dict[bool, list[float]] = {True: [], False: []}
    for swaps in judged:
        start = statistics.median(t - SWAP_MS * number for number, t in enumerate(swaps))
        for number, t in enumerate(swaps):
            due = start + SWAP_MS * number
            off.append((abs(t - due) - min(abs(frame - due) for frame in around(frames, due))) / frame_ms)
        for (before, after), (_, _, shown) in zip(pairwise(swaps), (at(seen, t) for t in swaps), strict=False):
            lengths[shown == "source"].append(after - before)
    assert max(off) <= most_frames_off, (max(off), off.index(max(off)))
    means = {phase: statistics.mean(values) for phase, values in lengths.items()}
    assert abs(means[True] - means[False]) < 0.25 * frame_ms, means
    return {
        "swaps": len(off),
        "frame_ms": frame_ms,
        "worst_frames_beyond_nearest": max(off),
        "source_mean_ms": means[True],
        "distorted_mean_ms": means[False],
        "longest_frame_ms": max(b - a for a, b in pairwise(frames)),
    }


def a_flicker(stands_still_ms: float, late_ms: float = 0.0) -> list:
    """What an observer sees on a display of 58.7 Hz that stands still once, for a quarter second: then it begins anew; one comes late."""
    seen, begun, number = [], 0.0, 0
    for frame in range(600):
        t = frame * 1000 / 58.7 + (stands_still_ms if frame >= 300 else 0.0)
        if frame == 300 and stands_still_ms >= 250:
            begun, number = t, 0
        number = max(number, int((t - begun - (late_ms if 1000 < t < 1200 else 0.0) + 500 / 58.7) // SWAP_MS))
        seen.append([t, grey(3 * (number % 2)), "level:3" if number % 2 else "source"])
    return seen


def test_a_swap_that_is_late_is_seen_and_a_machine_that_stood_still_is_not_held_against_the_page() -> None:
    for stands_still_ms in (0.0, 130.0, 200.0, 300.0, 900.0):
        assert check_painted(a_flicker(stands_still_ms), 0.5)["swaps"] > 60
        with pytest.raises(AssertionError):
            check_painted(a_flicker(stands_still_ms, late_ms=40), 0.5)


FORMS = pytest.mark.parametrize("frames", (pytest.param("carried", marks=pytest.mark.soak), "made"))


@pytest.mark.timing
@pytest.mark.browser
@FORMS
def test_only_source_or_a_decoded_level_is_painted_and_each_swap_at_the_nearest_frame(
    frames: Frames, tmp_path: Path, open_page: OpenPage
) -> None:
    seen, moves = observe(open_page, tmp_path, 8, frames=frames)
    check_painted(seen, 0.5)
    assert len({shown for _, _, shown in seen}) == LEVELS + 1
    assert len(moves) > 80


@pytest.mark.timing
@pytest.mark.browser
@FORMS
def test_a_processor_slowed_four_times_swaps_within_a_frame(
    frames: Frames, tmp_path: Path, open_page: OpenPage
) -> None:
    seen, _ = observe(open_page, tmp_path, 6, slowdown=4, frames=frames)
    check_painted(seen, 1)


def film(page: Page, seconds: float) -> tuple[list[Image.Image], list]:
    """Every frame that the browser's screencast delivered of a drag, and what the canvas held meanwhile."""
    delivered: list[str] = []
    session = page.context.new_cdp_session(page)

    def keep(frame: dict) -> None:
        delivered.append(frame["data"])
        session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    session.on("Page.screencastFrame", keep)
    session.send("Page.startScreencast", {"format": "jpeg", "quality": 90, "everyNthFrame": 1})
    page.evaluate(OBSERVER)
    page.evaluate(DRAG, [seconds, LEVELS])
    seen = page.evaluate("() => window.seen")
    session.send("Page.stopScreencast")
    return [Image.open(BytesIO(b64decode(data))).convert("L") for data in delivered], seen


def stage_greys(page: Page, pictures: list[Image.Image]) -> list[int]:
    box = page.locator("[data-hit=stage] canvas").bounding_box()
    assert box and page.viewport_size
    greys = []
    for picture in pictures:
        scale = picture.width / page.viewport_size["width"]
        place = (round((box["x"] + box["width"] / 2) * scale), round((box["y"] + box["height"] / 2) * scale))
        pixel = picture.getpixel(place)
        assert isinstance(pixel, int)
        greys.append(pixel)
    return greys


def check_film(page: Page, seconds: float) -> dict[str, float]:
    """What left the compositor: nothing but the source and marked levels, and hardly a change of them missing."""
    pictures, seen = film(page, seconds)
    greys = stage_greys(page, pictures)
    marks = [min(range(LEVELS + 1), key=lambda level: abs(grey(level) - value)) for value in greys]
    assert [value for value, mark in zip(greys, marks, strict=True) if abs(value - grey(mark)) > 2] == []
    painted = [(value - 40) // 8 for _, value, _ in seen]
    changes, filmed = ([key for key, _ in groupby(shown)] for shown in (painted, marks))
    same = sum(block.size for block in SequenceMatcher(None, changes, filmed, autojunk=False).get_matching_blocks())
    undelivered = 1 - same / len(changes)
    assert undelivered <= 0.05, (changes, filmed)
    return {"changes": len(changes), "screencast_frames": len(greys), "undelivered_share": undelivered}


@pytest.mark.timing
@pytest.mark.browser
@FORMS
def test_what_the_screencast_delivers(frames: Frames, tmp_path: Path, open_page: OpenPage) -> None:
    check_film(at_study(open_page, tmp_path, frames), 6)


@pytest.mark.soak
@pytest.mark.browser
@FORMS
def test_a_minute_of_dragging(frames: Frames, tmp_path: Path, open_page: OpenPage) -> None:
    for name in ("painted", "filmed"):
        (tmp_path / name).mkdir()
    seen, _ = observe(open_page, tmp_path / "painted", 60, frames=frames)
    painted = check_painted(seen, 0.5)
    filmed = check_film(at_study(open_page, tmp_path / "filmed", frames), 60)
    write_figures(f"flicker-{frames}", {"painted": painted, "filmed": filmed})
