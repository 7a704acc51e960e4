"""Simulated workers: each finds HITs on the worker's pages, accepts, works in the frame and hands in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import TimeoutError as WaitedInVainError

from hitgen.doubles.mturk.marketplace import Marketplace
from hitgen.robots.browser import one_tab, open_browser
from hitgen.robots.robot import MakeRobot, WorkRecord

WAIT_MS = 30_000
AT_ONCE = 2


@dataclass(frozen=True)
class Worked:
    """One HIT that a robot took: `ended` is `done` where it was handed in, else the screen that it got stuck on."""

    worker: str
    hit_id: str
    ended: str
    record: WorkRecord


def work(
    marketplace: Marketplace,
    robot: MakeRobot,
    workers: int = 1,
    between: Callable[[], object] | None = None,
    worked: Callable[[Worked], object] | None = None,
) -> list[Worked]:
    """Let every open HIT be worked by `workers` different robots, as far as its places and its demands allow.

    `robot` makes each of them, from AT_ONCE threads. They work in rounds of at most one HIT a robot, and `between` is called after each: there
    a requester can collect, publish and grant, so that nobody is offered what they must not see; `worked` is told
    each HIT when it is done. A robot that is offered nothing more leaves, and a new one comes. Raises InputError where there is no browser.
    """
    crew, done = Crew(marketplace, workers), []
    while pairs := crew.next_round():
        shares = [pairs[start::AT_ONCE] for start in range(min(AT_ONCE, len(pairs)))]
        with ThreadPoolExecutor(len(shares)) as pool:
            for some in pool.map(lambda share: _work_some(marketplace, robot, share, worked), shares):
                done += some
        if between:
            between()
    return done


class Crew:
    """Who works which HIT next."""

    def __init__(self, marketplace: Marketplace, workers: int) -> None:
        self._market = marketplace
        self._wanted = workers
        self._names: list[str] = []
        self._taken: Counter[str] = Counter()

    def next_round(self) -> list[tuple[str, str]]:
        """Pairs of worker and HIT, each worker once; empty where nothing is left to do."""
        busy: set[str] = set()
        pairs: list[tuple[str, str]] = []
        for row in self._market.state.rows("SELECT * FROM hits WHERE status = 'Assignable' ORDER BY seq"):
            hit_id = row["hit_id"]
            for _ in range(min(self._wanted, row["max_assignments"]) - self._taken[hit_id]):
                if (worker := self._for(hit_id, busy)) is None:
                    break
                busy.add(worker)
                pairs.append((worker, hit_id))
                self._taken[hit_id] += 1
        return pairs

    def _for(self, hit_id: str, busy: set[str]) -> str | None:
        fresh = f"AROBOT{len(self._names) + 1:04d}"
        for worker in (*self._names, fresh):
            if worker in busy:
                continue
            if not self._market.workers.why_not(hit_id, worker):
                if worker == fresh:
                    self._names.append(fresh)
                return worker
        return None


def _work_some(
    marketplace: Marketplace,
    robot: MakeRobot,
    pairs: Sequence[tuple[str, str]],
    worked: Callable[[Worked], object] | None,
) -> list[Worked]:
    with open_browser() as browser:
        found = []
        for worker, hit_id in pairs:
            with one_tab(browser, WAIT_MS) as page:
                found.append(work_one(page, marketplace.worker_url, robot, worker, hit_id))
            if worked:
                worked(found[-1])
        return found


def work_one(page: Any, worker_url: str, robot: MakeRobot, worker: str, hit_id: str) -> Worked:
    """Let one worker take one HIT in a Playwright page; where it gets stuck, the HIT is returned."""
    page.goto(f"{worker_url}?workerId={worker}")
    page.locator(f'tr[data-hit-id="{hit_id}"] button').click()
    frame = page.locator("iframe#frame").element_handle().content_frame()
    made = robot(frame, worker)
    try:
        made.work()
        if (ended := made.screen()) == "submit":
            made.hit("submit").click()
            frame.locator("#told").wait_for()
            return Worked(worker, hit_id, "done", made.record)
    except WaitedInVainError:
        # The page waits for something that a robot does not know how to do.
        ended = made.screen()
    page.get_by_role("button", name="Return").click()
    return Worked(worker, hit_id, ended, made.record)
