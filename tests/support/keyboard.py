"""People without a mouse: they reach what a page offers by Tab, in any browser."""

from __future__ import annotations

from contextlib import suppress

from tests.support.engines import Window

PLACES = (
    ("Shift+ArrowLeft",) * 4 + ("Shift+ArrowUp",) * 3,
    ("Shift+ArrowRight",) * 8,
    ("Shift+ArrowDown",) * 6 + ("Shift+ArrowLeft",) * 4,
)
"""From the middle to the three right places of `write_batch`."""
PHASE = """() => {
  const stage = document.querySelector("[data-hit=stage]");
  return stage?.checkVisibility() && stage.dataset.shown !== "none" && stage.dataset.phase;
}"""
STATE = """() => {
  const { trial, phase } = document.querySelector("[data-hit=stage]").dataset;
  return [document.documentElement.dataset.screen, trial, phase, document.querySelector("[data-hit=hint]")?.textContent].join(" ");
}"""
SCREEN = "() => document.documentElement.dataset.screen"
CONSENTED = "() => document.querySelector('[data-hit=consent]').checked"
OTHER = "(was) => document.documentElement.dataset.screen !== was"


def tab_to(window: Window, slot: str) -> None:
    for _ in range(40):
        if window.evaluate("() => document.activeElement?.dataset?.hit") == slot:
            return
        window.press("Tab")
    raise AssertionError(f"{slot} cannot be reached by the Tab key")


def press_on(window: Window, slot: str, *keys: str) -> None:
    tab_to(window, slot)
    window.press(*keys)


def leave(window: Window, screen: str) -> None:
    """Go on from a screen that asks for nothing but consent."""
    for seconds in (
        5,
        5,
        30,
    ):  # whoever sees that nothing came of a key presses it again: WebDriver's may get lost on a busy machine
        if screen == "consent" and not window.evaluate(CONSENTED):
            press_on(window, "consent", "Space")
        press_on(window, "next", "Enter")
        with suppress(TimeoutError):
            window.wait(OTHER, screen, seconds)
            return
    raise TimeoutError(f"{window.name}: {screen} is not left by the keyboard")


def adjust(window: Window, level: int) -> None:
    """Move the slider and look until the level may be locked."""
    tab_to(window, "slider")
    at = int(window.evaluate("() => document.activeElement.value"))
    window.press(*("ArrowRight",) * (level - at))
    window.wait("() => !document.querySelector('[data-hit=confirm]').disabled")


def mark(window: Window) -> None:
    for keys in PLACES:
        press_on(window, "stage", *keys, "Enter")


def work(window: Window, until: str = "submit", level: int = 5) -> None:
    """Work a page up to a screen."""
    while (screen := window.evaluate(SCREEN)) != until:
        if screen in ("training", "study"):
            step(window, level)
        else:
            leave(window, screen)


def step(window: Window, level: int = 5) -> None:
    """The phase of a trial that is on the screen."""
    phase = window.wait(PHASE)
    was = window.evaluate(STATE)
    if phase == "adjust":
        adjust(window, level)
    else:
        mark(window)
    press_on(window, "confirm", "Enter")
    window.wait(f"(was) => ({STATE})() !== was", was)
