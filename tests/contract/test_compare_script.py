"""What the script of `compare` decides without a browser: which question is next, how often one toggles, what is handed in."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from hitgen.lib.contract import SUBMISSION_LIMIT_BYTES
from tests.support import nodes

TIMING = {
    "swaps": 109, "mean_ms": 100.02, "sd_ms": 8.34, "max_ms": 116.68, "source_mean_ms": 100.13, "distorted_mean_ms": 99.87,
    "worst_error_ms": 16.66, "dropped": 12, "hidden_ms": 0, "stalled_ms": 0,
}  # fmt: skip


def trials(blocks: list[int]) -> list[dict[str, Any]]:
    return [{"trial": f"t{number}", "block": block} for number, block in enumerate(blocks)]


def drawn(
    blocks: list[int], finished: list[str], order: list[str], arrived: list[str] | None = None
) -> set[str | None]:
    """All that may come next, over many chances."""
    page, state = {"training": [], "study": trials(blocks)}, {"finished": finished, "order": order}
    known = "true" if arrived is None else f"{json.dumps(arrived)}.includes(trial)"
    body = (
        f"let drawn = 0; const random = () => (drawn = (drawn * 137 + 61) % 1009) / 1009; const found = []; "
        f"for (let number = 0; number < 200; number += 1) found.push(module.nextQuestion({json.dumps(page)}, "
        f"{json.dumps(state)}, ({{ trial }}) => {known}, random)?.trial ?? null); return found;"
    )
    return set(nodes.run("methods/compare/order.js", body))


def test_a_block_is_worked_to_its_end_before_another_begins() -> None:
    blocks = [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert drawn(blocks, [], []) == {f"t{number}" for number in range(9)}
    assert drawn(blocks, ["t4"], ["t4"]) == {"t3", "t5"}
    assert drawn(blocks, ["t4", "t3", "t5"], ["t4", "t3", "t5"]) <= {"t0", "t1", "t2", "t6", "t7", "t8"}


def test_what_has_begun_goes_on_and_nothing_is_drawn_that_has_not_arrived() -> None:
    blocks = [0, 0, 0, 1, 1, 1]
    assert drawn(blocks, ["t0"], ["t0", "t4"]) == {"t4"}
    assert drawn(blocks, [], [], arrived=["t1"]) == {"t1"}  # of the first block of which anything is there
    assert drawn(blocks, [], [], arrived=["t0", "t3", "t4", "t5"]) == {"t3", "t4", "t5"}  # a whole block first
    assert drawn(blocks, ["t0"], ["t0"], arrived=["t3"]) == {"t3"}  # rather another block than waiting
    assert drawn(blocks, [], [], arrived=[]) == {None}


def test_it_toggles_no_more_often_than_is_allowed_and_no_press_is_lost() -> None:
    body = """
      const swaps = [];
      const button = new EventTarget();
      let now = 0;
      const hold = module.createHold({ button, perSecond: 2, onSwap: (isPivot) => swaps.push([now, isPivot]) });
      const until = (end) => { for (; now < end; now += 10) hold.frame(now); };
      hold.restart();
      until(100);
      for (let tap = 0; tap < 20; tap += 1) { hold.press(); until(now + 20); hold.release(); until(now + 20); }
      until(3000);
      return { swaps, count: hold.count() };
    """
    found = nodes.run("methods/compare/hold.js", body)
    times = [t for t, _ in found["swaps"]]
    assert all(b - a >= 500 for a, b in pairwise(times))
    assert [is_pivot for _, is_pivot in found["swaps"]] == [True, False] * found["count"]
    assert times[0] == 100 and found["count"] == 2


def test_the_longest_page_is_handed_in_whole() -> None:
    rows = [
        {
            "trial": f"{number:016x}", "attempt": attempt, "response": "notsure", "response_time_ms": 10987, "toggles": 12, "begun": 2,
            "started_ms": 12345678, "ended_ms": 12356789, "timing": TIMING,
        }
        for number in range(140 + 20 + 20 + 20)
        for attempt in ([1, 2, 3] if number < 20 else [1])
    ]  # fmt: skip
    submission = {
        "order": [row["trial"] for row in rows if row["attempt"] == 1],
        "display": {"user_agent": "x" * 1500},
        "trials": rows,
    }
    whole = len(json.dumps(submission, separators=(",", ":")))
    body = f"return [...module.reductions({json.dumps(rows)}, (row) => row.trial >= '{20:016x}' || row.attempt === 3)];"
    smaller = nodes.run("methods/compare/rows.js", body)
    sizes = [len(json.dumps({**submission, "trials": each}, separators=(",", ":"))) for each in smaller]
    assert whole > SUBMISSION_LIMIT_BYTES > sizes[-1] + 2048
    answers = [
        [(row["trial"], row["attempt"], row["response"], row["response_time_ms"]) for row in each]
        for each in [rows, *smaller]
    ]
    assert all(each == answers[0] for each in answers)
    usual = [row for row in rows if row["attempt"] == 1][: 142 + 4]
    assert (
        len(json.dumps({**submission, "trials": usual}, separators=(",", ":"))) < SUBMISSION_LIMIT_BYTES - 1024
    )  # nothing is left out
