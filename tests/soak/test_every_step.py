"""Every verb of a study's life, killed at each of its steps and run again: what there is in the end is what one run without a kill makes."""

from __future__ import annotations

import copy
import csv
import json
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from hitgen.collector.inbox import FILE
from hitgen.doubles.connect.server import Connect
from hitgen.doubles.prolific.server import Prolific
from hitgen.ledger.ledger import Ledger
from hitgen.lib.sqlite import open_database
from hitgen.results.reviewfile import read_review, write_review
from tests import test_connect, test_prolific
from tests.soak.mortal import DONE, OUTSIDE
from tests.support.figures import write_figures
from tests.support.servers import serving
from tests.support.small_study import SmallStudy

ROOT = Path(__file__).parents[2]
TOML = (
    '[bonus]\ntraining_usd = "0.35"\ncompletion_usd = "0.15"\ncompletion_pages = 1\n[screening]\ngold_answers_min = 1\n'
)
MOST_RUNS, LATER_FROM = 7, 3
APPLY = ["review", "--apply", "--yes"]
BEGINS: tuple[Any, ...] = (
    "publish",
    "work",
    "work",
    "bad work",
    ["fetch"],
    ["review"],
    "decide",
    APPLY,
    ["topup", "--yes"],
)
LIFE: tuple[Any, ...] = (
    *(*BEGINS, "work", ["extend", "--hours", "900", "--yes"], ["expire"], ["fetch"], ["review"], "decide", APPLY),
    *(["delete"], ["close", "--yes"]),
)
SHORT: tuple[Any, ...] = (*BEGINS, ["close", "--yes"])
SERVICE = (
    "studies",
    "groups",
    "submissions",
    "bulks",
    "balance_cents",
    "projects",
    "assignments",
    "tokens",
    "balance_usd",
)


class Mortal:
    """A hitgen in a process of its own that takes orders."""

    def __init__(self) -> None:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        command = [sys.executable, "-m", "tests.soak.mortal"]
        self._process = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)

    def order(self, **order: Any) -> tuple[int, int, str]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        code, met, last = json.loads(self._process.stdout.readline())
        return code, met, last

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@dataclass
class Study:
    """A study that can be put back to what it was."""

    kind: str
    small: SmallStudy
    mortal: Mortal
    service: Any = None
    people: int = 0
    places: list[dict[str, str]] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)

    @property
    def folder(self) -> Path:
        return self.small.folder

    def saved(self) -> Callable[[], None]:
        """Puts everything back to what it is now, as often as it is called."""
        kept = self.folder.with_name("kept")
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        for name in ("batch", "served"):
            shutil.copytree(self.folder.with_name(name), kept / name)
        values = {name: copy.deepcopy(getattr(self.service, name)) for name in SERVICE if hasattr(self.service, name)}

        def back() -> None:
            for name in ("batch", "served"):
                shutil.rmtree(self.folder.with_name(name))
                shutil.copytree(kept / name, self.folder.with_name(name))
            for name, value in values.items():
                setattr(self.service, name, copy.deepcopy(value))

        return back

    def work(self, gold: str) -> None:
        """Somebody who was not there before works a page."""
        self.people += 1
        worker = getattr({"prolific": test_prolific, "connect": test_connect}.get(self.kind), "person", str)(
            self.people
        )
        if self.kind == "link":
            rows = csv.DictReader((self.folder / "places.csv").read_text().splitlines())
            self.places = [row for row in rows if row["participant"] == f"P{self.people:04d}"] or self.places
            url = self.places[0]["url"]
        elif self.kind == "prolific":
            session, url = self.service.take(self.service.offers(worker)[0], worker)
        elif self.kind == "connect":
            address = self.service.take(worker)
            url = test_connect.go(self.folder, address)
        else:
            url = test_connect.go(self.folder, f"http://x/go?PID=person{worker}")
        given = dict(parse_qsl(urlsplit(url).query))
        place = given["assignmentId"]
        hit = given.get("hitId") or place.partition("-")[0]
        answer = self.small.answer(hit.partition(".")[0], place, worker, gold=gold) | {"hit": hit}
        assert self.mortal.order(task="deliver", folder=str(self.folder), given={"answers": answer})[0] == DONE
        if self.kind == "prolific":
            self.service.complete(session, "HITGEN01")
        elif self.kind == "connect":
            said = test_connect.go(self.folder, f"{address.partition('?')[0]}?hitgen_place={place}")
            assert self.service.complete(worker, said.partition("Your code: ")[2].partition("<")[0])

    def decide(self) -> None:
        """A person reads the table: who answered at random is not paid."""
        rows = read_review(self.folder).values()
        write_review(
            self.folder,
            [
                replace(row, pay="reject", feedback="Answers were given at random. " * 4)
                if row.use != "use"
                else replace(row, pay="pay")
                for row in rows
            ],
        )

    def state(self) -> list[str]:
        """All that there is after a look, without names and times that are drawn."""
        assert self.order(["status"])[0] == DONE
        with Ledger(self.folder / "ledger.sqlite") as ledger:
            found = [
                f"{hit.hit} {hit.state} {hit.order.assignments} {hit.available} {hit.pending} {hit.replaces}"
                for hit in ledger.hits()
            ]
            found += sorted(f"{row.hit} {row.worker} {row.status} {row.assignment}" for row in ledger.submissions())
            found += sorted(
                f"{each.act.verb} {each.act.worker} {each.act.purpose} {each.act.cost_usd} {each.outcome}"
                for each in ledger.acts()
            )
            found += [str(sorted(map(tuple, ledger.book.seats()))), str(closed := ledger.fact("closed") is not None)]
        if (self.folder / "places.csv").exists():
            rows = csv.reader((self.folder / "places.csv").read_text().splitlines())
            found += [f"{row[0]} {row[1]} {row[2]}" for row in rows]
        if (self.folder / FILE).exists():
            database = open_database(self.folder / FILE)
            found += [
                f"arrived {row[0]} {row[1]}"
                for row in database.execute("SELECT assignment, version FROM submissions ORDER BY 1, 2")
            ]
            database.close()
        served = [path for path in self.folder.with_name("served").rglob("*") if path.is_file()]
        if not closed:  # what was being copied lies about until then
            served = [path for path in served if path.suffix != ".part"]
        found += sorted(path.name for path in served)
        left = {path.name for path in self.folder.iterdir() if not path.name.endswith(("-wal", "-shm", ".part"))}
        return [*found, str(sorted(left)), *self.at_service()]

    def at_service(self) -> list[str]:
        service = self.service
        if self.kind == "prolific":
            studies = sorted(
                f"{row['status']} {row['total_available_places']} {row['reward']}" for row in service.studies.values()
            )
            people = sorted(
                f"{row['participant_id']} {row['status']} {row['bonus_payments']} {bool(row.get('return_requested'))}"
                for row in service.submissions.values()
            )
            return [
                *studies,
                *people,
                str(service.balance_cents),
                str(sorted(row["name"] for row in service.groups.values())),
            ]
        if self.kind == "connect":
            projects = sorted(f"{row['status']} {row['participants']}" for row in service.projects.values())
            people = sorted(
                f"{row['participantId']} {row['status']} {row['bonus']}" for row in service.assignments.values()
            )
            return [*projects, *people, str(service.balance_usd)]
        return []

    def order(self, step: Any, kill_at: int = 0, later: bool = False) -> tuple[int, int, str]:
        return self.mortal.order(task=step, folder=str(self.folder), kill_at=kill_at, later=later)

    def live(self, life: Sequence[Any], choose: Callable[[int], Sequence[int]], least: int = 0) -> int:
        """Live through it, killed at each step that `choose` gives of each verb with more than `least` of them; the kills."""
        kills = 0
        for step in life:
            if step in ("work", "bad work"):
                self.work("wrong" if step == "bad work" else "right")
            elif step == "decide":
                self.decide()
            else:
                kills += self.kill(step, choose, least)
        return kills

    def kill(self, step: Any, choose: Callable[[int], Sequence[int]], least: int) -> int:
        back = self.saved()
        code, steps, _ = self.order(step)
        if code != DONE:  # as extending is where nothing can be
            assert code == 1 and step[0] == "extend", (step, code)
            return 0
        if steps <= least:
            return 0
        wanted = self.state()
        chosen = choose(steps)
        for number in chosen:
            back()
            _, met, last = self.order(step, kill_at=number)
            assert met == number, (step, met, number)
            named = f"{step if isinstance(step, str) else ' '.join(step[:2])}: {last}"
            self.struck[named] += 1
            for run in range(MOST_RUNS):
                code, *_ = self.order(step, later=run >= LATER_FROM)
                assert code in (DONE, OUTSIDE), (named, number, code)
                if code == DONE:
                    break
            assert self.state() == wanted, (named, number)
        return len(chosen)


@pytest.fixture(scope="module")
def mortal() -> Iterator[Mortal]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROLIFIC_TOKEN", "rehearsal")
        patch.setenv("CONNECT_API_KEY", "rehearsal")
        running = Mortal()
        yield running
        running.close()


@contextmanager
def study(folder: Path, kind: str, mortal: Mortal) -> Iterator[Study]:
    (folder / "served").mkdir(parents=True)
    with serving(folder / "served") as web:
        host = f'kind = "folder"\nfolder = "../served"\nbase_url = "{web}"'
        results = f'results = {{kind = "collector", url = "{web}/c"}}\n'
        if kind == "prolific":
            with Prolific() as service:
                own = f'workspace = "{service.workspace}"\nminutes = 5\nendpoint_url = "{service.url}"\nrejection = "reject"\n'
                yield made(folder, kind, host, own + results, mortal, service)
        elif kind == "connect":
            with Connect() as service:
                own = f'minutes = 5\nendpoint_url = "{service.url}"\n'
                yield made(folder, kind, host, own + results, mortal, service)
        else:
            own = 'id = ["PID"]\n' if kind == "panel" else ""
            yield made(folder, kind, host, own + results, mortal, None)


def made(folder: Path, kind: str, host: str, recruiter: str, mortal: Mortal, service: Any) -> Study:
    small = SmallStudy(
        folder / "batch", pages=1, toml=TOML, hit="ratings = 3", assignments=3, host=host, recruiter=recruiter
    )
    toml = small.folder / "batch.toml"
    toml.write_text(toml.read_text().replace('kind = "mturk"\n', f'kind = "{kind}"\n'))
    return Study(kind, small, mortal, service)


KINDS = ("link", "panel", "prolific", "connect")


@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_some_steps_of_every_verb(tmp_path: Path, kind: str, mortal: Mortal) -> None:
    chance = random.Random(5)
    with study(tmp_path, kind, mortal) as one:
        assert one.live(SHORT, lambda steps: [chance.randint(1, steps)], least=12) >= 3


def test_a_collector_that_is_killed_at_any_step_has_each_answer_once_and_gives_nobody_two_places(
    tmp_path: Path, mortal: Mortal
) -> None:
    """Whoever asked comes again, and whatever was not answered is sent again."""
    with study(tmp_path, "panel", mortal) as one:
        assert one.order("publish")[0] == DONE
        address = "http://x/go?PID=person9"
        back = one.saved()
        _, steps, _ = mortal.order(task="go", folder=str(one.folder), given={"address": address})
        assert steps
        for number in range(1, steps + 1):
            back()
            mortal.order(task="go", folder=str(one.folder), given={"address": address}, kill_at=number)
            places = {test_connect.go(one.folder, address) for _ in range(2)}
            assert len(places) == 1
            other = test_connect.go(one.folder, "http://x/go?PID=person10")
            assert "assignmentId=" in other and other not in places
        place = dict(parse_qsl(urlsplit(places.pop()).query))["assignmentId"]
        answers = one.small.answer("p0001", place, "person9")
        back = one.saved()
        _, steps, _ = mortal.order(task="deliver", folder=str(one.folder), given={"answers": answers})
        assert steps
        for number in range(1, steps + 1):
            back()
            mortal.order(task="deliver", folder=str(one.folder), given={"answers": answers}, kill_at=number)
            assert mortal.order(task="deliver", folder=str(one.folder), given={"answers": answers})[0] == DONE
            assert one.order(["fetch"])[0] == DONE
            with Ledger(one.folder / "ledger.sqlite") as ledger:
                assert [row.assignment for row in ledger.submissions()] == [place]


@pytest.mark.parametrize("kind", ["prolific", "connect"])
def test_what_is_ended_before_anybody_was_let_in_is_never_published(tmp_path: Path, kind: str, mortal: Mortal) -> None:
    """The next publication let people in to places that had ended, whose money was in nobody's sum."""
    with study(tmp_path, kind, mortal) as one:
        back = one.saved()
        _, steps, _ = one.order("publish")
        assert any(is_draft_after(one, back, number) for number in range(steps - 2, 0, -3))
        before = one.at_service()[-2:]
        assert one.order(["expire"])[0] == DONE
        one.order("publish")
        assert is_draft(one) and one.at_service()[-2:] == before
        with Ledger(one.folder / "ledger.sqlite") as ledger:
            assert {hit.state for hit in ledger.hits()} == {"ended"}


def is_draft_after(one: Study, back: Callable[[], None], number: int) -> bool:
    """Whether a publication that was killed at a step has made its HITs and let nobody in."""
    back()
    one.order("publish", kill_at=number)
    with Ledger(one.folder / "ledger.sqlite") as ledger:
        return {hit.state for hit in ledger.hits()} == {"created"} and is_draft(one)


def is_draft(one: Study) -> bool:
    rows = one.service.studies if one.kind == "prolific" else one.service.projects
    return {row["status"].upper() for row in rows.values()} == {"UNPUBLISHED"}


def test_a_top_up_that_is_killed_once_it_is_made_lets_people_in_when_it_is_run_again(
    tmp_path: Path, mortal: Mortal
) -> None:
    """Its places were counted as to come, and nobody had an address of one."""
    with study(tmp_path, "link", mortal) as one:
        one.live(BEGINS[:-1], lambda _: [], least=10_000)
        assert one.live((BEGINS[-1],), lambda steps: range(steps - 4, steps + 1)) == 5


@pytest.mark.parametrize("kind", ["prolific", "connect"])
def test_what_is_killed_while_it_ends_is_ended_by_the_next_run(tmp_path: Path, kind: str, mortal: Mortal) -> None:
    with study(tmp_path, kind, mortal) as one:
        assert one.live(("publish", "work"), lambda _: [], least=10_000) == 0
        assert one.live((["expire"],), lambda steps: range(1 + steps // 3, steps + 1, 4)) > 5


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_every_step_of_every_verb(tmp_path: Path, kind: str, mortal: Mortal) -> None:
    began = time.perf_counter()
    with study(tmp_path, kind, mortal) as one:
        kills = one.live(LIFE, lambda steps: range(1, steps + 1))
    figures = {"kills": kills, "minutes": round((time.perf_counter() - began) / 60, 1), "struck": dict(one.struck)}
    write_figures(f"every_step_{kind}", figures)
    assert kills > 200
