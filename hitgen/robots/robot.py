"""A worker who is a program: works any page through the page contract alone.

It knows the slots and what they promise, nothing of the page's script. What it did it records by its own arithmetic, so
that a submission can be held against it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Point = tuple[float, float]


@dataclass
class Trial:
    """What the robot sees of a trial: its opaque id, the source's size and the highest level; and who it is."""

    trial: str
    width: int
    height: int
    level_count: int
    worker: str = ""


@dataclass
class Answer:
    """What it will do: a level (None: no flicker seen) and the places in source pixels."""

    level: int | None
    points: list[Point]


@dataclass
class Attempt:
    trial: str
    attempt: int
    level: int | None
    points: list[Point]


@dataclass
class WorkRecord:
    """What the robot did, in order."""

    order: list[str] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    screens: list[str] = field(default_factory=list)


Policy = Callable[[Trial], Answer]
MOST_ATTEMPTS = 6
FILL = """() => {
  const fields = [...document.querySelectorAll("input, textarea, select")].filter((field) => field.checkVisibility());
  for (const field of fields) {
    if (field.type === "radio") {
      const group = fields.filter(({ name }) => name === field.name);
      if (!group.some(({ checked }) => checked)) field.click();
    } else if (!field.value) field.value = field.type === "number" ? field.min || field.max || "1" : "nothing";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""
"""Answers every empty field of a form, somehow."""
LEAVING_SCREENS = ("consent", "instructions", "calibration", "distance", "survey")


class Robot:
    """Works one page that is open in a Playwright page, or in a frame of one."""

    def __init__(self, page: Any, policy: Policy, locations: int = 3, worker: str = "") -> None:
        self._page = page
        self._mouse = getattr(page, "page", page).mouse
        self._worker = worker
        self._policy = policy
        self._locations = locations
        self._hints: dict[str, Answer] = {}
        self.record = WorkRecord()

    def hit(self, name: str) -> Any:
        return self._page.locator(f'[data-hit="{name}"]:visible')

    def screen(self) -> str:
        return str(self._page.evaluate("() => document.documentElement.dataset.screen"))

    def work(self) -> WorkRecord:
        """Go on until the page shows `submit`, `done`, `blocked` or `preview`; what was done."""
        while True:
            screen = self.screen()
            if not self.record.screens or self.record.screens[-1] != screen:
                self.record.screens.append(screen)
            if screen in LEAVING_SCREENS:
                self._leave(screen)
            elif screen in ("training", "study"):
                self._step()
            else:
                return self.record

    def _leave(self, screen: str) -> None:
        if screen == "consent":
            self.hit("consent").check()
        self.hit("next").click()
        if screen == "survey" and self.screen() == screen:
            # Something is required after all.
            self._page.evaluate(FILL)
            self.hit("next").click()
        self._page.wait_for_function("was => document.documentElement.dataset.screen !== was", arg=screen)

    def _step(self) -> None:
        stage = self.hit("stage")
        stage.wait_for()
        trial = self._trial()
        if not self.record.order or self.record.order[-1] != trial.trial:
            self.record.order.append(trial.trial)
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
        return Trial(str(stage.get_attribute("data-trial")), width, height, levels, self._worker)

    def _adjust(self, trial: Trial, answer: Answer) -> None:
        level = trial.level_count if answer.level is None else answer.level
        self.set_level(level)
        self._begin(trial, answer.level)
        button = "none-seen" if answer.level is None else "confirm"
        self._press(button)

    def set_level(self, level: int) -> None:
        """Move the slider as its own keys would, in one go."""
        self.hit("slider").evaluate(
            "(slider, level) => { slider.value = level; slider.dispatchEvent(new Event('input', {bubbles: true})); }",
            level,
        )

    def _begin(self, trial: Trial, level: int | None) -> None:
        number = 1 + sum(attempt.trial == trial.trial for attempt in self.record.attempts)
        if number > MOST_ATTEMPTS:
            raise RuntimeError(f"the page refuses what its own hints asked for in trial {trial.trial}")
        self.record.attempts.append(Attempt(trial.trial, number, level, []))

    def _press(self, name: str) -> None:
        self._page.wait_for_function(f"() => !document.querySelector('[data-hit=\"{name}\"]').disabled")
        self.hit(name).click()

    def _locate(self, trial: Trial, answer: Answer) -> None:
        if self.record.attempts[-1].points:
            self._begin(trial, self.record.attempts[-1].level)
        stage = self.hit("stage")
        stage.scroll_into_view_if_needed()
        box = stage.bounding_box()
        for x, y in answer.points[: self._locations]:
            at = box["x"] + x * box["width"] / trial.width, box["y"] + y * box["height"] / trial.height
            self._mouse.click(*at)
            self.record.attempts[-1].points.append((x, y))
        self._press("confirm")

    def _learn(self, trial: Trial, answer: Answer) -> None:
        """Take from the hint what the page expects, and try again."""
        hint = self.hit("hint")
        levels, places = hint.get_attribute("data-level"), hint.get_attribute("data-points")
        known = self._hints.get(trial.trial, answer)
        if levels:
            known = Answer(int(levels.split()[0]), known.points)
        elif places:
            points = [(float(x), float(y)) for x, y, _ in (place.split(",") for place in places.split())]
            known = Answer(known.level, points)
        self._hints[trial.trial] = known
        self.hit("retry").click()


def differences(record: WorkRecord, submission: dict[str, Any], within_px: float = 1.0) -> list[str]:
    """How a submission differs from what the robot did; empty where it tells the truth."""
    found = []
    if submission["order"] != record.order:
        found.append(f"order {submission['order']} is not {record.order}")
    if len(submission["trials"]) != len(record.attempts):
        found.append(f"{len(submission['trials'])} rows for {len(record.attempts)} attempts")
    for row, attempt in zip(submission["trials"], record.attempts, strict=False):
        if (row["trial"], row["attempt"], row["level"]) != (attempt.trial, attempt.attempt, attempt.level):
            found.append(f"{row['trial']} {row['attempt']} {row['level']} is not {attempt}")
        if row["none_seen"] != (attempt.level is None) or len(row["points"]) != len(attempt.points):
            found.append(f"points {row['points']} for {attempt}")
        for told, done in zip(row["points"], attempt.points, strict=False):
            if max(abs(told[0] - done[0]), abs(told[1] - done[1])) > within_px:
                found.append(f"{told} told for {done}")
    return found
