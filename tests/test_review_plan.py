"""What applying a review does, on a recruiter in memory: only what is due, each once, nothing for rejected work."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hitgen.commands.review import review_plan_lines
from hitgen.errors import InputError, OutsideError
from hitgen.recruiters.memory import Killed
from hitgen.results.apply import apply_review
from hitgen.results.reviewfile import read_review, write_review
from tests.support.in_memory import InMemory, in_memory

TOML = """
[screening]
gold_answers_min = 1
reject = ["gold"]
shut_out = ["gold"]
[bonus]
training_usd = "0.10"
completion_usd = "0.50"
completion_pages = 2
[notices]
shut_out = "Your answers to the control questions were too often wrong."
"""


@pytest.fixture
def study(tmp_path: Path) -> InMemory:
    """Two pages; A and B do both, B badly; the review file is written."""
    made = in_memory(tmp_path, toml=TOML, study=1)
    for page in ("p0001", "p0002"):
        made.work(page, "A")
        made.work(page, "B", gold="wrong")
    made.review()
    return made


def verbs(study: InMemory) -> list[tuple[str, str, str]]:
    with study.planned() as (_, plan):
        return [(act.verb, act.subject or act.worker, act.purpose) for act in plan.acts]


def test_judgements_come_first_then_money_then_doors_and_mails(study: InMemory) -> None:
    assert verbs(study) == [
        ("approve", "p0001A", ""),
        ("approve", "p0002A", ""),
        ("reject", "p0001B", ""),
        ("reject", "p0002B", ""),
        ("bonus", "p0001A", "training"),
        ("bonus", "p0002A", "completion"),
        ("exclude", "B", ""),
        ("notify", "B", "shut_out"),
    ]
    with study.planned() as (_, plan):
        assert (plan.rewards_usd, plan.bonuses_usd) == (Decimal("2.88"), Decimal("0.72"))
        assert (plan.committed_usd, plan.paid_usd) == (Decimal("14.40"), Decimal("0.00"))
    done = study.apply()
    assert vars(done) == {
        **{"approved": 2, "rejected": 2, "bonuses": 2, "admitted": 0, "shut_out": 1, "notified": 1, "failed": ()},
    }
    assert verbs(study) == []
    with study.planned() as (_, plan):
        assert (plan.committed_usd, plan.paid_usd) == (Decimal("12.24"), Decimal("3.60"))


def test_work_that_was_rejected_before_the_plan_earns_no_bonus(study: InMemory) -> None:
    study.recruiter.judge("p0001A", "Rejected")
    assert ("bonus", "p0001A", "training") not in verbs(study)
    assert study.apply().bonuses == 1
    assert [bonus.assignment for bonus in study.recruiter.paid] == ["p0002A"]


def test_work_that_was_rejected_between_plan_and_payment_earns_no_bonus(study: InMemory) -> None:
    with study.planned() as (account, plan):
        study.recruiter.judge("p0001A", "Rejected")
        done = apply_review(account, plan)
    assert done.failed == ("approve p0001A: it was rejected before, by a person",)
    assert [bonus.assignment for bonus in study.recruiter.paid] == ["p0002A"]


def test_a_bonus_in_doubt_is_settled_though_its_work_was_rejected_since(study: InMemory) -> None:
    study.recruiter.faults = ["killed"]
    with pytest.raises(Killed):
        study.apply()
    assert [bonus.assignment for bonus in study.recruiter.paid] == ["p0001A"]
    rows = [replace(row, training_bonus_usd=Decimal("7.00")) for row in read_review(study.folder).values()]
    write_review(study.folder, rows)
    with study.planned() as (account, plan):
        (training,) = [act for act in plan.of("bonus") if act.worker == "A" and act.purpose == "training"]
        assert training.amount_usd == Decimal("0.10"), "finished as it was intended"
        account.ledger.set_status("p0001A", "Rejected")
        assert apply_review(account, plan).failed == ()
    assert [(bonus.assignment, bonus.amount_usd) for bonus in study.recruiter.paid if bonus.worker == "A"] == [
        ("p0001A", Decimal("0.10")),
        ("p0002A", Decimal("0.50")),
    ]


def test_a_mail_whose_fate_is_unknown_is_not_sent_again(study: InMemory) -> None:
    study.recruiter.faults = ["", "", "lost"]
    with pytest.raises(OutsideError, match="no answer"):
        study.apply()
    assert study.recruiter.mailed == ["B"]
    assert verbs(study) == []


@pytest.mark.parametrize("call", range(3))
def test_killed_at_any_call_it_ends_as_if_it_had_not_been(study: InMemory, call: int) -> None:
    study.recruiter.faults = [*[""] * call, "killed"]
    with pytest.raises(Killed):
        study.apply()
    study.apply()
    assert sorted((bonus.assignment, bonus.amount_usd) for bonus in study.recruiter.paid) == [
        ("p0001A", Decimal("0.10")),
        ("p0002A", Decimal("0.50")),
    ]
    assert study.recruiter.mailed == ["B"] and study.recruiter.grants.count(("B", "excluded")) == 1
    assert verbs(study) == []


def test_bonuses_beyond_cap_or_balance_are_refused_before_anything_is_done(study: InMemory) -> None:
    study.recruiter.funds_usd = Decimal("0.71")
    with pytest.raises(InputError, match=r"the bonuses cost \$0.72, but \$0.71 are there"):
        study.apply()
    study.recruiter.funds_usd = Decimal(100)
    toml = study.folder / "batch.toml"
    toml.write_text(toml.read_text().replace('kind = "mturk"\n', 'kind = "mturk"\ncap_usd = "15.11"\n'))
    with pytest.raises(InputError, match=r"the batch costs \$15.12, more than its cap of \$15.11"):
        study.apply()
    assert not study.recruiter.paid


def test_only_rows_of_the_file_are_acted_on_and_strangers_are_refused(study: InMemory) -> None:
    late = study.work("p0001", "LATECOMER")
    with study.planned() as (_, plan):
        assert plan.unlisted == 1 and late not in {act.subject for act in plan.acts}
        assert any("1 submission missing in the review file" in line for line in review_plan_lines(plan))
    rows = list(read_review(study.folder).values())
    write_review(study.folder, [replace(rows[0], assignment="NOBODY"), *rows[1:]])
    with pytest.raises(InputError, match="row 2: assignment: nobody handed in 'NOBODY'"):
        study.apply()


def test_a_training_bonus_is_not_paid_again_when_another_page_comes_first(study: InMemory) -> None:
    study.apply()
    rows = [replace(row, training_bonus_usd=Decimal("0.10")) for row in read_review(study.folder).values()]
    write_review(study.folder, rows)
    assert verbs(study) == []


def test_production_starts_by_the_typed_total_alone(study: InMemory) -> None:
    with study.planned() as (account, plan):
        real = replace(plan, environment="production")
        for typed in ("", "yes", "3.59"):
            with pytest.raises(InputError, match=r"production spends \$3.60, and that total was not typed"):
                apply_review(account, real, typed)
        assert {row.status for row in account.ledger.submissions()} == {"Submitted"}
        assert apply_review(account, real, "$3.60").approved == 2
