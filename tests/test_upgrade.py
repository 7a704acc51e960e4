"""Studies made by an earlier hitgen (tests/data/upgrade): they open, go on, and export the same dataset."""

from __future__ import annotations

import contextlib
import csv
import http.server
import itertools
import json
import math
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine

from hitgen.cli import main
from hitgen.doubles.prolific.server import Prolific
from hitgen.results.study import read_study
from tests.support.marketplace import open_marketplace

pytestmark = pytest.mark.long

OLD = Path(__file__).parent / "data" / "upgrade"
OUT = ("link", "linked", "mturk", "prolific", "rehearsal", "turkle")
ALL = (*OUT, "simulate")


@dataclass
class Old:
    """A copy of an old study: run verbs on it."""

    folder: Path
    kind: str
    said: pytest.CaptureFixture[str]
    balance_usd: Callable[[], Decimal] = Decimal

    def __call__(self, verb: str, *options: str) -> str:
        code = main([verb, str(self.folder), *options])
        out, err = self.said.readouterr()
        assert code == 0, (verb, code, err)
        return out

    def json(self, verb: str, *options: str) -> Any:
        return json.loads(self(verb, *options, "--json"))

    def take_in(self) -> None:
        """Bring in what was handed in and not fetched."""
        saved = self.folder / "further.json"
        code = main(["import", str(self.folder), str(saved)] if saved.exists() else ["fetch", str(self.folder)])
        assert code == 0, self.said.readouterr().err
        self.said.readouterr()

    @property
    def expected(self) -> Path:
        return OLD / self.kind / "expected"

    def same_table(self, found: str, wanted: str) -> None:
        """Every column of before, in its order, cell by cell; an assignment has its pseudonym now."""
        study = read_study(self.folder)
        rows = list(csv.reader((self.expected / wanted).read_text().splitlines()))
        if "assignment" in rows[0]:
            column = rows[0].index("assignment")
            rows[1:] = [[*row[:column], study.pseudonym(row[column]), *row[column + 1 :]] for row in rows[1:]]
        if "reasons" in rows[0]:
            place, names = rows[0].index("reasons"), [row.assignment for row in study.received()]
            for row, name in itertools.product(rows[1:], names):
                if row[place].endswith(f"assignment {name}"):
                    row[place] = row[place].replace(f"assignment {name}", f"assignment {study.pseudonym(name)}")
        assert_same_table(self.folder / "results" / "export" / found, rows)

    @property
    def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.expected / "figures.json").read_text())
        return found


@pytest.fixture
def old(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Old]:
    """A copy of the study that the test names, its recruiter at work, a minute after the study was made."""
    study = Old(tmp_path / "study", request.param, capsys)
    shutil.copytree(OLD / study.kind, study.folder)
    if study.kind == "rehearsal":
        # Its ledger in the batch's place: so a rehearsal's answers are looked at by all verbs.
        shutil.copy(study.folder / "build" / "rehearsal" / "ledger.sqlite", study.folder)
    shutil.copytree(OLD / "packs", study.folder / "build" / "packs")
    (study.folder / "build" / "pages").mkdir()
    for page in json.loads((study.folder / "build" / "manifest.json").read_text())["pages"]:
        (study.folder / "build" / page["file"]).touch()
    made_at = datetime.fromisoformat(study.figures["made_at"])
    # The environment is put back in the order in which it was changed, or keys would stay behind.
    with contextlib.ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        # HITs expire, and are approved by themselves.
        stack.enter_context(time_machine.travel(made_at + timedelta(minutes=1)))
        if recruits := RECRUITERS.get(study.kind):
            address, study.balance_usd = stack.enter_context(recruits(study.folder, patch))
            move(study.folder, address)
        yield study


def move(folder: Path, address: str) -> None:
    """Put the recruiter's address of today into the ledger, as an earlier hitgen wrote it, and into batch.toml."""
    with contextlib.closing(sqlite3.connect(folder / "ledger.sqlite")) as ledger, ledger:
        bound = json.loads(ledger.execute("SELECT value FROM facts WHERE name = 'account'").fetchone()[0])
        before, bound[0] = bound[0], address
        ledger.execute("UPDATE facts SET value = ? WHERE name = 'account'", (json.dumps(bound),))
    text = (folder / "batch.toml").read_text()
    rehearsed = "" if before in text else f'endpoint_url = "{address}"\n'
    (folder / "batch.toml").write_text(text.replace(before, address) + rehearsed)


Recruiting = Iterator[tuple[str, Callable[[], Decimal]]]
"""A recruiter's address while it works, and what is left on the account there."""


@contextlib.contextmanager
def at_marketplace(path: Path, patch: pytest.MonkeyPatch, key: str) -> Recruiting:
    with open_marketplace(path) as (market, client):
        patch.setenv("AWS_ACCESS_KEY_ID", key)  # by which it tells accounts apart
        patch.setenv("AWS_SECRET_ACCESS_KEY", key)
        yield market.endpoint_url, lambda: Decimal(client.get_account_balance()["AvailableBalance"])


def mturk(folder: Path, patch: pytest.MonkeyPatch) -> contextlib.AbstractContextManager[Any]:
    return at_marketplace(folder / "marketplace.sqlite", patch, "testing")


def rehearsal(folder: Path, patch: pytest.MonkeyPatch) -> contextlib.AbstractContextManager[Any]:
    return at_marketplace(folder / "build" / "rehearsal" / "marketplace.sqlite", patch, "REHEARSAL")


@contextlib.contextmanager
def prolific(folder: Path, patch: pytest.MonkeyPatch) -> Recruiting:
    """The double with what its older self knew."""
    patch.setenv("PROLIFIC_TOKEN", "rehearsal")
    with Prolific() as service:
        for name, value in json.loads((folder / "service.json").read_text()).items():
            setattr(service, name, value)
        for group in service.groups.values():
            group["members"] = set(group["members"])
        yield service.url, lambda: Decimal(service.balance_cents) / 100


@contextlib.contextmanager
def turkle(folder: Path, patch: pytest.MonkeyPatch) -> Recruiting:
    """What a Turkle answered when it was asked last."""
    answers = json.loads((folder / "service.json").read_text())

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            body = answers.get(self.path.removeprefix("/api"))
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write((body or "").encode())

    patch.setenv("TURKLE_TOKEN", "rehearsal")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", Decimal
        server.shutdown()


OVERLOOKED = {"link": 1, "linked": 1}
"""Further answers that the hitgen that made these studies did not see: it took them for a forgotten person's."""
JUDGED = ("approved", "rejected")
BONUSES_USD = {"mturk": Decimal("0.30"), "prolific": Decimal("0.25"), "rehearsal": Decimal("1.20")}
"""What the bonuses cost that are still to be paid; at Prolific's double without a fee."""
REJECTED_USD = {"mturk": Decimal("1.44"), "prolific": Decimal("1.72")}
"""What was rejected, with its fee: the hitgen that made these studies went on counting it as committed."""
RECRUITERS: dict[str, Any] = {"mturk": mturk, "rehearsal": rehearsal, "prolific": prolific, "turkle": turkle}


def close_to(found: str, wanted: str) -> bool:
    """Whether two cells agree, numbers to nine digits."""
    with contextlib.suppress(ValueError):
        return math.isclose(float(found), float(wanted), rel_tol=1e-9)
    return found == wanted


ASKED = ("gold_level_asked", "gold_place_asked", "gold_catch_asked", "gold_catch_passes")
WORKED_OUT = ("honest", "gold_evidence", "rules", *ASKED)
"""Columns that say what old answers come to by a calculation of later."""


def assert_same_table(found: Path, wanted: list[list[str]]) -> None:
    """Every column of before, in its order, cell by cell; of columns that came later an old answer knows nothing, but for worked out ones."""
    head, *rows = csv.reader(found.read_text().splitlines())
    before, *wanted_rows = wanted
    old = [place for place, name in enumerate(head) if name in before]
    assert [head[place] for place in old] == before, found.name
    assert [[row[place] for place in old] for row in rows] == wanted_rows, found.name
    new = [place for place, name in enumerate(head) if place not in old and name not in WORKED_OUT]
    assert not any(row[place] for row in rows for place in new), (found.name, [head[place] for place in new])


def kinds(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("old", names, indirect=True)


@kinds(*ALL)
def test_the_same_dataset_is_exported(old: Old) -> None:
    old("export", "--no-figures")
    export = old.folder / "results" / "export"
    for name in ("clicks", "images", "ratings", "surveys", "workers"):
        old.same_table(f"{name}.csv", f"{name}.csv")
    told = ("ladder", "images", "source", "n", "none_seen", "mean", "median", "sd", "sur50_empirical", "clicks")
    tables = [(export / "analysis" / "pjnd.csv").read_text(), (old.expected / "pjnd.csv").read_text()]
    found, wanted_rows = (list(csv.DictReader(text.splitlines())) for text in tables)
    assert len(found) == len(wanted_rows)
    for row, other in zip(found, wanted_rows, strict=True):
        assert all(close_to(row[name], other[name]) for name in told), (row, other)


@kinds(*ALL)
def test_review_proposes_what_it_proposed_and_keeps_what_was_edited(old: Old) -> None:
    path = old.folder / "results" / "review.csv"
    before = path.read_bytes()
    rows = old.json("review")
    assert path.read_bytes() == before
    assert len(rows) == before.count(b"\r\n") - 1


@kinds(*ALL)
def test_the_same_pages_are_built_again(old: Old) -> None:
    """What workers meet where: the pictures' bytes hang on encoders, the pages' on what a later hitgen knows better."""
    before = json.loads((old.folder / "build" / "manifest.json").read_text())
    old("build")
    now = json.loads((old.folder / "build" / "manifest.json").read_text())

    def plan(manifest: dict[str, Any]) -> list[Any]:
        names = ("trial", "images", "source", "codec", "role", "question")
        trials = [[[trial[name] for name in names] for trial in page["trials"]] for page in manifest["pages"]]
        pages = [[page[name] for name in ("page", "kind", "assignments", "file")] for page in manifest["pages"]]
        asked = ("question", "images", "source", "level", "points", "radius_px", "matches")
        return [pages, trials, [[row[name] for name in asked] for row in manifest["questions"]]]

    assert plan(now) == plan(before)


@kinds(*OUT)
def test_the_ledger_says_what_it_said(old: Old) -> None:
    wanted = old.figures["stored"]
    status = old.json("status", "--offline")
    assert {name: status[name] for name in wanted} == wanted


@kinds(*OUT)
def test_a_further_answer_is_fetched_and_no_more_is_asked_for_than_is_missing(old: Old) -> None:
    old.take_in()
    wanted = old.figures["fetched"]
    status, topup = old.json("status"), old.json("topup", "--dry-run")
    seen = wanted["status"] | {"submitted": wanted["status"]["submitted"] + OVERLOOKED.get(old.kind, 0)}
    if (
        old.kind == "prolific"
    ):  # the place of whom was forgotten is taken there: one of eight is open, of which seven are approved
        seen["out"] -= 1
    assert {name: status[name] for name in seen} == seen
    assert old.json("publish", "--dry-run")["quote"] == wanted["publish"]
    old("export", "--no-figures")
    if old.kind not in OVERLOOKED:
        assert {name: topup[name] for name in wanted["topup"]} == wanted["topup"]
        old.same_table("ratings.csv", "ratings-fetched.csv")
        return
    ratings = old.folder / "results" / "export" / "ratings.csv"
    rows = ratings.read_text().splitlines()
    assert {row.split(",")[1] for row in rows[-3:]} == {"p0001"} and len({row.split(",")[5] for row in rows[-3:]}) == 1
    ratings.write_text("\n".join(rows[:-3]) + "\n")
    old.same_table("ratings.csv", "ratings-fetched.csv")
    # It copies another one's, so it is not used: what it was to bring is missing.
    assert topup["pages"] == wanted["topup"]["pages"] | {"p0001": wanted["topup"]["pages"]["p0001"] + 1}
    before = wanted["topup"]["shortfalls"]
    coming = {key: before[key]["coming"] - row["coming"] for key, row in topup["shortfalls"].items()}
    assert sorted(coming.values()) == [0, 1]


@kinds(*OUT)
def test_a_review_goes_on_and_nothing_is_done_twice(old: Old) -> None:
    before_usd, stored, fetched = old.balance_usd(), old.figures["stored"], old.figures["fetched"]["status"]
    undecided = 1 if old.kind in ("link", "linked") else 0  # one that cannot be read
    if old.kind != "rehearsal":  # whose answers were not judged
        old("review", "--apply", "--yes")
        status = old.json("status", "--offline")
        assert [status[name] for name in JUDGED] == [stored[name] for name in JUDGED]
        assert old.balance_usd() == before_usd
    old.take_in()
    for _ in range(2):
        old("review")
        old("review", "--apply", "--yes")
        status = old.json("status")
        assert status["submitted"] == undecided
        overlooked = OVERLOOKED.get(old.kind, 0)
        assert status["approved"] == fetched["approved"] + fetched["submitted"] + overlooked - undecided
        assert status["rejected"] == fetched["rejected"]
        assert before_usd - old.balance_usd() == BONUSES_USD.get(old.kind, 0)


@kinds("simulate")
def test_a_simulation_can_be_made_anew(old: Old) -> None:
    made = old.json("simulate", "--people", "6", "--seed", "4")
    assert len(old.json("review")) == made["submissions"] > 0


@kinds("mturk", "prolific")
def test_money_that_was_paid_stays_paid(old: Old) -> None:
    says_what_was_paid(old)


@kinds("link", "linked", "rehearsal", "turkle")
def test_no_money_is_made_up(old: Old) -> None:
    says_what_was_paid(old)


def says_what_was_paid(old: Old) -> None:
    status, wanted = old.json("status", "--offline"), dict(old.figures["money"])
    wanted["committed_usd"] = str(Decimal(wanted["committed_usd"]) - REJECTED_USD.get(old.kind, 0))
    assert {name: status[name] for name in wanted} == wanted
    old("report")
    report = (old.folder / "results" / "report.html").read_text()
    # A study that pays nobody has no line of money.
    if any(Decimal(amount) for amount in wanted.values()):
        assert all(f">{amount} USD<" in report for amount in wanted.values())
    else:
        assert " USD<" not in report
