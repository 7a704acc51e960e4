"""`hitgen watch` beside a study of 10,000 places: how soon it answers, how soon what is new is there, and what an idle study costs."""

from __future__ import annotations

import json
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from hitgen.cli import main
from hitgen.ledger.ledger import LEDGER, Ledger
from tests.support.figures import write_figures
from tests.support.large_study import make_study
from tests.support.watched import Asker

pytestmark = pytest.mark.soak
NEW, IDLE_S, LATE_S = 12, 30, 1.0


@contextmanager
def watch(folder: Path) -> Iterator[tuple[Asker, psutil.Process]]:
    command = [sys.executable, "-u", "-m", "hitgen", "watch", str(folder), "--no-open", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Asker(int(process.stdout.readline().rstrip("/\n").rpartition(":")[2])), psutil.Process(process.pid)
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def hand_in(folder: Path, number: int) -> None:
    """One more submission, by another process's ledger as far as the watch can tell: a copy of an earlier one, an hour later."""
    with Ledger(folder / LEDGER) as ledger:
        *_, last = ledger.submissions()
        name, at = f"NEW{number:07d}", last.submitted_at + timedelta(hours=1)
        answer = json.dumps({**json.loads(last.answer), "assignment": name})
        hit = next(hit for hit in ledger.hits() if hit.hit == last.hit)
        fields = {**vars(last), "assignment": name, "submitted_at": at, "answer": answer}
        ledger.add_submission(hit, type(last)(**fields), at)


def asked(page: Asker, times: list[float]) -> dict[str, Any]:
    """What is shown now, anywhere in the lists; how long the answer took is added to `times`."""
    begun = time.monotonic()
    found = page.state(f"places={random.randrange(6)}&submissions={random.randrange(200)}")
    times.append(time.monotonic() - begun)
    return found


@pytest.mark.timeout(1800)
def test_ten_thousand_places_answer_at_once_while_answers_come_in(tmp_path: Path) -> None:
    folder = make_study(tmp_path / "large", 500, 40)
    assert main(["simulate", str(folder)]) == 0
    times: list[float] = []

    def until(page: Asker, right: Callable[[dict[str, Any]], bool]) -> float:
        """How long it took until the page was right, asked twenty times a second."""
        begun = time.monotonic()
        while not right(asked(page, times)):
            assert time.monotonic() - begun < 300
            time.sleep(0.05)
        return time.monotonic() - begun

    with watch(folder) as (page, process):
        listed_s = until(page, lambda found: found["submitted"]["total"] == 10_000)
        judged_s = listed_s + until(page, lambda found: "flow" in found and not found.get("judging"))
        there_s = []
        for number in range(NEW):
            hand_in(folder, number)
            there_s.append(until(page, lambda found, total=10_001 + number: found["submitted"]["total"] == total))
        until(page, lambda found: not found.get("judging"))
        tag, before = page.get("/state").headers["ETag"], process.cpu_times()
        for _ in range(IDLE_S // 2):
            time.sleep(2)
            assert page.get("/state", **{"If-None-Match": tag}).status == 304
        after = process.cpu_times()
        memory_mb = process.memory_info().rss / 1e6
    idle_ms = 1000 * (after.user + after.system - before.user - before.system) / IDLE_S
    write_figures(
        "watch",
        {
            "places": 10_000,
            "requests": len(times),
            "answer_ms_median": round(1000 * statistics.median(times), 1),
            "answer_ms_99": round(1000 * statistics.quantiles(times, n=100)[-1], 1),
            "answer_ms_max": round(1000 * max(times), 1),
            "listed_first_s": round(listed_s, 1),
            "judged_first_s": round(judged_s, 1),
            "new_one_listed_s_median": round(statistics.median(there_s), 1),
            "new_one_listed_s_max": round(max(there_s), 1),
            "idle_cpu_ms_a_second": round(idle_ms, 2),
            "memory_mb": round(memory_mb),
        },
    )
    assert max(times) < LATE_S
    assert idle_ms < 10
