"""Own participants in a rehearsal: addresses that are opened on this machine."""

from __future__ import annotations

from collections import Counter

from hitgen.recruiters.double import Double, Stage, Worked
from hitgen.recruiters.link.config import LinkRecruiter
from hitgen.recruiters.link.link import Link
from hitgen.robots.browser import open_browser
from hitgen.robots.visits import visit


class LinkDouble(Double):
    """Nobody recruits; the pages and the collector are at `address`."""

    def __init__(self, table: LinkRecruiter, address: str) -> None:
        super().__init__(table)
        self._address = address

    def by_hand(self, stage: Stage) -> list[str]:
        """The address that hands out places."""
        return [f"A place for everyone who opens it: {self._address}/go"]

    def by_robots(self, stage: Stage, robots: int, worked: Worked) -> Counter[str]:
        """One visit for each place."""
        assert isinstance(stage.recruiter, Link)
        places = stage.recruiter.places
        ended: Counter[str] = Counter()
        with open_browser() as browser:
            for hit in list(places.hits()):
                for place in list(places.of(hit))[:robots]:
                    ended[visit(browser, place.url, stage.robot, place.participant)] += 1
                    worked()
        stage.go_on()
        return ended
