"""Prolific's double with participants, for rehearsals."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hitgen.collector.inbox import FILE, Inbox
from hitgen.doubles.prolific.server import Prolific
from hitgen.recruiters.double import Double, Stage, Worked
from hitgen.recruiters.prolific.config import ProlificRecruiter
from hitgen.robots.browser import open_browser
from hitgen.robots.visits import visit


class ProlificDouble(Double):
    """Participants who come as long as there are studies for them, and go back with the code."""

    def __init__(self, table: ProlificRecruiter, service: Prolific, scratch: Path, batch: str) -> None:
        super().__init__(table, {table.token_env: service.token})
        self._service = service
        self._code = table.completion_code
        self._inbox = scratch / FILE, batch

    def before_look(self) -> None:
        """Bring back, with the code, everyone whose answers arrived."""
        with Inbox(*self._inbox) as inbox:
            for session in inbox.delivered():
                if self._service.submissions.get(session, {}).get("status") == "ACTIVE":
                    self._service.complete(session, self._code)

    def by_hand(self, stage: Stage) -> list[str]:
        """Addresses as participants get them, one for each page."""
        people = map(_person, range(1, stage.pages + 1))
        return [self._service.take(self._service.offers(person)[0], person)[1] for person in people]

    def by_robots(self, stage: Stage, robots: int, worked: Worked) -> Counter[str]:
        """One participant after another."""
        ended: Counter[str] = Counter()
        with open_browser() as browser:
            for person in map(_person, range(1, robots * stage.pages + 1)):
                while offers := self._service.offers(person):
                    url = self._service.take(offers[0], person)[1]
                    ended[visit(browser, url, stage.robot, person)] += 1
                    worked()
                    stage.go_on()
        return ended


def _person(number: int) -> str:
    return f"{number:024x}"
