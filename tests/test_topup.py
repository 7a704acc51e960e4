"""Topping up: just the usable ratings that are missing, counting what is still to come, under the cap."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hitgen import cli
from hitgen.publishing.publication import open_account, open_publication
from hitgen.results.topup import TopupPlan, plan_topup
from tests.support.published import Published, published, workers

pytestmark = pytest.mark.long

TOML = "[screening]\ngold_answers_min = 1\n"


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Published]:
    """Two pages of two ladders for five workers each."""
    with published(tmp_path, toml=TOML, hit="ratings = 5") as made:
        yield made


def planned(study: Published, with_undecided: bool = False) -> TopupPlan:
    with open_publication(study.small.folder) as publication:
        return plan_topup(publication, with_undecided)


def test_nothing_is_asked_for_while_ratings_can_still_come(
    study: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    study.work("p0001", "AWORKER000", gold="wrong")
    plan = planned(study)
    assert plan.pages == {"p0001": 1}
    # In turn, since the open HIT has the same ladders: nobody shall meet them twice.
    assert not plan.publication.now and [hit.order.hit for hit in plan.publication.later] == ["p0001.t1"]
    assert cli.main(["topup", str(study.small.folder), "--yes"]) == 0
    assert capsys.readouterr().out.endswith(
        f"run `hitgen topup` again when they are full\nnext: hitgen status {study.small.folder}\n"
    )
    shorts = {short.source: (short.usable, short.coming) for short in plan.shortfalls.values()}
    assert shorts == {"s0": (0, 4), "s1": (0, 4), "s2": (0, 5), "s3": (0, 5)}


def test_what_is_excluded_is_asked_for_again_by_others(study: Published, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(study.small.folder)
    for page in ("p0001", "p0002"):
        for number, worker in enumerate(workers(5)):
            study.work(
                page, worker, levels=30 + 7 * number, gold="wrong" if page == "p0001" and number < 2 else "right"
            )
    # Each of the two got one of two gold questions right at most: below 0.7 on both pages.
    plan = planned(study)
    assert {short.source: short.usable for short in plan.shortfalls.values()} == {"s0": 3, "s1": 3, "s2": 3, "s3": 3}
    assert plan.pages == {"p0001": 2, "p0002": 2} and plan.publication.quote.assignments == 4
    assert cli.main(["topup", folder, "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pages"] == {"p0001": 2, "p0002": 2}
    assert cli.main(["topup", folder]) == 0
    assert capsys.readouterr().out.endswith("Nothing was done; --yes agrees beforehand.\n")
    assert cli.main(["topup", folder, "--yes"]) == 0
    assert "2 HITs made" in capsys.readouterr().out
    assert planned(study).pages == {}, "the new HITs' places are to come"
    with pytest.raises(Exception, match="Qualifications"):
        study.work("p0001", "AWORKER000")
    for worker in ("ANEW0", "ANEW1"):
        study.work("p0001", worker)
        study.work("p0002", worker)
    plan = planned(study)
    assert plan.pages == {} and {short.usable for short in plan.shortfalls.values()} == {5}


def test_a_neighbour_with_enough_ratings_is_asked_for_no_oftener_than_its_page_needs(study: Published) -> None:
    for number, worker in enumerate(workers(5)):
        study.work("p0001", worker, levels={"s0": 20 + number, "s1": None if number else 50})
    assert planned(study).pages == {}


def test_ratings_without_enough_evidence_count_only_when_asked(tmp_path: Path) -> None:
    with published(tmp_path, toml="[screening]\ngold_answers_min = 9\n", hit="ratings = 5") as study:
        for worker in workers(5):
            study.work("p0001", worker)
        assert planned(study).pages == {"p0001": 5}
        assert planned(study, with_undecided=True).pages == {}


def test_places_that_expired_are_replaced_by_publish_and_not_asked_for_twice(study: Published) -> None:
    study.work("p0001", "AWORKER000")
    with open_account(study.small.folder) as account:
        account.recruiter.expire(account.ledger.hits()[0].hit_id or "", account.now())
    plan = planned(study)
    assert plan.pages == {}
    assert [(hit.order.hit, hit.order.assignments) for hit in plan.publication.now] == [("p0001.1r2", 4)]


def test_places_that_were_ended_on_purpose_are_missing(study: Published) -> None:
    study.work("p0001", "AWORKER000")
    assert cli.main(["expire", str(study.small.folder)]) == 0
    assert planned(study).pages == {"p0001": 4, "p0002": 5}


def test_the_cap_holds_for_topping_up(study: Published) -> None:
    toml = study.small.folder / "batch.toml"
    toml.write_text(toml.read_text().replace('cap_usd = "1000"', 'cap_usd = "15"'))
    study.work("p0001", "AWORKER000", gold="wrong")
    with pytest.raises(Exception, match=r"the batch costs \$15.84, more than its cap of \$15"):
        planned(study)


def test_waves_keep_a_top_up_below_the_dearer_fee(tmp_path: Path) -> None:
    toml = TOML + 'off = ["repeat"]\n'
    with published(tmp_path, toml=toml, hit="ratings = 16", recruiter="waves = true") as study:
        plan = planned(study)
        assert plan.pages == {"p0001": 9, "p0002": 9} and plan.held_back == 4


def test_a_closed_or_unpublished_batch_is_not_topped_up(
    study: Published, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(study.small.folder)
    assert cli.main(["close", folder, "--yes"]) == 0
    assert cli.main(["topup", folder, "--yes"]) == 1
    assert "this batch is closed" in capsys.readouterr().err
    (study.small.folder / "ledger.sqlite").unlink()
    assert cli.main(["topup", folder, "--yes"]) == 1
    assert "this batch was never published" in capsys.readouterr().err
