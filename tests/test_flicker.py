"""The flicker on a clock of the test's own: what is counted as a swap, and what as an interruption."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import nodes

RUN = """
const shown = [];
let tick = null;
const canvas = { width: 1, height: 1, getContext: () => ({ drawImage() {} }) };
const schedule = SCHEDULE;
const flicker = module.createFlicker({
  canvas, schedule, clock: { raf: (act) => ((tick = act), 1), cancel() {}, now: () => 0 }, onShown: (level) => shown.push(level),
});
flicker.setDecoder({ get: () => ({}), hold() {}, want() {} });
flicker.setFrameMs(1000 / HZ);
flicker.setLevel(5);
flicker.start();
let t = 0;
const frames = (ms) => { for (const end = t + ms - 1; t < end; ) { t += 1000 / HZ; tick(t); } };
"""


def flickered(body: str, hz: float = 60, swaps_per_second: float = 8) -> Any:
    made = nodes.module("instrument/schedule.js", "made")
    schedule = f'made.createSchedule({{ swapsPerSecond: {swaps_per_second}, kind: "nominal", frameMs: 1000 / {hz} }})'
    return nodes.run(
        "instrument/flicker.js", f"{made} {RUN.replace('SCHEDULE', schedule).replace('HZ', str(hz))} {body}"
    )


@pytest.mark.parametrize("stall_ms", [300, 1000, 8000, 3_600_000])
def test_a_stall_is_an_interruption_counted_apart(stall_ms: int) -> None:
    sound = flickered("frames(30000); return flicker.timing();")
    timing = flickered(f"frames(15000); t += {stall_ms}; frames(15000); return flicker.timing();")
    assert timing["stalled_ms"] == pytest.approx(stall_ms, abs=20)
    assert sound["stalled_ms"] == timing["hidden_ms"] == 0
    assert timing["sd_ms"] == pytest.approx(sound["sd_ms"], abs=1)
    assert timing["max_ms"] < 150 and timing["swaps"] == pytest.approx(sound["swaps"], abs=3)
    assert timing["mean_ms"] == pytest.approx(125, abs=0.5)


def test_after_a_stall_the_source_is_shown_first() -> None:
    assert flickered("frames(1180); shown.length = 0; t += 2000; frames(40); return shown;")[:1] in ([0], [])


@pytest.mark.parametrize("lost_frames", [1, 2, 3, 5, 7])
def test_a_few_lost_frames_are_no_interruption(lost_frames: int) -> None:
    timing = flickered(f"frames(5000); t += {lost_frames} * 1000 / 60; frames(5000); return flicker.timing();")
    assert timing["stalled_ms"] == 0 and timing["dropped"] == lost_frames


def test_what_was_jumped_over_was_not_shown() -> None:
    """At 30 swaps a second, 67 ms without a frame pass over a whole turn: the picture did not change."""
    timing, changes = flickered(
        "frames(1000); shown.length = 0; const before = flicker.timing().swaps;"
        "for (let lost = 1; lost < 12; lost += 1) { t += lost * 1000 / 60; frames(300); }"
        "return [flicker.timing().swaps - before, shown.length];",
        swaps_per_second=30,
    )
    assert timing == changes
