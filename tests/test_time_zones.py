"""Whole lives of studies where clocks change and places have odd times: what is said and kept is the same as in UTC."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from hitgen import cli
from hitgen.doubles.connect.server import Connect
from hitgen.doubles.mturk.refusals import RefusalError
from hitgen.doubles.prolific.server import Prolific
from hitgen.ledger.ledger import Ledger
from hitgen.lib import web
from hitgen.recruiters.mturk.pacer import Pacer
from tests import test_connect, test_prolific
from tests.support.batches import make_batch
from tests.support.published import Published, published
from tests.support.servers import serving

TOML = '[bonus]\ntraining_usd = "0.35"\n[screening]\ngold_answers_min = 1\n'
PAGES = [{"study": ["a"], "assignments": 2}, {"study": ["b"], "assignments": 2}]
CHANGES = {
    "America/New_York": datetime(2026, 11, 1, 4, 30, tzinfo=UTC),
    "Europe/Berlin": datetime(2026, 3, 28, 23, 30, tzinfo=UTC),
    "Asia/Kathmandu": datetime(2026, 3, 28, 23, 30, tzinfo=UTC),
    "Pacific/Kiritimati": datetime(2026, 11, 1, 4, 30, tzinfo=UTC),
}
"""Where a study begins an hour and a half before the clock changes there, or somewhere."""
NAMES = re.compile(
    r"[0-9A-Z]{20,}|[0-9a-f]{16,}|127.0.0.1:[0-9]+|/\S*/batch|p000\d\.\d-\d+-[^\s,]+|(?<=,)([0-9]{5,6}|3[01][.][0-9]+)(?=,)"
)
Work = Callable[[Path, int], object]
Made = Iterator[tuple[Path, Work, Callable[[float], None]]]


def dated(seconds: float) -> None:
    """Let services of this machine have another time than its clock, as they tell it."""
    DATED["seconds"] = seconds


DATED = {"seconds": 0.0}


@contextmanager
def market(folder: Path) -> Made:
    with published(
        folder, toml=TOML, hit="ratings = 3", assignments=3, pages=1, recruiter="lifetime_s = 10800\n"
    ) as study:

        def work(_: Path, number: int) -> object:
            return Published.work(study, "p0001", f"A{number}", gold="wrong" if number == 2 else "right")

        yield study.small.folder, work, lambda seconds: setattr(study.market.clock, "offset_s", seconds)


@contextmanager
def prolific(folder: Path) -> Made:
    with own(folder) as web_address, Prolific() as service:
        made = test_prolific.batch(folder, service, web_address, PAGES)
        yield made, lambda place, number: test_prolific.work(place, service, test_prolific.person(number)), dated


@contextmanager
def connect(folder: Path) -> Made:
    with own(folder) as address, Connect() as service:
        more = f'kind = "connect"\nminutes = 5\nendpoint_url = "{service.url}"\n'
        yield made(folder, address, more), lambda place, number: test_connect.work(place, service, number), dated


@contextmanager
def panel(folder: Path) -> Made:
    with own(folder) as address:

        def work(place: Path, number: int) -> object:
            return test_connect.deliver(place, test_connect.go(place, f"http://x/go?PID=person{number}"))

        yield made(folder, address, 'kind = "panel"\nid = ["PID"]\n'), work, dated


@contextmanager
def link(folder: Path) -> Made:
    with own(folder) as address:

        def work(place: Path, number: int) -> object:
            urls = [line.split(",")[3] for line in (place / "places.csv").read_text().splitlines()[1:]]
            return test_connect.deliver(place, urls[number])

        yield made(folder, address, 'kind = "link"\nlifetime_s = 10800\n'), work, dated


@contextmanager
def own(folder: Path) -> Iterator[str]:
    (folder / "served").mkdir()
    with serving(folder / "served") as address:
        yield address


def made(folder: Path, address: str, recruiter: str) -> Path:
    batch = make_batch(folder / "batch", PAGES, f'kind = "folder"\nfolder = "../served"\nbase_url = "{address}"\n')
    toml, results = batch / "batch.toml", f'results = {{kind = "collector", url = "{address}/c"}}\n'
    toml.write_text(toml.read_text().replace('kind = "mturk"\n', recruiter + results))
    return batch


KINDS = {"mturk": market, "prolific": prolific, "connect": connect, "panel": panel, "link": link}
LIFE = (
    "publish", "work", ("status",), "work", ("fetch",), ("review",), ("review", "--apply", "--yes"), ("topup", "--dry-run"),
    ("extend", "--hours", "2", "--yes"), ("status",), ("expire",), "work", ("status",), ("fetch", "--all"), ("review",),
    ("review", "--apply", "--yes"), ("delete",), ("close", "--yes"), ("status", "--offline"), ("export", "--no-figures"),
)  # fmt: skip
"""A study's life in half hours."""


@dataclass
class Life:
    """A study and the time that it is; while the computer's clock is `off`, services have the right time."""

    batch: Path
    kind: str
    work: Work
    here: time_machine.Coordinates
    set_services: Callable[[float], None]
    said: pytest.CaptureFixture[str]
    people: int = 0

    def step(self, step: str | tuple[str, ...]) -> list[str]:
        if step == "work":
            self.people += 1
            try:
                self.work(self.batch, self.people)
            except (ValueError, StopIteration, KeyError, RefusalError):
                return ["nobody is let in"]
        elif step == "publish":
            return [] if self.kind == "mturk" else list(test_connect.run(self.batch))
        else:
            code = cli.main([step[0], str(self.batch), *step[1:]])
            out, err = self.said.readouterr()
            return [f"{step[0]} {code}", *out.splitlines(), *err.splitlines()]
        return []

    def off(self, step: str | tuple[str, ...], seconds: float) -> list[str]:
        self.here.shift(timedelta(seconds=seconds))
        self.set_services(-seconds)
        try:
            return self.step(step)
        finally:
            self.here.shift(timedelta(seconds=-seconds))
            self.set_services(0)

    def exported(self) -> list[str]:
        tables = [self.batch / "results" / "export" / f"{name}.csv" for name in ("ratings", "workers", "images")]
        return [line for table in tables if table.exists() for line in table.read_text().splitlines()]


@contextmanager
def life(folder: Path, kind: str, place: str, begins: datetime, said: pytest.CaptureFixture[str]) -> Iterator[Life]:
    folder.mkdir()
    with (
        time_machine.travel(begins.astimezone(ZoneInfo(place)), tick=False) as here,
        KINDS[kind](folder) as (batch, work, set_services),
    ):
        yield Life(batch, kind, work, here, set_services, said)


def lived(folder: Path, kind: str, place: str, begins: datetime, said: pytest.CaptureFixture[str]) -> list[str]:
    """All that is said in a study's life, and what is exported, without names that are drawn."""
    with life(folder, kind, place, begins, said) as study:
        told: list[str] = []
        for step in LIFE:
            study.here.shift(timedelta(minutes=30))
            told += study.step(step)
        told += study.exported()
    return [NAMES.sub("X", line) for line in told]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROLIFIC_TOKEN", "rehearsal")
    monkeypatch.setenv("CONNECT_API_KEY", "rehearsal")
    monkeypatch.setattr(web, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(
        BaseHTTPRequestHandler,
        "date_time_string",
        lambda *_: formatdate(time.time() + DATED["seconds"], usegmt=True),
    )
    monkeypatch.setattr("hitgen.recruiters.mturk.client.Pacer", lambda *_: Pacer(rate_per_s=1000, sleep=lambda _: None))


HERE = {"mturk": "America/New_York", "prolific": "America/New_York", "panel": "America/New_York"}


@pytest.mark.parametrize(("kind", "place"), [(kind, HERE.get(kind, "Europe/Berlin")) for kind in KINDS])
def test_a_life_is_the_same_where_the_clocks_change(
    tmp_path: Path, kind: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ends = [lived(tmp_path / name[:3], kind, name, CHANGES[place], capsys) for name in ("UTC", place)]
    assert ends[1] == ends[0]


@pytest.mark.soak
@pytest.mark.parametrize("place", CHANGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_life_is_the_same_wherever_the_computer_is(
    tmp_path: Path, kind: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    test_a_life_is_the_same_where_the_clocks_change(tmp_path, kind, place, capsys)


@pytest.mark.parametrize("kind", KINDS)
def test_a_clock_that_is_an_hour_off_at_every_verb_changes_nothing_that_comes_of_a_study(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ahead and behind in turn, each time set right and the verb run again; services have the right time."""
    ends = []
    for off_s in (0, 3600):
        with life(tmp_path / str(off_s), kind, "America/New_York", CHANGES["America/New_York"], capsys) as study:
            for number, step in enumerate(LIFE):
                study.here.shift(timedelta(minutes=30))
                if off_s and not isinstance(step, str):
                    (said, *_) = study.off(step, off_s * (-1) ** number)
                    assert said[-1] in "013", said
                study.step(step)
            status = study.step(("status", "--offline"))
            ends.append([NAMES.sub("X", line) for line in (*status, *study.exported())])
    without_times = [[re.sub(r"20[0-9]{2}-[0-9-]+[T ][0-9:]+\S*", "", line) for line in end] for end in ends]
    assert without_times[1] == without_times[0]


def test_times_that_do_not_say_where_are_utc(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a service may write them whose reference says that all of its times are."""
    begins, told = CHANGES["America/New_York"], []
    for place in ("UTC", "America/New_York"):
        monkeypatch.setattr(
            "hitgen.doubles.prolific.state._now", lambda: datetime.now(UTC).replace(tzinfo=None).isoformat()
        )
        with life(tmp_path / place[:3], "prolific", place, begins, capsys) as study:
            study.step("publish")
            study.step("work")
            study.step(("fetch",))
            with Ledger(study.batch / "ledger.sqlite") as ledger:
                told.append([row.accepted_at for row in ledger.submissions()])
    assert told == [[begins], [begins]]
