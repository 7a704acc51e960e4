"""CloudResearch Connect: projects made once, people whom both sides list, money that leaves once."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from hitgen.cli import main
from hitgen.collector.app import Collector
from hitgen.collector.inbox import FILE, Inbox
from hitgen.config.read import read_config
from hitgen.doubles.connect.server import Connect
from hitgen.errors import InputError, OutsideError
from hitgen.ledger.acts import Act
from hitgen.lib import web as web_client
from hitgen.publishing.bonuses import bonus_act
from hitgen.publishing.collect import collect
from hitgen.publishing.end import close
from hitgen.publishing.once import once
from hitgen.publishing.publication import Account, open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.publishing.status import status
from hitgen.recruiters import kind_of
from hitgen.recruiters.base import RefusedError, UnknownOutcomeError
from hitgen.serve import LedgerView
from tests.support.batches import make_batch
from tests.support.servers import serving

PAGES = [{"study": ["a"], "assignments": 2}, {"study": ["b"], "assignments": 3}]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    monkeypatch.setenv("CONNECT_API_KEY", "rehearsal")
    monkeypatch.setattr(web_client, "FIRST_WAIT_S", 0.01)
    with Connect() as running:
        yield running


@pytest.fixture
def study(tmp_path: Path, service: Connect) -> Iterator[Path]:
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as web:
        host = f'kind = "folder"\nfolder = "../served"\nbase_url = "{web}"\n'
        folder = make_batch(tmp_path / "batch", PAGES, host)
        kind = f'kind = "connect"\nminutes = 5\nendpoint_url = "{service.url}"\nresults = {{kind = "collector", url = "{web}/c"}}\n'
        (folder / "batch.toml").write_text((folder / "batch.toml").read_text().replace('kind = "mturk"\n', kind))
        yield folder


def run(folder: Path, production: bool = False, topup: dict[str, int] | None = None) -> tuple[str, ...]:
    with open_publication(folder, production) as publication:
        plan = plan_publication(publication, topup)
        return publish(publication, plan, str(plan.quote.total_usd)).told


def go(folder: Path, address: str) -> str:
    """Where /go leads a person who presses the button; else its words."""
    kind = kind_of(read_config(folder / "batch.toml"))
    told: list[Any] = []
    with Inbox(folder / FILE, "demo", kind.knows(LedgerView(folder))) as inbox:
        collector = Collector(inbox, hand_out=kind.hand_out(LedgerView(folder), inbox, lambda: datetime.now(UTC)))
        environ = {
            "PATH_INFO": "/go",
            "REQUEST_METHOD": "POST",
            "QUERY_STRING": urlsplit(address).query,
            "wsgi.input": io.BytesIO(),
        }
        words = b"".join(collector(environ, lambda *said: told.extend(said))).decode()
    return str(dict(told[1]).get("Location", "")) or words


def deliver(folder: Path, url: str, **more: str) -> str:
    place = dict(parse_qsl(urlsplit(url).query))["assignmentId"]
    values = {"schema": 1, "batch": "demo", "page": place[:5], "assignment": place, "trials": [], **more}
    kind = kind_of(read_config(folder / "batch.toml"))
    with Inbox(folder / FILE, "demo", kind.knows(LedgerView(folder))) as inbox:
        assert inbox.add(json.dumps(values).encode(), "collector", datetime.now(UTC)) == "stored"
    return place


def person(number: int) -> str:
    return f"{number:032X}"


def work(folder: Path, service: Connect, number: int) -> str:
    """A participant takes a place, answers, and types the code that they are shown."""
    address = service.take(person(number))
    place = deliver(folder, go(folder, address))
    code = go(folder, f"{address.partition('?')[0]}?hitgen_place={place}").partition("Your code: ")[2].partition("<")[0]
    assert service.complete(person(number), code)
    return place


def bonus(account: Account, place: str, purpose: str = "training") -> Act:
    return bonus_act(account, purpose, person(1), place, Decimal("0.50"), f"thank you for {purpose}", 2)


def test_one_project_whose_people_get_a_page_each(study: Path, service: Connect) -> None:
    for _ in range(3):
        run(study)
    (made,) = service.projects.values()
    assert (made["status"], made["participants"], made["payment"]) == ("Live", 5, 1.2)
    assert service.balance_usd == Decimal("10000") - Decimal("7.50")
    places = {number: work(study, service, number) for number in range(1, 6)}
    assert made["status"] == "Completed" and service.offers(person(9)) == []
    with open_account(study) as account:
        found = status(account)
        rows = {row.assignment: row.worker for row in account.ledger.submissions()}
    assert rows == {place: person(number) for number, place in places.items()}
    assert (found.submitted, found.committed_usd) == (5, Decimal("7.50"))
    assert service.refusals == []


def test_answers_of_nobody_whom_the_service_lists_are_kept_and_not_used(study: Path, service: Connect) -> None:
    run(study)
    project = next(iter(service.projects))
    stranger = f"http://x/go?participantId=X1&assignmentId=X2&projectId={project}"
    deliver(study, go(study, stranger))
    unfinished = service.take(person(1))
    deliver(study, go(study, unfinished))
    borrowed = (
        f"http://x/go?participantId=X9&{unfinished.partition('&')[2]}"  # another's assignment under a name of one's own
    )
    deliver(study, go(study, borrowed))
    with open_account(study) as account:
        assert status(account).submitted == 0
        service.complete(person(1), "HITGEN01")
        status(account)
        assert [row.worker for row in account.ledger.submissions()] == [person(1)]
    assert "lacks" in go(study, f"http://x/go?participantId={person(2)}")


def test_approve_reject_and_shut_out(study: Path, service: Connect) -> None:
    run(study)
    one, two = work(study, service, 1), work(study, service, 2)
    with open_account(study) as account:
        status(account)
        assert [once(account, Act("approve", person(1), one, words="Thank you.")) for _ in range(2)] == ["Approved"] * 2
        assert once(account, Act("reject", person(2), two, words="Nothing was answered.")) == "Rejected"
        assert account.recruiter.reject(one, "too late") == "Approved"
        once(account, Act("exclude", person(8)))
    assert "cannot take part" in go(study, f"http://x/go?participantId={person(8)}&assignmentId=A&projectId=B")
    run(study, topup={"p0001": 1})
    first, second = service.projects.values()
    assert second["platformTargeting"] == {
        "participants": {"excludedParticipants": [person(8)]}, "projects": {"excludedProjects": [first["projectId"]]},
    }  # fmt: skip


def test_what_status_says_is_what_the_service_charged(study: Path, service: Connect) -> None:
    """Rewards when a project goes live, bonuses when they are paid, both with a quarter more; rejections come back."""

    def same() -> None:
        with open_account(study) as account:
            told = status(account)
        charged_usd = Decimal("10000") - service.balance_usd  # a fee of 12.5 cents is one of 13
        assert told.committed_usd == charged_usd.quantize(Decimal("0.01"), ROUND_CEILING)

    run(study)
    same()
    first, second, third = (work(study, service, number) for number in (1, 2, 3))
    same()
    for faults in ([], ["lost"], ["busy"]):
        service.faults = list(faults)
        with open_account(study) as account:
            collect(account)
            with suppress(OutsideError, UnknownOutcomeError, RefusedError):
                once(account, Act("approve", person(1), first))
                once(account, bonus(account, first))
                once(account, Act("reject", person(2), second, words="Nothing was answered."))
                once(account, Act("approve", person(3), third))
        service.faults = []
        same()
    assert any("is live" in line for line in run(study, topup={"p0001": 1}))
    same()
    assert third and service.refusals == []


@pytest.mark.parametrize("asked", [1, 2, 3])
def test_a_copy_that_tops_up_the_same_page_says_what_the_service_charged_or_stops(
    study: Path, service: Connect, asked: int
) -> None:
    run(study)
    backup = (study / "ledger.sqlite").read_bytes()
    run(study, topup={"p0001": 2})
    for left in study.glob("ledger.sqlite*"):
        left.unlink()
    (study / "ledger.sqlite").write_bytes(backup)
    if asked != 2:
        with pytest.raises(InputError, match=r"\(Live\) is of p0001.t1, with other places"):
            run(study, topup={"p0001": asked})
        next(row for row in service.projects.values() if row["participants"] == 2)["status"] = "Closed"
    run(study, topup={"p0001": asked})
    assert len(service.projects) == 2
    with open_account(study) as account:
        assert status(account).committed_usd == Decimal("1.50") * (7 if asked == 2 else 5)


def test_what_another_copy_topped_up_is_told_and_its_pages_stay(study: Path, service: Connect) -> None:
    run(study)
    other = Path(shutil.copytree(study, study.with_name("copy") / study.name))
    run(study, topup={"p0001": 2})
    (project,) = set(service.projects) - {name for name, row in service.projects.items() if row["participants"] == 5}
    with open_account(study) as account:
        assert not any(project in line for line in status(account).edited)
    with open_account(other) as account:
        (told,) = (line for line in status(account).edited if project in line)
        assert told.startswith(f"project {project} (Live, $3.00) is of another copy of this batch")
        ended = close(account)
        assert (
            not ended.closed and ended.left[f"project {project} (Live, $3.00)"] == "another copy has it: close it there"
        )
    for folder in (study, other):
        with open_account(folder) as account:
            assert close(account).closed
    with open_account(other) as account:
        assert any(f"project {project} (Closed, $3.00)" in line for line in status(account).edited)


@pytest.mark.parametrize("faults", [[], ["busy"], ["lost"], ["broken"], ["unlisted"]])
def test_a_project_is_made_once(
    study: Path, service: Connect, faults: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service.faults = list(faults)
    for _ in range(3):
        with suppress(UnknownOutcomeError, OutsideError):
            run(study)
    if faults == ["unlisted"]:
        assert len(service.projects) == 1  # the token keeps a second one from being made
        service.unlisted.clear()
        run(study)
    if faults == ["broken"]:  # nothing was made, and after a day that is sure
        monkeypatch.setattr("hitgen.recruiters.connect.projects.TOKEN_LIVES", timedelta(0))
        run(study)
    assert [row["status"] for row in service.projects.values()] == ["Live"]


@pytest.mark.parametrize("faults", [[], ["busy"], ["lost"], ["broken"]])
def test_a_bonus_is_paid_once(study: Path, service: Connect, faults: list[str]) -> None:
    run(study)
    place = work(study, service, 1)
    copy = shutil.copytree(study, study.with_name("copy") / study.name)
    for folder in (study, copy, study):
        with open_account(Path(folder)) as account:
            collect(account)
            service.faults = list(faults) if folder == study else []
            for _ in range(3):
                with suppress(OutsideError, UnknownOutcomeError, RefusedError):
                    once(account, bonus(account, place))
            service.faults = []
    assert service.paid()[person(1)] == 50
    with open_account(study) as account:
        if faults != ["broken"]:
            assert once(account, bonus(account, place, "completion")) == "paid"
    assert service.paid()[person(1)] == (50 if faults == ["broken"] else 100)


@pytest.mark.parametrize("amount", ["0.60", "0.25", "0.50"])
def test_a_backup_of_before_a_bonus_that_is_another_by_now_pays_no_second_one(
    study: Path, service: Connect, amount: str
) -> None:
    run(study)
    place = work(study, service, 1)
    backup = (study / "ledger.sqlite").read_bytes()
    with open_account(study) as account:
        collect(account)
        once(account, Act("approve", person(1), place))
        once(account, bonus(account, place))
    for left in study.glob("ledger.sqlite*"):
        left.unlink()
    (study / "ledger.sqlite").write_bytes(backup)
    with open_account(study) as account:
        collect(account)
        act = bonus_act(account, "training", person(1), place, Decimal(amount), "thank you for training", 2)
        if amount == "0.60":
            with pytest.raises(RefusedError, match=r"\$0\.50 of bonus were paid .* that this ledger did not ask for"):
                once(account, act)
            assert account.ledger.act(act) is None
        else:
            assert once(account, act) == "paid"
    assert service.paid()[person(1)] == 50


def test_without_production_nothing_is_published_or_spent(
    study: Path, service: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hitgen.recruiters.rest.LOOPBACK", ())
    monkeypatch.setattr("hitgen.publishing.publish._address_faults", lambda _: [])
    assert any("is not published" in line for line in run(study))
    assert [row["status"] for row in service.projects.values()] == ["Unpublished"]
    assert main(["close", str(study), "--yes"]) == 0
    assert [row["status"] for row in service.projects.values()] == ["Archived"]
    with pytest.raises(InputError, match="needs a cap"):
        run(study, production=True)
    assert service.balance_usd == Decimal("10000")


def test_more_than_was_agreed_to_is_not_published(study: Path, service: Connect) -> None:
    (study / "batch.toml").write_text(
        (study / "batch.toml").read_text().replace("minutes = 5", 'minutes = 5\nfee_percent = "10"')
    )
    with pytest.raises(OutsideError, match=r"asks for \$7.50 .* more than the \$6.60"):
        run(study)
    assert [row["status"] for row in service.projects.values()] == ["Unpublished"]


def test_the_end(study: Path, service: Connect) -> None:
    run(study)
    place = work(study, service, 1)
    assert main(["expire", str(study)]) == 0
    assert [row["status"] for row in service.projects.values()] == ["Closed"] and service.offers(person(2)) == []
    with open_account(study) as account:
        assert status(account).out == 0
        once(account, Act("approve", person(1), place))
    assert main(["close", str(study), "--yes"]) == 0


def test_too_little_pay_and_a_wrong_key_are_said_first(study: Path, service: Connect) -> None:
    text = (study / "batch.toml").read_text()
    (study / "batch.toml").write_text(text.replace("minutes = 5", "minutes = 10"))
    with pytest.raises(InputError, match=r"pays \$7.20 an hour, less than the \$8.00"):
        run(study)
    (study / "batch.toml").write_text(text)
    service.key = "another"
    with pytest.raises(InputError, match=r"recruiter\.key_env: .*invalid API key"):
        run(study)
    assert service.projects == {}


def test_a_project_of_a_lost_ledger_stops_the_next_one(study: Path, service: Connect) -> None:
    run(study)
    (study / "ledger.sqlite").unlink()
    with pytest.raises(InputError, match=r"a project of the batch 'demo' from another ledger \(.*, Live\)"):
        run(study)
    for row in service.projects.values():
        row["status"] = "Closed"
    run(study)
    assert [row["status"] for row in service.projects.values()] == ["Closed", "Live"]


class Revoked(Connect):
    """Its key holds for so many requests more."""

    requests_left = 0
    key = property(lambda self: "rehearsal" if self._still() else "another", lambda self, key: None)

    def _still(self) -> bool:
        self.requests_left -= 1
        return self.requests_left >= 0


def test_a_key_that_is_revoked_at_any_moment_leaves_no_bonus_in_doubt(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECT_API_KEY", "rehearsal")
    with Revoked() as service:
        service.requests_left = 10_000
        config = study / "batch.toml"
        config.write_text(re.sub('endpoint_url = ".*"', f'endpoint_url = "{service.url}"', config.read_text()))
        run(study)
        place = work(study, service, 1)
        stopped = 0
        with open_account(study) as account:
            collect(account)
            for number in range(50):
                service.requests_left = number
                try:
                    assert once(account, bonus(account, place)) == "paid"
                except InputError as error:
                    assert "recruiter.key_env" in str(error) and "invalid API key" in str(error)
                    stopped += 1
                else:
                    break
        assert stopped == 2 and service.paid()[person(1)] == 50
