"""A check of eyes or screens, from batch.toml to the report.

A check is an instance of a subclass of `Checkup` and one row in `hitgen.config.kinds.CHECKS`; what the page does lies in
`assets/checks/NAME.js`, its screen in `templates/checks/NAME.html`. The page records what was answered; whether that is right
is found out at home, since nothing that a page holds is a secret.
"""

from __future__ import annotations

import json
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar, cast

from hitgen.config.batch import BatchConfig
from hitgen.config.checks import CheckTable
from hitgen.config.hit import Display
from hitgen.errors import Fault
from hitgen.methods.columns import Column
from hitgen.methods.submission import Part
from hitgen.methods.work import AnyWork
from hitgen.robots.robot import Robot

TableT = TypeVar("TableT", bound=CheckTable)
ResultT = TypeVar("ResultT", bound=Part)


@dataclass(frozen=True)
class Stimuli:
    """What a page shows, as data of its script, and what stays at home: the right answers."""

    shown: Mapping[str, Any] = field(default_factory=dict)
    key: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What a check found of one submission: values of its columns, and why it was not passed (if it was not).

    `trials` are those that a breach concerns where it is not the whole submission.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    breach: str = ""
    trials: tuple[str, ...] = ()


def value(name: str, kind: type, about: str) -> Column:
    """A column of what a check found."""
    return Column(name, kind, about, lambda r: r.values.get(name))


class Checkup(ABC, Generic[TableT, ResultT]):
    """One kind of check; `TableT` and `ResultT` are its models of batch.toml and of what a page records."""

    name: ClassVar[str]
    about: ClassVar[str]
    """What it looks at, in words for the report."""
    model: ClassVar[type[CheckTable]]
    result: ClassVar[type[Part]]
    columns: ClassVar[tuple[Column, ...]]
    measure: ClassVar[str] = ""
    """The column whose median the report tells."""
    has_screen: ClassVar[bool] = True
    """Whether it has a screen of its own, `check-NAME`."""
    cites: ClassVar[str] = ""
    """The key of its source in `references.bib`, for the methods of a paper."""
    lasts_s: ClassVar[float] = 30
    """What it is reckoned to take."""

    def faults(self, table: TableT, config: BatchConfig) -> Iterator[Fault]:
        """What of batch.toml does not go together with it."""
        yield from ()

    def stimuli(self, table: TableT, display: Display, draw: random.Random) -> Stimuli:
        """What one page shows; all chance comes from `draw`."""
        return Stimuli()

    def read(self, record: Mapping[str, Any]) -> ResultT:
        """What a page recorded; pydantic's ValidationError where it is of another shape."""
        return cast(ResultT, self.result.model_validate_json(json.dumps(record)))

    @abstractmethod
    def judge(
        self, table: TableT, result: ResultT, key: Mapping[str, Any], config: BatchConfig, work: AnyWork
    ) -> Found:
        """What a page's record comes to."""

    @abstractmethod
    def answers(
        self, table: TableT, key: Mapping[str, Any], config: BatchConfig, passes: bool, draw: random.Random
    ) -> dict[str, Any]:
        """The record of somebody simulated, who passes or does not."""

    def work(self, robot: Robot, key: Mapping[str, Any]) -> None:
        """Do in a browser what somebody does who passes, until the screen can be left."""


AnyCheckup = Checkup[Any, Any]
