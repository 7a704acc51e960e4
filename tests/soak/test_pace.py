"""Thousands of HITs against a marketplace that permits 5 calls a second, by a simulated clock that both sides share."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hitgen.doubles.mturk.clock import Clock
from hitgen.doubles.mturk.faults import Faults
from hitgen.doubles.mturk.marketplace import Marketplace
from hitgen.publishing.publication import open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.recruiters.mturk import client as mturk_client
from hitgen.recruiters.mturk.pacer import Pacer
from tests.soak.storm import play_credentials
from tests.support.batches import make_batch
from tests.support.figures import write_figures
from tests.support.servers import serving

PER_S = 5.0
FUNDS_USD = Decimal("20000.00")
ANSWER_S = 0.06
"""How long a call takes by the simulated clock."""


class Simulated:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self._now = time.time()

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


def simulate(patch: pytest.MonkeyPatch, simulated: Simulated) -> None:
    """Let the publisher's client live by the simulated clock."""

    class SlowPacer(Pacer):
        def wait(self) -> None:
            simulated.sleep(ANSWER_S)
            super().wait()

    patch.setattr(mturk_client, "Pacer", lambda _: SlowPacer(clock=simulated.now, sleep=simulated.sleep))
    patch.setattr(mturk_client, "time", SimpleNamespace(time=simulated.now))


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def publish_many(folder: Path, hits: int, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Publish so many HITs; what it took."""
    simulated = Simulated()
    simulate(patch, simulated)
    faults = Faults(per_s=PER_S, burst=1.0)
    folder.mkdir()
    (folder / "published").mkdir()
    memory: list[float] = []

    def watch(step: str, done: int, total: int) -> None:
        if step == "publishing" and done in (total // 5, total):
            memory.append(resident_mb())

    with (
        play_credentials(),
        serving(folder / "published") as site,
        Marketplace(folder / "market.sqlite", funds_usd=FUNDS_USD, clock=Clock(simulated.now), faults=faults) as market,
    ):
        pages = [{"study": [f"s{number}"], "assignments": 1} for number in range(hits)]
        recruiter = f'endpoint_url = "{market.endpoint_url}"\nlifetime_s = 31536000'
        make_batch(folder, pages, f'kind = "folder"\nbase_url = "{site}"', recruiter)

        def run() -> int:
            with open_publication(folder, now=lambda: datetime.fromtimestamp(simulated.now(), UTC)) as publication:
                plan = plan_publication(publication)
                return len(publish(publication, plan, progress=watch).made)

        began = time.monotonic()
        made, took_s, again = run(), time.monotonic() - began, run()
        at = [row["created_at"] for row in market.state.rows("SELECT created_at FROM hits ORDER BY seq")]
        annotations = market.state.rows("SELECT count(DISTINCT annotation) FROM hits")[0][0]
    later = at[len(at) // 4 :]
    return {
        **{"made": made, "made_again": again, "hits": len(at), "annotations": annotations},
        "rate_share": (len(at) - 1) / (at[-1] - at[0]) / PER_S,
        "later_rate_share": (len(later) - 1) / (later[-1] - later[0]) / PER_S,
        "calls": dict(faults.met),
        "memory_growth_mb": memory[1] - memory[0],
        "real_s": took_s,
    }


def test_hundreds_at_the_permitted_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = publish_many(tmp_path / "demo", 400, monkeypatch)
    assert (figures["made"], figures["made_again"], figures["annotations"]) == (400, 0, 400)
    assert figures["calls"]["throttled"] > 0
    # The first quarter goes by while the rate is learned.
    assert figures["later_rate_share"] >= 0.95


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_thousand_at_the_permitted_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = publish_many(tmp_path / "demo", 10_000, monkeypatch)
    write_figures("pace", figures)
    assert (figures["made"], figures["made_again"], figures["annotations"]) == (10_000, 0, 10_000)
    assert figures["rate_share"] >= 0.95
    assert figures["memory_growth_mb"] < 20
