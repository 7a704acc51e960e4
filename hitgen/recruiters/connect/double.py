"""Connect's double with participants, for rehearsals."""

from __future__ import annotations

from collections import Counter

from hitgen.doubles.connect.server import Connect
from hitgen.recruiters.connect.config import ConnectRecruiter
from hitgen.recruiters.double import Double, Stage, Worked
from hitgen.robots.browser import open_browser
from hitgen.robots.visits import visit_from_panel


class ConnectDouble(Double):
    """Participants who come as long as there is a project for them, and type the code that they were shown."""

    def __init__(self, table: ConnectRecruiter, service: Connect) -> None:
        super().__init__(table, {table.key_env: service.key})
        self._service = service
        self._code = table.completion_code

    def by_hand(self, stage: Stage) -> list[str]:
        """Addresses as participants get them, one for each page."""
        return [self._service.take(f"{number:032X}") for number in range(1, stage.pages + 1)]

    def by_robots(self, stage: Stage, robots: int, worked: Worked) -> Counter[str]:
        """One participant after another."""
        ended: Counter[str] = Counter()
        with open_browser() as browser:
            for person in (f"{number:032X}" for number in range(1, robots * stage.pages + 1)):
                if not self._service.offers(person):
                    break
                for end in visit_from_panel(browser, self._service.take(person), stage.robot, person):
                    ended[end] += 1
                    worked()
                self._service.complete(person, self._code)
                stage.go_on()
        return ended
