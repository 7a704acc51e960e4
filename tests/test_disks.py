"""Disks that fill up, turn read-only and come back: nothing lost, nothing twice, a message that is true."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hitgen import cli
from hitgen.errors import HitgenError
from hitgen.ledger.ledger import Ledger
from hitgen.publishing import end
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.publishing.status import status
from hitgen.recruiters.memory import Memory
from hitgen.results.fetch import fetch
from hitgen.results.topup import plan_topup
from tests.support.disks import TRUE, WEATHER, Disk, Trouble, failing, read_only
from tests.support.figures import write_figures
from tests.support.in_memory import InMemory
from tests.support.servers import serving
from tests.support.small_study import SmallStudy

TOML = '[bonus]\ntraining_usd = "0.50"\n[screening]\ngold_answers_min = 1\n'


class Weather:
    """A study on which verb after verb is run, each on a disk that fails at one write and then comes back."""

    def __init__(self, folder: Path, site: str, trouble: Trouble, step: int | None, lasts: bool = True) -> None:
        host = f'kind = "folder"\nbase_url = "{site}"'
        self.small = SmallStudy(folder, host=host, toml=TOML, pages=1, assignments=2)
        self.recruiter, self.trouble, self.step, self.lasts = Memory(), trouble, step, lasts
        self.writes: dict[str, int] = {}
        self.told: list[str] = []

    def run(self, name: str, verb: Any) -> None:
        disk = Disk(self.trouble, self.step, self.lasts)
        try:
            with failing(disk):
                verb()
        except (HitgenError, OSError) as error:
            assert self.step is not None
            self.told.append(str(error))
        else:
            assert not (self.lasts and disk.struck)
        if self.step is not None:
            verb()
        self.writes[name] = disk.writes

    def all(self) -> None:
        out = InMemory.__new__(InMemory)
        out.small, out.recruiter = self.small, self.recruiter
        self.run("publish", self._publish)
        for worker in ("A1", "A2"):
            out.work("p0001", worker)
        self.run("fetch", self._fetch)
        self.run("review", out.review)
        self.run("apply", out.apply)
        self.run("topup", self._topup)
        self.run("extend", lambda: self._on_account(lambda account: end.extend(account, timedelta(days=30))))
        self.run("expire", lambda: self._on_account(end.expire))
        self.run("status", lambda: self._on_account(status))
        self.run("delete", lambda: self._on_account(end.delete))
        self.run("close", lambda: self._on_account(end.close))

    def _publish(self) -> None:
        with open_publication(self.small.folder, now=self.recruiter.clock, recruiter=self.recruiter) as publication:
            publish(publication, plan_publication(publication))

    def _topup(self) -> None:
        with open_publication(self.small.folder, now=self.recruiter.clock, recruiter=self.recruiter) as publication:
            publish(publication, plan_topup(publication).publication)

    def _on_account(self, act: Any) -> None:
        with open_account(self.small.folder, now=self.recruiter.clock, recruiter=self.recruiter) as account:
            act(account)

    def _fetch(self) -> None:
        self._on_account(fetch)

    def outcome(self) -> Any:
        """All that must be the same whatever the disk did."""
        with Ledger(self.small.folder / "ledger.sqlite") as ledger:
            rows = [(row.assignment, row.status) for row in ledger.submissions()]
            acts = sorted((intent.act.verb, intent.act.worker, intent.outcome) for intent in ledger.acts("bonus"))
            states = [hit.state for hit in ledger.hits()]
            closed = ledger.fact("closed") is not None
        orders = [order.hit for order in self.recruiter.orders.values()]
        paid = [(bonus.worker, bonus.amount_usd) for bonus in self.recruiter.paid]
        return rows, acts, states, closed, orders, paid


@contextmanager
def weather(folder: Path, trouble: Trouble, step: int | None, lasts: bool = True) -> Iterator[Weather]:
    (folder / "published").mkdir(parents=True)
    with serving(folder / "published") as site:
        made = Weather(folder, site, trouble, step, lasts)
        made.all()
        yield made


def storm(folder: Path, every: int) -> dict[str, int]:
    """Each trouble in turn at every so-manieth write of every verb; how often each struck."""
    with weather(folder / "calm", "full", None) as calm:
        wanted, most = calm.outcome(), max(calm.writes.values())
    assert wanted[3] and [paid[0] for paid in wanted[5]] == ["A1", "A2"]
    struck: Counter[str] = Counter()
    for number, step in enumerate(range(0, most, every)):
        trouble, lasts = WEATHER[number % len(WEATHER)]
        with weather(folder / f"{step}", trouble, step, lasts) as met:
            assert met.outcome() == wanted, (trouble, step, met.told)
            assert met.told or not lasts
            for told in met.told:
                assert any(words in told for words in TRUE[trouble]), told
                assert "restoring it from a copy" not in told and "another hitgen" not in told
            struck[f"{trouble}{' for good' if lasts else ' once'}"] += len(met.told)
    return {"steps": most, **struck}


def test_a_storm_of_disks_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    assert sum(storm(tmp_path, 7).values()) > 10


@pytest.mark.soak
def test_a_long_storm_of_disks(tmp_path: Path) -> None:
    figures = storm(tmp_path, 1)
    write_figures("disks", figures)
    assert len(figures) == 1 + len(WEATHER)


@pytest.mark.parametrize("log", [False, True])
def test_what_cannot_be_written_is_read(tmp_path: Path, log: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """A snapshot may have been taken while the log was not yet in the file."""
    out = InMemory(
        SmallStudy(tmp_path / "batch", host='kind = "folder"\nbase_url = "http://127.0.0.1:9001"', toml=TOML)
    )
    for number in range(4):
        out.work("p0001", f"A{number}", levels=30 + 7 * number)
        out.work("p0002", f"A{number}", levels=35 + 7 * number)
    out.review()
    (out.folder / "results" / "review.csv").unlink()
    if log:
        with Ledger(out.folder / "ledger.sqlite") as ledger:
            ledger.set_fact("seen", "yes")
            shutil.copytree(out.folder, tmp_path / "snapshot")
            assert (tmp_path / "snapshot" / "ledger.sqlite-wal").stat().st_size
    with read_only(tmp_path / "snapshot" if log else out.folder) as folder:
        before = {path.name for path in folder.iterdir()}
        assert cli.main(["status", str(folder), "--offline"]) == 0
        assert cli.main(["review", str(folder)]) == 0
        assert cli.main(["report", str(folder), "--out", str(tmp_path / "r.html")]) == 0
        assert cli.main(["export", str(folder), "--out", str(tmp_path / "export")]) == 0
        told = capsys.readouterr()
        assert not told.err and "$11.52 committed" in told.out
        assert "the table is not kept in a file" in told.out or os.access(folder, os.W_OK)
        assert {path.name for path in folder.iterdir()} == before
        assert cli.main(["expire", str(folder)]) in (1, 3)
        assert "damaged" not in capsys.readouterr().err
    assert (tmp_path / "export" / "ratings.csv").is_file()


def test_a_row_that_cannot_be_read_is_told_in_plain_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = InMemory(
        SmallStudy(tmp_path / "batch", host='kind = "folder"\nbase_url = "http://127.0.0.1:9001"', toml=TOML)
    )
    for number in range(5):
        out.work("p0001", f"A{number}")
    out.review()
    path = out.folder / "ledger.sqlite"
    content = bytearray(path.read_bytes())
    content[4096 * 3 :] = bytes(len(content) - 4096 * 3)
    path.write_bytes(content)
    assert cli.main(["report", str(out.folder)]) == 1
    assert "is damaged" in capsys.readouterr().err
