"""A small built batch for people of one's own, its collector, and robots that work addresses."""

from __future__ import annotations

import csv
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Frame, Page

from hitgen.collector.server import Server
from hitgen.robots.robot import Answer, Robot, Trial
from hitgen.serving import open_collector
from tests.browser.conftest import write_batch

SMALL = 'ratings = 3\nassignments = 3\n[display]\nscaling = "pixels"\n'


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def link_batch(folder: Path, port: int, hit: str = SMALL, recruiter: str = "") -> Path:
    """A batch for own participants, or another recruiter, whose pages and collector are on one port of this machine."""
    address = f"http://127.0.0.1:{port}"
    extra = f"""{hit}
[host]
kind = "folder"
base_url = "{address}"
[recruiter]
{recruiter or link(address)}
"""
    return write_batch(folder, extra, study=1)


def link(address: str) -> str:
    """The recruiter's config of own participants."""
    return f'kind = "link"\nresults = {{kind = "collector", url = "{address}"}}'


@contextmanager
def collecting(folder: Path, port: int, hand_out: bool = False) -> Iterator[Server]:
    """`hitgen serve`, in this process."""
    with (
        open_collector(folder, hand_out) as (collector, inbox),
        Server(collector, inbox, "127.0.0.1", port) as server,
    ):
        yield server


def places(folder: Path) -> list[dict[str, str]]:
    """The list of personal addresses."""
    with (folder / "places.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def answer(trial: Trial) -> Answer:
    """A level and places that follow from the trial's id."""
    number = int(trial.trial[:4], 16)
    points = [(10 + number % 50, 20.0), (trial.width * 0.5, trial.height * 0.5), (trial.width - 9, trial.height - 7)]
    return Answer(number % trial.level_count + 1, points)


def visit(browser: Browser, url: str, **more: Any) -> tuple[BrowserContext, Page]:
    """A person's browser at an address."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, **more)
    page = context.new_page()
    page.set_default_timeout(20_000)
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
