"""The runtime's delivery by itself: what it does with every answer, and with none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browsers import with_script

pytestmark = pytest.mark.browser
SETTING = """async ({ results, replies, saved, tries }) => {
  const told = [], sent = [], waits = [], pending = [];
  const session = { state: saved ?? {}, save: () => (told.saves = (told.saves ?? 0) + 1) };
  const made = delivery.createDelivery({
    results, session, window, crypto, onChange: (outcome) => told.push(outcome),
    later: (act, ms) => { waits.push(ms); pending.push(act); },
    fetch: async (address, options) => {
      const body = options.body instanceof FormData ? Object.fromEntries([...options.body].filter(([name]) => name !== "file")) : options.body;
      const file = options.body instanceof FormData ? await options.body.get("file").text() : null;
      sent.push({ address, body, file, credentials: options.credentials });
      const reply = replies.shift() ?? 200;
      if (reply === "none") throw new TypeError("no network");
      const receipt = options.body && !(options.body instanceof FormData) ? { outcome: "stored" } : {};
      if (typeof reply === "string") return new Response(reply, { status: 200 });
      const answer = typeof reply === "number" ? { status: reply, body: receipt } : { status: reply.status ?? 200, body: reply };
      const made = new Response(answer.status === 204 ? null : JSON.stringify(answer.body ?? {}), { status: answer.status });
      return Object.defineProperty(made, "redirected", { value: Boolean(reply?.redirected) });
    },
  });
  const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
  const settle = async () => {
    do await pause(); while (told.at(-1) === "trying");
    await pause();
  };
  made.send("answers");
  await settle();
  for (let turn = 0; turn < tries; turn++) {
    for (const act of pending.splice(0)) act();
    await settle();
  }
  return { told, sent, waits, outbox: session.state.outbox, delivered: made.delivered() };
}"""
COLLECTOR = {"kind": "collector", "url": "https://a.org/c"}
S3 = {"kind": "s3", "policy_url": "https://a.org/answers.json", "post_url": "https://b.org/", "prefix": "private/"}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with with_script(browser, "runtime/delivery.js", "delivery") as made:
        yield made


def deliver(
    page: Page, results: dict[str, Any], replies: list[Any], tries: int = 0, saved: Any = None
) -> dict[str, Any]:
    given = {"results": results, "replies": replies, "saved": saved, "tries": tries}
    found: dict[str, Any] = page.evaluate(SETTING, given)
    return found


def test_one_post_is_enough(page: Page) -> None:
    found = deliver(page, COLLECTOR, [200])
    assert found["told"] == ["trying", "delivered"] and found["delivered"]
    assert found["sent"] == [
        {"address": "https://a.org/c/results", "body": "answers", "file": None, "credentials": "omit"}
    ]
    assert "text" not in found["outbox"]


@pytest.mark.parametrize(
    ("status", "redirected", "told"), [(200, False, "delivered"), (200, True, "waiting"), (204, True, "delivered")]
)
def test_a_bucket_that_leads_elsewhere_has_stored_only_where_it_says_so(
    page: Page, status: int, redirected: bool, told: str
) -> None:
    found = deliver(page, S3, [{"fields": {}}, {"status": status, "redirected": redirected}])
    assert found["told"] == ["trying", told] and found["delivered"] == (told == "delivered")


@pytest.mark.parametrize("outcome", ["stored", "again", "other"])
def test_what_a_collector_has_is_delivered(page: Page, outcome: str) -> None:
    assert deliver(page, COLLECTOR, [{"outcome": outcome}])["told"] == ["trying", "delivered"]


@pytest.mark.parametrize(
    "reply", ["<html>Log in to this network", "", {}, {"outcome": "full"}, "[]", "null", {"place": "free"}]
)
def test_a_page_that_is_no_receipt_is_none(page: Page, reply: Any) -> None:
    """A network that wants a login, or a server that shows its front page at every address, says 200."""
    found = deliver(page, COLLECTOR, [reply, 200], tries=1)
    assert found["told"] == ["trying", "waiting", "trying", "delivered"] and len(found["sent"]) == 2


def test_an_older_browser_delivers_without_a_time_limit(page: Page) -> None:
    page.evaluate("() => { window.timeout = AbortSignal.timeout; delete AbortSignal.timeout; }")
    try:
        assert deliver(page, COLLECTOR, [200])["told"] == ["trying", "delivered"]
    finally:
        page.evaluate("() => { AbortSignal.timeout = window.timeout; }")


@pytest.mark.parametrize("reply", ["none", 500, 503, 507, 408, 429])
def test_it_tries_until_it_has_arrived_and_always_sends_the_same(page: Page, reply: Any) -> None:
    found = deliver(page, COLLECTOR, [reply] * 9, tries=12)
    assert found["told"] == ["trying", "waiting"] * 9 + ["trying", "delivered"]
    assert {row["body"] for row in found["sent"]} == {"answers"} and len(found["sent"]) == 10
    assert found["waits"] == [2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000, 60000]


@pytest.mark.parametrize("reply", [400, 403, 404, 413])
def test_a_refusal_is_said_and_not_repeated(page: Page, reply: int) -> None:
    found = deliver(page, COLLECTOR, [reply], tries=3)
    assert found["told"] == ["trying", "refused"] and len(found["sent"]) == 1
    assert found["outbox"]["text"] == "answers"


def test_after_a_reload_what_was_fixed_is_sent(page: Page) -> None:
    saved = {"outbox": {"text": "earlier answers", "name": "n", "delivered": False}}
    assert [row["body"] for row in deliver(page, COLLECTOR, [200], saved=saved)["sent"]] == ["earlier answers"]
    done = {"outbox": {"name": "n", "delivered": True}}
    assert deliver(page, COLLECTOR, [200], saved=done)["sent"] == []


def test_a_form_is_read_anew_for_every_try_and_the_name_stays(page: Page) -> None:
    old, new = ({"fields": {"policy": text, "key": "elsewhere/x"}} for text in ("old", "new"))
    found = deliver(page, S3, [old, 403, new, 204], tries=2)
    assert found["told"] == ["trying", "waiting", "trying", "delivered"]
    forms = [row for row in found["sent"] if row["address"] == S3["post_url"]]
    assert [form["body"]["policy"] for form in forms] == ["old", "new"]
    assert [form["file"] for form in forms] == ["answers", "answers"]
    assert {form["body"]["key"] for form in forms} == {f"private/{found['outbox']['name']}.json"}


@pytest.mark.parametrize("broken", [404, "none", {}, {"fields": None}])
def test_a_form_that_cannot_be_read_is_waited_for(page: Page, broken: Any) -> None:
    assert deliver(page, S3, [broken])["told"] == ["trying", "waiting"]


def test_without_a_frame_around_it_nothing_is_told(page: Page) -> None:
    assert deliver(page, {"kind": "frame", "origins": ["https://t.org"]}, [])["told"] == ["trying", "refused"]
