"""What is painted, read back from the canvas in every animation frame by an observer that is not the page's."""

from __future__ import annotations

import statistics
from itertools import groupby, pairwise
from pathlib import Path

import pytest
from PIL import Image

from hitgen.rehearsal.robot import Answer, Robot
from tests.browser.conftest import HEAD, OpenPage, built_page

LEVELS = 20
OBSERVER = """
() => {
  const canvas = document.querySelector('[data-hit=stage] canvas');
  const stage = document.querySelector('[data-hit=stage]');
  const surface = canvas.getContext('2d');
  window.seen = [];
  const look = (t) => {
    const pixel = surface.getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data;
    window.seen.push([t, pixel[0], stage.dataset.shown]);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""
DRAG = """
async ([seconds, last]) => {
  const slider = document.querySelector('[data-hit=slider]');
  const end = performance.now() + seconds * 1000;
  const moves = [];
  for (let step = 0; performance.now() < end; step += 1) {
    const level = 1 + (step % (2 * last - 2) < last ? step % (2 * last - 2) : 2 * last - 2 - step % (2 * last - 2)) % last;
    slider.value = level;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    moves.push([performance.now(), level]);
    await new Promise((resolve) => setTimeout(resolve, 70));
  }
  return moves;
}
"""


def grey(level: int) -> int:
    return 40 + 8 * level


def marked_page(folder: Path) -> str:
    """A page whose frames are plain greys: the source 40, level d 40 + 8 d."""
    (folder / "ladder").mkdir()
    for level in range(LEVELS + 1):
        name = "s.png" if level == 0 else f"s_{level}.png"
        Image.new("RGB", (320, 240), (grey(level),) * 3).save(folder / "ladder" / name)
    (folder / "batch.toml").write_text(
        HEAD + '[[images]]\nname = "study"\nsources = "ladder/s.png"\ncodec = "files"\n'
        f'frames = "ladder/{{source}}_{{index}}.png"\nlevels = {LEVELS}\n'
        '[hit]\ntraining = 0\nstudy = 1\ngold = 0\n[display]\nscaling = "pixels"\n'
    )
    return built_page(folder)


def observe(open_page: OpenPage, folder: Path, seconds: float, slowdown: int = 1) -> tuple[list, list]:
    page = open_page(marked_page(folder))
    robot = Robot(page, lambda _: Answer(1, []))
    while robot.screen() != "study":
        robot._leave(robot.screen())
    robot.hit("stage").wait_for()
    if slowdown > 1:
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.wait_for_function("() => document.querySelector('[data-hit=stage]').dataset.shown === 'source'")
    page.evaluate(OBSERVER)
    moves = page.evaluate(DRAG, [seconds, LEVELS])
    return page.evaluate("() => window.seen"), moves


def swap_times(seen: list) -> list[float]:
    phases = [(t, shown == "source") for t, _, shown in seen]
    return [after[0] for before, after in pairwise(phases) if before[1] != after[1]]


def check_painted(seen: list, most_frames_off: float) -> None:
    known = {grey(level): "source" if level == 0 else f"level:{level}" for level in range(LEVELS + 1)}
    assert [entry for entry in seen if known.get(entry[1]) != entry[2]] == []
    frame_ms = statistics.median(b[0] - a[0] for a, b in pairwise(seen))
    # the first change comes with the first move of the slider, within a phase: it is no swap
    errors = [t - 125 * number for number, t in enumerate(swap_times(seen)[1:])]
    assert len(errors) > 10
    assert (max(errors) - min(errors)) / 2 <= most_frames_off * frame_ms + 1, (min(errors), max(errors))
    lengths = {True: [], False: []}
    for source, group in groupby(seen, key=lambda entry: entry[2] == "source"):
        lengths[source].append(len(list(group)))
    means = [statistics.mean(group[1:-1]) for group in lengths.values()]
    assert abs(means[0] - means[1]) * frame_ms < 6


@pytest.mark.timing
@pytest.mark.browser
def test_only_source_or_a_decoded_level_is_painted_and_each_swap_at_the_nearest_frame(
    tmp_path: Path, open_page: OpenPage
) -> None:
    seen, moves = observe(open_page, tmp_path, 8)
    check_painted(seen, 0.5)
    assert len({shown for _, _, shown in seen}) == LEVELS + 1
    assert len(moves) > 80


@pytest.mark.timing
@pytest.mark.browser
def test_a_processor_slowed_four_times_swaps_within_a_frame(tmp_path: Path, open_page: OpenPage) -> None:
    seen, _ = observe(open_page, tmp_path, 6, slowdown=4)
    check_painted(seen, 1)


@pytest.mark.soak
@pytest.mark.browser
def test_a_minute_of_dragging(tmp_path: Path, open_page: OpenPage) -> None:
    seen, _ = observe(open_page, tmp_path, 60)
    check_painted(seen, 0.5)
