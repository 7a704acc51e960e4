"""Answers that pages saved which were opened by double click: a ledger of their own, and everything behind it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from hitgen.build import build
from hitgen.cli import main
from hitgen.ledger.ledger import Ledger
from hitgen.results.study import read_study
from tests.support.batches import link_batch
from tests.support.servers import collecting, free_port
from tests.support.small_study import SmallStudy

LENIENT = "[screening]\ngold_answers_min = 1\n"


def saved(study: SmallStudy, page: str, path: Path, level: int = 40) -> Path:
    """What the page offers as a file: nobody's assignment, no worker, laid out for reading."""
    path.parent.mkdir(parents=True, exist_ok=True)
    answer = study.answer(page, "", "", level)
    answer["submitted_ms"] += level  # no two people take the very same time
    path.write_text(json.dumps(answer, indent=1))
    return path


def workers(study: SmallStudy) -> list[tuple[str, str]]:
    with Ledger(study.folder / "ledger.sqlite") as ledger:
        return sorted((row.worker, row.page) for row in ledger.submissions())


@pytest.fixture
def study(tmp_path: Path) -> SmallStudy:
    return SmallStudy(tmp_path / "study", toml=LENIENT)


def test_saved_files_are_graded_reported_and_exported(
    study: SmallStudy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "class"
    for number, person in enumerate(("anna", "ben")):
        for page in study.names:
            saved(study, page, folder / person / f"{page}.json", 40 + number)
    saved(study, "p0001", folder / "lonely.json", 50)
    for name in ("anna/small-p0001-submission.csv", "ben/p0001.csv", "carl/small-p0001-submission.csv"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("trial\n")
    saved(study, "p0001", folder / "anna" / "small-p0001-submission.json", 40)
    assert main(["import", str(study.folder), str(folder)]) == 0
    said = capsys.readouterr().out
    assert "carl/small-p0001-submission.csv is a table that a page saved" in said and said.count(".csv") == 1
    assert (
        "stored: 5 (" in said
        and "5 new submissions in the ledger" in said
        and f"next: hitgen review {study.folder}" in said
    )
    rows = workers(study)
    assert rows[:4] == [(person, page) for person in ("anna", "ben") for page in study.names]
    assert rows[4][0].startswith("file-")
    found = read_study(study.folder)
    assert not found.faulty and {verdict.use for verdict in found.judged.ratings.values()} == {"use"}
    for verb in ("review", "report", "export"):
        assert main([verb, str(study.folder)]) == 0, capsys.readouterr().err
    assert "hitgen close" not in capsys.readouterr().out.splitlines()[-1], "nothing was published"
    with (study.folder / "results" / "export" / "ratings.csv").open(newline="") as file:
        used = [row for row in csv.DictReader(file) if row["role"] == "study" and row["use"] == "use"]
    assert len(used) == 10
    assert not any("anna" in row["worker"] for row in used)


def test_a_copy_counts_once_and_a_second_try_does_not_count(
    study: SmallStudy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = saved(study, "p0001", tmp_path / "one.json")
    copy = tmp_path / "copy.json"
    copy.write_text(json.dumps(json.loads(first.read_text())))  # laid out in another way
    again = saved(study, "p0001", tmp_path / "again.json", 60)
    assert main(["import", str(study.folder), str(first), str(copy), str(again), "--person", "anna"]) == 0
    said = capsys.readouterr().out
    assert "stored: 1 (" in said and "again: 1 (" in said and "other: 1 (" in said and "1 new submission in" in said
    assert main(["import", str(study.folder), str(first)]) == 0
    assert workers(study) == [("anna", "p0001")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "not-json"),
        ("{}", "not-ours"),
        ('{"schema": 1, "batch": "demo", "page": "p0099", "assignment": "", "trials": []}', "not-ours"),
    ],
)
def test_where_nothing_is_taken_import_says_why_and_fails(
    study: SmallStudy, tmp_path: Path, text: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    assert main(["import", str(study.folder), str(path)]) == 1
    said = capsys.readouterr()
    assert f"{path} was not taken: {why} (" in said.out and "none of the files was taken" in said.err


def test_a_published_study_is_never_moved_out_of_the_way(study: SmallStudy, tmp_path: Path) -> None:
    study.hand_in([])
    path = saved(study, "p0001", tmp_path / "one.json")
    assert main(["import", str(study.folder), str(path)]) == 1
    assert [each.name for each in study.folder.glob("ledger*.sqlite")] == ["ledger.sqlite"]


def test_what_is_refused_binds_nothing_and_what_was_taken_in_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, port = tmp_path / "batch", free_port()
    build(link_batch(folder, port), workers=1)
    ours = {"schema": 1, "batch": "small", "page": "p0001", "assignment": "", "trials": []}
    for name, values in (("no.json", {}), ("page.json", {**ours, "page": "p0009"}), ("ours.json", ours)):
        (tmp_path / name).write_text(json.dumps(values))
    for name in ("no.json", "page.json"):
        assert main(["import", str(folder), str(tmp_path / name)]) == 1
    assert not (folder / "ledger.sqlite").exists()
    assert main(["import", str(folder), str(tmp_path / "ours.json")]) == 0
    capsys.readouterr()
    with collecting(folder, port):
        for verb in ("publish", "close"):
            assert main([verb, str(folder)]) == 1
            assert "saved files (own), not to own participants" in (said := capsys.readouterr().err)
            assert "try moving it elsewhere, or another folder" in said and "hitgen close" not in said
        (folder / "ledger.sqlite").rename(tmp_path / "ledger.sqlite")
        assert main(["publish", str(folder)]) == 0
