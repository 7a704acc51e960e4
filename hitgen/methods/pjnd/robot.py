"""A robot's part of a trial by `pjnd`: it moves the slider, locks, marks places, and learns from what coaching says."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hitgen.robots import robot
from hitgen.robots.robot import WorkRecord, rows_missed

Point = tuple[float, float]
WITHIN_PX = 1.0
"""A mark may be told so far from where it was made."""


@dataclass
class Trial:
    """What the robot sees of a trial: its opaque id, the source's size and the highest level; and who it is."""

    trial: str
    width: int
    height: int
    level_count: int
    worker: str = ""
    apart: float = 0.0
    """How far marks must lie apart, in source pixels."""


@dataclass
class Answer:
    """What it will do: a level (None: no flicker seen) and the places in source pixels."""

    level: int | None
    points: list[Point]


@dataclass
class Attempt:
    """What it did."""

    trial: str
    attempt: int
    level: int | None
    points: list[Point]


Policy = Callable[[Trial], Answer]


def some_answer(trial: Trial) -> Answer:
    """An answer without any meaning, the same each time: a middle level and places all over the picture."""
    chance = random.Random(f"{trial.worker} {trial.trial}")
    inside = [(chance.uniform(0.1, 0.9), chance.uniform(0.1, 0.9)) for _ in range(20)]
    points = [(round(x * trial.width, 2), round(y * trial.height, 2)) for x, y in inside]
    return Answer(chance.randint(max(1, trial.level_count // 4), max(1, 3 * trial.level_count // 4)), points)


def knowing(answers: Mapping[str, Answer]) -> Policy:
    """Answers these trials, by their opaque ids, as told, and the others without any meaning."""
    return lambda trial: answers.get(trial.trial) or some_answer(trial)


class Robot(robot.Robot):
    """Works one page that is open in a Playwright page, or in a frame of one; `policy` says what it answers."""

    def __init__(self, page: Any, policy: Policy = some_answer, locations: int = 3, worker: str = "") -> None:
        super().__init__(page, worker)
        self._policy = policy
        self._locations = locations
        self._hints: dict[str, Answer] = {}

    def step(self) -> None:
        stage = self.hit("stage")
        stage.wait_for()
        trial = self._trial()
        self.meet(trial.trial)
        phase = stage.get_attribute("data-phase")
        answer = self._hints.get(trial.trial) or self._policy(trial)
        if phase == "adjust":
            self._adjust(trial, answer)
        elif phase == "locate":
            self._locate(trial, answer)
        else:
            self._learn(trial, answer)

    def _trial(self) -> Trial:
        stage, slider = self.hit("stage"), self.hit("slider")
        width, height = (int(stage.get_attribute(f"data-{name}")) for name in ("width", "height"))
        levels = int(slider.get_attribute("max"))
        apart = float(stage.get_attribute("data-apart") or 0)
        return Trial(str(stage.get_attribute("data-trial")), width, height, levels, self.worker, apart)

    def _adjust(self, trial: Trial, answer: Answer) -> None:
        level = trial.level_count if answer.level is None else answer.level
        self.set_level(level)
        self._begin(trial, answer.level)
        self.look()
        self.press("none-seen" if answer.level is None else "confirm")

    def set_level(self, level: int) -> None:
        """Move the slider as its own keys would, in one go."""
        self.hit("slider").evaluate(
            "(slider, level) => { slider.value = level; slider.dispatchEvent(new Event('input', {bubbles: true})); }",
            level,
        )

    def _begin(self, trial: Trial, level: int | None) -> None:
        self.record.attempts.append(Attempt(trial.trial, self.next_attempt(trial.trial), level, []))

    def _locate(self, trial: Trial, answer: Answer) -> None:
        if self.record.attempts[-1].points:
            self._begin(trial, self.record.attempts[-1].level)
        stage = self.hit("stage")
        stage.scroll_into_view_if_needed()
        box = stage.bounding_box()
        for x, y in spread(answer.points[: self._locations], trial):
            self.mouse.click(box["x"] + x * box["width"] / trial.width, box["y"] + y * box["height"] / trial.height)
            self.record.attempts[-1].points.append((x, y))
        self.press("confirm")

    def _learn(self, trial: Trial, answer: Answer) -> None:
        """Take from the hint what the page expects, and try again."""
        hint = self.hit("hint")
        levels, given_points = hint.get_attribute("data-level"), hint.get_attribute("data-points")
        known = self._hints.get(trial.trial, answer)
        if levels:
            known = Answer(int(levels.split()[0]), known.points)
        elif given_points:
            points = [(float(x), float(y)) for x, y, _ in (point.split(",") for point in given_points.split())]
            known = Answer(known.level, points)
        self._hints[trial.trial] = known
        self.hit("retry").click()


def spread(points: Sequence[Point], trial: Trial) -> list[Point]:
    """The same places, each that lies too near to one before it moved as little as keeps them apart."""
    placed: list[Point] = []
    for x, y in points:
        rings = ((0.0, 0), *((reach * trial.apart * 1.02, turn) for reach in (0.5, 1, 1.5, 2, 3) for turn in range(12)))
        near = ((x + by * math.cos(turn * math.pi / 6), y + by * math.sin(turn * math.pi / 6)) for by, turn in rings)
        inside = ((a, b) for a, b in near if 0 <= a <= trial.width and 0 <= b <= trial.height)
        free = (each for each in inside if all(math.dist(each, other) >= trial.apart for other in placed))
        placed.append(next(free, (x, y)))
    return placed


def differences(record: WorkRecord, submission: dict[str, Any]) -> list[str]:
    """How a submission differs from what the robot did; empty where it tells the truth."""
    found = rows_missed(record, submission)
    for row, attempt in zip(submission["trials"], record.attempts, strict=False):
        if (row["trial"], row["attempt"], row["level"]) != (attempt.trial, attempt.attempt, attempt.level):
            found.append(f"{row['trial']} {row['attempt']} {row['level']} is not {attempt}")
        if row["none_seen"] != (attempt.level is None) or len(row["points"]) != len(attempt.points):
            found.append(f"points {row['points']} for {attempt}")
        for told, done in zip(row["points"], attempt.points, strict=False):
            if max(abs(told[0] - done[0]), abs(told[1] - done[1])) > WITHIN_PX:
                found.append(f"{told} told for {done}")
    return found
