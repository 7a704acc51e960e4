"""What a recruiter's double is in a rehearsal: the service on this machine, and who comes to work there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from typing import ClassVar, Protocol

from hitgen.config.recruiter import Recruiting
from hitgen.robots.robot import MakeRobot

Worked = Callable[[], object]
"""Told each time that a robot is done with a page."""


class Stage(Protocol):
    """A rehearsal as its double sees it."""

    @property
    def recruiter(self) -> object: ...
    @property
    def pages(self) -> int: ...
    @property
    def robot(self) -> MakeRobot: ...

    def go_on(self) -> int:
        """Collect, admit and publish what is due; how many submissions are new."""


class Double(ABC):
    """A service on this machine; `table` is the [recruiter] that leads to it, `environment` has its secrets."""

    seals_anew: ClassVar[bool] = True
    """Whether pages must be made anew because their answers go elsewhere here."""

    def __init__(self, table: Recruiting, environment: Mapping[str, str] | None = None) -> None:
        self.table = table
        self.environment = environment or {}

    def before_look(self) -> None:  # noqa: B027
        """Do what people and service do by themselves, before the requester looks."""

    @property
    def where(self) -> str:
        """Where the HITs are, in words after their number."""
        return f"with {self.table.kind}"

    @abstractmethod
    def by_hand(self, stage: Stage) -> list[str]:
        """What people should open, line by line."""

    @abstractmethod
    def by_robots(self, stage: Stage, robots: int, worked: Worked) -> Counter[str]:
        """Let robots do all they are offered, `robots` for each HIT as far as there are places; how it ended."""
