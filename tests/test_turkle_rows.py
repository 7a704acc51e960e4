"""A Turkle whose rows are torn, and whose administrator deletes: one bad answer is one faulty answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hitgen.collector.inbox import read_submission
from hitgen.ledger.ledger import Ledger
from hitgen.ledger.rows import Order
from hitgen.lib.nested import MOST_DEEP, read_json
from hitgen.recruiters.base import Opening, RefusedError, UnknownOutcomeError
from hitgen.recruiters.memory import START
from hitgen.recruiters.turkle.config import TurkleRecruiter
from hitgen.recruiters.turkle.turkle import Turkle

HIT = "hitgen L demo p0001.1"
HEAD = '"HITId","Input.page_url","Input.hit","AssignmentId","WorkerId","AcceptTime","SubmitTime","Answer.submission"'
TIME = "Thu Mar 05 12:00:00 UTC 2026"
INPUT = f'"page_url","hit"\r\n"https://a/p.html","{HIT}"\r\n'
BATCH = {
    "id": 7, "active": True, "assignments_per_task": 3, "created_at": "2026-03-01T12:00:00Z", "filename": "hitgen L demo x3.csv",
}  # fmt: skip


def row(number: int, answer: str = "{}", times: str = f'"{TIME}","{TIME}"') -> str:
    return f'"1","https://a/p.html","{HIT}","{number}","{number}",{times},"{answer}"'


@dataclass
class Server:
    """Answers by path; what is not there is gone."""

    base_url: str = "https://turkle.example/api"
    skew_s: float = 0.0
    pages: dict[str, Any] = field(default_factory=dict)
    changes: list[tuple[str, str]] = field(default_factory=list)

    def get(self, path: str, shape: Any = object) -> Any:
        if path not in self.pages:
            raise RefusedError("404", f"there is no {path}")
        return self.pages[path]

    text = get

    def change(self, method: str, path: str, values: Any = None, headers: Any = None, shape: Any = object) -> Any:
        self.changes.append((method, path))
        return {"id": 8}


@pytest.fixture
def server() -> Server:
    return Server(
        pages={
            "/batches/": [BATCH],
            "/batches/7/": BATCH,
            "/batches/7/input/": INPUT,
            "/batches/7/results/": HEAD + "\r\n",
            "/projects/": [],
        }
    )


@pytest.fixture
def turkle(tmp_path: Path, server: Server) -> Iterator[Turkle]:
    order = Order("p0001.1", "p0001", "study", "https://a/p.html", 3, Decimal("0"), HIT)
    table = TurkleRecruiter(kind="turkle", url="https://turkle.example")
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.intend(order, "0" * 64, Decimal(0), START)
        yield Turkle(table, "demo", Opening(tmp_path, ledger.book), rest=server)  # type: ignore[arg-type]


TORN = {
    "cut off after the answer began": row(2)[:-20],
    "cut off before its times": '"1","https://a/p.html","' + HIT + '","2","2"',
    "no times": row(2, times='"",""'),
    "other times": row(2, times='"yesterday","12.3.2026"'),
    "more cells": row(2) + ',"more","and more"',
    "a quote within": row(2).replace("{}", '{"a"b": 1}'),
    "nothing but commas": ",,,,,,",
    "a return within": row(2).replace("{}", "a\rb"),
    "a huge answer": row(2, "x" * 3_000_000),
    "a NUL": row(2, "a\x00b"),
}


@pytest.mark.parametrize("torn", TORN)
def test_a_torn_row_stops_no_other(turkle: Turkle, server: Server, torn: str) -> None:
    server.pages["/batches/7/results/"] = "\r\n".join(
        [HEAD, row(1), TORN[torn], *([row(3)] if "cut off after" not in torn else []), ""]
    )
    (hit,) = turkle.progress([f"7 {HIT}"])
    found = {one.assignment: one.answer for one in turkle.submissions(hit.hit_id)}
    assert found["1"] == "{}" and ("3" in found or "cut off after" in torn)
    assert hit.submitted in (2, 3)


@pytest.mark.parametrize("gone", ["/batches/7/", "/batches/7/results/", "/batches/7/input/"])
def test_what_an_administrator_deletes_is_gone(turkle: Turkle, server: Server, gone: str) -> None:
    assert [hit.annotation for hit in turkle.everything()] == [HIT]
    del server.pages[gone]
    assert list(turkle.progress([f"7 {HIT}"])) == []
    turkle._results.clear()
    if gone == "/batches/7/results/":
        assert list(turkle.submissions(f"7 {HIT}")) == []
    turkle.expire(f"7 {HIT}", START)
    turkle.delete(f"7 {HIT}")
    if gone != "/batches/7/":
        assert list(turkle.everything()) == []


def test_a_project_that_was_deleted_is_made_again(turkle: Turkle, server: Server) -> None:
    turkle._book.note("turkle", "project", "5")
    assert turkle._project() == 8 and server.changes == [("POST", "/projects/")]
    server.pages["/projects/8/"] = {"id": 8}
    assert turkle._project() == 8 and len(server.changes) == 1


def test_a_task_that_is_not_listed_is_not_taken_for_made(turkle: Turkle, server: Server) -> None:
    order = Order("p0002.1", "p0002", "study", "https://a/p2.html", 3, Decimal("0"), "hitgen L demo p0002.1")
    with pytest.raises(UnknownOutcomeError, match=r"took p0002\.1 and does not list it"):
        turkle.create(order, "")


@pytest.mark.parametrize("depth", [MOST_DEEP + 1, 300, 900, 990, 5_000])
def test_json_is_as_deep_wherever_it_is_read(depth: int) -> None:
    body = json.dumps({"schema": 1, "batch": "demo", "page": "p0001", "assignment": "a", "trials": []})
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        deep = body[:-1] + f', "x": {opening * depth}1{closing * depth}}}'
        assert read_submission(deep.encode(), "demo")[0] == "not-json"
        with pytest.raises(ValueError, match="nested deeper"):
            read_json(deep)
    quoted = body[:-1] + f', "x": "{"[" * depth}\\"{"{" * depth}"}}'
    assert read_submission(quoted.encode(), "demo")[0] == "stored"
