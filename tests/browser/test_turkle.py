"""A real Turkle: tasks made, worked in its own pages through the frame, and read back."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Frame, Page

from hitgen.build import build
from hitgen.cli import main
from hitgen.doubles.turkle.server import PASSWORD, SERVE, RunningTurkle, running_turkle
from hitgen.methods.pjnd.robot import Robot, differences
from hitgen.publishing.publication import open_account
from hitgen.publishing.status import status
from tests.support.batches import link_batch
from tests.support.servers import serving
from tests.support.visitors import InFrame, answer, visit

# Together on one worker: what they share takes longer than they do.
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def turkle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTurkle]:
    with running_turkle(tmp_path_factory.mktemp("turkle")) as running:
        yield running


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, turkle: RunningTurkle) -> Iterator[Path]:
    """A batch, published twice."""
    tmp_path = tmp_path_factory.mktemp("study")
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TURKLE_TOKEN", turkle.token)
        folder = link_batch(tmp_path / "batch", 9001, recruiter=f'kind = "turkle"\nurl = "{turkle.url}"')
        text = (folder / "batch.toml").read_text()
        host = f'folder = "../served"\nbase_url = "{url}"'
        (folder / "batch.toml").write_text(text.replace('base_url = "http://127.0.0.1:9001"', host))
        build(folder, workers=1)
        assert main(["publish", str(folder)]) == 0
        assert main(["publish", str(folder)]) == 0
        yield folder


def test_an_interrupt_from_the_terminal_leaves_it_to_be_asked_what_came_back(turkle: RunningTurkle) -> None:
    """Ctrl+C reaches all processes of a terminal; Turkle ended with it, and the rehearsal could not tell what was handed in."""
    own = (each for each in psutil.process_iter(["ppid", "cmdline"]) if each.info["ppid"] == os.getpid())
    (site,) = (each for each in own if SERVE in (each.info["cmdline"] or ()))
    site.send_signal(signal.SIGINT)
    with urllib.request.urlopen(f"{turkle.url}/login/", timeout=30) as answer:
        assert answer.status == 200


def page_frame(page: Page) -> Frame:
    """The study's page, two frames deep."""
    inner = page.frame_locator("#task_assignment_iframe").frame_locator("#hitgen-page")
    inner.locator("html[data-screen]").wait_for()
    return next(frame for frame in page.frames if "/pages/" in frame.url)


def log_in(browser: Browser, turkle: RunningTurkle, name: str) -> Page:
    _, page = visit(browser, f"{turkle.url}/login/", reduced_motion="reduce")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{turkle.url}/")
    return page


def test_published_worked_and_collected(study: Path, turkle: RunningTurkle, browser: Browser) -> None:
    page = log_in(browser, turkle, "anna")
    page.get_by_role("button", name="Accept next Task").first.click()
    frame = page_frame(page)
    robot = Robot(InFrame(frame), answer)
    record = robot.work()
    assert robot.screen() == "submit"
    robot.hit("submit").click()
    page.wait_for_url(f"{turkle.url}/")
    page.context.close()
    with open_account(study) as account:
        found = status(account)
        (row,) = list(account.ledger.submissions())
        (hit,) = account.ledger.hits()
        assert (found.submitted, found.out, found.account.environment) == (1, 2, "own")
        submission = json.loads(row.answer)
        assert (row.hit, row.status, row.worker) == ("p0001.1", "Submitted", submission["worker"])
        assert hit.order.assignments == 3
        assert account.recruiter.approve(row.assignment) == "Approved"
        assert differences(record, submission) == []
        assert submission["assignment"] == row.assignment


def test_nobody_but_the_page_is_heard(study: Path, turkle: RunningTurkle, browser: Browser) -> None:
    """Neither does another frame hand in answers, nor does the page tell its answers to another parent."""
    page = log_in(browser, turkle, "ben")
    page.get_by_role("button", name="Accept next Task").first.click()
    page_frame(page)
    task = next(frame for frame in page.frames if "/iframe/" in frame.url)
    task.evaluate("window.postMessage({hitgen: 'submission', text: 'forged'}, '*')")
    task.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<iframe id=other srcdoc=\"<script>"
        "parent.postMessage({hitgen: `submission`, text: `forged`}, `*`)</script>\"></iframe>')"
    )
    page.wait_for_timeout(500)
    assert task.evaluate("document.getElementById('hitgen-submission').value") == ""
    page.context.close()


def test_a_preview_shows_and_takes_nothing_and_an_end_ends(
    study: Path, turkle: RunningTurkle, browser: Browser
) -> None:
    page = log_in(browser, turkle, "cleo")
    page.get_by_role("button", name="Preview").first.click()
    outer = page.frame_locator("iframe").frame_locator("#hitgen-page")
    outer.locator('html[data-screen="preview"]').wait_for()
    inner = next(frame for frame in page.frames if "/iframe/" in frame.url)
    inner.evaluate("document.getElementById('mturk_form').requestSubmit()")
    assert main(["expire", str(study)]) == 0
    page.goto(turkle.url)
    assert not page.get_by_role("button", name="Accept next Task").count()
    page.context.close()
