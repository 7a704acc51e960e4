"""Prolific and Connect with the publisher killed at every step: one study, each payment once, nobody asked twice."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hitgen.doubles.connect.server import Connect
from hitgen.doubles.prolific.server import Prolific
from hitgen.errors import HitgenError
from hitgen.ledger.acts import Act
from hitgen.ledger.ledger import Ledger
from hitgen.ledger.notebook import Notebook
from hitgen.publishing.bonuses import bonus_act
from hitgen.publishing.collect import collect
from hitgen.publishing.once import once
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.recruiters.memory import Killed
from hitgen.recruiters.rest import Rest
from tests import test_connect, test_prolific
from tests.support.batches import make_batch
from tests.support.figures import write_figures
from tests.support.servers import serving

STEPS: list[tuple[Any, tuple[str, ...]]] = [
    (Rest, ("_answer",)),
    (Notebook, ("note", "note_all", "first_note", "drop", "give_seats")),
    (Ledger, ("bind", "intend", "created", "refused", "seen", "add_submission", "intend_act", "done", "set_status")),
]
PAGES = [{"study": ["a"], "assignments": 2}, {"study": ["b"], "assignments": 2}]
MOST_RUNS = 6


@dataclass
class Deaths:
    """Dies at the step of this number, before and after each call alike; 0: never."""

    at: int = 0
    met: int = 0
    names: list[str] = field(default_factory=list)

    def come_to(self, name: str) -> None:
        self.met += 1
        self.names.append(name)
        if self.met == self.at:
            self.at = 0
            raise Killed


@contextmanager
def dying(deaths: Deaths) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for owner, names in STEPS:
            for name in names:
                patch.setattr(owner, name, _wrapped(getattr(owner, name), f"{owner.__name__}.{name}", deaths))
        yield


def _wrapped(real: Callable[..., Any], name: str, deaths: Deaths) -> Callable[..., Any]:
    def marked(*values: Any, **named: Any) -> Any:
        deaths.come_to(f"before {name}")
        answer = real(*values, **named)
        deaths.come_to(f"after {name}")
        return answer

    return marked


@dataclass
class Study:
    """A study at one of the two services."""

    folder: Path
    service: Any
    work: Callable[[Path, Any, int], str]

    def publish(self) -> None:
        with open_publication(self.folder) as publication:
            plan = plan_publication(publication)
            publish(publication, plan, str(plan.quote.total_usd))

    def pay(self, places: list[str]) -> None:
        with open_account(self.folder) as account:
            collect(account)
            workers = {row.assignment: row.worker for row in account.ledger.submissions()}
            for place in places[:2]:
                once(account, Act("approve", workers[place], place, words="Thank you."))
                once(account, bonus_act(account, "soak", workers[place], place, Decimal("0.50"), "thank you", 2))
            once(account, Act("reject", workers[places[2]], places[2], words="Nothing was answered at all."))

    def until_done(self, task: Callable[[], None], deaths: Deaths) -> None:
        """As a person does who runs it again; a day goes by where something is in doubt."""
        with dying(deaths):
            for number in range(MOST_RUNS):
                with pytest.MonkeyPatch.context() as patch:
                    if number > 2:
                        patch.setattr("hitgen.recruiters.prolific.bonuses.SURE_AFTER", timedelta(0))
                        patch.setattr("hitgen.recruiters.connect.connect.TOKEN_LIVES", timedelta(0))
                        patch.setattr("hitgen.recruiters.connect.projects.TOKEN_LIVES", timedelta(0))
                    with suppress(Killed, HitgenError):
                        task()
                        return
        raise AssertionError("it did not come to an end")


@contextmanager
def prolific(folder: Path, web: str) -> Iterator[Study]:
    with Prolific() as service:
        os.environ["PROLIFIC_TOKEN"] = service.token
        made = test_prolific.batch(folder, service, web, PAGES, 'screen_out_usd = "0.20"\nscreen_outs = 1\n')
        yield Study(made, service, lambda place, at, number: test_prolific.work(place, at, f"{number:024x}"))


@contextmanager
def connect(folder: Path, web: str) -> Iterator[Study]:
    with Connect() as service:
        os.environ["CONNECT_API_KEY"] = service.key
        made = make_batch(folder / "batch", PAGES, f'kind = "folder"\nfolder = "../served"\nbase_url = "{web}"\n')
        kind = f'kind = "connect"\nminutes = 5\nendpoint_url = "{service.url}"\nresults = {{kind = "collector", url = "{web}/c"}}\n'
        (made / "batch.toml").write_text((made / "batch.toml").read_text().replace('kind = "mturk"\n', kind))
        yield Study(made, service, test_connect.work)


def check_prolific(service: Prolific, sessions: list[str]) -> None:
    (study,) = service.studies.values()
    assert study["status"] in ("ACTIVE", "AWAITING REVIEW")
    cost = (4 * 120 + 2 * 20) * 1428 // 1000
    assert service.balance_cents == 1_000_000 - cost - 2 * 50
    rows = [service.submissions[name] for name in sessions]
    assert [row["bonus_payments"] for row in rows] == [[50], [50], []]
    assert [row["status"] for row in rows[:2]] == ["APPROVED"] * 2 and rows[2]["return_requested"]
    assert len({row["name"] for row in service.groups.values()}) == len(service.groups)


def check_connect(service: Connect, places: list[str]) -> None:
    (project,) = service.projects.values()
    assert project["status"] == "Live"
    rows = sorted(service.assignments.values(), key=lambda row: row["participantId"])
    assert [(row["status"], row["bonus"]) for row in rows] == [("Approved", 0.5), ("Approved", 0.5), ("Rejected", 0.0)]
    paid = Decimal("6.00") - Decimal("1.50") + 2 * Decimal("0.625")
    assert service.balance_usd == Decimal("10000") - paid


WAYS = {"prolific": (prolific, check_prolific), "connect": (connect, check_connect)}


def one(folder: Path, name: str, task: str, at: int) -> Deaths:
    """A study with one death while it publishes, or while it pays; what it met."""
    opened, check = WAYS[name]
    (folder / "served").mkdir(parents=True)
    with serving(folder / "served") as web, opened(folder, web) as study:
        deaths = {"publish": Deaths(at if task == "publish" else 0), "pay": Deaths(at if task == "pay" else 0)}
        study.until_done(study.publish, deaths["publish"])
        places = [study.work(study.folder, study.service, number) for number in (1, 2, 3)]
        study.until_done(lambda: study.pay(places), deaths["pay"])
        check(study.service, places)
        return deaths[task]


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", WAYS)
def test_killed_at_every_step(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitgen.lib.web.FIRST_WAIT_S", 0.01)
    began, struck, total = time.perf_counter(), Counter[str](), 0
    for task in ("publish", "pay"):
        steps = one(tmp_path / f"{task}0", name, task, 0).names
        for at in range(1, len(steps) + 1):
            one(tmp_path / f"{task}{at}", name, task, at)
            struck[f"{task}: {steps[at - 1]}"] += 1
            total += 1
    write_figures(
        f"kills_{name}",
        {"kills": total, "minutes": round((time.perf_counter() - began) / 60, 1), "struck": dict(struck)},
    )
    assert total > 40
