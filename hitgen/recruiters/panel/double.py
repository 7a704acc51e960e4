"""A panel in a rehearsal: people it sends with an id, who go back where they are sent."""

from __future__ import annotations

from collections import Counter

from hitgen.doubles.panel.panel import Panel
from hitgen.recruiters.double import Double, Stage, Worked
from hitgen.recruiters.panel.config import PanelRecruiter
from hitgen.robots.browser import open_browser
from hitgen.robots.visits import visit_from_panel


class PanelDouble(Double):
    """People who come one after the other until there is no place for the next."""

    def __init__(self, table: PanelRecruiter, service: Panel, entrance: str) -> None:
        super().__init__(table)
        self._service = service
        self._entrance = entrance

    def by_hand(self, stage: Stage) -> list[str]:
        """Addresses as people get them, one for each page."""
        return [self._service.send(number, self._entrance)[1] for number in range(1, stage.pages + 1)]

    def by_robots(self, stage: Stage, robots: int, worked: Worked) -> Counter[str]:
        """One person after another."""
        ended: Counter[str] = Counter()
        with open_browser() as browser:
            for number in range(1, robots * stage.pages + 1):
                person, address = self._service.send(number, self._entrance)
                for end in visit_from_panel(browser, address, stage.robot, person):
                    ended[end] += 1
                    worked()
                stage.go_on()
                if self._service.ended.get(person) == "full":
                    break
        return ended
