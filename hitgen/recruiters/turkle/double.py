"""A real Turkle on this machine for rehearsals."""

from __future__ import annotations

from collections import Counter

from hitgen.doubles.turkle.server import PASSWORD, RunningTurkle
from hitgen.recruiters.double import Double, Stage, Worked
from hitgen.recruiters.turkle.config import TurkleRecruiter
from hitgen.robots.browser import open_browser
from hitgen.robots.visits import work_at_turkle

TOKEN = "TURKLE_TOKEN"
WORKERS = tuple(f"worker{number}" for number in range(1, 10))


class TurkleDouble(Double):
    """A server with nine workers."""

    def __init__(self, table: TurkleRecruiter, service: RunningTurkle) -> None:
        super().__init__(table, {table.token_env: service.token})
        self._service = service

    def by_hand(self, stage: Stage) -> list[str]:
        """Where to log in."""
        return [f"{self._service.url} as {WORKERS[0]} ... {WORKERS[-1]}, password {PASSWORD}"]

    def by_robots(self, stage: Stage, robots: int, worked: Worked) -> Counter[str]:
        """Each robot logs in and works what it is offered."""
        ended: Counter[str] = Counter()

        def between() -> None:
            worked()
            stage.go_on()

        with open_browser() as browser:
            for name in WORKERS[:robots]:
                ended.update(work_at_turkle(browser, self._service.url, name, PASSWORD, stage.robot, between))
        return ended
