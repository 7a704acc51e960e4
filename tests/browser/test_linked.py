"""Linked packs: fetched once, tried again, taken up while the rest is still on its way, and not at all in a preview."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from hitgen.build import build
from hitgen.manifest import read_manifest
from hitgen.methods.pjnd.robot import Answer, Robot
from tests.support.batches import write_batch
from tests.support.browsers import OpenPage
from tests.support.servers import PageServer, serve

LINKED = 'packs = "linked"\n[display]\nscaling = "pixels"\n'
ACCEPTED = "?assignmentId=A1&hitId=H1&workerId=W1"
POINTS = [(64.0, 48.0), (256.0, 48.0), (160.0, 192.0)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PageServer]:
    folder = write_batch(tmp_path, LINKED, study=3)
    build(folder, workers=1)
    with serve(tmp_path / "build") as running:
        yield running


def page_url(server: PageServer, name: str = "p0001") -> str:
    return f"{server.url}/pages/{name}.html{ACCEPTED}"


def packs_of(server: PageServer) -> list[str]:
    """The paths of the page's packs, in the plan's order."""
    manifest = read_manifest(server.root.parent)
    pack = {ladder.ladder: ladder.pack for ladder in manifest.ladders}
    return [f"/packs/{pack[trial.ladder]}.pack" for trial in manifest.pages[0].trials]


def to_work(robot: Robot) -> None:
    while robot.screen() not in ("training", "study"):
        robot._leave(robot.screen())


@pytest.mark.browser
def test_each_pack_is_fetched_once_across_visits(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(page_url(server), offline=False)
    robot = Robot(page, lambda _: Answer(5, POINTS))
    assert robot.work().screens[-1] == "submit"
    page.goto(page_url(server).replace("A1", "A2"))
    assert Robot(page, lambda _: Answer(5, POINTS)).work().screens[-1] == "submit"
    assert {path: server.sent[path] for path in packs_of(server)} == dict.fromkeys(packs_of(server), 1)


@pytest.mark.browser
@pytest.mark.parametrize("phone", (False, True))
def test_the_first_pack_is_asked_for_before_the_page_is_there(
    phone: bool, server: PageServer, browser: Browser
) -> None:
    """But not kept where nobody may work."""
    context = browser.new_context(user_agent="Mozilla/5.0 (Linux; Android 16) Mobile" if phone else None)
    context.add_init_script(
        "const ask = window.fetch; window.asked = []; window.fetch = (...given) => {"
        " asked.push([String(given[0]), document.getElementById('hit-page') !== null, given[1].signal]); return ask(...given); };"
    )
    page = context.new_page()
    page.goto(page_url(server))
    page.wait_for_function(f"() => document.documentElement.dataset.screen === '{'blocked' if phone else 'consent'}'")
    asked = page.evaluate("() => asked.map(([address, late, signal]) => [address, late, Boolean(signal?.aborted)])")
    assert asked[0] == [f"..{packs_of(server)[0]}", False, phone]
    assert packs_of(server)[0][-20:] not in str(asked[1:])
    assert len(asked) == 1 or not phone
    context.close()


@pytest.mark.browser
def test_the_first_trial_is_worked_while_the_rest_is_on_its_way(server: PageServer, open_page: OpenPage) -> None:
    first, *others = packs_of(server)
    server.hold(others[-1][-20:])
    page = open_page(page_url(server), offline=False)
    robot = Robot(page, lambda _: Answer(5, POINTS))
    to_work(robot)
    robot.hit("stage").wait_for()
    page.wait_for_function("() => document.querySelector('[data-hit=stage]').dataset.shown === 'source'")
    assert server.sent[first] == 1 and server.sent[others[-1]] == 0
    server.release()
    assert robot.work().screens[-1] == "submit"


@pytest.mark.browser
def test_a_pack_that_fails_is_tried_again(tmp_path: Path, server: PageServer, browser) -> None:
    """The first one fails until the page was seen to wait for it, however long it takes to come there."""
    first, *others = packs_of(server)
    server.failures[others[-1]] = 1
    refused, words = 0, ""

    def answer(route: Route) -> None:
        nonlocal refused
        if words and refused > 1:
            route.continue_()
        else:
            refused += 1
            route.fulfill(status=503)

    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.route(f"**{first}", answer)
    started = time.monotonic()
    page.goto(page_url(server))
    robot = Robot(page, lambda _: Answer(5, POINTS))
    to_work(robot)
    page.locator("[data-part=waiting]").wait_for()
    words = page.locator("[data-part=waiting-text]").inner_text().strip()
    assert words
    assert robot.work().screens[-1] == "submit"
    # A second, then two and so on up to thirty, a quarter more or less: no hammering.
    assert time.monotonic() - started > 0.75 * sum(min(30, 2**number) for number in range(refused))
    assert refused > 1 and server.failures[others[-1]] == 0 and server.sent[first] == 1
    context.close()


@pytest.mark.browser
def test_a_preview_fetches_no_pack(server: PageServer, open_page: OpenPage) -> None:
    url = page_url(server).replace("A1", "ASSIGNMENT_ID_NOT_AVAILABLE")
    page = open_page(url, offline=False)
    page.wait_for_load_state("networkidle")
    assert Robot(page, lambda _: Answer(5, POINTS)).screen() == "preview"
    assert [path for path in server.sent if path.endswith(".pack")] == []
