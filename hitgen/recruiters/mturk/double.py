"""A marketplace on this machine with its workers, for rehearsals on the very bytes that are published."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

from hitgen.doubles.mturk.marketplace import Marketplace
from hitgen.recruiters.double import Double, Stage, Worked
from hitgen.recruiters.mturk.config import MTurkRecruiter
from hitgen.robots.crew import work


class MTurkDouble(Double):
    """The marketplace, whose pages hand in by a form as ever."""

    seals_anew: ClassVar[bool] = False

    def __init__(self, table: MTurkRecruiter, marketplace: Marketplace) -> None:
        super().__init__(table)
        self.marketplace = marketplace

    @property
    def where(self) -> str:
        """The workers' page."""
        return f"at {self.marketplace.worker_url}"

    def by_hand(self, stage: Stage) -> list[str]:
        """Nothing but that page."""
        return []

    def by_robots(self, stage: Stage, robots: int, worked: Worked) -> Counter[str]:
        """Two at once, in rounds of at most one HIT a robot."""
        done = work(self.marketplace, stage.robot, workers=robots, between=stage.go_on, worked=lambda _: worked())
        return Counter(row.ended for row in done)
