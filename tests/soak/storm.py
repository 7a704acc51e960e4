"""A storm of kills over publishing and paying, and what must be true when it is over."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from json import dumps, loads
from pathlib import Path
from typing import Any

import pytest

from hitgen.doubles.mturk.faults import Faults
from hitgen.doubles.mturk.hits import as_cents, fee_cents
from hitgen.doubles.mturk.marketplace import Marketplace
from hitgen.ledger.ledger import Ledger
from tests.soak.publisher import BONUS_USD, DONE, LOCKED, OUTSIDE
from tests.support.batches import make_batch
from tests.support.marketplace import hand_in
from tests.support.servers import serving

ROOT = Path(__file__).parents[2]
DAY_S = 25 * 3600.0
REWARD_CENTS, PLACES = 120, 3
RATES: dict[Any, float] = {"throttled": 0.08, "failed": 0.02, "failed_late": 0.03, "lost": 0.04, "lost_early": 0.02}
IN_DOUBT = {
    "after call create_hit_with_hit_type",
    "before ledger created",
    "after call send_bonus",
    "before ledger done",
}
MOST_RUNS = 400
EARLY_RUNS, MOST_PAY_KILLS = 2, 6


class Publishers:
    """Two publishers that take orders, each in a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.soak.publisher"]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
        self._processes = [subprocess.Popen(command, **pipes) for _ in range(2)]

    def order(self, *orders: dict[str, Any]) -> list[int]:
        """Let one or both work at once; how each ended."""
        for process, order in zip(self._processes, orders, strict=False):
            process.stdin.write(dumps(order) + "\n")
            process.stdin.flush()
        return [int(loads(process.stdout.readline())) for process, _ in zip(self._processes, orders, strict=False)]

    def close(self) -> None:
        for process in self._processes:
            process.stdin.close()
            process.wait()
            process.stdout.close()


@dataclass
class Storm:
    """Kills publishers at random, starts them again, and keeps count."""

    folder: Path
    seed: int
    hits: int
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._steps: Counter[str] = Counter()
        self._in_doubt = False

    def blow(self, kills: int, most: int = 0) -> None:
        """Batch after batch until so many kills were met, and up to `most` while some step was never killed at; raises
        AssertionError at the first harm."""
        publishers = Publishers()
        try:
            self._calm(publishers)
            while sum(self.kills.values()) < kills:
                with self._batch() as (batch, market):
                    self._until_done(publishers, batch, market, "publish", kills)
                    self.check_hits(batch, market)
                    self._work_some(market)
                    self._until_done(publishers, batch, market, "pay", kills)
                    self.check_money(batch, market)
                    self.faults += market.faults.met
                    self.counts["batches"] += 1
                if self.never_killed_at():
                    kills = min(max(kills, sum(self.kills.values()) + 20), max(kills, most))
        finally:
            publishers.close()

    def a_day_later(self, task: str, step: str) -> None:
        """One batch whose publisher is killed at a step and comes back when its tokens are no longer valid."""
        publishers = Publishers()
        try:
            with self._batch() as (batch, market):
                market.faults.rates = {}
                for name in ("publish", "pay"):
                    if name == task:
                        assert publishers.order(self._order(batch, market, name, kill_at=[step, 3])) == [-9]
                        market.clock.move(DAY_S)
                    assert publishers.order(self._order(batch, market, name)) == [DONE]
                    if name == "publish":
                        self.check_hits(batch, market)
                        self._work_some(market)
                self.check_money(batch, market)
        finally:
            publishers.close()

    def _calm(self, publishers: Publishers) -> None:
        """One batch without any kill or fault, to learn which steps there are."""
        with self._batch() as (batch, market):
            market.faults.rates = {}
            for task in ("publish", "pay"):
                order = self._order(batch, market, task)
                assert publishers.order(order) == [DONE]
                self._steps.update(Path(order["marks"]).read_text().splitlines())
                if task == "publish":
                    self.check_hits(batch, market)
                    self._work_some(market)
            self.check_money(batch, market)

    @contextmanager
    def _batch(self) -> Iterator[tuple[Path, Marketplace]]:
        number = self.counts["started"]
        self.counts["started"] += 1
        batch = self.folder / f"b{number}"
        with ExitStack() as stack:
            published = batch / "published"
            published.mkdir(parents=True)
            site = stack.enter_context(serving(published))
            faults = Faults(dict(RATES), seed=self.seed * 1000 + number)
            market = stack.enter_context(Marketplace(batch / "market.sqlite", faults=faults))
            pages = [{"study": [f"s{n}"], "assignments": PLACES} for n in range(self.hits)]
            extra = f'endpoint_url = "{market.endpoint_url}"\nlifetime_s = 31536000\nauto_approval_s = 2592000'
            make_batch(batch, pages, f'kind = "folder"\nbase_url = "{site}"', extra)
            yield batch, market
        shutil.rmtree(batch)

    def _order(self, batch: Path, market: Marketplace, task: str, **kill: Any) -> dict[str, Any]:
        named = f"marks{self.counts['runs']}.{kill.pop('who', 0)}"
        marks = str(batch / named)
        return {"folder": str(batch), "offset_s": market.clock.offset_s, "marks": marks, "task": task, **kill}

    def _until_done(self, publishers: Publishers, batch: Path, market: Marketplace, task: str, kills: int) -> None:
        before = sum(self.kills.values())
        for number in range(MOST_RUNS):
            self.counts["runs"] += 1
            # A day goes by most often when a run has left something that nobody knows the end of.
            if self._random.random() < (0.5 if self._in_doubt else 0.1):
                market.clock.move(DAY_S)
                self.counts["clock moved"] += 1
            # The last batch is let end in peace, and paying is not to have all the kills.
            met = sum(self.kills.values())
            storm = met < kills and (task == "publish" or met - before < MOST_PAY_KILLS)
            steps = "early" if task == "publish" and number < EARLY_RUNS else task
            both = self._random.random() < 0.2
            orders = [self._order(batch, market, task, who=who, **self._kill(steps, storm)) for who in range(1 + both)]
            self.counts["two at once"] += both
            ends = publishers.order(*orders)
            self._note(orders, ends)
            if DONE in ends:
                return
        raise AssertionError(f"{task} did not come to an end in {MOST_RUNS} runs")

    def _kill(self, steps: str, storm: bool) -> dict[str, Any]:
        """Where the next run is killed: at a step that was met least, or at any time."""
        if not storm:
            return {}
        if self._random.random() < 0.25:
            return {"kill_after_s": self._random.uniform(0.0, 0.8)}
        fitting = [step for step in self._steps if any(word in step for word in STEPS[steps])]
        least = min(self.kills[step] for step in fitting)
        step = self._random.choice([step for step in fitting if self.kills[step] == least])
        often = self._steps[step] // 2 if steps == "early" else 4
        return {"kill_at": [step, self._random.randint(1, max(1, min(often, self._steps[step])))]}

    def _note(self, orders: list[dict[str, Any]], ends: list[int]) -> None:
        for order, end in zip(orders, ends, strict=True):
            assert end in (DONE, LOCKED, OUTSIDE, -9), f"a publisher ended with {end}"
            self.counts[{DONE: "done", LOCKED: "locked out", OUTSIDE: "stopped", -9: "killed"}[end]] += 1
            if end == -9:
                marks = Path(order["marks"])
                lines = marks.read_text().splitlines() if marks.exists() else []
                self.kills[lines[-1] if lines else "before the first step"] += 1
                self._in_doubt = bool(lines) and lines[-1] in IN_DOUBT

    def _work_some(self, market: Marketplace) -> None:
        """Every second HIT gets a submission."""
        for row in market.state.rows("SELECT hit_id FROM hits ORDER BY seq")[::2]:
            hand_in(market, row["hit_id"], f"A{row['hit_id'][:8]}")

    def check_hits(self, batch: Path, market: Marketplace) -> None:
        """Exactly one HIT was ever made for each intended one, and the ledger knows it."""
        made = {row["annotation"]: row["hit_id"] for row in market.state.rows("SELECT * FROM hits")}
        count = market.state.rows("SELECT count(*) FROM hits")[0][0]
        with Ledger(batch / "ledger.sqlite") as ledger:
            meant = {hit.order.annotation: hit.hit_id for hit in ledger.hits()}
            states = {hit.state for hit in ledger.hits()}
        assert (count, len(made), states) == (self.hits, self.hits, {"created"})
        assert meant == made
        held = market.state.rows("SELECT sum(held_cents) FROM hits")[0][0]
        assert held == self.hits * PLACES * (REWARD_CENTS + fee_cents(REWARD_CENTS, PLACES))
        self.counts["HITs"] += count

    def check_money(self, batch: Path, market: Marketplace) -> None:
        """Every submission is approved once and has one bonus; the account lost exactly that."""
        approved = market.state.rows("SELECT * FROM assignments WHERE state = 'Approved'")
        paid = market.state.rows("SELECT * FROM bonuses")
        assert len(approved) == (self.hits + 1) // 2
        assert sorted(row["assignment_id"] for row in paid) == sorted(row["assignment_id"] for row in approved)
        bonus = as_cents(str(BONUS_USD))
        each = REWARD_CENTS + fee_cents(REWARD_CENTS, PLACES) + bonus + fee_cents(bonus, 1)
        assert market.state.cents("spent") == len(approved) * each
        with Ledger(batch / "ledger.sqlite") as ledger:
            outcomes = Counter(intent.outcome for intent in ledger.acts())
        assert outcomes == {"Approved": len(approved), "paid": len(approved)}
        self.counts["bonuses"] += len(paid)

    def never_killed_at(self) -> list[str]:
        """The steps of a calm run at which no kill was met."""
        return sorted(step for step in self._steps if not self.kills[step])

    def figures(self) -> dict[str, Any]:
        """What was met, for the record."""
        spent = Decimal(self.counts["bonuses"]) * BONUS_USD
        return {
            "kills": sum(self.kills.values()),
            "histogram": dict(sorted(self.kills.items())),
            "steps_never_killed_at": self.never_killed_at(),
            "faults": dict(sorted(self.faults.items())),
            "bonuses_usd": str(spent),
            **dict(sorted(self.counts.items())),
        }


STEPS = {
    "early": (
        *("ledger bind", "ledger note_verified", "keep", "put", "fetch"),
        *("call create_qualification_type", "call create_hit_type"),
    ),
    "publish": (
        *("ledger intend", "ledger created", "call create_hit_with_hit_type"),
        *("call get_account_balance", "call list_hits", "call get_hit"),
    ),
    "pay": (
        *(
            "ledger intend_act",
            "ledger done",
            "ledger add_submission",
            "ledger seen",
            "call approve",
            "call list_bonus_payments",
            "call send_bonus",
            "call list_assign",
        ),
    ),
}
"""Where runs are killed: what comes once, what comes with each HIT or run, what paying does."""


@contextmanager
def play_credentials() -> Iterator[None]:
    """Credentials for the publishers, which inherit the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        yield
