"""Robots at addresses: one person's visit to a page, and a worker's day at a Turkle server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hitgen.robots.browser import one_tab
from hitgen.robots.robot import MakeRobot

DONE = "() => document.documentElement.dataset.screen === 'done'"


def visit(browser: Any, url: str, robot: MakeRobot, worker: str) -> str:
    """Work the page at `url` and wait until its answers have arrived; `done`, or the screen it got stuck on."""
    with one_tab(browser) as page:
        page.goto(url)
        return _worked(page, robot(page, worker))


def visit_from_panel(browser: Any, url: str, robot: MakeRobot, worker: str) -> list[str]:
    """Begin where a panel sends people, work every page there is and go back; how each page ended, `done` or its screen."""
    ended: list[str] = []
    with one_tab(browser) as page:
        page.goto(url)
        while (begin := page.locator("main form[method=post] button")).count():
            begin.click()
            ended.append(_worked(page, robot(page, worker)))
            if ended[-1] != "done":
                return ended
            page.locator("[data-part=done-text] a").click()
            page.wait_for_selector("html:not([data-screen])")
            page.wait_for_load_state("domcontentloaded")  # what offers the next page may stand at its end
        return ended


def _worked(page: Any, made: Any) -> str:
    """Work a page that is open and wait until its answers have arrived."""
    made.work()
    if (ended := made.screen()) != "submit":
        return str(ended)
    made.hit("submit").click()
    page.wait_for_function(DONE)
    return "done"


def work_at_turkle(
    browser: Any,
    url: str,
    worker: str,
    password: str,
    robot: MakeRobot,
    between: Callable[[], object],
) -> list[str]:
    """Log in and work every task that is offered; how each ended. `between` is called after each."""
    ended: list[str] = []
    with one_tab(browser) as page:
        page.goto(f"{url}/login/")
        page.fill("[name=username]", worker)
        page.fill("[name=password]", password)
        page.press("[name=password]", "Enter")
        page.wait_for_url(f"{url}/")
        while (offers := page.get_by_role("button", name="Accept next Task")).count():
            offers.first.click()
            ended.append(_one_task(page, url, worker, robot))
            if ended[-1] != "done":
                return ended
            between()
            page.goto(f"{url}/")
        return ended


def _one_task(page: Any, url: str, worker: str, robot: MakeRobot) -> str:
    """The task in its two frames: Turkle's and the study's page."""
    inner = page.frame_locator("#task_assignment_iframe").frame_locator("#hitgen-page")
    inner.locator("html[data-screen]").wait_for()
    frame = inner.locator("html").element_handle().owner_frame()
    made = robot(frame, worker)
    made.work()
    if (ended := made.screen()) != "submit":
        return ended
    made.hit("submit").click()
    page.wait_for_url(f"{url}/")
    return "done"
