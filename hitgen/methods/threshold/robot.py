"""A robot's part of a comparison: it waits until the flicker was shown, and answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hitgen.methods.threshold.row import Response, Side
from hitgen.robots import robot
from hitgen.robots.robot import WorkRecord, rows_missed

SHOWN = """() => {
  const level = (position) => Number(position.dataset.shown.split(":")[1] ?? 0);
  const several = [...document.querySelectorAll("[data-hit=stage] [data-picture]")];
  if (several.length) {
    const found = several.map((each, at) => [each.dataset.picture, "here", level(each), 0, at + 1]);
    return found.every(([, , shown]) => shown) ? found : null;
  }
  const stage = document.querySelector("[data-hit=stage]");
  const levels = ["left", "right"].map((side) => [side, level(document.querySelector(`[data-hit=${side}]`))]);
  const wanted = document.querySelector("[data-hit=answer-both]").hidden ? 1 : 2;
  const [[side, high], [, low]] = levels.sort((a, b) => b[1] - a[1]);
  return levels.filter(([, level]) => level).length === wanted ? [[stage.dataset.trial, side, high, low, 0]] : null;
}"""
"""What is shown as the fields of `Shown`, of each of several pictures or of a pair; null while the source is shown."""
NEXT = """was => document.documentElement.dataset.screen !== "study" || document.querySelector("[data-hit=stage]").dataset.trial !== was"""


@dataclass(frozen=True)
class Answer:
    """A response, and the level, side and position that it was given to; `other` is the level at the other side."""

    response: Response
    level: int
    side: Side
    other: int = 0
    position: int = 0


@dataclass(frozen=True)
class Shown:
    """What a robot sees of a comparison: the side of the higher level, that level, and the other side's (0: the source).

    Of several pictures each is a comparison of its own, whose side is "here", at a `position` from 1.
    """

    trial: str
    side: Side
    level: int
    other: int
    position: int = 0

    def answered(self, response: Response) -> Answer:
        """That response to this comparison."""
        return Answer(response, self.level, self.side, self.other, self.position)


Policy = Callable[[Shown], Answer]


def some_answer(shown: Shown) -> Answer:
    """An answer without any meaning, the same each time."""
    choices: list[Response] = ["here", "none"] if shown.position else ["left", "right", "none"]
    return shown.answered(random.Random(shown.trial).choice(choices))


def knowing(answers: Mapping[str, Response]) -> Policy:
    """Answers these trials, by their opaque ids, as told, and the others right."""
    return lambda shown: shown.answered(answers.get(shown.trial, shown.side))


class Robot(robot.Robot):
    """Works one page that is open in a Playwright page, or in a frame of one; `policy` says what it answers."""

    def __init__(self, page: Any, policy: Policy = some_answer, worker: str = "") -> None:
        super().__init__(page, worker)
        self._policy = policy

    def step(self) -> None:
        stage = self.hit("stage")
        stage.wait_for()
        together = str(stage.get_attribute("data-trial"))
        for trial in together.split():
            self.meet(trial)
        found = [Shown(*each) for each in self._page.wait_for_function(SHOWN).json_value()]
        answers = {shown.trial: self._policy(shown).response for shown in found}
        self.look()
        by_trial = {shown.trial: shown.answered(answers[shown.trial]) for shown in found}
        self.record.attempts += [by_trial[trial] for trial in together.split()]
        if found[0].position:
            for trial, response in answers.items():
                if response == "here":
                    self._page.locator(f'[data-picture="{trial}"]').click()
            self.press("go-on")
        else:
            self.press(f"answer-{answers[together]}")
        self._page.wait_for_function(NEXT, arg=together)


def differences(record: WorkRecord, submission: dict[str, Any]) -> list[str]:
    """How a submission differs from what the robot did; empty where it tells the truth."""
    return rows_missed(record, submission) or [
        f"{row['trial']}: {row['level']} {row['response']} is not {done}"
        for row, done in zip(submission["trials"], record.attempts, strict=True)
        if (row["level"], row["other"], row["response"]) != (done.level, done.other, done.response)
        or row["side"] not in (done.side, "none")
        or row.get("position", 0) != done.position
    ]
