"""What names a person beside their own rows: a panel's turns, the reasons of others, archives, files of other users."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from hitgen import cli
from hitgen.results.forget import forget
from hitgen.results.review import propose
from hitgen.results.reviewfile import read_review, review_path, write_review
from hitgen.results.study import read_study
from tests.support.panels import RESULTS, panel_study
from tests.support.small_study import SmallStudy, xml

PANEL = f'kind = "panel"\nid = ["PID"]\nkeep = ["SESSION"]\n{RESULTS}\n'
ONE, TWO = "ASSIGNMENT1", "ASSIGNMENT2"


def handed_on(folder: Path) -> None:
    """Two workers, of whom the second hands in what the first did."""
    small = SmallStudy(folder, toml='[screening]\ngold_answers_min = 1\nreject = ["copy"]\n')
    answers = [small.answer("p0001", ONE, worker) for worker in ("WFIRST", "WSECOND")]
    answers[1]["assignment"] = TWO
    small.hand_in([("p0001", ONE, "WFIRST", xml(answers[0])), ("p0001", TWO, "WSECOND", xml(answers[1]))])
    write_review(folder, propose(read_study(folder)))


@pytest.mark.parametrize("says", ["PERSON7", "SOMEBODYELSE", ""])
def test_what_a_panels_person_sent_goes_whoever_it_names(tmp_path: Path, says: str) -> None:
    with panel_study(tmp_path, PANEL) as study:
        study.open("p0001.1", 2)
        place = study.come("PID=PERSON7&SESSION=SESSION7").place
        assert study.deliver(place, worker=says) == study.deliver(study.come("PID=STAYS&SESSION=S1").place) == "stored"
        shutil.copy(tmp_path / "collected.sqlite", tmp_path / "yesterday's inbox")
        study.inbox.query("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(tmp_path / "collected.sqlite", tmp_path / "inbox.bak")
        done = forget(tmp_path, "PERSON7")
        assert [row["assignment"][:7] for row in study.inbox.query("SELECT assignment FROM submissions")] == ["p0001.1"]
        assert [row["person"] for row in study.inbox.query("SELECT person FROM turns")] == ["STAYS"]
    assert done.rows == 1 and done.still_named_in == (tmp_path / "inbox.bak",)
    for path in tmp_path.glob("collected.sqlite*"):
        assert not any(name.encode() in path.read_bytes() for name in ("PERSON7", "SESSION7", place))


def test_the_reasons_of_others_name_nobody_who_was_forgotten(tmp_path: Path) -> None:
    handed_on(tmp_path)
    assert ONE in review_path(tmp_path).read_text("utf-8-sig")
    assert forget(tmp_path, "WFIRST").still_named_in == ()
    assert ONE not in review_path(tmp_path).read_text("utf-8-sig")
    assert list(read_review(tmp_path)) == [TWO]


def test_whose_work_is_rejected_is_told_of_no_other_assignment(tmp_path: Path) -> None:
    handed_on(tmp_path)
    row = read_review(tmp_path)[TWO]
    assert (row.pay, row.feedback) == ("reject", "answers, marks and times are those of another assignment")
    assert ONE in row.reasons


def test_what_cannot_be_looked_into_is_named_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    handed_on(tmp_path)
    shutil.make_archive(str(tmp_path / "backup"), "gztar", tmp_path, "ledger.sqlite")
    (tmp_path / "saved by Excel.txt").write_text(f"pay\t{ONE}\r\n", "utf-16")
    (tmp_path / "a colleague's").write_text("WFIRST")
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "a colleague's" and may(path, mode))
    assert cli.main(["forget", str(tmp_path), "WFIRST"]) == 0
    said = capsys.readouterr().out
    assert f"{tmp_path / 'saved by Excel.txt'} still names this worker" in said
    for name in ("backup.tar.gz", "a colleague's"):
        assert f"{tmp_path / name} cannot be looked into, and may name this worker" in said
    assert "WFIRST" not in review_path(tmp_path).read_text("utf-8-sig")
