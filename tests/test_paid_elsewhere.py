"""Bonuses that another copy of a ledger paid, or a person at the service's own site: each copy says what the service charged."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest

from hitgen import cli
from hitgen.analysis.money import spending
from hitgen.config.read import read_config
from hitgen.doubles.connect.server import Connect
from hitgen.doubles.mturk.refusals import RefusalError
from hitgen.doubles.mturk.requester import ACTS
from hitgen.doubles.prolific.server import Prolific
from hitgen.doubles.prolific.state import State
from hitgen.ledger.acts import Act
from hitgen.ledger.ledger import Ledger
from hitgen.lib import web
from hitgen.lib.clock import utc_now
from hitgen.publishing.bonuses import bonus_act
from hitgen.publishing.once import once
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.publishing.status import status
from hitgen.recruiters import kind_of
from hitgen.results.fetch import fetch
from hitgen.results.forget import forget
from hitgen.results.reviewfile import read_review, write_review
from tests import test_connect, test_prolific
from tests.support.batches import make_batch
from tests.support.published import Published, published
from tests.support.servers import serving

BONUSES = (
    '[bonus]\ntraining_usd = "0.35"\ncompletion_usd = "0.15"\ncompletion_pages = 1\n[screening]\ngold_answers_min = 1\n'
)
UNSEEN = "what others paid as bonuses cannot be seen, and is not counted"
PAGES = [{"study": ["a"], "assignments": 2}]


def copy_of(folder: Path) -> Path:
    return Path(shutil.copytree(folder, folder.with_name("copy") / folder.name))


def verb(folder: Path, *words: str) -> None:
    name, *rest = words
    assert cli.main([name, str(folder), *rest]) == 0, words


def told(folder: Path) -> tuple[Decimal, Decimal]:
    """What is committed and paid, as status, the next publication and the report have it."""
    with open_account(folder) as account:
        found = status(account)
    with open_publication(folder) as publication:
        plan = plan_publication(publication)
    reported = spending(folder, utc_now())
    assert reported is not None
    for said in (plan, reported.totals):
        assert (said.committed_usd, said.paid_usd) == (found.committed_usd, found.paid_usd)
    return found.committed_usd, found.paid_usd


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Published]:
    with published(tmp_path, toml=BONUSES, hit="ratings = 4", assignments=4, pages=1) as made:
        yield made


def charged(study: Published) -> tuple[Decimal, Decimal]:
    spent = Decimal(study.market.state.cents("spent")) / 100
    held = Decimal(study.market.state.rows("SELECT coalesce(sum(held_cents), 0) FROM hits")[0][0]) / 100
    return spent + held, spent


def reviewed(folder: Path, **changes: Any) -> None:
    verb(folder, "fetch")
    verb(folder, "review")
    write_review(folder, [replace(row, pay="pay", **changes) for row in read_review(folder).values()])
    verb(folder, "review", "--apply", "--yes")


def test_a_copy_says_what_another_paid_and_pays_no_more(market: Published, capsys: pytest.CaptureFixture[str]) -> None:
    first, other = market.small.folder, copy_of(market.small.folder)
    market.work("p0001", "A1")
    market.work("p0001", "A2")
    verb(other, "fetch")
    reviewed(first)
    assert told(first) == told(other) == charged(market)
    paid = market.bonuses()
    capsys.readouterr()
    reviewed(other)
    assert "pay 0 bonuses" in capsys.readouterr().out
    assert market.bonuses() == paid and told(other) == charged(market)
    forget(other, "A1")
    assert told(other) == charged(market)


def test_what_a_person_paid_at_the_requesters_page_is_paid(market: Published) -> None:
    folder, assignment = market.small.folder, market.work("p0001", "A1")
    client = boto3.client("mturk", region_name="us-east-1", endpoint_url=market.market.endpoint_url)
    client.approve_assignment(AssignmentId=assignment)
    for amount in ("0.35", "0.35", "0.10"):
        client.send_bonus(WorkerId="A1", AssignmentId=assignment, BonusAmount=amount, Reason="Thank you for waiting.")
    client.close()
    assert told(folder) == charged(market)
    reviewed(folder)  # which is for something else
    assert market.bonuses() == {("A1", 35): 3, ("A1", 10): 1, ("A1", 15): 1}
    assert told(folder) == charged(market)


def test_what_a_person_paid_for_work_that_was_rejected_is_found_when_all_is_looked_at(market: Published) -> None:
    folder, assignment = market.small.folder, market.work("p0001", "A1")
    client = boto3.client("mturk", region_name="us-east-1", endpoint_url=market.market.endpoint_url)
    client.reject_assignment(AssignmentId=assignment, RequesterFeedback="No.")
    client.send_bonus(WorkerId="A1", AssignmentId=assignment, BonusAmount="0.50", Reason="For your time all the same.")
    client.close()
    verb(folder, "fetch", "--all")
    assert told(folder) == charged(market)


def test_what_another_copy_paid_for_work_that_this_one_approved_is_found_when_all_is_looked_at(
    market: Published,
) -> None:
    first, other = market.small.folder, copy_of(market.small.folder)
    market.work("p0001", "A1")
    reviewed(first, training_bonus_usd=Decimal(0), completion_bonus_usd=Decimal(0))
    reviewed(other)
    verb(first, "fetch", "--all")
    assert told(first) == told(other) == charged(market)


@dataclass
class Panel:
    """A study at one of the two panels, and what it has charged for bonuses, without fees."""

    folder: Path
    work: Callable[[int], str]
    worker: Callable[[int], str]
    bonuses_usd: Callable[[], Decimal]
    pay_by_hand: Callable[[str, int], None]


@contextmanager
def prolific(folder: Path, site: str) -> Iterator[Panel]:
    with Prolific() as service:
        made = test_prolific.batch(folder, service, site, PAGES, "")
        yield Panel(
            made,
            lambda number: test_prolific.work(made, service, test_prolific.person(number)),
            test_prolific.person,
            lambda: Decimal(sum(sum(row["bonus_payments"]) for row in service.submissions.values())) / 100,
            lambda name, cents: service.submissions[name]["bonus_payments"].append(cents),
        )


@contextmanager
def connect(folder: Path, site: str) -> Iterator[Panel]:
    with Connect() as service:
        made = make_batch(folder / "batch", PAGES, f'kind = "folder"\nfolder = "../served"\nbase_url = "{site}"\n')
        kind = f'kind = "connect"\nminutes = 5\nendpoint_url = "{service.url}"\nresults = {{kind = "collector", url = "{site}/c"}}\n'
        (made / "batch.toml").write_text((made / "batch.toml").read_text().replace('kind = "mturk"\n', kind))

        def by_hand(place: str, cents: int) -> None:
            (row,) = service.assignments.values()
            row["bonus"] = float(Decimal(str(row["bonus"])) + Decimal(cents) / 100)

        yield Panel(
            made,
            lambda number: test_connect.work(made, service, number),
            test_connect.person,
            lambda: Decimal(str(sum(row["bonus"] for row in service.assignments.values()))),
            by_hand,
        )


@pytest.fixture(params=[prolific, connect])
def panel(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Panel]:
    monkeypatch.setenv("PROLIFIC_TOKEN", "rehearsal")
    monkeypatch.setenv("CONNECT_API_KEY", "rehearsal")
    monkeypatch.setattr(web, "FIRST_WAIT_S", 0.01)
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as site, request.param(tmp_path, site) as made:
        with open_publication(made.folder) as publication:
            publish(publication, plan_publication(publication))
        yield made


def pay(study: Panel, folder: Path, place: str, **bonuses: str) -> None:
    with open_account(folder) as account:
        fetch(account)
        (worker,) = {row.worker for row in account.ledger.submissions()}
        once(account, Act("approve", worker, place))
        for purpose, amount in bonuses.items():
            act = bonus_act(account, purpose, worker, place, Decimal(amount), f"for {purpose}", 2)
            assert once(account, act) == "paid"


def elsewhere(folder: Path) -> list[Decimal]:
    with Ledger(folder / "ledger.sqlite") as ledger:
        return [each.act.amount_usd for each in ledger.acts("bonus") if each.act.purpose.startswith("elsewhere")]


def test_on_a_panel_too(panel: Panel) -> None:
    place = panel.work(1)
    other = copy_of(panel.folder)
    pay(panel, panel.folder, place, training="0.50", completion="0.20")
    assert told(panel.folder) == told(other)
    assert sum(elsewhere(other)) == panel.bonuses_usd() == Decimal("0.70")
    pay(panel, other, place, training="0.50", completion="0.20")
    assert elsewhere(other) == []
    assert panel.bonuses_usd() == Decimal("0.70") and told(panel.folder) == told(other)


def test_on_a_panel_what_a_person_paid_is_paid(panel: Panel) -> None:
    place = panel.work(1)
    pay(panel, panel.folder, place, training="0.50")
    _, before_usd = told(panel.folder)
    with Ledger(panel.folder / "ledger.sqlite") as ledger:
        ledger._database.execute("DELETE FROM acts WHERE verb = 'approve'")  # as a person did that too
    panel.pay_by_hand(place, 30)
    _, paid_usd = told(panel.folder)
    kind = kind_of(read_config(panel.folder / "batch.toml"))
    assert paid_usd - before_usd == Decimal("0.30") + kind.bonus_fee_usd(Decimal("0.30"), 2)


def test_what_is_taken_for_a_bonus_since_as_much_was_paid_is_said(
    panel: Panel, capsys: pytest.CaptureFixture[str]
) -> None:
    place = panel.work(1)
    pay(panel, panel.folder, place)
    with Ledger(panel.folder / "ledger.sqlite") as ledger:
        ledger._database.execute("DELETE FROM acts WHERE verb = 'approve'")  # as a person did that too
    panel.pay_by_hand(place, 15)  # for something else, as far as anybody knows
    for _ in range(2):
        capsys.readouterr()
        reviewed(panel.folder, training_bonus_usd=Decimal(0), completion_bonus_usd=Decimal("0.15"))
        said = " ".join(capsys.readouterr().out.split())
        assert "pay 0 bonuses" in said
        assert f"the completion bonus of {place} is not paid: $0.15 were paid for it already" in said


def test_one_payment_is_taken_for_one_of_two_bonuses_of_the_same_amount(panel: Panel) -> None:
    place = panel.work(1)
    pay(panel, panel.folder, place)
    with Ledger(panel.folder / "ledger.sqlite") as ledger:
        ledger._database.execute("DELETE FROM acts WHERE verb = 'approve'")  # as a person did that too
    panel.pay_by_hand(place, 15)
    for _ in range(2):
        reviewed(panel.folder, training_bonus_usd=Decimal("0.15"), completion_bonus_usd=Decimal("0.15"))
        assert panel.bonuses_usd() == Decimal("0.30") and elsewhere(panel.folder) == []


def test_where_lists_do_not_tell_it_is_found_when_all_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROLIFIC_TOKEN", "rehearsal")
    paged = State._page

    def brief(state: State, path: str, rows: list[Any], query: Any) -> Any:
        return paged(state, path, [{key: row[key] for key in row if key != "bonus_payments"} for row in rows], query)

    monkeypatch.setattr(State, "_page", brief)
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as site, prolific(tmp_path, site) as study:
        with open_publication(study.folder) as publication:
            publish(publication, plan_publication(publication))
        place = study.work(1)
        other = copy_of(study.folder)
        pay(study, study.folder, place, training="0.50")
        before = told(other)
        verb(other, "fetch", "--all")
        assert told(other) == told(study.folder) != before


def test_who_may_not_look_at_payments_still_has_answers(
    market: Published, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As at a marketplace that speaks the protocol and not all of it."""

    def refused(*_: object) -> Any:
        raise RefusalError("AccessDenied", "no such operation")

    folder, assignment = market.small.folder, market.work("p0001", "A1")
    client = boto3.client("mturk", region_name="us-east-1", endpoint_url=market.market.endpoint_url)
    client.approve_assignment(AssignmentId=assignment)
    client.close()
    monkeypatch.setitem(ACTS, "ListBonusPayments", refused)
    verb(folder, "fetch")
    assert "1 new submission" in capsys.readouterr().out
    verb(folder, "review")
    for words in ("fetch --all", "status", "review --apply --dry-run", "extend --hours 1", "topup", "expire", "delete"):
        capsys.readouterr()
        verb(folder, *words.split())
        assert " ".join(capsys.readouterr().out.split()).count(UNSEEN) == 1, words
