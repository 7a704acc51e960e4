"""What was put into a draft before a run was cut off, and is meant otherwise by now: people get what is built and agreed to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hitgen.doubles.connect.server import Connect
from hitgen.doubles.prolific.server import Prolific
from hitgen.errors import InputError, OutsideError
from hitgen.ledger.ledger import Ledger
from hitgen.lib import web as web_client
from hitgen.publishing import publish as publishing
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.publishing.status import status
from hitgen.recruiters.memory import Killed
from tests.support.batches import make_batch
from tests.support.servers import serving

PAGES: list[dict[str, Any]] = [{"study": ["a"], "assignments": 2}, {"study": ["b"], "assignments": 3}]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as address:
        yield address


@pytest.fixture(params=["prolific", "connect"])
def service(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("PROLIFIC_TOKEN", "rehearsal")
    monkeypatch.setenv("CONNECT_API_KEY", "rehearsal")
    monkeypatch.setattr(web_client, "FIRST_WAIT_S", 0.01)
    with {"prolific": Prolific, "connect": Connect}[request.param]() as running:
        yield running


def made(tmp_path: Path, web: str, service: Any, pages: list[dict[str, Any]], reward: str = "1.20") -> Path:
    folder = make_batch(tmp_path / "batch", pages, f'kind = "folder"\nfolder = "../served"\nbase_url = "{web}"\n')
    kind = f'endpoint_url = "{service.url}"\nminutes = 5\nresults = {{kind = "collector", url = "{web}/c"}}\n'
    if isinstance(service, Prolific):
        kind = f'kind = "prolific"\nworkspace = "{service.workspace}"\n{kind}'
    else:
        kind = f'kind = "connect"\n{kind}'
    text = (folder / "batch.toml").read_text().replace('kind = "mturk"\n', kind).replace('"1.20"', f'"{reward}"')
    (folder / "batch.toml").write_text(text)
    return folder


def cut_off(folder: Path, after: int) -> None:
    """A run that is killed after its draft was made, and so many of its HITs."""
    left = [after]

    def create(*given: Any) -> Any:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return real(*given)

    real: Callable[..., Any] = publishing.create
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed), open_publication(folder) as publication:
        patch.setattr(publishing, "create", create)
        publish(publication, plan_publication(publication))


def run(folder: Path) -> Decimal:
    with open_publication(folder) as publication:
        plan = plan_publication(publication)
        publish(publication, plan, new_reward=True)
        return plan.total_usd


def out(service: Any) -> list[tuple[int, int, str]]:
    """What people are offered: places, reward in cents, addresses."""
    if isinstance(service, Prolific):
        return [
            (row["total_allocation"], study["reward"], row["external_url"].partition("?")[0])
            for study in service.studies.values()
            if study["status"] == "ACTIVE"
            for row in study["access_details"]
        ]
    return [
        (row["participants"], round(row["payment"] * 100), "")
        for row in service.projects.values()
        if row["status"] == "Live"
    ]


def changed(tmp_path: Path, web: str, service: Any, reward: str, more: int) -> Path:
    """The batch built anew with pages of another content and more places, and another reward."""
    pages = [{**page, "assignments": page["assignments"] + more, "text": f"{more}"} for page in PAGES]
    return made(tmp_path, web, service, pages, reward)


@pytest.mark.parametrize(("reward", "more"), [("1.20", 0), ("1.00", 0), ("1.40", 1), ("1.20", 1)])
def test_what_is_out_is_what_is_built_and_agreed_to(
    tmp_path: Path, web: str, service: Any, reward: str, more: int
) -> None:
    folder = made(tmp_path, web, service, PAGES)
    cut_off(folder, 0)
    changed(tmp_path, web, service, reward, more)
    total_usd = run(folder)
    offered = out(service)
    assert {row[1] for row in offered} == {round(Decimal(reward) * 100)}
    assert sum(row[0] for row in offered) == 5 + 2 * more
    with open_account(folder) as account:
        assert status(account).committed_usd == total_usd
        if isinstance(service, Prolific):
            assert {order.url for order in account.ledger.book.orders()} == {row[2] for row in offered}
    spent = {
        Prolific: lambda: Decimal(1_000_000 - service.balance_cents) / 100,
        Connect: lambda: 10_000 - service.balance_usd,
    }
    assert 0 <= total_usd - spent[type(service)]() <= Decimal("0.01") * (5 + 2 * more)


def test_fewer_pages_than_there_were_leave_none_behind(tmp_path: Path, web: str, service: Any) -> None:
    folder = made(tmp_path, web, service, PAGES)
    cut_off(folder, 0)
    made(tmp_path, web, service, PAGES[:1])
    run(folder)
    assert sum(row[0] for row in out(service)) == 2


def test_a_draft_whose_making_was_not_noted_is_known_by_its_name(tmp_path: Path, web: str, service: Any) -> None:
    folder = made(tmp_path, web, service, PAGES)
    cut_off(folder, 0)
    with Ledger(folder / "ledger.sqlite") as ledger:
        for topic in ("prolific:study", "connect:project"):
            for name in ledger.book.notes(topic):
                ledger.book.drop(topic, name)
    if isinstance(service, Connect):
        changed(tmp_path, web, service, "1.40", 1)
    run(folder)
    assert len(out(service)) == (1 if isinstance(service, Connect) else 2)
    assert sum(row[0] for row in out(service)) == (7 if isinstance(service, Connect) else 5)


def test_a_draft_of_a_hit_that_was_made_is_not_thrown_away(tmp_path: Path, web: str, service: Any) -> None:
    folder = made(tmp_path, web, service, PAGES)
    cut_off(folder, 1)
    made(tmp_path, web, service, PAGES, "1.40")
    with pytest.raises(InputError, match=r"is also of p0001.1, .* had another reward"):
        run(folder)
    assert out(service) == []
    made(tmp_path, web, service, PAGES)
    run(folder)
    assert sum(row[0] for row in out(service)) == 5


def test_another_fee_than_was_shown_is_agreed_to_by_nobody(tmp_path: Path, web: str, service: Any) -> None:
    """It is no way round the total that was typed: what was made keeps the price that it was shown with."""
    folder = made(tmp_path, web, service, PAGES)
    config = folder / "batch.toml"
    text = config.read_text()
    for percent in ("10", "45"):
        config.write_text(text.replace("minutes = 5", f'minutes = 5\nfee_percent = "{percent}"'))
        with pytest.raises(OutsideError, match=r"more than the \$6\.60 that were shown; .* from another folder"):
            run(folder)
        with open_account(folder) as account:
            assert status(account).committed_usd == Decimal("6.60")
    assert out(service) == []


def test_a_draft_that_somebody_deleted_is_made_again(tmp_path: Path, web: str, service: Any) -> None:
    folder = made(tmp_path, web, service, PAGES)
    cut_off(folder, 0)
    if isinstance(service, Connect):
        next(iter(service.projects.values()))["status"] = "Archived"
    else:
        service.studies.clear()
    run(folder)
    assert sum(row[0] for row in out(service)) == 5
