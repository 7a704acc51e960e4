"""A rehearsal by its parts, with workers who need no browser: waves, the qualification stage, what nobody meets twice."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from hitgen import rehearsal as rehearsing
from hitgen.build import Build, build
from hitgen.config.batch import BatchConfig
from hitgen.config.hosts import FolderHost
from hitgen.errors import InputError
from hitgen.recruiters.mturk.double import MTurkDouble
from hitgen.rehearsal import Rehearsal, open_rehearsal
from hitgen.robots.crew import Crew
from tests.support.batches import link_batch, make_batch
from tests.support.servers import free_port

pytestmark = pytest.mark.long

HOST = 'kind = "folder"'


def work_all(rehearsal: Rehearsal, workers: int) -> int:
    """What the robots do, without pages; the rounds it took."""
    rehearsal.publish()
    assert isinstance(rehearsal.double, MTurkDouble)
    market = rehearsal.double.marketplace
    crew, rounds = Crew(market, workers), 0
    while pairs := crew.next_round():
        for worker, hit_id in pairs:
            assignment = market.workers.accept(hit_id, worker)
            market.workers.hand_in(assignment, [("submission", json.dumps({"trials": []}))])
        assert rehearsal.go_on() == len(pairs)
        rounds += 1
    return rounds


@pytest.fixture
def as_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches that were built otherwise stay so."""
    monkeypatch.setattr(rehearsing, "build", lambda *_, **__: None)


def pages_of(rehearsal: Rehearsal) -> Counter[str]:
    return Counter(row.page for row in rehearsal.handed_in())


@pytest.mark.usefixtures("as_built")
def test_waves_follow_each_other_and_nobody_works_a_page_twice(tmp_path: Path) -> None:
    folder = make_batch(tmp_path / "demo", [{"study": ["a"], "assignments": 20}], HOST, "waves = true")
    with open_rehearsal(folder) as rehearsal:
        assert work_all(rehearsal, 20) == 3
        rows = rehearsal.handed_in()
        assert Counter(row.hit for row in rows) == {"p0001.1": 7, "p0001.2": 7, "p0001.3": 6}
        assert len({row.worker for row in rows}) == 20


@pytest.mark.usefixtures("as_built")
def test_workers_are_admitted_by_the_quiz_and_meet_no_gold_question_twice(tmp_path: Path) -> None:
    pages: list[dict[str, Any]] = [
        {"kind": "qualification", "gold": ["q"], "assignments": 9},
        {"study": ["a"], "gold": ["g"]},
        {"study": ["b"], "gold": ["g"]},
        {"study": ["c"], "gold": ["h"]},
    ]
    folder = make_batch(tmp_path / "demo", pages, HOST, hit="[qualification]\nassignments = 9")
    with open_rehearsal(folder) as rehearsal:
        work_all(rehearsal, 3)
        assert pages_of(rehearsal) == {"p0001": 3, "p0002": 3, "p0004": 3}
        met: dict[str, set[str]] = {}
        for row in rehearsal.handed_in():
            met.setdefault(row.worker, set()).add(row.page)
        # Three were admitted; what one of two pages with the same gold question showed, the other must not.
        assert list(met.values()) == [{"p0001", "p0002", "p0004"}] * 3


@pytest.mark.usefixtures("as_built")
def test_a_rehearsal_begins_anew_and_only_one_at_a_time(tmp_path: Path) -> None:
    folder = make_batch(tmp_path / "demo", [{"study": ["a"]}], HOST)
    for _ in range(2):
        with open_rehearsal(folder) as rehearsal:
            assert len(rehearsal.publish().made) == 1
            with pytest.raises(InputError, match="another hitgen is at work"), open_rehearsal(folder):
                pass
    assert sorted(path.name for path in folder.glob("*.sqlite*")) == []
    assert (folder / "build" / "rehearsal" / "ledger.sqlite").exists()


def test_the_address_is_nobody_else_s_while_pages_are_sealed_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = link_batch(tmp_path / "batch", free_port())
    build(folder, workers=1)

    def sealed(batch: Path, *, config: BatchConfig, **more: Any) -> Build:
        assert isinstance(config.host, FolderHost)
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", urlsplit(config.host.base_url).port))
        return build(batch, config=config, workers=1, **more)

    monkeypatch.setattr("hitgen.rehearsal.build", sealed)
    with open_rehearsal(folder) as rehearsal:
        assert len(rehearsal.publish().made) == 1


def test_pages_that_hand_in_elsewhere_are_not_rehearsed(tmp_path: Path) -> None:
    folder = make_batch(tmp_path / "demo", [{"study": ["a"]}], HOST)
    toml = folder / "batch.toml"
    toml.write_text(toml.read_text().replace('kind = "mturk"', 'kind = "turkle"\nurl = "https://turkle.example.org"'))
    with (
        pytest.raises(InputError, match=r"recruiter\.kind: pages for 'turkle' hand in elsewhere"),
        open_rehearsal(folder, "mturk"),
    ):
        pass


@pytest.mark.usefixtures("as_built")
def test_nothing_of_the_users_aws_or_network_is_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    before = dict(os.environ)
    folder = make_batch(tmp_path / "demo", [{"study": ["a"]}], HOST)
    with open_rehearsal(folder) as rehearsal:
        assert dict(os.environ) == before
        assert len(rehearsal.publish().made) == 1
        key = hashlib.sha256(b"REHEARSAL").hexdigest()[:12]
        assert rehearsal.recruiter.account().account == key
