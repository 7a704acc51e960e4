"""The submission's limit and its CSV, in the untouched modules, in a real browser."""

from __future__ import annotations

import csv
import functools
import io
import json
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.support import nodes

LIMIT_BYTES = 64 * 1024
TIMING = {
    "swaps": 400,
    "mean_ms": 125.01,
    "sd_ms": 8.33,
    "max_ms": 133.4,
    "source_mean_ms": 125.0,
    "distorted_mean_ms": 125.0,
}


def row(trial: str, attempt: int, moves: int) -> dict[str, Any]:
    return {
        "trial": trial, "attempt": attempt, "level": 50, "none_seen": False, "points": [[1.25, 2.5], [3.75, 4], [5, 6.5]],
        "started_ms": 1000 * attempt, "ended_ms": 1000 * attempt + 900, "slider_start": 0,
        "trace": [[17 * move, move % 101] for move in range(moves)], "timing": dict(TIMING),
    }  # fmt: skip


def submission(rows: list[dict[str, Any]], survey: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "schema": 1,
        "batch": "b",
        "page": "p0001",
        "order": sorted({each["trial"] for each in rows}),
        "trials": rows,
        "survey": survey or {},
    }


CASES = {
    "an ordinary one": submission([row(f"t{number}", 1, 20) for number in range(5)]),
    "restless sliders": submission([row(f"t{number}", 1, 400) for number in range(30)]),
    "coached a hundred times": submission(
        [row("training", attempt, 60) for attempt in range(1, 130)] + [row(f"t{number}", 1, 400) for number in range(4)]
    ),
    "long words": submission([row(f"t{number}", 1, 400) for number in range(12)], {"said": "ü" * 4000}),
}


@pytest.fixture(scope="module")
def module(browser: Browser) -> Any:
    page = browser.new_page()
    page.goto("about:blank")
    for path, name in (("runtime/submission.js", "submission"), ("methods/pjnd/rows.js", "pjnd")):
        page.add_script_tag(content=f"{{ {nodes.module(path, 'made')} window.{name} = made; }}")
    return functools.partial(page.evaluate)


@pytest.mark.browser
@pytest.mark.parametrize("name", CASES)
def test_a_submission_fits_and_its_answers_stay(name: str, module: Any) -> None:
    given = CASES[name]
    fitted = module("given => submission.fitSubmission(given, pjnd.reductions)", given)
    assert len(json.dumps(fitted, ensure_ascii=False, separators=(",", ":")).encode()) <= LIMIT_BYTES
    answers = {
        each["trial"]: (each["attempt"], each["level"], each["points"], each["timing"]) for each in fitted["trials"]
    }
    for each in given["trials"]:
        if each["trial"] != "training":
            assert answers[each["trial"]] == (each["attempt"], each["level"], each["points"], each["timing"])
    assert {key: fitted[key] for key in ("order", "survey")} == {key: given[key] for key in ("order", "survey")}
    for each in fitted["trials"]:
        told = next(
            one for one in given["trials"] if (one["trial"], one["attempt"]) == (each["trial"], each["attempt"])
        )
        assert all(point in told["trace"] for point in each["trace"])
    if name == "an ordinary one":
        assert fitted == given


@pytest.mark.browser
def test_words_that_leave_no_room_are_cut_and_all_else_stays(module: Any) -> None:
    said = {f"q{number}": "\u65e5" * 2000 for number in range(15)} | {"age": 30, "short": "\u65e5", "none": None}
    given = submission([row(f"t{number}", 1, 20) for number in range(5)], said)
    fitted = module("given => submission.fitSubmission(given, pjnd.reductions)", given)
    assert len(json.dumps(fitted, ensure_ascii=False, separators=(",", ":")).encode()) <= LIMIT_BYTES
    assert {name: fitted["survey"][name] for name in ("age", "short", "none")} == {
        "age": 30,
        "short": "\u65e5",
        "none": None,
    }
    assert all(
        said[name].startswith(fitted["survey"][name]) and len(fitted["survey"][name]) >= 500
        for name in said
        if name[0] == "q"
    )
    assert [each["level"] for each in fitted["trials"]] == [50] * 5


@pytest.mark.browser
def test_a_spreadsheet_runs_nothing_from_the_csv(module: Any) -> None:
    given = submission([row('=HYPERLINK("x")', 1, 0)])
    (told,) = csv.DictReader(io.StringIO(module("given => submission.toCsv(given, pjnd.columns)", given)))
    assert (
        told["trial"] == '\'=HYPERLINK("x")' and told["points"] == "1.25 2.5; 3.75 4; 5 6.5" and told["level"] == "50"
    )
