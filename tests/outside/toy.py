"""A method of one slider and one number, as somebody else's package would bring it: this file and toy.js."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from hitgen.batch.load import Batch
from hitgen.config.batch import BatchConfig
from hitgen.manifest import Ladder, Manifest, Trial
from hitgen.methods import submission
from hitgen.methods.base import Method
from hitgen.methods.columns import Column
from hitgen.pages import data
from hitgen.plan import PlannedTrial
from hitgen.robots.robot import MakeRobot, Robot

LARGEST = 10
ANY_OR_OVER = "() => document.documentElement.dataset.screen !== 'study' || document.querySelector('[data-hit=number]')"


class Row(submission.Row):
    """One number."""

    number: int = Field(ge=0)

    def answer(self) -> tuple[object, ...]:
        return (self.number,)


class TrialData(data.TrialData):
    """A trial that shows one level."""

    level_max: int


class PageData(data.PageData):
    """A page of such trials."""

    study: tuple[TrialData, ...]


class ToyRobot(Robot):
    """Says the number of each trial's place in its order, and whether its picture was made ahead."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.ahead: list[bool] = []

    def step(self) -> None:
        self._page.wait_for_function(ANY_OR_OVER)
        if self.screen() == "study":
            slider = self.hit("number")
            self.meet(slider.get_attribute("data-trial"))
            slider.fill(str(len(self.record.order)))
            self.ahead.append(self._page.locator("[data-part=picture] img").get_attribute("data-ahead") == "true")
            self.record.attempts.append(len(self.record.order))
            self.press("answer")


class Toy(Method[BatchConfig, Manifest, Row]):
    """How much, from 0 to 10?"""

    name = "toy"
    page = PageData
    row = Row
    rules = ("speed", "copy", "repeat", "display")
    answer_columns = (Column("number", int, "how much, 0 to 10", lambda r: r.attempt.row.number),)

    def trial_data(self, batch: Batch, trial: PlannedTrial, ladders: Mapping[str, Ladder]) -> dict[str, Any]:
        return {"level_max": ladders[trial.ladder].level_max}

    def row_faults(self, row: Row, trial: Trial, last: int, manifest: Manifest) -> Iterator[str]:
        if row.number > LARGEST:
            yield f"trial {row.trial} has the number {row.number}; the largest is {LARGEST}"

    def robot(self, config: BatchConfig, policy: Any = None) -> MakeRobot:
        return ToyRobot


TOY = Toy()
