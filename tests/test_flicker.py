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


def test_what_had_no_picture_yet_did_not_swap() -> None:
    """Frames of a level may come late, or not at all: what stood still is not told as a flicker that kept its schedule."""
    late = "let there = false; flicker.setDecoder({ get: (level) => (there || level === 0 ? {} : null), hold() {}, want() {} });"
    still, first, timing = flickered(
        f"{late} frames(3000); const still = [flicker.timing().swaps, new Set(shown).size]; there = true; shown.length = 0; frames(3000);"
        " return [still, shown.length, flicker.timing()];"
    )
    assert still == [0, 2]  # nothing at first, then the source
    assert timing["swaps"] == pytest.approx(first, abs=2) and timing["max_ms"] < 150


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


RATES = [24, 50, 59.94, 60, 75, 90, 100, 120, 144, 165, 240]
MEASURE = """
async function measured(hz, go) {
  let tick = null, now = 0, giveUp = null;
  const later = (act) => (giveUp = act);
  const { soon, whole } = module.measureRefresh({ raf: (act) => (tick = act), now: () => now }, later);
  const told = { hz, frames: 0, soon: null, soonAfter: 0, whole: null };
  soon.then((found) => Object.assign(told, { soon: found, soonAfter: told.frames }));
  whole.then((found) => (told.whole = found));
  const frame = async (t, clock = t + 2) => { now = clock; const act = tick; tick = null; act?.(t); told.frames += 1; await null; await null; };
  await go(told, frame, (number) => 3 + (number * 1000) / hz);
  giveUp();
  await null;
  await null;
  return told;
}
"""


def measured(frames: str, rates: list[float]) -> list[dict[str, Any]]:
    """What is found of displays whose frames come as the JavaScript says: `at(number)` is when frame `number` is due."""
    each = f"(hz) => measured(hz, async (told, frame, at) => {{ {frames} }})"
    told: list[dict[str, Any]] = nodes.run(
        "instrument/refresh.js", f"{MEASURE} return Promise.all({rates}.map({each}));"
    )
    return told


@pytest.mark.parametrize("resolution_ms", [0.005, 0.1, 1])
def test_the_first_estimate_is_the_rate(resolution_ms: float) -> None:
    """Clocks are cut to 5 to 100 microseconds by most browsers, to 1 ms by some: the rate of fast displays is told later then."""
    cut = f"Math.floor(at(n) / {resolution_ms}) * {resolution_ms}"
    for told in measured(f"for (let n = 0; n < 61; n += 1) await frame({cut});", RATES):
        hz = told["hz"]
        assert told["soon"]["refresh_hz"] == pytest.approx(hz, rel=0.02)
        assert told["whole"]["refresh_hz"] == pytest.approx(hz, rel=0.005 if resolution_ms < 1 else 0.01)
        assert told["soon"]["clock_rate"] == told["whole"]["clock_rate"] == 1
        assert told["soonAfter"] <= (9 if resolution_ms < 1 else 13 if hz <= 60 else 61)


def test_a_clock_in_steps_longer_than_frames_tells_a_rough_rate_and_that_frames_are_uneven() -> None:
    """A browser against fingerprinting cuts clocks to 100 ms: no rate at all would be no swap at all, and nobody could go on."""
    for told in measured("for (let n = 0; n < 61; n += 1) await frame(Math.floor(at(n) / 100) * 100);", [50, 60, 144]):
        whole = told["whole"]
        assert whole["frame_ms"] == pytest.approx(1000 / told["hz"], rel=0.15)
        assert whole["frame_sd_ms"] > whole["frame_ms"]


@pytest.mark.parametrize("seed", range(4))
def test_frames_that_a_loading_page_drops_and_shifts_do_not_mislead_it(seed: int) -> None:
    """The first frames are dropped at random, as scripts and packs are read; each is shifted by up to a twentieth."""
    frames = f"""let state = {seed} * 7919 + 1;
        const random = () => ((state = (state * 48271) % 2147483647) / 2147483647);
        for (let n = 0; n < 200 && !told.whole; n += 1) {{
          if (n < 20 && random() < 0.6) continue;
          await frame(at(n) + (random() - 0.5) * 100 / hz);
        }}"""
    for told in measured(frames, RATES):
        assert told["soon"]["refresh_hz"] == pytest.approx(told["hz"], rel=0.03)
        assert told["whole"]["refresh_hz"] == pytest.approx(told["hz"], rel=0.02)
        assert told["soonAfter"] <= 40


@pytest.mark.parametrize(("fast", "told"), [(1, 1), (3, 3), (0.5, 0.5)])
def test_a_clock_that_runs_otherwise_is_told_from_a_page_that_is_busy(fast: float, told: float) -> None:
    """The first frames are looked at by 300 ms too late, as on a machine that has other things to do."""
    frames = f"for (let n = 0; n < 61; n += 1) await frame(at(n), {fast} * at(n) + (n < 2 ? 300 : 2));"
    for found in measured(frames, [60, 144]):
        assert found["whole"]["clock_rate"] == pytest.approx(told, abs=0.15)


@pytest.mark.parametrize("shown", ["[0, 1, 3].includes(n % 5)", "n % 2 === 0 || n % 24 === 1"])
def test_a_rate_is_not_told_while_most_frames_are_dropped(shown: str) -> None:
    """Most intervals are those of half the rate, but some are too short for that."""
    (told,) = measured(f"for (let n = 0; n < 200; n += 1) if ({shown}) await frame(at(n));", [60])
    assert told["soonAfter"] > 60


@pytest.mark.parametrize("hz", [60, 75, 120, 240])
def test_a_better_estimate_swaps_nothing_by_itself(hz: float) -> None:
    """Frame-locked: where the better rate gives a phase another number of frames, the phase at hand goes on."""
    changed = nodes.run(
        "instrument/schedule.js",
        f"""return [0.983, 0.99, 1.01, 1.017].flatMap((off) => Array.from({{ length: 90 }}, (_, change) => {{
            const schedule = module.createSchedule({{ swapsPerSecond: 8, kind: "frame-locked", frameMs: off * 1000 / {hz} }});
            schedule.start(0);
            let before = 0, shortest = 1e9, last = 0, jumps = 0;
            for (let frame = 1; frame <= {2 * hz:.0f}; frame += 1) {{
              const t = (frame * 1000) / {hz};
              if (frame === 10 + change) schedule.setFrameMs(1000 / {hz});
              const swap = schedule.indexAt(t);
              if (swap === before) continue;
              jumps += swap - before !== 1;
              shortest = Math.min(shortest, t - last);
              last = t;
              before = swap;
            }}
            return [jumps, shortest, Math.abs(schedule.dueOf(before) - last)];
        }}));""",
    )
    assert all(jumps == 0 for jumps, _, _ in changed)
    assert min(shortest for _, shortest, _ in changed) > 125 * 0.94 - 1000 / hz
    assert max(error for _, _, error in changed) < 0.01


@pytest.mark.parametrize(("slowest", "fastest"), [(40, 60), (48, 144), (30, 240)])
@pytest.mark.parametrize("order", ["random", "slowly"])
def test_frames_of_uneven_length_keep_the_schedule_of_the_clock(slowest: int, fastest: int, order: str) -> None:
    """A display of variable refresh rate has no frame time; what is due by the clock is shown at the nearest frame."""
    lengths = {
        "random": f"1000 / {fastest} + (1000 / {slowest} - 1000 / {fastest}) * random()",
        "slowly": f"1000 / ({slowest} + ({fastest} - {slowest}) * (0.5 + 0.5 * Math.sin(number / 300)))",
    }
    timing = flickered(
        f"""let state = 7, number = 0;
        const random = () => ((state = (state * 48271) % 2147483647) / 2147483647);
        while (t < 30000) {{ number += 1; t += {lengths[order]}; tick(t); }}
        return flicker.timing();""",
        hz=(slowest + fastest) / 2,
    )
    for name in ("mean_ms", "source_mean_ms", "distorted_mean_ms"):
        assert timing[name] == pytest.approx(125, abs=2), name
    assert timing["sd_ms"] < 20 and timing["stalled_ms"] == 0
