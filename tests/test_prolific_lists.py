"""Prolific as it answers: lists by their links, groups whole, pounds, screen-outs, several pages, and who else was there."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from hitgen.doubles.prolific.server import Prolific
from hitgen.doubles.prolific.state import State
from hitgen.errors import InputError, OutsideError
from hitgen.ledger.acts import Act
from hitgen.publishing.collect import collect
from hitgen.publishing.end import close, expire
from hitgen.publishing.once import once
from hitgen.publishing.publication import Account, open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.publishing.status import status
from hitgen.recruiters.memory import Killed
from hitgen.recruiters.prolific.studies import Studies
from tests.test_prolific import PAGES, batch, bonus, deliver, paid, person, run, service, study, web, work

__all__ = ["service", "study", "web"]


def came(service: Prolific, count: int) -> None:
    """So many people have taken a place of the one study there is and returned it."""
    name, row = next(iter(service.studies.items()))
    for number in range(count):
        at = (datetime.now(UTC) + timedelta(seconds=number)).isoformat()
        service.submissions[f"{number:024x}"] = {
            "id": f"{number:024x}", "study_id": name, "participant_id": person(number), "status": "RETURNED",
            "started_at": at, "completed_at": at, "entered_code": None, "bonus_payments": [], "return_requested": None,
            "address": row["access_details"][0]["external_url"],
        }  # fmt: skip


def listed(account: Account) -> list[str]:
    studies: Studies = account.recruiter._studies  # type: ignore[attr-defined]
    return [row["id"] for row in studies.submissions(studies.ids()[0])]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200])
def test_a_list_of_any_length_is_read_whole(study: Path, service: Prolific, count: int) -> None:
    run(study)
    came(service, count)
    with open_account(study) as account:
        assert listed(account) == [f"{number:024x}" for number in range(count)]
        found = status(account)
    assert (found.submitted, found.out) == (0, 5)
    assert not [words for words in service.refusals if "page" in words]


def test_a_list_that_shows_less_than_it_has_is_not_believed(
    study: Path, service: Prolific, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(study)
    came(service, 101)
    whole = State._page

    def short(self: State, path: str, rows: list, query: dict) -> dict:
        found = whole(self, path, rows, query)
        return {**found, "results": found["results"][:-1]} if path == "/submissions/" else found

    monkeypatch.setattr(State, "_page", short)
    with (
        open_account(study) as account,
        pytest.raises(OutsideError, match="lists 101 entries at /submissions/ and shows 99"),
    ):
        status(account)


def test_a_group_is_found_among_many(study: Path, service: Prolific) -> None:
    for number in range(150):
        service.make_group({}, {"name": f"another {number}", "workspace_id": service.workspace})
    service.make_group({}, {"name": "hitgen-excluded", "workspace_id": service.workspace})
    run(study)
    assert [row["name"] for row in service.groups.values()].count("hitgen-excluded") == 1


POUNDS = 'usd_per_gbp = "1.25"\n'


def test_a_workspace_in_pounds(tmp_path: Path, service: Prolific, web: str) -> None:
    folder = batch(tmp_path, service, web, PAGES, POUNDS)
    with pytest.raises(InputError, match=r"this workspace pays in USD, and batch\.toml speaks of GBP"):
        run(folder)
    service.currency = "GBP"
    run(folder)
    (made,) = service.studies.values()
    assert (made["status"], made["reward"]) == ("ACTIVE", 96)
    session = work(folder, service, person(0))
    with open_account(folder) as account:
        assert status(account).committed_usd == Decimal("8.60")
        assert account.recruiter.balance_usd() == Decimal(1_000_000 - 5 * 96 * 1428 // 1000) / 100 * Decimal("1.25")
        once(account, bonus(account, session))
        assert once(account, bonus(account, session)) == "paid"
    assert paid(service, session) == [40]
    (folder / "batch.toml").write_text((folder / "batch.toml").read_text().replace(POUNDS, ""))
    with pytest.raises(InputError, match="this workspace pays in pounds; try the dollars that a pound is worth"):
        run(folder)


SCREENS = 'screen_out_usd = "0.20"\nscreen_outs = 1\n'


def test_who_is_screened_out_is_paid_once_and_frees_the_place(tmp_path: Path, service: Prolific, web: str) -> None:
    folder = batch(tmp_path, service, web, PAGES, SCREENS)
    run(folder)
    (made,) = service.studies.values()
    assert service.balance_cents == 1_000_000 - (5 * 120 + 2 * 20) * 1428 // 1000
    sessions = [service.take(made["id"], person(number))[0] for number in range(3)]
    for session in sessions * 2:
        service.complete(session, "HITGEN01-screened-out")
    found = [
        (service.submissions[name]["status"], service.submissions[name].get("screen_out_payment")) for name in sessions
    ]
    assert found == [("SCREENED OUT", 20)] * 2 + [("AWAITING REVIEW", None)]  # two are paid for, one a HIT
    assert any("is paused and takes nobody" in line for line in run(folder))
    with open_account(folder) as account:
        seen = status(account)
        assert (seen.submitted, seen.at_work) == (0, 1)  # the third one holds a place until somebody decides
        assert seen.committed_usd == Decimal("5") * Decimal("1.72") + 2 * Decimal("0.29")
        assert seen.paid_usd == 2 * Decimal("0.29")
    assert service.refusals == []


@pytest.mark.parametrize("screened", [0, 1, 2])
def test_a_study_that_ends_early_says_what_was_paid_to_whom_was_screened_out(
    tmp_path: Path, service: Prolific, web: str, screened: int
) -> None:
    """What was set aside for them was spread over the places: paid only with these, and lost from view with those that nobody worked."""
    folder = batch(tmp_path, service, web, PAGES, SCREENS)
    run(folder)
    (name,) = service.studies
    for number in range(screened):
        service.complete(service.take(name, person(number))[0], "HITGEN01-screened-out")
    service.studies[name]["status"] = "ACTIVE"
    session = work(folder, service, person(9))
    spent_usd = screened * Decimal("0.29")
    with open_account(folder) as account:
        seen = status(account)
        assert (seen.committed_usd, seen.paid_usd) == (Decimal("5") * Decimal("1.72") + 2 * Decimal("0.29"), spent_usd)
        assert once(account, Act("approve", person(9), session)) == "Approved"
        assert status(account).paid_usd == Decimal("1.72") + spent_usd
        expire(account)
        seen = status(account)
        assert seen.committed_usd == seen.paid_usd == Decimal("1.72") + spent_usd
        assert close(account).closed
        assert status(account).paid_usd == Decimal("1.72") + spent_usd


@pytest.mark.parametrize("why", ["declined", "failed", "screened-out"])
def test_who_leaves_otherwise_is_asked_to_return(study: Path, service: Prolific, why: str) -> None:
    run(study)
    session, _ = service.take(next(iter(service.studies)), person(0))
    service.complete(session, f"HITGEN01-{why}")
    assert service.submissions[session]["return_requested"]
    with open_account(study) as account:
        assert status(account).submitted == 0


def test_a_screen_out_pays_less_than_a_page(tmp_path: Path, service: Prolific, web: str) -> None:
    with pytest.raises(InputError, match=r"recruiter.screen_out_usd: who is screened out would get \$1.20, and a page"):
        run(batch(tmp_path, service, web, PAGES, 'screen_out_usd = "1.20"'))


def test_several_pages_a_person(tmp_path: Path, service: Prolific, web: str) -> None:
    pages = [{"study": [name], "assignments": 2} for name in "abc"]
    folder = batch(tmp_path, service, web, pages, "pages_each = 2")
    run(folder)
    sessions = [work(folder, service, person(0)) for _ in range(2)]
    assert service.offers(person(0)) == []
    with open_account(folder) as account:
        status(account)
        rows = {row.assignment: row.page for row in account.ledger.submissions()}
    assert set(rows) == set(sessions) and len(set(rows.values())) == 2
    with pytest.raises(InputError, match="Prolific cannot keep a participant of several pages"):
        (tmp_path / "shared").mkdir()
        run(batch(tmp_path / "shared", service, web, PAGES, "pages_each = 2"))


# Two copies of one ledger


def test_two_copies_pay_a_bonus_and_ask_for_a_return_once(study: Path, service: Prolific) -> None:
    run(study)
    session, other = work(study, service, person(0)), work(study, service, person(1))
    with open_account(study) as account:
        status(account)
    copy = shutil.copytree(study, study.with_name("copy") / study.name)
    asked: list[str] = []
    for place in (study, copy, study, copy):
        with open_account(Path(place)) as account:
            collect(account)
            assert once(account, bonus(account, session)) == "paid"
            assert once(account, Act("reject", person(1), other, words="Nothing was answered.")) == "Submitted"
        asked.append(service.submissions[other]["return_requested"])
    assert paid(service, session) == [50] and len(set(asked)) == 1
    # Another bonus of the same amount is another bonus, in both.
    for place in (study, copy):
        with open_account(Path(place)) as account:
            act = Act("bonus", person(0), session, "completion", Decimal("0.50"), Decimal("0.72"), "thank you again")
            assert once(account, act) == "paid"
    assert paid(service, session) == [50, 50]


def test_a_study_of_another_copy_is_taken_in_with_who_worked_it(study: Path, service: Prolific) -> None:
    copy = shutil.copytree(study, study.with_name("copy") / study.name)
    run(study)
    session = work(study, service, person(0))
    shutil.copy(study / "ledger.sqlite", Path(copy) / "ledger.sqlite")
    with open_publication(study) as publication:
        plan = plan_publication(publication, {"p0001": 1})
        publish(publication, plan, str(plan.quote.total_usd))
    assert len(service.studies) == 2
    run(Path(copy))
    with open_account(Path(copy)) as account:
        assert {hit.hit for hit in account.ledger.hits()} == {"p0001.1", "p0002.1", "p0001.t1"}
        deliver(Path(copy), session)
        assert status(account).submitted == 1
    assert len(service.studies) == 2


def test_a_study_of_a_lost_ledger_is_told_and_adopted(study: Path, service: Prolific) -> None:
    run(study)
    (study / "ledger.sqlite").unlink()
    with pytest.raises(InputError, match=r"2 HITs of the batch 'demo' from another ledger .*publish --adopt"):
        run(study)
    with open_publication(study) as publication:
        plan = plan_publication(publication, others=True)
        assert (plan.adopted, plan.now) == (("p0001.1", "p0002.1"), ())
        publish(publication, plan, str(plan.quote.total_usd))
    assert len(service.studies) == 1


CHANGES = {
    "published": lambda service, row: row.update(status="ACTIVE"),
    "stopped": lambda service, row: row.update(status="AWAITING REVIEW"),
    "deleted": lambda service, row: service.studies.pop(row["id"]),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("call", ["cost", "move_study", "list_submissions"])
def test_a_study_that_changes_between_look_and_call(
    study: Path, service: Prolific, monkeypatch: pytest.MonkeyPatch, change: str, call: str
) -> None:
    """Somebody else, another copy or a person at the site, is quicker by one call."""
    done: list[str] = []

    def quicker(self: State, query: dict, body: object, *names: str) -> tuple[int, object]:
        if not done and (row := self.studies.get(names[0] if names else query["study"])):
            done.append(row["id"])
            CHANGES[change](self, row)
        return real(self, query, body, *names)

    real = getattr(State, call)
    routes = [(method, path, quicker if act is real else act) for method, path, act in Prolific.routes]
    if call == "list_submissions":
        run(study)
    monkeypatch.setattr(Prolific, "routes", routes)
    for _ in range(3):
        try:
            run(study)
        except OutsideError:
            continue
    assert done
    with open_account(study) as account:
        status(account)
    # What somebody stopped with places left is replaced once, as an expired HIT is.
    assert len(service.studies) <= {"published": 1, "stopped": 2, "deleted": 1}[change]
    spent = 5 * 120 * 1428 // 1000
    assert service.balance_cents in (1_000_000, 1_000_000 - spent, 1_000_000 - 2 * spent * (change == "stopped"))


def test_a_study_that_was_taken_in_by_half_is_taken_in_whole(
    study: Path, service: Prolific, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(study)
    (study / "ledger.sqlite").unlink()
    real, taken = Studies.take_in, []

    def killed(self: Studies, annotations: list[str], name: str, kind: str) -> None:
        real(self, annotations, name, kind)
        taken.append(name)
        if len(taken) == 2:
            raise Killed

    with monkeypatch.context() as patch, open_publication(study) as publication:
        patch.setattr(Studies, "take_in", killed)
        with pytest.raises(Killed):
            plan_publication(publication, others=True)
    with open_publication(study) as publication:
        plan = plan_publication(publication, others=True)
        assert plan.adopted == ("p0002.1",)
        publish(publication, plan, str(plan.quote.total_usd))
    assert len(service.studies) == 1


def test_a_check_of_understanding_gives_two_tries(tmp_path: Path, service: Prolific, web: str) -> None:
    folder = batch(tmp_path, service, web, PAGES)
    for tries in (2, 1):
        text = (folder / "batch.toml").read_text().replace("training_tries = 2\n", "")
        (folder / "batch.toml").write_text(text.replace("[hit]\n", f"[hit]\ntraining_tries = {tries}\n"))
        if tries == 2:
            run(folder)
    with pytest.raises(InputError, match=r"hit\.training_tries: Prolific asks that everybody has two tries"):
        run(folder)
