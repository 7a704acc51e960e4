"""What a service answers is held against what is read of it: where it has become another one, that is told in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hitgen.cli import main
from hitgen.lib.web import Response
from hitgen.publishing.publication import open_account
from hitgen.recruiters.shapes import misfit, moment, number
from tests import test_connect, test_prolific
from tests.test_prolific import web

__all__ = ["web"]
ROW = {"id": str, "cents?": number, "at?": moment}


@pytest.mark.parametrize(
    ("found", "shape", "where"),
    [
        ({"results": [{"id": "a"}]}, {"results": [ROW]}, ""),
        ({"results": [{"id": "a", "cents": "1.5", "more": 1}, {"id": "b", "cents": None}]}, {"results": [ROW]}, ""),
        ({"results": [{"id": "a"}, {"id": 3}]}, {"results": [ROW]}, "results[1].id"),
        ({"results": [{"cents": 3}]}, {"results": [ROW]}, "results[0].id"),
        ({"results": None}, {"results": [ROW]}, "results"),
        ({"results": [None]}, {"results": [ROW]}, "results[0]"),
        ({}, {"results": [ROW]}, "results"),
        ([], {"results": [ROW]}, "all of it"),
        (None, [ROW], "all of it"),
        ([{"id": "a", "cents": "NaN"}], [ROW], "[0].cents"),
        ([{"id": "a", "cents": True}], [ROW], "[0].cents"),
        ([{"id": "a", "at": "2026-13-45"}], [ROW], "[0].at"),
        ("anything", object, ""),
    ],
)
def test_the_first_place_that_does_not_fit_is_named(found: Any, shape: Any, where: str) -> None:
    assert misfit(found, shape) == where


def prolific(tmp_path: Path, site: str) -> tuple[Any, Path, Callable[[Path], object]]:
    service = test_prolific.Prolific()
    service.__enter__()
    folder = test_prolific.batch(tmp_path, service, site, test_prolific.PAGES)
    return service, folder, lambda folder: test_prolific.work(folder, service, test_prolific.person(1))


def connect(tmp_path: Path, site: str) -> tuple[Any, Path, Callable[[Path], object]]:
    service = test_connect.Connect()
    service.__enter__()
    host = f'kind = "folder"\nfolder = "../served"\nbase_url = "{site}"\n'
    folder = test_connect.make_batch(tmp_path / "batch", test_connect.PAGES, host)
    kind = f'kind = "connect"\nminutes = 5\nendpoint_url = "{service.url}"\nresults = {{kind = "collector", url = "{site}/c"}}\n'
    (folder / "batch.toml").write_text((folder / "batch.toml").read_text().replace('kind = "mturk"\n', kind))
    return service, folder, lambda folder: test_connect.work(folder, service, 1)


@pytest.mark.parametrize("begin", [prolific, connect])
def test_a_service_that_answers_otherwise_is_told_in_words(
    begin: Callable[..., Any],
    tmp_path: Path,
    web: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("PROLIFIC_TOKEN", "CONNECT_API_KEY"):
        monkeypatch.setenv(name, "rehearsal")
    service, folder, work = begin(tmp_path, web)
    real, calls, ends, said_instead = Response.json, [0], [], [""]

    def otherwise(self: Response) -> Any:
        calls[0] -= 1
        return json.loads(said_instead[0]) if not calls[0] else real(self)

    try:
        test_prolific.run(folder)
        work(folder)
        monkeypatch.setattr(Response, "json", otherwise)
        for verb in (("status",), ("publish", "--dry-run")):
            for turn in range(1, 6):
                for junk in ("null", '[{"id": {}}]', '{"results": [{"id": "x"}], "project": {}}'):
                    calls[0], said_instead[0] = turn, junk
                    ends.append(main([verb[0], str(folder), *verb[1:]]))
    finally:
        service.__exit__()
    assert set(ends) <= {0, 3} and ends.count(3) > 5
    said = capsys.readouterr().err
    assert "does not understand" in said and "Traceback" not in said


def test_a_status_that_nobody_knows_is_neither_used_nor_paid(
    tmp_path: Path, web: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECT_API_KEY", "rehearsal")
    service, folder, work = connect(tmp_path, web)
    try:
        test_prolific.run(folder)
        work(folder)
        (row,) = service.assignments.values()
        seen = []
        for word in ("Pending", "Returned", "Pending", "Abandoned"):
            row["status"] = word
            assert main(["fetch", str(folder)]) == 0
            with open_account(folder) as account:
                seen += [received.status for received in account.ledger.submissions()]
        assert seen == ["Submitted", "Returned", "Submitted", "Returned"]
    finally:
        service.__exit__()
