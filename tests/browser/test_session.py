"""The runtime's session by itself: what becomes of times where a clock stands still, runs back or is set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from hitgen.methods.submission import DisplayRecord
from tests.support.browsers import with_script

pytestmark = pytest.mark.browser
SETTING = """({ wall, steady, saved }) => {
  const page = { batch: "b", page: "p0001", training: [], study: [], consent_sha256: "c" };
  const made = session.createSession({
    page, environment: {}, storage: { load: () => saved, save: () => {}, clear: () => {} }, later: () => {}, ratio: () => 1,
    now: () => (wall.length > 1 ? wall.shift() : wall[0]), monotonic: () => steady.shift(), firstScreen: "consent", packsOf: () => [],
  });
  const times = [];
  while (steady.length) times.push(made.elapsed());
  return { times, away_ms: made.state.away_ms };
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with with_script(browser, "runtime/session.js", "session") as made:
        yield made


def seen(page: Page, steady: Sequence[float], wall: Sequence[float] = (1e12,), saved: Any = None) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(SETTING, {"steady": list(steady), "wall": list(wall), "saved": saved})
    return found


@pytest.mark.parametrize(
    ("steady", "times"),
    [
        ([0, 10, 20], [10, 20]),
        ([5, 5, 5], [0, 0]),
        ([1000, 900, 800, 1010.4], [0, 0, 10]),
        ([100, 140, 131, 128.6, 150], [40, 40, 40, 50]),
    ],
)
def test_no_time_is_before_one_that_was_told(page: Page, steady: list[float], times: list[int]) -> None:
    """Answers whose times run back are taken for made up, and extensions blur what a browser tells of the time."""
    assert seen(page, steady)["times"] == times


@pytest.mark.parametrize("years", [1, 56, -56])
def test_a_clock_that_was_set_while_the_page_was_closed_is_an_absence_that_can_be_read(page: Page, years: int) -> None:
    ms = years * 365.25 * 86_400_000 + 0.25
    saved = {"content": "c", "opened_at": 1e12, "saved_at": 1e12, "elapsed_ms": 7000, "away_ms": 0}
    found = seen(page, [0, 10], [1e12 + ms], saved)
    assert found["times"] == [7010]
    assert DisplayRecord(away_ms=found["away_ms"]).away_ms == max(0, round(ms))
