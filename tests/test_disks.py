"""Disks that fill up, turn read-only and come back: nothing lost, nothing twice, a message that is true."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hitgen import cli
from hitgen.build import build
from hitgen.errors import HitgenError
from hitgen.ledger.ledger import Ledger
from hitgen.publishing import end
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.recruiters.memory import Memory
from hitgen.results.fetch import fetch
from hitgen.results.topup import plan_topup
from tests.support.batches import grid, write_batch
from tests.support.disks import TRUE, Disk, Trouble, failing, read_only
from tests.support.in_memory import InMemory
from tests.support.servers import serving
from tests.support.small_study import SmallStudy, xml

TOML = '[bonus]\ntraining_usd = "0.50"\n[screening]\ngold_answers_min = 1\n'


class Weather:
    """A study on which verb after verb is run, each on a disk that fails at one write and then comes back."""

    def __init__(self, folder: Path, site: str, trouble: Trouble, step: int | None) -> None:
        host = f'kind = "folder"\nbase_url = "{site}"'
        self.small = SmallStudy(folder, host=host, toml=TOML, pages=1, assignments=2)
        self.recruiter, self.trouble, self.step = Memory(), trouble, step
        self.writes: dict[str, int] = {}
        self.told: list[str] = []

    def run(self, name: str, verb: Any) -> None:
        disk = Disk(self.trouble, self.step)
        try:
            with failing(disk):
                verb()
        except (HitgenError, OSError) as error:
            assert self.step is not None
            self.told.append(str(error))
        else:
            assert self.step is None or disk.writes <= self.step
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
def weather(folder: Path, trouble: Trouble, step: int | None) -> Iterator[Weather]:
    (folder / "published").mkdir(parents=True)
    with serving(folder / "published") as site:
        made = Weather(folder, site, trouble, step)
        made.all()
        yield made


def storm(folder: Path, every: int) -> int:
    """Each trouble at every so-manieth write of every verb; how often it struck."""
    with weather(folder / "calm", "full", None) as calm:
        wanted, most = calm.outcome(), max(calm.writes.values())
    assert wanted[3] and [paid[0] for paid in wanted[5]] == ["A1", "A2"]
    struck = 0
    for number, step in enumerate(range(0, most, every)):
        trouble: Trouble = ("full", "read-only", "broken")[number % 3]  # type: ignore[assignment]
        with weather(folder / f"{step}", trouble, step) as met:
            assert met.outcome() == wanted, (trouble, step, met.told)
            assert met.told
            for told in met.told:
                assert any(words in told for words in TRUE[trouble]), told
                assert "restoring it from a copy" not in told and "another hitgen" not in told
            struck += len(met.told)
    return struck


def test_a_storm_of_disks_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    assert storm(tmp_path, 5) > 10


@pytest.mark.soak
def test_a_long_storm_of_disks(tmp_path: Path) -> None:
    assert storm(tmp_path, 1) > 50


VERBS: dict[str, tuple[str, ...]] = {
    "init": ("init", "{new}", "--images", "{batch}/study"),
    "build": ("build", "{batch}", "--workers", "1"),
    "check": ("check", "{batch}", "--workers", "1"),
    "simulate": ("simulate", "{built}", "--people", "2"),
    "review": ("review", "{study}"),
    "report": ("report", "{study}"),
    "export": ("export", "{study}", "--no-figures"),
    "forget": ("forget", "{study}", "A1"),
    "eject": ("eject", "{batch}", "templates/texts/en.toml"),
}

SLOW = {"gold": ("gold", "{batch}", "--source", "{photo}", "--onset", "3", "--yes")}


def made_anew(folder: Path) -> None:
    """What verbs that write files alone work on."""
    write_batch(folder / "batch", TOML)
    study = SmallStudy(folder / "study", toml=TOML, pages=1)
    study.hand_in([("p0001", f"ASG{n}", f"A{n}", xml(study.answer("p0001", f"ASG{n}", f"A{n}"))) for n in range(3)])
    shutil.copytree(folder / "batch", folder / "built")
    build(folder / "built", workers=1)
    grid(320, 240, seed=99).save(folder / "photo.png")


def content_of(folder: Path) -> dict[str, bytes]:
    """The files of a folder that hang on nothing but what was asked for; no databases, secrets or caches."""
    found = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    apart = (".sqlite", ".secret", ".sqlite-wal", ".sqlite-shm", ".parquet", ".part")
    return {name: path.read_bytes() for name, path in found.items() if not name.endswith(apart) and "cache" not in name}


def storm_of_files(folder: Path, verb: str, every: int, capsys: pytest.CaptureFixture[str]) -> int:
    """Each trouble at every so-manieth write of a verb, and the verb again once it is over; how often it struck."""
    (folder / "template").mkdir(parents=True)
    made_anew(folder / "template")

    def fresh(number: int) -> tuple[Path, list[str]]:
        place = folder / f"n{number}" / "same"
        shutil.copytree(folder / "template", place)
        names = {name: str(place / name) for name in ("batch", "built", "study", "new")} | {
            "photo": str(place / "photo.png")
        }
        return place, [word.format(**names) for word in (VERBS | SLOW)[verb]]

    calm, arguments = fresh(0)
    with failing(Disk()) as disk:
        code = cli.main(arguments)
    wanted, most = {name: len(text) for name, text in content_of(calm).items()}, disk.writes
    capsys.readouterr()
    struck = 0
    for number, step in enumerate(range(0, most, every), start=1):
        trouble: Trouble = ("full", "read-only", "broken")[number % 3]  # type: ignore[assignment]
        place, arguments = fresh(number)
        with failing(Disk(trouble, step)):
            failed = cli.main(arguments)
        said = "".join(capsys.readouterr())
        told = any(words in said for words in TRUE[trouble])
        # What only saves time, or is shown on the screen anyway, may stay unwritten.
        assert told or failed == code, (verb, trouble, step, said)
        assert "Traceback" not in said and "restoring it from a copy" not in said
        assert cli.main(arguments) == code, (verb, trouble, step, "".join(capsys.readouterr()))
        capsys.readouterr()
        assert {name: len(text) for name, text in content_of(place).items()} == wanted, (verb, trouble, step)
        assert not list(place.rglob("*.part"))
        struck += failed != code
        shutil.rmtree(place.parent)
    return struck


@pytest.mark.parametrize("verb", VERBS)
def test_a_disk_that_fails_under_a_verb_that_writes_files(
    tmp_path: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert storm_of_files(tmp_path, verb, 23, capsys) + (verb == "check") > 0


@pytest.mark.soak
@pytest.mark.parametrize("verb", VERBS | SLOW)
def test_a_long_storm_of_disks_under_a_verb_that_writes_files(
    tmp_path: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    storm_of_files(tmp_path, verb, 1, capsys)


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
