"""What is said of money through whole lives of studies, against sums done by hand from the published prices and from what the service has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hitgen.analysis.money import spending
from hitgen.doubles.prolific.server import Prolific
from hitgen.doubles.prolific.state import TAKEN
from hitgen.errors import OutsideError
from hitgen.ledger.acts import Act
from hitgen.lib import web as web_client
from hitgen.lib.clock import utc_now
from hitgen.publishing.bonuses import bonus_act
from hitgen.publishing.end import close, expire
from hitgen.publishing.once import once
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import PublicationPlan, plan_publication, publish
from hitgen.publishing.status import Status, status
from hitgen.results.forget import forget
from hitgen.results.topup import coming
from tests.support.servers import serving
from tests.test_prolific import batch, person, run, work

PAGES: list[dict[str, Any]] = [{"study": [name], "assignments": 3} for name in ("a", "b", "c")]
PLACE_USD = Decimal("1.72")
"""$1.20, and 42.8% of it, which is 51.36 cents."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Prolific]:
    monkeypatch.setenv("PROLIFIC_TOKEN", "rehearsal")
    monkeypatch.setattr(web_client, "FIRST_WAIT_S", 0.01)
    with Prolific() as running:
        yield running


@pytest.fixture
def study(tmp_path: Path, service: Prolific) -> Iterator[Path]:
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as url:
        yield batch(tmp_path, service, url, PAGES, 'rejection = "reject"')


def planned(folder: Path, topup: dict[str, int] | None = None) -> PublicationPlan:
    with open_publication(folder) as publication:
        return plan_publication(publication, topup)


def told(folder: Path) -> Status:
    """What status says, which is what the next publication and the report say."""
    with open_account(folder) as account:
        found = status(account)
    reported, plan = spending(folder, utc_now()), planned(folder)
    assert reported is not None
    for said in (reported.totals, plan):
        assert (said.committed_usd, said.paid_usd) == (found.committed_usd, found.paid_usd)
    return found


def at_the_service(service: Prolific) -> tuple[int, int]:
    """Places that were taken and may have to be paid, and those that somebody may still take."""
    held = sum(row["status"] in TAKEN for row in service.submissions.values())
    places = sum(row["total_available_places"] for row in service.studies.values() if row["status"] == "ACTIVE")
    in_open = sum(
        row["status"] in TAKEN
        for row in service.submissions.values()
        if service.studies[row["study_id"]]["status"] == "ACTIVE"
    )
    return held, places - in_open


def same(folder: Path, service: Prolific, bonuses_usd: str = "0.00", forgotten: int = 0) -> Status:
    """Everything that is told, once it is what a sum by hand comes to."""
    found, (held, free) = told(folder), at_the_service(service)
    approved = sum(row["status"] == "APPROVED" for row in service.submissions.values())
    assert free <= found.out <= free + forgotten  # the recruiter cannot tell whose place nobody is told of
    assert found.committed_usd == PLACE_USD * (held + free) + Decimal(bonuses_usd)
    assert found.paid_usd == PLACE_USD * approved + Decimal(bonuses_usd)
    return found


def judged(folder: Path, *acts: Act) -> list[str]:
    with open_account(folder) as account:
        return [once(account, act) for act in acts]


def test_a_whole_life_on_prolific(study: Path, service: Prolific) -> None:
    assert planned(study).quote.total_usd == 9 * PLACE_USD
    run(study)
    assert same(study, service).out == 9
    done = [work(study, service, person(number)) for number in range(4)]
    same(study, service)
    name = next(iter(service.studies))
    gone, _ = service.take(name, person(4))
    assert same(study, service).at_work == 1
    service.submissions[gone]["status"] = "TIMED-OUT"
    same(study, service)
    service.give_back(done[3])
    same(study, service)
    # A code without answers holds its place, and may have to be paid, until somebody decides.
    silent = work(study, service, person(5), answers=False)
    assert same(study, service).at_work == 1
    judged(study, Act("approve", person(0), done[0]))
    same(study, service)
    # The place of whoever is rejected is free again while the study is open.
    judged(study, Act("reject", person(1), done[1], words="Nothing was answered. " * 6))
    found = same(study, service)
    assert (found.rejected, found.returned) == (1, 1)
    with open_publication(study) as publication:
        assert sum(coming(publication).values()) == at_the_service(service)[1] + 1
    with open_account(study) as account:
        bonus = bonus_act(account, "training", person(0), done[0], Decimal("0.35"), "thanks", 3)
        assert (bonus.cost_usd, once(account, bonus), once(account, bonus)) == (Decimal("0.50"), "paid", "paid")
    same(study, service, "0.50")
    forget(study, person(0))
    forget(study, person(1))
    done = done[2:]
    assert same(study, service, "0.50", 1).at_work == 1
    for number in range(10, 17):
        if service.offers(person(number)):
            done.append(work(study, service, person(number)))
            same(study, service, "0.50", 1)
    assert at_the_service(service)[1] == 0
    assert planned(study).quote.total_usd == 0
    service.give_back(silent)
    assert same(study, service, "0.50", 1).out <= 2
    plan = planned(study, {"p0001": 2})
    assert plan.quote.total_usd == 2 * PLACE_USD
    with open_publication(study) as publication:
        publish(publication, plan_publication(publication, {"p0001": 2}))
    assert same(study, service, "0.50", 1).out <= 4
    with open_account(study) as account:
        expire(account)
    same(study, service, "0.50", 1)
    judged(study, *(Act("approve", service.submissions[each]["participant_id"], each) for each in done))
    with open_account(study) as account:
        assert close(account).closed
        found = status(account)
    approved = sum(row["status"] == "APPROVED" for row in service.submissions.values())
    assert found.committed_usd == found.paid_usd == PLACE_USD * approved + Decimal("0.50")


def test_whoever_is_at_work_is_counted_beside_whom_was_forgotten(study: Path, service: Prolific) -> None:
    """Prolific does not say at which page people are, and hitgen not any more at which one a forgotten person was."""
    run(study)
    (name,) = service.studies
    for number in range(9):
        work(study, service, person(number), answers=number == 0)
        same(study, service)
    forget(study, person(0))
    same(study, service, forgotten=1)
    with open_account(study) as account:
        expire(account)
    assert same(study, service, forgotten=1).committed_usd == 9 * PLACE_USD
    assert service.studies[name]["status"] == "AWAITING REVIEW"


def test_a_draft_that_was_cut_off_here_and_published_by_another_copy_is_counted_and_not_asked_for_again(
    study: Path, service: Prolific, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> int:
        raise OutsideError("the disk is full")

    with monkeypatch.context() as patched, pytest.raises(OutsideError, match="disk is full"):
        patched.setattr("hitgen.publishing.publish._serve", cut)
        run(study)
    copied = (study / "ledger.sqlite").read_bytes()
    run(study)
    for left in study.glob("ledger.sqlite*"):
        left.unlink()
    (study / "ledger.sqlite").write_bytes(copied)
    assert planned(study).quote.total_usd == 0
    same(study, service)


@pytest.mark.parametrize("ended", ["", "AWAITING REVIEW", "COMPLETED"])
def test_a_backup_of_before_a_top_up_takes_it_in_open_or_ended(study: Path, service: Prolific, ended: str) -> None:
    run(study)
    backup = (study / "ledger.sqlite").read_bytes()
    with open_publication(study) as publication:
        publish(publication, plan_publication(publication, {"p0001": 2}))
    first, second = service.studies.values()
    service.studies[first["id"]]["status"] = "PAUSED"
    session = work(study, service, person(1))
    service.studies[first["id"]]["status"] = "ACTIVE"
    if ended:
        second |= {"status": ended, "date_created": (utc_now() - timedelta(days=1)).isoformat()}
    for left in study.glob("ledger.sqlite*"):
        left.unlink()
    (study / "ledger.sqlite").write_bytes(backup)
    assert planned(study).adopted == ("p0001.t1",)
    assert len(service.studies) == 2
    found = same(study, service)
    assert found.submitted == 1
    assert judged(study, Act("approve", person(1), session)) == ["Approved"]
    same(study, service)
