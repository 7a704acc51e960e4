"""What workers hand in: good submissions come through whole, a thousand hostile ones are kept, named and do nothing."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from hitgen.ledger.ledger import MANIFEST_FACT
from hitgen.methods.pjnd.row import Row as PjndRow
from hitgen.methods.submission import FaultyError, Submission, read_submission
from hitgen.results.export import export
from hitgen.results.raw import submission_text
from hitgen.results.review import propose
from hitgen.results.reviewfile import read_review, review_path, write_review
from hitgen.results.study import read_study
from tests.generated import schema
from tests.support.hostile import MAKERS, Given, canary, fetched, hostile, recruiter_with
from tests.support.small_study import SmallStudy, xml


def mixed(small: SmallStudy, bad: int, good: int) -> Iterator[Given]:
    every = bad // good
    for number, row in enumerate(hostile(small, bad)):
        yield row
        if number % every == 0 and number // every < good:
            name = f"GOOD{number // every:04d}"
            yield "p0001", name, f"W{name}", xml(small.answer("p0001", name, f"W{name}", number % 90 + 1))


def test_a_thousand_hostile_submissions_do_no_harm(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    rows = list(mixed(small, 1000, 40))
    fake = recruiter_with(small.ledger(), rows)
    began = time.perf_counter()
    found = fetched(tmp_path, fake)
    assert (found.new, found.total, len(found.faulty)) == (1040, 1040, 1000)
    assert {bad.received.assignment for bad in found.faulty} == {row[1] for row in rows if row[1].startswith("BAD")}
    assert all(bad.fault and bad.fault.isprintable() and len(bad.fault) < 1000 for bad in found.faulty)
    assert fetched(tmp_path, fake).new == 0
    study = read_study(tmp_path)
    assert {work.received.assignment for work in study.works} == {row[1] for row in rows if row[1].startswith("GOOD")}
    given = {row[1]: json.loads(submission_text(row[3])) for row in rows if row[1].startswith("GOOD")}
    for work in study.works:
        told = {row["trial"]: row["level"] for row in given[work.received.assignment]["trials"]}
        assert {attempt.known.trial: attempt.row.level for attempt in work.attempts} == told
    kept = {row.assignment: row.answer for row in study.received()}
    assert all(kept[row[1]] == row[3].encode("utf-8", "backslashreplace").decode() for row in rows)
    written = propose(study)
    assert {row.assignment for row in written if row.reasons.startswith("faulty: ")} == {
        bad.received.assignment for bad in found.faulty
    }
    assert {row.pay for row in written if row.assignment.startswith("BAD")} == {"undecided"}
    write_review(tmp_path, written)
    cells = [c for row in csv.reader(io.StringIO(review_path(tmp_path).read_text("utf-8-sig"))) for c in row]
    assert not [cell for cell in cells if re.match(r"[=@+\-\t\r]", cell)]
    assert len(read_review(tmp_path)) == 1040
    assert export(tmp_path).rows["ratings"] == 40 * 4
    assert time.perf_counter() - began < 60
    assert canary(tmp_path) == []


@pytest.mark.parametrize("kind", range(len(MAKERS)), ids=[maker.__name__ for maker in MAKERS])
def test_each_kind_of_hostility_is_named(tmp_path: Path, kind: int) -> None:
    small = SmallStudy(tmp_path)
    rows = [row for number, row in enumerate(hostile(small, 3 * len(MAKERS), seed=5)) if number % len(MAKERS) == kind]
    found = fetched(tmp_path, recruiter_with(small.ledger(), rows))
    assert len(found.faulty) == len(rows) == 3


@pytest.mark.parametrize("years", [0.5, 3.5, 56, 10_000])
def test_a_clock_that_was_set_while_the_page_was_closed_loses_no_answers(tmp_path: Path, years: float) -> None:
    """As a computer's does that began in 1970, or in a year to come."""
    small = SmallStudy(tmp_path)
    answer = small.answer("p0001", "A1", "W1")
    answer["display"]["away_ms"] = round(years * 365.25 * 86_400_000)
    assert fetched(tmp_path, recruiter_with(small.ledger(), [("p0001", "A1", "W1", xml(answer))])).faulty == ()
    assert [len(work.attempts) for work in read_study(tmp_path).works] == [4]


def test_what_a_page_hands_in_is_taken_as_xml_and_as_json(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    good = small.answer("p0001", "A1", "W1", {"s0": None})
    assert read_submission(submission_text(xml(good)), PjndRow) == read_submission(
        submission_text(json.dumps(good)), PjndRow
    )
    jsonschema.validate(good, schema(Submission[PjndRow]))
    with pytest.raises(FaultyError, match="65537 bytes"):
        read_submission("x" * 65537, PjndRow)


def test_a_later_build_makes_no_published_answer_unreadable(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    small.hand_in([("p0001", "A1", "W1", json.dumps(small.answer("p0001", "A1", "W1")))])
    with small.ledger() as ledger:
        ledger.set_fact(MANIFEST_FACT, small.manifest.json())
    before = read_study(tmp_path)
    assert len(before.works) == 1
    (tmp_path / "build" / "manifest.json").write_text("{}")
    text = (tmp_path / "batch.toml").read_text()
    (tmp_path / "batch.toml").write_text(text.replace("[hit]\n", "[hit]\nlocations = 5\n"))
    assert read_study(tmp_path).works == before.works


def test_an_answer_without_the_persons_id_is_taken_for_the_recruiters_word(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    good = small.answer("p0001", "A1", "W1") | {"worker": "", "assignment": ""}
    small.hand_in([("p0001", "A1", "W1", json.dumps(good))])
    [work] = read_study(tmp_path).works
    assert work.received.worker == "W1"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("half \ud83d", "half \ufffd"),
        ("\udc00\ud83d\ude00", "\ufffd\U0001f600"),
        (r"C:\ud83d", r"C:\ud83d"),
        ("\\\ud83d", "\\\ufffd"),
        ("\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        ("=1+1\x00\u2028", "=1+1\x00\u2028"),
    ],
)
def test_whatever_a_person_types_costs_no_answer(tmp_path: Path, typed: str, kept: str) -> None:
    small = SmallStudy(tmp_path)
    good = small.answer("p0001", "A1", "W1")
    good["survey"] = {"why": typed, "age": 1e300, "none": None}
    small.hand_in([("p0001", "A1", "W1", json.dumps(good))])
    [work] = read_study(tmp_path).works
    assert work.submission.survey == {"why": kept, "age": 1e300, "none": None}
    export(tmp_path)
