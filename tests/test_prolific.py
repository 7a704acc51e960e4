"""Prolific: the publisher against a double of its API that refuses what the published reference does not know."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from hitgen.cli import main
from hitgen.collector.inbox import Inbox
from hitgen.doubles.prolific.server import Prolific
from hitgen.errors import InputError, OutsideError
from hitgen.ledger.acts import Act
from hitgen.lib import web as web_client
from hitgen.publishing.bonuses import bonus_act
from hitgen.publishing.once import once
from hitgen.publishing.publication import Account, open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.publishing.status import status
from hitgen.recruiters.base import RefusedError, UnknownOutcomeError
from hitgen.recruiters.prolific.kind import is_session
from tests.support.batches import make_batch
from tests.support.servers import serving

PAGES = [
    {"study": ["a"], "gold": ["q"], "assignments": 2},
    {"study": ["b"], "gold": ["q"], "assignments": 3},
]
QUIZ = {"kind": "qualification", "gold": ["r"], "assignments": 4}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Prolific]:
    monkeypatch.setenv("PROLIFIC_TOKEN", "rehearsal")
    monkeypatch.setattr(web_client, "FIRST_WAIT_S", 0.01)
    with Prolific() as running:
        yield running


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as url:
        yield url


@pytest.fixture
def study(tmp_path: Path, service: Prolific, web: str) -> Path:
    return batch(tmp_path, service, web, PAGES)


def batch(
    tmp_path: Path, service: Prolific, web: str, pages: list, recruiter: str = "", qualification: str = ""
) -> Path:
    host = f'kind = "folder"\nfolder = "../served"\nbase_url = "{web}"\n'
    folder = make_batch(tmp_path / "batch", pages, host)
    kind = f"""kind = "prolific"
workspace = "{service.workspace}"
minutes = 5
endpoint_url = "{service.url}"
results = {{kind = "collector", url = "{web}/c"}}
{recruiter}
"""
    text = (folder / "batch.toml").read_text().replace('kind = "mturk"\n', kind)
    (folder / "batch.toml").write_text(text + qualification)
    return folder


def run(folder: Path, production: bool = False, total: str = "") -> tuple[str, ...]:
    with open_publication(folder, production) as publication:
        plan = plan_publication(publication)
        return publish(publication, plan, total or str(plan.quote.total_usd)).told


def deliver(folder: Path, session: str, hit: str = "p0001.1", at: datetime | None = None, **more: object) -> None:
    values = {"schema": 1, "batch": "demo", "page": hit[:5], "hit": hit, "assignment": session, "trials": [], **more}
    with Inbox(folder / "collected.sqlite", "demo", is_session) as inbox:
        inbox.add(json.dumps(values).encode(), "collector", at or datetime.now(UTC))


def work(folder: Path, service: Prolific, participant: str, answers: bool = True) -> str:
    """A participant takes a place, answers and comes back with the code."""
    (name,) = service.offers(participant)
    session, url = service.take(name, participant)
    assert f"assignmentId={session}" in url and f"workerId={participant}" in url
    if answers:
        deliver(folder, session, url.split("hitId=")[1].split("&")[0])
    service.complete(session, "HITGEN01")
    return session


def person(number: int) -> str:
    return f"{number:024x}"


def test_one_draft_with_an_address_a_page_is_published_once(study: Path, service: Prolific) -> None:
    for _ in range(3):
        run(study)
    (made,) = service.studies.values()
    assert (made["status"], made["total_available_places"], made["reward"]) == ("ACTIVE", 5, 120)
    assert [row["total_allocation"] for row in made["access_details"]] == [2, 3]
    assert made["completion_codes"][0]["actions"] == [{"action": "MANUALLY_REVIEW"}]
    assert made["filters"][0]["filter_id"] == "participant_group_blocklist"
    assert service.balance_cents == 1_000_000 - 5 * 120 * 1428 // 1000
    assert service.refusals == []
    with open_account(study) as account:
        found = status(account)
        assert (found.out, found.hits, found.committed_usd) == (5, {"created": 2}, Decimal("8.60"))


def test_answers_and_the_list_of_submissions_must_agree(study: Path, service: Prolific) -> None:
    run(study)
    sessions = [work(study, service, person(number)) for number in range(3)]
    missing = work(study, service, person(3), answers=False)
    deliver(study, "f" * 24)  # posted by a stranger
    deliver(study, sessions[0], trials=[{"forged": 1}])
    name = next(iter(service.studies))
    working, _ = service.take(name, person(4))
    deliver(study, working)  # handed in, but not completed at Prolific
    with open_account(study) as account:
        found = status(account)
        rows = {row.assignment: row for row in account.ledger.submissions()}
    assert set(rows) == set(sessions)
    assert {row.worker for row in rows.values()} == {person(number) for number in range(3)}
    assert json.loads(rows[sessions[0]].answer)["trials"] == []
    # Prolific has five in five places: whose answers are missing holds one, too, until somebody decides.
    assert (found.submitted, found.at_work, found.out) == (3, 2, 0)
    assert any(missing in line and "no answers yet" in line for line in run(study))


def test_answers_on_no_list_that_is_known_are_kept(study: Path, service: Prolific) -> None:
    """The list may be short for once, or the ledger a copy that does not know the last study."""
    run(study)
    deliver(study, session := f"{7:024x}", at=datetime.now(UTC) - timedelta(days=2))
    with open_account(study) as account:
        status(account)
    with Inbox(study / "collected.sqlite", "demo") as inbox:
        assert inbox.delivered() == {session}


def test_a_clock_that_was_put_forward_drops_no_answers_of_today(
    study: Path, service: Prolific, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where room runs out, what came an hour before the list is made up; by a wrong clock everything did."""
    run(study)
    monkeypatch.setattr("hitgen.collector.inbox.MAX_UNLISTED_BYTES", 100)
    session, _ = service.take(next(iter(service.studies)), person(1))
    listed = service.submissions.pop(session)  # the list lags
    values = {"schema": 1, "batch": "demo", "page": "p0001", "hit": "p0001.1", "assignment": session, "trials": []}
    with Inbox(study / "collected.sqlite", "demo", is_session, lambda _: False) as inbox:
        assert inbox.add(json.dumps(values).encode(), "collector", datetime.now(UTC)) == "stored"
    monkeypatch.setattr("hitgen.recruiters.prolific.prolific.utc_now", lambda: datetime.now(UTC) + timedelta(hours=2))
    with monkeypatch.context() as wrong:
        wrong.setattr(web_client.Response, "skew_s", property(lambda _: 7200.0))
        with open_account(study) as account, pytest.raises(OutsideError, match="120 minutes ahead"):
            status(account)
    monkeypatch.setattr("hitgen.recruiters.prolific.prolific.utc_now", lambda: datetime.now(UTC))
    service.submissions[session] = listed
    service.complete(session, "HITGEN01")
    with open_account(study) as account:
        assert status(account).submitted == 1


def test_approve_return_and_reject(study: Path, service: Prolific) -> None:
    run(study)
    one, two, three = (work(study, service, person(number)) for number in range(3))
    with open_account(study) as account:
        status(account)
        assert [once(account, Act("approve", person(0), one)) for _ in range(2)] == ["Approved", "Approved"]
        assert once(account, Act("reject", person(1), two, words="Nothing was answered.")) == "Submitted"
        assert service.submissions[two]["return_requested"]
        service.give_back(two)
        service.give_back(three)  # on their own: the answers are taken back
        status(account)
        found = {row.assignment: row.status for row in account.ledger.submissions()}
    assert (found[one], found[two]) == ("Approved", "Rejected")
    (study / "batch.toml").write_text((study / "batch.toml").read_text() + 'rejection = "reject"\n')
    four = work(study, service, person(4))
    with open_account(study) as account:
        status(account)
        assert once(account, Act("reject", person(4), four, words="No.")) == "Rejected"
    assert service.refusals == []


@pytest.mark.parametrize("word", ["RETURNED", "TIMED-OUT", "SCREENED OUT"])
def test_what_was_taken_back_after_it_was_fetched_is_out_of_use_and_unpaid(
    study: Path, service: Prolific, word: str
) -> None:
    run(study)
    stays, leaves = (work(study, service, person(number)) for number in range(2))
    with open_account(study) as account:
        before = status(account)
        service.submissions[leaves]["status"] = word
        found = status(account)
        assert {row.assignment: row.status for row in account.ledger.submissions()} == {
            stays: "Submitted", leaves: "Returned",
        }  # fmt: skip
        assert (before.submitted, found.submitted, found.returned, found.out) == (2, 1, 1, before.out + 1)
        assert found.committed_usd == before.committed_usd
        assert once(account, Act("approve", person(1), leaves)) == "Returned"
        with pytest.raises(RefusedError, match="nothing is paid"):
            once(account, bonus(account, leaves))
        assert paid(service, leaves) == []
        service.submissions[leaves]["status"] = "AWAITING REVIEW"
        assert status(account).submitted == 2
        assert once(account, Act("approve", person(1), leaves)) == "Approved"


def bonus(account: Account, session: str) -> Act:
    return bonus_act(account, "training", person(0), session, Decimal("0.50"), "thank you", 2)


def paid(service: Prolific, session: str) -> list[int]:
    return list(service.submissions[session]["bonus_payments"])


@pytest.mark.parametrize("faults", [[], ["busy"], ["", "busy"], ["lost"], ["broken"], ["", "broken"], ["", "lost"]])
def test_a_bonus_is_paid_once_whatever_happens(study: Path, service: Prolific, faults: list[str]) -> None:
    run(study)
    session = work(study, service, person(0))
    with open_account(study) as account:
        status(account)
        service.faults = list(faults)
        for _ in range(4):
            try:
                once(account, bonus(account, session))
            except (OutsideError, RefusedError, UnknownOutcomeError):
                continue
    assert paid(service, session) in ([50], [])
    assert paid(service, session) == [50] or faults == ["", "broken"]


def test_a_bonus_in_doubt_is_sent_again_after_a_day(
    study: Path, service: Prolific, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(study)
    session = work(study, service, person(0))
    with open_account(study) as account:
        status(account)
        service.faults = ["", "broken"]
        with pytest.raises(UnknownOutcomeError):
            once(account, bonus(account, session))
        with pytest.raises(OutsideError, match="may have been paid"):
            once(account, bonus(account, session))
        monkeypatch.setattr("hitgen.recruiters.prolific.bonuses.SURE_AFTER", timedelta(0))
        once(account, bonus(account, session))
    assert paid(service, session) == [50]


@pytest.mark.parametrize("amount", ["0.60", "0.25", "0.50"])
def test_a_backup_of_before_a_bonus_that_is_another_by_now_pays_no_second_one(
    study: Path, service: Prolific, amount: str
) -> None:
    run(study)
    session = work(study, service, person(0))
    backup = (study / "ledger.sqlite").read_bytes()
    with open_account(study) as account:
        status(account)
        once(account, bonus(account, session))
    for left in study.glob("ledger.sqlite*"):
        left.unlink()
    (study / "ledger.sqlite").write_bytes(backup)
    with open_account(study) as account:
        status(account)
        act = bonus_act(account, "training", person(0), session, Decimal(amount), "thank you", 2)
        if amount == "0.50":
            assert once(account, act) == "paid"
        else:
            with pytest.raises(RefusedError, match=r"\$0\.50 of bonus were paid .* that this ledger did not ask for"):
                once(account, act)
            assert account.ledger.act(act) is None
    assert paid(service, session) == [50]


def test_a_lost_reply_makes_no_second_study(study: Path, service: Prolific) -> None:
    service.faults = ["", "lost"]  # the group, then the draft
    with pytest.raises(UnknownOutcomeError):
        run(study)
    assert [row["status"] for row in service.studies.values()] == ["UNPUBLISHED"]
    service.faults = ["lost"]  # publishing
    with pytest.raises(UnknownOutcomeError):
        run(study)
    run(study)
    assert [row["status"] for row in service.studies.values()] == ["ACTIVE"]


def test_one_page_a_person_and_none_for_the_excluded(study: Path, service: Prolific) -> None:
    run(study)
    work(study, service, person(0))
    with open_account(study) as account:
        status(account)
        once(account, Act("exclude", person(9)))
    assert service.offers(person(9)) == [] == service.offers(person(0))
    with open_publication(study) as publication:
        plan = plan_publication(publication, {"p0001": 1})
        publish(publication, plan, str(plan.quote.total_usd))
    assert len(service.studies) == 2
    assert service.offers(person(0)) == [] and len(service.offers(person(5))) == 2


def test_admission_is_a_study_of_its_own(tmp_path: Path, service: Prolific, web: str) -> None:
    more = '[qualification]\nreward_usd = "1.00"\n'
    folder = batch(tmp_path, service, web, [QUIZ, *PAGES], qualification=more)
    run(folder)
    quiz, pages = service.studies.values()
    assert [len(row["access_details"]) for row in (quiz, pages)] == [1, 2] and (quiz["reward"], pages["reward"]) == (
        100,
        120,
    )
    assert service.offers(person(1)) == [quiz["id"]]
    session = work(folder, service, person(1))
    with open_account(folder) as account:
        status(account)
        once(account, Act("admit", person(1)))
        assert account.ledger.by_status()["p0001.1"].total() == 1
    assert service.offers(person(1)) == [pages["id"]]
    assert service.submissions[session]["status"] == "AWAITING REVIEW"


def test_without_production_nothing_is_spent(study: Path, service: Prolific, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitgen.recruiters.rest.LOOPBACK", ())
    monkeypatch.setattr("hitgen.publishing.publish.LOOPBACK", ())
    monkeypatch.setattr("hitgen.publishing.publish._address_faults", lambda _: [])
    assert any("test participants" in line for line in run(study))
    assert [row["status"] for row in service.studies.values()] == ["UNPUBLISHED", "ACTIVE"]
    assert service.offers(person(1)) == []
    tested = work(study, service, "e" * 24)
    with open_account(study) as account:
        assert status(account).submitted == 1
        once(account, Act("approve", "e" * 24, tested))
    assert service.balance_cents == 1_000_000
    assert main(["close", str(study), "--yes"]) == 0
    assert [row.get("is_test") for row in service.studies.values()] == [True]
    service.studies.clear()
    service.test_mode = False
    text = (study / "batch.toml").read_text().replace('kind = "prolific"', 'kind = "prolific"\ncap_usd = "20"')
    (study / "batch.toml").write_text(text)
    with pytest.raises(InputError, match="that total was not typed"):
        run(study, production=True, total="8.59")
    assert service.studies == {}
    run(study, production=True, total="8.60")
    assert [row["status"] for row in service.studies.values()] == ["ACTIVE"]


def test_more_than_was_agreed_to_is_not_published(tmp_path: Path, service: Prolific, web: str) -> None:
    folder = batch(tmp_path, service, web, PAGES, 'fee_percent = "30"')
    with pytest.raises(OutsideError, match=r"asks for \$8.56 .* more than the \$7.80"):
        run(folder)
    assert [row["status"] for row in service.studies.values()] == ["UNPUBLISHED"]
    assert service.balance_cents == 1_000_000


def test_faults_are_named_before_anything_is_made(tmp_path: Path, service: Prolific, web: str) -> None:
    folder = batch(tmp_path, service, web, PAGES, "qualification_minutes = 2").joinpath("batch.toml")
    folder.write_text(folder.read_text().replace("minutes = 5", "minutes = 10", 1))
    with pytest.raises(InputError, match=r"pays \$7.20 an hour, less than the \$8.00"):
        run(folder.parent)
    service.token = "another"
    folder.write_text(folder.read_text().replace("minutes = 10", "minutes = 5", 1))
    with pytest.raises(InputError, match="invalid token"):
        run(folder.parent)
    assert service.studies == {}


def test_the_end(study: Path, service: Prolific) -> None:
    run(study)
    session = work(study, service, person(0))
    assert main(["expire", str(study)]) == 0
    assert [row["status"] for row in service.studies.values()] == ["AWAITING REVIEW"]
    with open_account(study) as account:
        assert status(account).out == 0
        once(account, Act("approve", person(0), session))
    assert main(["close", str(study), "--yes"]) == 0
    with open_account(study) as account:
        assert ledger_is_closed(account)


def ledger_is_closed(account: Account) -> bool:
    return account.ledger.fact("closed") is not None


def test_where_there_is_no_test_mode_the_draft_is_named(
    study: Path, service: Prolific, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hitgen.recruiters.rest.LOOPBACK", ())
    monkeypatch.setattr("hitgen.publishing.publish._address_faults", lambda _: [])
    service.test_mode = False
    *_, told = run(study)
    assert "is a draft: preview it at" in told and "not enabled for your workspace" in told
    assert [row["status"] for row in service.studies.values()] == ["UNPUBLISHED"]


class Revoked(Prolific):
    """Its token holds for so many requests more."""

    requests_left = 0
    token = property(lambda self: "rehearsal" if self._still() else "another", lambda self, token: None)

    def _still(self) -> bool:
        self.requests_left -= 1
        return self.requests_left >= 0


def test_a_token_that_is_revoked_at_any_moment_stops_in_words_and_nothing_is_made_or_paid_twice(
    tmp_path: Path, web: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROLIFIC_TOKEN", "rehearsal")
    with Revoked() as service:
        folder = batch(tmp_path, service, web, PAGES)

        def often(act: Callable[[], object]) -> int:
            """How often it was stopped until it went through, by a token that held for one request more each time."""
            for number in range(200):
                service.requests_left = number
                try:
                    act()
                except InputError as error:
                    assert "recruiter.token_env" in str(error) and "invalid token" in str(error)
                else:
                    return number
            raise AssertionError

        assert often(lambda: run(folder)) > 5
        (made,) = service.studies.values()
        assert made["status"] == "ACTIVE" and service.balance_cents == 1_000_000 - 5 * 120 * 1428 // 1000
        service.requests_left = 10_000
        session = work(folder, service, person(0))

        def judged() -> None:
            with open_account(folder) as account:
                status(account)
                once(account, Act("approve", person(0), session))
                once(account, bonus(account, session))

        assert often(judged) > 5
        service.requests_left = 10_000
        assert paid(service, session) == [50] and service.submissions[session]["status"] == "APPROVED"
