"""A walk through a page that stops at every screen and phase, in any language and method; and what is cut off there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from hitgen.robots.robot import Robot

SIZE = (1280, 720)
"""The smallest window of an ordinary laptop, in CSS pixels."""
TRIALS = ("training", "study")
CUT_OFF = """() => {
  const found = [], root = document.documentElement, atWork = ["training", "study"].includes(root.dataset.screen);
  for (const element of document.body.querySelectorAll("*")) {
    if (!element.checkVisibility() || element.matches(".unseen, .bar-title, svg *, script, option")) continue;
    const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!says && !element.matches("button, input, select, a")) continue;
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const { display, overflowY, position } = getComputedStyle(element);
    const faults = {
      "wider than its box": display !== "inline" && element.clientWidth && element.scrollWidth > element.clientWidth + 1,
      "higher than its box": display !== "inline" && overflowY !== "visible" && element.scrollHeight > element.clientHeight + 1,
      "beside the page": left < -1 || right > root.clientWidth + 1,
      "out of reach": top + scrollY < -1 || bottom + scrollY > root.scrollHeight + 1,
      "out of sight": atWork && (top < -1 || bottom > root.clientHeight + 1),
    };
    const middle = (top + bottom) / 2, edges = [left + 3, right - 3].map((x) => document.elementFromPoint(x, middle));
    if (element.matches("button, input, select")) faults.covered = edges.some((there) => there && there !== element && !element.contains(there) && !there.contains(element));
    for (let around = element.parentElement; position !== "fixed" && around !== document.body; around = around.parentElement) {
      if (getComputedStyle(around).overflowY === "visible") continue;
      const box = around.getBoundingClientRect();
      if (top < box.top - 1 || bottom > box.bottom + 1 || left < box.left - 1 || right > box.right + 1) faults["cut by what holds it"] = true;
    }
    for (const [fault, is] of Object.entries(faults)) if (is) found.push(`${fault}: ${element.outerHTML.slice(0, 120)}`);
  }
  return found;
}"""
"""Elements that say something or can be pressed, and cannot be read or reached as they are; a field scrolls by itself."""

Look = Callable[[Page, str], None]


def cut_off(page: Page, at: str) -> list[str]:
    """What is cut off on the screen that is shown."""
    return [f"{at}: {fault}" for fault in page.evaluate(CUT_OFF)]


def violations(page: Page, at: str) -> list[str]:
    """What axe-core finds on the screen that is shown."""
    found = Axe().run(page).response["violations"]
    return [f"{at}: {rule['id']} {rule['nodes'][0]['html']}" for rule in found]


def walk(page: Page, robot: Robot, look: Look) -> set[str]:
    """Work a page to its end, looking once at each screen and phase and at what they say of a mistake; their names."""
    seen: set[str] = set()
    while (screen := robot.screen()) != "submit":
        name = screen if screen not in TRIALS else _phase(robot, screen)
        if name not in seen:
            seen.add(name)
            look(page, name)
            _mistake(page, robot, name, look)
        if robot.screen() in TRIALS:
            robot.step()
        elif robot.screen() == screen:
            robot._leave(screen)
    look(page, "submit")
    robot.hit("next").click()
    look(page, "done")
    return seen


def _phase(robot: Robot, screen: str) -> str:
    robot.hit("stage").wait_for()
    phase = robot.hit("stage").get_attribute("data-phase")
    told = robot.hit("hint").get_attribute("data-points") if robot.hit("hint").count() else None
    return f"{screen}-{phase}{'-places' if told else ''}" if phase else screen


def _mistake(page: Page, robot: Robot, name: str, look: Look) -> None:
    """What a screen says of what people do wrong on it, and how a trial looks that was stopped and came back."""
    if name in ("consent", "survey", "calibration"):
        robot.hit("next").click()
        look(page, f"{name} asked")
        page.evaluate(FILL)
    elif name == "study-adjust":
        page.keyboard.press("Escape")
        look(page, f"{name} stopped")
        robot.hit("resume").click()
        page.reload()
        robot.hit("stage").wait_for()
        look(page, f"{name} resumed")


FILL = """() => {
  for (const group of document.querySelectorAll("fieldset")) group.querySelector("[type=radio]").click();
}"""


def first_look(page: Page, part: str, look: Look, name: str) -> Any:
    """Look as soon as a part says something."""
    page.wait_for_function("part => document.querySelector(`[data-part=${part}]`).textContent", arg=part)
    look(page, name)
