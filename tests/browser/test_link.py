"""Own participants with a collector: from personal address to ledger, whatever happens to the network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hitgen.build import build
from hitgen.cli import main
from hitgen.collector.inbox import Inbox
from hitgen.publishing.publication import open_account
from hitgen.publishing.status import status
from tests.support.batches import link_batch, places
from tests.support.servers import collecting, free_port
from tests.support.visitors import screen_is, visit, work

# Together on one worker: what they share takes longer than they do.
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A published batch with a collector that runs."""
    folder, port = tmp_path_factory.mktemp("link") / "batch", free_port()
    link_batch(folder, port)
    build(folder, workers=1)
    with collecting(folder, port, hand_out=True):
        assert main(["publish", str(folder)]) == 0
        yield folder


def submissions(folder: Path) -> dict[str, dict]:
    with open_account(folder) as account:
        status(account)
        return {row.assignment: vars(row) for row in account.ledger.submissions()}


def test_answers_arrive_with_a_code(study: Path, browser: Browser) -> None:
    place = places(study)[0]
    context, page = visit(browser, place["url"])
    robot = work(page)
    robot.hit("submit").click()
    screen_is(page, "done")
    page.get_by_text(place["code"]).wait_for()
    context.close()
    used, foreign = (place["url"], "done", "already arrived"), (f"{place['url'][:-2]}aa", "blocked", "not one that was")
    for url, screen, told in (used, foreign):
        context, page = visit(browser, url)  # elsewhere, where nothing is known of the first time
        screen_is(page, screen)
        page.get_by_text(told).wait_for()
        assert page.get_by_text(place["code"]).count() == (screen == "done")
        context.close()
    row = submissions(study)[place["url"].split("=")[1]]
    assert (row["worker"], row["page"], row["status"]) == (place["participant"], place["page"], "Submitted")
    answer = json.loads(row["answer"])
    assert [(each["trial"], each["level"]) for each in answer["trials"]] == [
        (attempt.trial, attempt.level) for attempt in robot.record.attempts
    ]


def test_the_network_is_lost_while_submitting(study: Path, browser: Browser, tmp_path: Path) -> None:
    """The laptop is closed, an hour later the same address is opened again; it delivers by itself, once."""
    place = places(study)[1]
    context, page = visit(browser, place["url"])
    robot = work(page)
    # Lost for good: an emulated one comes back in the moment in which the page is closed.
    context.route("**/results", lambda route: route.abort("internetdisconnected"))
    robot.hit("submit").click()
    page.get_by_text("keeps trying by itself").wait_for()
    assert not robot.hit("withdraw").count()
    with page.expect_download() as download:
        robot.hit("download-json").click()
    saved = tmp_path / "answers.json"
    download.value.save_as(saved)
    kept = context.storage_state()
    page.close()
    context.close()
    assert place["url"].split("=")[1] not in submissions(study)

    for entry in kept["origins"]:
        for item in entry["localStorage"]:
            saved_state = json.loads(item["value"])
            saved_state["state"]["opened_at"] -= 3_600_000
            item["value"] = json.dumps(saved_state)
    context, page = visit(browser, place["url"], storage_state=kept)
    screen_is(page, "done")
    page.get_by_text(place["code"]).wait_for()
    page.reload()
    page.get_by_text(place["code"]).wait_for()
    context.close()
    before = submissions(study)
    assert place["url"].split("=")[1] in before
    assert main(["import", str(study), str(saved)]) == 0
    assert submissions(study) == before
    with Inbox(study / "collected.sqlite", "small") as inbox:
        assert inbox.counts()["again"] == 1


def test_the_page_goes_on_when_the_network_is_back(study: Path, browser: Browser) -> None:
    context, page = visit(browser, f"{places(study)[0]['url'].split('/small/')[0]}/go")
    page.get_by_role("button", name="Begin").dblclick()
    page.wait_for_url("**/*assignmentId=*")
    robot = work(page)
    context.set_offline(True)
    robot.hit("submit").click()
    page.get_by_text("keeps trying by itself").wait_for()
    context.set_offline(False)
    screen_is(page, "done")
    context.close()


def test_a_page_posts_nowhere_but_where_it_was_built_for(study: Path, browser: Browser) -> None:
    place = places(study)[0]
    context, page = visit(browser, place["url"] + "&turkSubmitTo=http%3A%2F%2F127.0.0.1%3A1")
    allowed = page.locator("meta[http-equiv]").get_attribute("content") or ""
    connect = next(rule for rule in allowed.split("; ") if rule.startswith("connect-src"))
    assert connect == f"connect-src {place['url'].split('/small/')[0]}"
    with pytest.raises(Exception, match="Failed to fetch"):
        page.evaluate("fetch('http://127.0.0.1:1/results', {method: 'POST', body: 'x'})")
    context.close()
