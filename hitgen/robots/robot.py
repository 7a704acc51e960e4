"""A worker who is a program: works any page through the page contract alone.

It knows the slots and what they promise, nothing of the page's script. What it did it records by its own arithmetic, so
that a submission can be held against it. What is done in a trial is the method's.
"""

from __future__ import annotations

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
        """Go on until the page shows `submit`, `done`, `blocked` or `preview`; what was done."""
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
        self.hit("next").click()
        if screen == "survey" and self.screen() == screen:
            # Something is required after all.
            self._page.evaluate(FILL)
            self.hit("next").click()
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

    def page_name(self) -> str:
        """The page's name, by its own data."""
        return str(self._page.evaluate("() => JSON.parse(document.getElementById('hit-page').textContent).page"))

    def meet(self, trial: str) -> None:
        """Note that a trial is on the screen."""
        if not self.record.order or self.record.order[-1] != trial:
            self.record.order.append(trial)

    def look(self) -> None:
        """Look at the picture as long as its patience goes, where it is judged."""
        if self.patience_s and self.screen() == "study":
            self._page.wait_for_timeout(1000 * self.patience_s)

    def press(self, name: str) -> None:
        """Click the button of a slot as soon as it can be."""
        self._page.wait_for_function(f"() => !document.querySelector('[data-hit=\"{name}\"]').disabled")
        self.hit(name).click()


MakeRobot = Callable[[Any, str], Robot]
"""(page, worker) -> the robot that works it."""
