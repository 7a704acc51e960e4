"""No id of a person, or that leads to one, leaves this machine: every export, report and JSON of a study of each kind."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from urllib.parse import quote

import polars
import pytest

from hitgen.config.kinds import METHODS
from hitgen.ledger.ledger import Ledger
from hitgen.recruiters.seals import completion_code
from hitgen.results.columns import tables_of
from hitgen.results.dataset import make_dataset
from hitgen.results.pseudonyms import FACT
from hitgen.results.study import read_study
from tests.support.runs import soaked_but
from tests.support.small_study import SmallStudy, xml
from tests.test_upgrade import ALL, OUT, Old, kinds, old

pytestmark = pytest.mark.long

__all__ = ["old"]
SHORT = 4
"""Shorter ids, such as the numbers of a Turkle, stand in any text; they are looked for as whole cells."""


def ids(folder: Path) -> set[str]:
    """What a study's ledger holds that is, or leads to, a person, a place or the recruiter's records."""
    with Ledger(folder / "ledger.sqlite") as ledger:
        rows, hits = list(ledger.submissions()), ledger.hits()
        secrets = {ledger.fact(FACT) or "", ledger.book.noted("link", "secret") or ""}
        sessions = {name for topic in ("prolific:asked", "prolific:bonus") for name in ledger.book.notes(topic)}
    batch = read_study(folder).config.batch.name
    people = {name for row in rows for name in (row.worker, row.assignment, completion_code(batch, row.assignment))}
    recruiter = {hit.hit_id for hit in hits if hit.hit_id and hit.hit_id != hit.hit}
    return {name for name in people | recruiter | secrets | sessions if name}


def told(old: Old) -> dict[str, str]:
    """All that a study's verbs say and write for others, by name; tables as text."""
    verbs = [("export",), ("report",)]
    if old.kind in OUT:
        verbs += [("status",), ("fetch", "--all"), ("topup", "--dry-run"), ("publish", "--dry-run")]
    found = {" ".join(verb): json.dumps(old.json(*verb)) for verb in verbs}
    results = old.folder / "results"
    for path in [results / "report.html", *(results / "export").rglob("*")]:
        if path.suffix == ".parquet":
            found[path.name] = str(polars.read_parquet(path).write_json())
        elif path.is_file() and path.suffix not in (".npz", ".png", ".pdf"):  # a PDF shows what its SVG does
            found[path.name] = path.read_text()
    return found


@pytest.mark.parametrize("old", soaked_but(("linked", "mturk", "prolific", "simulate"), ALL), indirect=True)
def test_no_id_of_a_study_stands_in_what_is_made_of_it(old: Old) -> None:
    if old.kind in OUT:
        old.take_in()
    searched, outputs = ids(old.folder), told(old)
    assert len(searched) > 5 and "ratings.csv" in outputs and "ratings.parquet" in outputs
    for name, text in outputs.items():
        for one in searched:
            if len(one) > SHORT:
                assert one not in text and quote(one, safe="") not in text, (name, one)
    for name in ("ratings", "clicks", "surveys", "workers"):
        for row in csv.DictReader(io.StringIO(outputs[f"{name}.csv"])):
            assert not {row.get(column) for column in ("worker", "assignment")} & searched


@kinds("mturk")
def test_one_person_has_one_pseudonym_in_all_tables_and_no_key_in_them(old: Old) -> None:
    old("export", "--no-figures")
    study = read_study(old.folder)
    export = old.folder / "results" / "export"
    tables = {name: polars.read_csv(export / f"{name}.csv") for name in ("ratings", "clicks", "surveys", "workers")}
    people = {study.pseudonym(row.worker) for row in study.received()}
    for table in tables.values():
        assert set(table["worker"]) <= people
    works = {study.pseudonym(row.assignment) for row in study.received()}
    assert set(tables["ratings"]["assignment"]) == set(tables["clicks"]["assignment"]) <= works
    assert tables["ratings"]["assignment"].n_unique() > 1


def test_an_id_that_somebody_writes_into_the_survey_is_a_pseudonym_too(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path, toml="[screening]\ngold_answers_min = 1\n")
    said = "I am a1workerone (not A2WORKERTWO).\nAssignment=ASSIGNMENT1, https://x.org/?id=A1WORKERONE! A1WORKERONES is else."
    rows = []
    for number, worker in enumerate(("A1WORKERONE", "A2WORKERTWO"), start=1):
        answer = small.answer("p0001", f"ASSIGNMENT{number}", worker)
        rows.append(("p0001", f"ASSIGNMENT{number}", worker, xml({**answer, "survey": {"remarks": said, "ease": 3}})))
    small.hand_in(rows)
    tables = make_dataset(tmp_path).tables
    (told,) = set(tables["surveys"].filter(polars.col("question") == "remarks")["answer"])
    for name in ("A1WORKERONE ", "A1WORKERONE!", "a1workerone", "A2WORKERTWO", "ASSIGNMENT1"):
        assert name not in told
    study = read_study(tmp_path)
    assert told.startswith(
        f"I am {study.pseudonym('A1WORKERONE')} (not {study.pseudonym('A2WORKERTWO')}).\nAssignment="
    )
    assert told.endswith("! A1WORKERONES is else.")


@pytest.mark.parametrize(
    "name", ["panel/7=A1", "site:WORKER|3", "first last", "id-with-a-dot.", "Zoë, 3rd", "(braces)"]
)
def test_an_id_of_any_signs_is_found_in_a_text(name: str, tmp_path: Path) -> None:
    small = SmallStudy(tmp_path, toml="[screening]\ngold_answers_min = 1\n")
    said = f"My id: {name.upper()}. Or {name}, not x{name}x."
    answer = small.answer("p0001", "ASSIGNMENT1", name)
    small.hand_in([("p0001", "ASSIGNMENT1", name, xml({**answer, "survey": {"remarks": said}}))])
    (told,) = make_dataset(tmp_path).tables["surveys"]["answer"]
    mine = read_study(tmp_path).pseudonym(name)
    assert told == f"My id: {mine}. Or {mine}, not x{name}x."


def test_a_fault_names_no_other_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = SmallStudy(tmp_path)
    small.hand_in([("p0001", "ASSIGNMENT1", "WONE", xml(small.answer("p0001", "ASSIGNMENT2", "WTWO")))])
    (bad,) = read_study(tmp_path).faulty
    assert "assignment another one" in bad.fault and "worker another one" in bad.fault


def test_every_column_was_checked_and_is_listed() -> None:
    text = (Path(__file__).parents[1] / "docs" / "results.md").read_text()
    listed = text.partition("Every column was looked at")[2].partition("\n\n")[0]
    for name in METHODS.names():
        for table in tables_of(METHODS.get(name)).values():
            missing = [column.name for column in table.columns if f"`{column.name}`" not in listed]
            assert not missing, missing
