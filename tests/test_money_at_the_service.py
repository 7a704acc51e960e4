"""What status, report and the next plan say is what the service charged, to the cent, through verbs, crashes and repeats."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import boto3
import pytest

from hitgen import cli
from hitgen.analysis.money import spending
from hitgen.lib.clock import utc_now
from hitgen.publishing.publication import open_publication
from hitgen.publishing.publish import plan_publication
from hitgen.results.reviewfile import ReviewRow, read_review, write_review
from hitgen.results.verdicts import Pay
from tests.support.published import Published, published

TOML = (
    '[bonus]\ntraining_usd = "0.35"\ncompletion_usd = "0.15"\ncompletion_pages = 1\n[screening]\ngold_answers_min = 1\n'
)
PLACE_USD, TRAINING_USD, COMPLETION_USD = Decimal("1.44"), Decimal("0.42"), Decimal("0.18")


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Published]:
    """Two pages of four places each, at $1.44 a place."""
    with published(tmp_path, toml=TOML, hit="ratings = 4", assignments=4, pages=2) as made:
        yield made


def verb(study: Published, *words: str, code: int = 0) -> None:
    name, *rest = words
    assert cli.main([name, str(study.small.folder), *rest]) == code, words


def charged_usd(study: Published) -> tuple[Decimal, Decimal]:
    """What the service has taken, and what it may still take for places that are open, at work or unjudged."""
    state = study.market.state
    held = state.rows("SELECT coalesce(sum(held_cents), 0) FROM hits")[0][0]
    return Decimal(state.cents("spent")) / 100, Decimal(held) / 100


def said_usd(study: Published, capsys: pytest.CaptureFixture[str]) -> tuple[Decimal, Decimal]:
    """What is paid, and what is committed beyond that, as status, report and the next publication have it."""
    capsys.readouterr()
    verb(study, "status", "--json")
    told = json.loads(capsys.readouterr().out)
    reported = spending(study.small.folder, utc_now())
    assert reported is not None
    found = reported.totals
    assert (Decimal(told["committed_usd"]), Decimal(told["paid_usd"])) == (found.committed_usd, found.paid_usd)
    if not told["closed"]:  # else the next publication is a new one
        with open_publication(study.small.folder) as publication:
            planned = plan_publication(publication)
        assert (planned.committed_usd, planned.paid_usd) == (found.committed_usd, found.paid_usd)
    return found.paid_usd, found.committed_usd - found.paid_usd


def reviewed(study: Published) -> list[ReviewRow]:
    return list(read_review(study.small.folder).values())


def pay(study: Published, rows: dict[str, Pay]) -> None:
    """Decide by hand what is paid."""
    write_review(
        study.small.folder,
        [
            replace(row, pay=rows.get(row.assignment, row.pay), feedback="Answers were wrong.")
            for row in reviewed(study)
        ],
    )


def test_every_verb_says_what_the_service_charged(study: Published, capsys: pytest.CaptureFixture[str]) -> None:
    def same() -> None:
        assert said_usd(study, capsys) == charged_usd(study)

    same()
    good = [study.work("p0001", f"A{number}") for number in range(3)]
    bad = study.work("p0001", "AB1", gold="wrong")
    study.work("p0002", "A0")
    same()
    verb(study, "fetch")
    verb(study, "review")
    rows: dict[str, Pay] = {row.assignment: "reject" if row.assignment == bad else "pay" for row in reviewed(study)}
    pay(study, rows)
    study.market.faults.once("ApproveAssignment", "lost")
    study.market.faults.once("SendBonus", "failed_late")
    study.market.faults.once("SendBonus", "throttled")
    verb(study, "review", "--apply", "--yes")
    same()
    assert sum(study.bonuses().values()) == len(study.bonuses())
    verb(study, "topup", "--yes")
    same()
    verb(study, "expire")
    same()
    verb(study, "extend", "--hours", "5", "--yes")
    same()
    client = boto3.client("mturk", region_name="us-east-1", endpoint_url=study.market.endpoint_url)
    client.approve_assignment(AssignmentId=bad, OverrideRejection=True)
    client.close()
    same()
    assert study.states()[bad] == "Approved"
    verb(study, "review", "--apply", "--yes")
    same()
    verb(study, "expire")
    verb(study, "close", "--yes")
    paid_usd, open_usd = said_usd(study, capsys)
    assert (paid_usd, open_usd) == (charged_usd(study)[0], Decimal("0.00"))
    assert good and sum(study.bonuses().values()) == len(study.bonuses())


@pytest.mark.parametrize("amount", ["0.35", "0.60"])
def test_a_backup_of_before_the_review_pays_no_bonus_again_whatever_it_is_now(
    study: Published, amount: str, capsys: pytest.CaptureFixture[str]
) -> None:
    study.work("p0001", "A1")
    verb(study, "fetch")
    verb(study, "review")
    ledger = study.small.folder / "ledger.sqlite"
    shutil.copyfile(ledger, ledger.with_name("backup"))
    pay(study, {row.assignment: "pay" for row in reviewed(study)})
    verb(study, "review", "--apply", "--yes")
    assert said_usd(study, capsys) == charged_usd(study)
    paid = study.bonuses()
    for left in study.small.folder.glob("ledger.sqlite*"):
        left.unlink()
    shutil.copyfile(ledger.with_name("backup"), ledger)
    toml = study.small.folder / "batch.toml"
    toml.write_text(toml.read_text().replace('"0.35"', f'"{amount}"'))
    table = study.small.folder / "results" / "review.csv"
    table.write_text(table.read_text().replace("0.35", amount))
    verb(study, "review", "--apply", "--yes")
    assert study.bonuses() == paid
    assert said_usd(study, capsys) == charged_usd(study)
