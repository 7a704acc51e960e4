"""People's browsers at the address of a page, and robots in them."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Frame, Page

from hitgen.methods.pjnd.robot import Answer, Robot, Trial


def answer(trial: Trial) -> Answer:
    """A level and places that follow from the trial's id."""
    number = int(trial.trial[:4], 16)
    points = [(10 + number % 50, 20.0), (trial.width * 0.5, trial.height * 0.5), (trial.width - 9, trial.height - 7)]
    return Answer(number % trial.level_count + 1, points)


def visit(browser: Browser, url: str, **more: Any) -> tuple[BrowserContext, Page]:
    """A person's browser at an address."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, **more)
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(url)
    return context, page


def work(page: Page) -> Robot:
    """Work a page up to its last screen."""
    robot = Robot(page, answer)
    robot.work()
    assert robot.screen() == "submit"
    return robot


class InFrame:
    """A study page that a recruiter frames, as the robot sees pages."""

    def __init__(self, frame: Frame) -> None:
        self.locator, self.evaluate, self.wait_for_function = frame.locator, frame.evaluate, frame.wait_for_function
        self.mouse = frame.page.mouse


def screen_is(page: Page, name: str) -> None:
    """Wait for a screen."""
    page.wait_for_function("name => document.documentElement.dataset.screen === name", arg=name)
