"""A robot's part of a comparison: it waits until the flicker was shown, and answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hitgen.robots import robot
from hitgen.robots.robot import WorkRecord

SHOWN = """() => {
  const levels = ["left", "right"].map((side) => [side, Number(document.querySelector(`[data-hit=${side}]`).dataset.shown.split(":")[1] ?? 0)]);
  const wanted = document.querySelector("[data-hit=answer-both]").hidden ? 1 : 2;
  return levels.filter(([, level]) => level).length === wanted ? levels.sort((a, b) => b[1] - a[1]) : null;
}"""
"""The side of the higher level and that level, then the other's; null while the source is shown."""


@dataclass(frozen=True)
class Answer:
    """A response, and the level and side that it was given to; `other` is the level at the other side."""

    response: str
    level: int
    side: str
    other: int = 0


@dataclass(frozen=True)
class Shown:
    """What a robot sees of a comparison: the side of the higher level, that level, and the other side's (0: the source)."""

    trial: str
    side: str
    level: int
    other: int

    def answered(self, response: str) -> Answer:
        """That response to this comparison."""
        return Answer(response, self.level, self.side, self.other)


Policy = Callable[[Shown], Answer]


def some_answer(shown: Shown) -> Answer:
    """An answer without any meaning, the same each time."""
    return shown.answered(random.Random(shown.trial).choice(["left", "right", "none"]))


def knowing(answers: Mapping[str, str]) -> Policy:
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
        trial = str(stage.get_attribute("data-trial"))
        self.meet(trial)
        (side, level), (_, other) = self._page.wait_for_function(SHOWN).json_value()
        shown = Shown(trial, side, level, other)
        answer = shown.answered(self._policy(shown).response)
        self.look()
        self.record.attempts.append(answer)
        self.press(f"answer-{answer.response}")
        self._page.wait_for_function(
            "was => document.documentElement.dataset.screen !== 'study' || document.querySelector('[data-hit=stage]').dataset.trial !== was",
            arg=trial,
        )


def differences(record: WorkRecord, submission: dict[str, Any]) -> list[str]:
    """How a submission differs from what the robot did; empty where it tells the truth."""
    if submission["order"] != record.order or len(submission["trials"]) != len(record.attempts):
        return [f"order {submission['order']} is not {record.order}"]
    return [
        f"{row['trial']}: {row['level']} {row['response']} is not {done}"
        for row, done in zip(submission["trials"], record.attempts, strict=True)
        if (row["level"], row["other"], row["response"]) != (done.level, done.other, done.response)
        or row["side"] not in (done.side, "none")
    ]
