"""Fetching from the marketplace: complete and once, whenever it runs, whatever goes wrong on the way."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from hitgen import cli
from hitgen.errors import OutsideError
from hitgen.publishing.publication import open_account
from hitgen.results.fetch import fetch
from hitgen.results.study import read_study
from tests.support.published import Published, killed, published

pytestmark = pytest.mark.long


def assignments(study: Published) -> list[str]:
    return [row.assignment for row in read_study(study.small.folder).received()]


def test_more_than_one_page_of_answers_comes_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with published(tmp_path, pages=1, assignments=130) as study:
        given = {study.work("p0001", f"AWORKER{number}") for number in range(130)}
        assert cli.main(["fetch", str(study.small.folder)]) == 0
        told = capsys.readouterr().out.splitlines()
        assert told == [
            "130 new submissions, 130 in all, 0 of them faulty",
            f"next: hitgen review {study.small.folder}",
        ]
        assert set(assignments(study)) == given
        assert cli.main(["fetch", str(study.small.folder), "--all", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"new": 0, "total": 130, "doubtful": 0, "faulty": []}


def test_whatever_the_moment_and_the_fault_every_answer_comes_once(tmp_path: Path) -> None:
    rng = random.Random(8)
    with published(tmp_path, pages=3, assignments=12) as study:
        study.market.faults.rates.update({"lost": 0.1, "failed": 0.1, "throttled": 0.1})
        given, new = set(), 0
        places = [(page, f"AWORKER{number}") for page in study.small.names for number in range(12)]
        rng.shuffle(places)
        for page, worker in places:
            given.add(study.work(page, worker))
            if rng.random() < 0.3:
                try:
                    new += study.fetch().new
                except OutsideError:
                    continue
        study.market.faults.rates.clear()
        study.fetch()
        assert sorted(assignments(study)) == sorted(given) and new <= len(given)


def test_a_fetch_that_is_killed_is_simply_run_again(tmp_path: Path) -> None:
    rng = random.Random(5)
    with published(tmp_path, pages=3, assignments=12) as study:
        given = {study.work(page, f"AWORKER{number}") for page in study.small.names for number in range(12)}
        for _ in range(5):
            killed(["fetch", str(study.small.folder)], rng.uniform(0, 0.25))
        assert killed(["fetch", str(study.small.folder)], 60) == 0
        assert sorted(assignments(study)) == sorted(given)


def test_who_hands_in_after_the_end_still_comes_in(tmp_path: Path) -> None:
    with published(tmp_path, pages=1) as study:
        with study.small.ledger() as ledger:
            hit_id = str(ledger.hits()[0].hit_id)
        late = study.market.workers.accept(hit_id, "ALATE")
        study.work("p0001", "AEARLY")
        assert study.fetch().new == 1
        assert cli.main(["expire", str(study.small.folder)]) == 0
        answer = study.small.answer("p0001", late, "ALATE")
        study.market.workers.hand_in(late, [("submission", json.dumps(answer))])
        assert study.fetch().new == 1


def test_what_the_form_carries_beside_the_answer_harms_nothing(tmp_path: Path) -> None:
    with published(tmp_path, pages=1) as study:
        with study.small.ledger() as ledger:
            hit_id = str(ledger.hits()[0].hit_id)
        for worker, fields in (
            ("AONE", [("other", "<x>&amp;")]),
            ("ATWO", [("submission", "{}"), ("submission", "{}")]),
            ("ATHREE", [("submission", "\ud7ff]]>" * 9)]),
        ):
            study.market.workers.hand_in(study.market.workers.accept(hit_id, worker), fields)
        good = study.market.workers.accept(hit_id, "AFOUR")
        text = json.dumps(study.small.answer("p0001", good, "AFOUR"))
        study.market.workers.hand_in(good, [("extra", "=1+1"), ("submission", text)])
        with open_account(study.small.folder) as account:
            found = fetch(account)
        assert (found.new, len(found.faulty)) == (4, 3)
        assert [work.received.worker for work in read_study(study.small.folder).works] == ["AFOUR"]
