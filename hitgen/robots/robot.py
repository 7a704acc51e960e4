"""A worker who is a program: works any page through the page contract alone.

It knows the slots and what they promise, nothing of the page's script. What it did it records by its own arithmetic, so
that a submission can be held against it. What is done in a trial is the method's.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class WorkRecord:
    """What the robot did, in order; attempts are the method's."""

    order: list[str] = field(default_factory=list)
    attempts: list[Any] = field(default_factory=list)
    screens: list[str] = field(default_factory=list)


FILL = """() => {
  const fields = [...document.querySelectorAll("input, textarea, select")].filter((field) => field.checkVisibility());
  for (const field of fields) {
    if (field.type === "radio") {
      const group = fields.filter(({ name }) => name === field.name);
      if (!group.some(({ checked }) => checked)) field.click();
    } else if (!field.value) field.value = field.inputMode === "decimal" ? field.dataset.min || field.dataset.max || "1" : "nothing";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""
"""Answers every empty field of a form, somehow."""
GAP = """(part) => {
  const canvas = document.querySelector(`[data-part="${part}"]`);
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const ways = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };
  const darkest = ([x, y]) => {
    let least = 255;
    for (let step = 0; step < width / 2 - 1; step++) {
      const [column, row] = [width / 2 + (x < 0 ? -1 : 0) + x * step, height / 2 + (y < 0 ? -1 : 0) + y * step];
      least = Math.min(least, data[4 * (Math.floor(row) * width + Math.floor(column))]);
    }
    return least;
  };
  return Object.keys(ways).reduce((best, way) => darkest(ways[way]) > darkest(ways[best]) ? way : best);
}"""
"""The side on which no black is met on the way out from a canvas's middle."""
VANISH = """([dot, square, pxACentimetre]) => new Promise((done) => {
  const middle = (part) => {
    const { left, width } = document.querySelector(`[data-part="${part}"]`).getBoundingClientRect();
    return left + width / 2;
  };
  const px = JSON.parse(document.getElementById("hit-page").textContent).display.distance_cm * pxACentimetre;
  const button = [...document.querySelectorAll("[data-answer]")].find((each) => each.checkVisibility());
  const until = performance.now() + 60000;
  button.click();
  const look = () => {
    const isThere = Math.abs(middle(dot) - middle(square)) >= px;
    if (isThere) button.click();
    if (isThere || performance.now() > until) done(isThere);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""
SHOWN = "() => document.querySelector('[data-screen-part]:not([hidden])')"
"""Some screen, once the page's script has begun: a layout of one's own may name one in its markup before."""
CARD_WIDTH_CM = 8.56
BLIND_SPOT_DEG = 13.5
MOST_ATTEMPTS = 6
CHECK = "check-"
"""How the screens of checks begin."""
LEAVING_SCREENS = ("consent", "instructions", "calibration", "distance", "survey")


class Robot(ABC):
    """Works one page that is open in a Playwright page, or in a frame of one."""

    def __init__(self, page: Any, worker: str = "") -> None:
        self._page = page
        self.mouse = getattr(page, "page", page).mouse
        self.worker = worker
        self.record = WorkRecord()
        self.sees: Callable[[Robot, str], None] | None = None
        """Does on the screen of a check what somebody does who sees well; None: answers anyhow."""
        self._px_per_cm = 96 / 2.54
        self.patience_s = 0.0
        """How long it looks at a picture that is judged, at least."""

    @abstractmethod
    def step(self) -> None:
        """Do what the trial on the screen asks for next."""

    def hit(self, name: str) -> Any:
        """The visible element of a slot."""
        return self._page.locator(f'[data-hit="{name}"]:visible')

    def screen(self) -> str:
        """The screen that is shown."""
        return str(self._page.evaluate("() => document.documentElement.dataset.screen"))

    def work(self) -> WorkRecord:
        """Wait for the first screen and go on until the page shows `submit`, `done`, `blocked` or `preview`; what was done."""
        self._page.wait_for_function(SHOWN)
        while True:
            screen = self.screen()
            if not self.record.screens or self.record.screens[-1] != screen:
                self.record.screens.append(screen)
            if screen in LEAVING_SCREENS:
                self._leave(screen)
            elif screen.startswith(CHECK):
                self._check(screen.removeprefix(CHECK))
                self._leave(screen)
            elif screen in ("training", "study"):
                self.step()
            else:
                return self.record

    def _leave(self, screen: str) -> None:
        if screen == "consent":
            self.hit("consent").check()
        card = self.hit("card").bounding_box() if screen == "calibration" else None
        self.hit("next").click()
        if screen == "survey" and self.screen() == screen:
            # Something is required after all.
            self._page.evaluate(FILL)
            self.hit("next").click()
        if screen == "calibration" and card:
            self._px_per_cm = card["width"] / CARD_WIDTH_CM
        if screen == "calibration" and self.screen() == screen:
            self.hit("next").click()  # asked whether the frame is right as it stands
        self._page.wait_for_function("was => document.documentElement.dataset.screen !== was", arg=screen)

    def _check(self, kind: str) -> None:
        """Answer until the screen can be left."""
        if self.sees:
            self.sees(self, kind)
        while self.hit("next").is_disabled():
            self._page.locator("[data-answer]:visible").first.click()

    def answer(self, answer: str) -> None:
        """Give an answer of a check."""
        self._page.locator(f'[data-answer="{answer}"]:visible').click()

    def gap_of(self, part: str) -> str:
        """On which side the ring that a canvas shows is open: left, right, up or down."""
        return str(self._page.evaluate(GAP, part))

    def see_dot_vanish(self, dot: str, square: str) -> None:
        """Start a dot and tell when it reaches the blind spot of somebody who sits where the page asks to."""
        if not self._page.evaluate(VANISH, [dot, square, self._px_per_cm * math.tan(math.radians(BLIND_SPOT_DEG))]):
            raise RuntimeError("the dot never came to the blind spot")

    def page_name(self) -> str:
        """The page's name, by its own data."""
        return str(self._page.evaluate("() => JSON.parse(document.getElementById('hit-page').textContent).page"))

    def meet(self, trial: str) -> None:
        """Note that a trial is on the screen."""
        if not self.record.order or self.record.order[-1] != trial:
            self.record.order.append(trial)

    def next_attempt(self, trial: str) -> int:
        """The number of the attempt at a trial that comes now."""
        number: int = 1 + sum(attempt.trial == trial for attempt in self.record.attempts)
        if number > MOST_ATTEMPTS:
            raise RuntimeError(f"the page refuses what its own hints asked for in trial {trial}")
        return number

    def look(self) -> None:
        """Look at the picture as long as its patience goes, where it is judged."""
        if self.patience_s and self.screen() == "study":
            self._page.wait_for_timeout(1000 * self.patience_s)

    def press(self, name: str) -> None:
        """Click the button of a slot as soon as it can be."""
        self._page.wait_for_function(f"() => !document.querySelector('[data-hit=\"{name}\"]').disabled")
        self.hit(name).click()


def rows_missed(record: WorkRecord, submission: dict[str, Any]) -> list[str]:
    """How a submission's order and number of rows differ from what the robot did."""
    found = []
    if submission["order"] != record.order:
        found.append(f"order {submission['order']} is not {record.order}")
    if len(submission["trials"]) != len(record.attempts):
        found.append(f"{len(submission['trials'])} rows for {len(record.attempts)} attempts")
    return found


MakeRobot = Callable[[Any, str], Robot]
"""(page, worker) -> the robot that works it."""
