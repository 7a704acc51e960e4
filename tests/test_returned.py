"""Consent taken back: what was returned after it was fetched is neither used nor paid from then on."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hitgen import cli
from hitgen.commands.status import status_lines
from hitgen.ledger.totals import totals
from hitgen.publishing.collect import collect
from hitgen.publishing.publication import open_account
from hitgen.publishing.status import status
from hitgen.recruiters.base import RefusedError
from hitgen.results.apply import apply_review
from hitgen.results.export import export
from hitgen.results.review import propose
from hitgen.results.reviewfile import read_review, write_review
from hitgen.results.study import read_study
from hitgen.results.topup import shortfalls
from tests.support.in_memory import InMemory, in_memory

TOML = """
[screening]
gold_answers_min = 1
[bonus]
training_usd = "0.10"
completion_usd = "0.50"
completion_pages = 1
"""


@pytest.fixture
def study(tmp_path: Path) -> InMemory:
    """Two people who did one page each, all well."""
    made = in_memory(tmp_path, toml=TOML, pages=1)
    for worker in ("WSTAYS", "WLEAVES"):
        made.work("p0001", worker)
    made.review()
    return made


LEFT = "p0001WLEAVES"


def usable(study: InMemory) -> set[int]:
    with study.opened() as publication:
        found = shortfalls(publication, read_study(study.folder, publication.ledger), publication.now())
    return {row.usable for row in found.values()}


def test_what_was_returned_leaves_review_export_totals_and_topup(study: InMemory) -> None:
    with study.opened() as account:
        before = totals(account.ledger, account.now())
    assert usable(study) == {2} and read_review(study.folder)[LEFT].training_bonus_usd == Decimal("0.10")
    study.recruiter.take_back(LEFT)
    study.review()
    row = read_review(study.folder)[LEFT]
    assert (row.status, row.pay, row.use, row.reasons) == (
        "Returned",
        "reject",
        "exclude",
        "returned by the participant",
    )
    assert (row.training_bonus_usd, row.completion_bonus_usd) == (Decimal(0), Decimal(0))
    assert usable(study) == {1}
    export(study.folder)
    told = {path.name: path.read_bytes() for path in (study.folder / "results" / "export").iterdir()}
    gone = read_study(study.folder).pseudonym("WLEAVES").encode()
    assert not [name for name, content in told.items() if gone in content]
    with study.opened() as account:
        after, seen = totals(account.ledger, account.now()), status(account)
        assert (seen.submitted, seen.returned) == (1, 1)
    assert after.taken["p0001.1"] == before.taken["p0001.1"] - 1
    # The place is free again, so the same money may still be spent, on somebody else.
    assert after.left["p0001.1"] == before.left["p0001.1"] + 1 and after.committed_usd == before.committed_usd
    study.recruiter.expire(study.recruiter.hits.copy().popitem()[0], study.recruiter.now)
    with study.opened() as account:
        status(account)
        assert totals(account.ledger, account.now()).committed_usd == Decimal("1.44")


def test_neither_a_person_nor_a_plan_pays_or_uses_what_was_returned(study: InMemory) -> None:
    rows = [row.with_edits(None) for row in read_review(study.folder).values()]
    write_review(study.folder, rows)
    edited = study.folder / "results" / "review.csv"
    with study.planned() as (account, plan):
        assert {act.subject for act in plan.of("bonus")} == {LEFT, "p0001WSTAYS"}
        # Between plan and payment.
        study.recruiter.take_back(LEFT)
        status(account)
        done = apply_review(account, plan, str(plan.total_usd))
    assert (done.approved, done.bonuses) == (1, 2) and f"approve {LEFT}" in " ".join(done.failed)
    assert {bonus.worker for bonus in study.recruiter.paid} == {"WSTAYS"}
    text = edited.read_text("utf-8-sig")
    assert text.count(",pay,use,") == 3  # below the header the file still says so of both
    with study.planned() as (_, plan):
        assert plan.acts == () and any(LEFT in line and "returned" in line for line in plan.left)
    assert read_study(study.folder).returned[0].assignment == LEFT
    assert [row.pay for row in propose(read_study(study.folder)) if row.assignment == LEFT] == ["reject"]


def test_a_bonus_in_doubt_of_what_was_returned_is_told_and_not_sent(study: InMemory) -> None:
    study.recruiter.faults = ["lost", "lost"]
    with study.planned() as (account, plan):
        for bonus in plan.of("bonus"):
            account.ledger.intend_act(bonus, account.now())
        study.recruiter.faults = []
        study.recruiter.take_back(LEFT)
    with study.planned() as (account, plan):
        assert {act.subject for act in plan.of("bonus")} == {"p0001WSTAYS"}
        assert any(LEFT in line and "may be paid" in line for line in plan.left)


def test_what_was_returned_before_it_was_fetched_is_not_taken_in(study: InMemory) -> None:
    name = study.work("p0001", "WEARLY")
    study.recruiter.take_back(name)
    study.review()
    assert name not in read_review(study.folder)


def test_what_comes_back_counts_again(study: InMemory) -> None:
    study.recruiter.take_back(LEFT)
    study.review()
    hit_id = next(iter(study.recruiter.handed_in))
    rows = study.recruiter.handed_in[hit_id]
    study.recruiter.handed_in[hit_id] = [replace(row, status="Submitted") for row in rows]
    with study.opened() as account:
        collect(account, everything=True)
    assert usable(study) == {2}


def test_status_says_how_many_were_returned(study: InMemory, capsys: pytest.CaptureFixture[str]) -> None:
    study.recruiter.take_back(LEFT)
    study.review()
    with open_account(study.folder, recruiter=study.recruiter, now=study.recruiter.clock) as account:
        assert any("1 returned" in line for line in status_lines(status(account)))
    assert cli.main(["review", str(study.folder), "--json"]) == 0
    assert [row["status"] for row in json.loads(capsys.readouterr().out)].count("Returned") == 1


def test_approving_what_was_returned_is_refused_by_name(study: InMemory) -> None:
    study.recruiter.take_back(LEFT)
    assert study.recruiter.approve(LEFT) == "Returned"
    with pytest.raises(RefusedError):
        study.recruiter.approve("nobody")
