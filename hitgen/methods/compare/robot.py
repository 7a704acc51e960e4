"""A robot's part of a question by `compare`: it toggles where nothing flickers, answers, and learns from what coaching says."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hitgen.methods.compare.row import Response
from hitgen.robots import robot
from hitgen.robots.robot import WorkRecord, rows_missed

SLOTS = {"left": "answer-left", "right": "answer-right", "notsure": "answer-unsure"}
SHOWN = "() => document.querySelector('[data-hit=left]').dataset.shown !== 'none'"
OTHER = """([trial, phase]) => {
  const stage = document.querySelector("[data-hit=stage]");
  return stage.dataset.trial !== trial || stage.dataset.phase !== phase || !["training", "study"].includes(document.documentElement.dataset.screen);
}"""
PRESS = """([trial, slot]) => {
  const { dataset } = document.querySelector("[data-hit=stage]");
  const button = document.querySelector(`[data-hit=${slot}]`);
  if (dataset.trial !== trial || dataset.phase !== "compare") return { pressed: false };
  if (button.disabled) return null;
  button.click();
  return { pressed: true };
}"""
"""Answers as soon as that counts, if the question is still there."""
PIVOT = "() => document.querySelector('[data-hit=left]').dataset.shown === 'pivot'"


@dataclass(frozen=True)
class Shown:
    """What the robot sees of a question: its opaque id and arm; and who it is."""

    trial: str
    arm: str
    worker: str = ""


@dataclass(frozen=True)
class Answer:
    """What it will do: a response (`skip`: it waits), the time it takes at least, and how often it toggles."""

    response: Response
    time_s: float = 0.0
    toggles: int = 1


@dataclass(frozen=True)
class Attempt:
    """What it did."""

    trial: str
    attempt: int
    response: Response


Policy = Callable[[Shown], Answer]


def some_answer(shown: Shown) -> Answer:
    """An answer without any meaning, the same each time."""
    return Answer(random.Random(f"{shown.worker} {shown.trial}").choice(("left", "right", "notsure")))


class Robot(robot.Robot):
    """Works one page that is open in a Playwright page, or in a frame of one; `policy` says what it answers."""

    def __init__(self, page: Any, policy: Policy = some_answer, worker: str = "") -> None:
        super().__init__(page, worker)
        self._policy = policy
        self._hints: dict[str, Response] = {}

    def step(self) -> None:
        stage = self.hit("stage")
        stage.wait_for()
        trial, phase = str(stage.get_attribute("data-trial")), stage.get_attribute("data-phase")
        if phase == "compare":
            self.meet(trial)
            self._answer(Shown(trial, str(stage.get_attribute("data-arm")), self.worker))
        else:
            told = self.hit("hint").get_attribute("data-answer") if phase == "coach" else None
            if told:
                self._hints[trial] = "left" if told == "left" else "right"
            self.hit("go-on").click()
        self._page.wait_for_function(OTHER, arg=[trial, phase])

    def _answer(self, shown: Shown) -> None:
        known = self._hints.get(shown.trial)
        answer = Answer(known) if known else self._policy(shown)
        number = self.next_attempt(shown.trial)
        self.record.attempts.append(Attempt(shown.trial, number, answer.response))
        self._page.wait_for_function(SHOWN)
        self.look()
        if self.hit("toggle").count() and answer.response != "skip":
            self._toggle(max(1, answer.toggles))
        if answer.time_s:
            self._page.wait_for_timeout(1000 * answer.time_s)
        if answer.response == "skip":
            return
        done = self._page.wait_for_function(PRESS, arg=[shown.trial, SLOTS[answer.response]]).json_value()
        if not done["pressed"]:
            self.record.attempts[-1] = Attempt(shown.trial, number, "skip")  # the time was over before

    def _toggle(self, times: int) -> None:
        """Hold the button until the source is there, and let go."""
        for _ in range(times):
            self.hit("toggle").hover()
            self.mouse.down()
            self._page.wait_for_function(PIVOT)
            self.mouse.up()


def differences(record: WorkRecord, submission: dict[str, Any]) -> list[str]:
    """How a submission differs from what the robot did; empty where it tells the truth."""
    told = [(row["trial"], row["attempt"], row["response"]) for row in submission["trials"]]
    done = [(attempt.trial, attempt.attempt, attempt.response) for attempt in record.attempts]
    wrong = [f"{said} told for {did}" for said, did in zip(told, done, strict=False) if said != did]
    return [*rows_missed(record, submission), *wrong]
