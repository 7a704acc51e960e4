"""The review table and its file: what a person changes in it is kept, refused where it cannot be, and followed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hitgen import cli
from hitgen.commands.review import WIDTH, review_lines
from hitgen.errors import InputError
from hitgen.lib.files import csv_text
from hitgen.results.dataset import make_dataset
from hitgen.results.review import propose
from hitgen.results.reviewfile import read_review, review_path, write_review
from hitgen.results.study import read_study
from tests.support.small_study import SmallStudy, xml

TOML = """
[screening]
gold_answers_min = 1
reject = ["gold"]
[bonus]
training_usd = "0.10"
completion_usd = "0.50"
completion_pages = 2
"""


def study(folder: Path, **options: object) -> SmallStudy:
    small = SmallStudy(folder, toml=TOML, **options)  # type: ignore[arg-type]
    works = [
        small.answer("p0001", "A1", "W1"),
        small.answer("p0002", "A2", "W1"),
        small.answer("p0001", "A3", "=W2", gold="wrong"),
    ]
    small.hand_in([(work["page"], work["assignment"], work["worker"], xml(work)) for work in works])
    small.hand_in([("p0001", "A4", "W4", "broken")])
    return small


def test_the_table_fits_a_terminal_and_says_why_under_those_that_need_a_look(tmp_path: Path) -> None:
    study(tmp_path)
    read, long = read_study(tmp_path), "too few checks of control questions passed; " * 8
    rows = [
        replace(row, worker="5f3a0c1d2e4b6a7980f1c2d3", assignment="3TPWUS5F8ABCDEFGHIJKLMNOPQRSTU", use="not-enough-evidence", reasons=long)
        for row in propose(read)
    ]  # fmt: skip
    head, first, why, *rest = review_lines(read, rows)
    assert head.split() == ["participant", "page", "minutes", "gold", "rate", "pay", "use"]
    assert first.startswith("5f3a0c1d2e4b6a7980f1c2d3") and first.endswith("not-enough-evidence")
    assert why.startswith("    3TPWUS5F8ABCDEFGHIJKLMNOPQRSTU: too few checks") and rest[1].endswith(" ...")
    assert max(map(len, (head, first, why, *rest[:2]))) <= WIDTH
    assert not any(line.startswith(" ") for line in review_lines(read, [replace(row, reasons="") for row in rows]))


def edited(folder: Path, change: Callable[[dict[str, dict[str, str]]], None], delimiter: str = ",") -> None:
    """Change the file as a spreadsheet would: all rows read and written again."""
    path = review_path(folder)
    table = csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""))
    rows = {row["assignment"]: row for row in table}
    change(rows)
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(table.fieldnames or ()), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows.values())
    path.write_text(buffer.getvalue(), "utf-8")


def test_the_table_says_what_the_rules_propose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study(tmp_path)
    assert cli.main(["review", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "4 assignments: 2 pay, 1 reject, 1 undecided; 2 use, 2 exclude" in told
    rows = read_review(tmp_path)
    assert [(row.pay, row.use) for row in rows.values()] == [
        ("pay", "use"), ("pay", "use"), ("reject", "exclude"), ("undecided", "exclude")
    ]  # fmt: skip
    assert (rows["A1"].training_bonus_usd, rows["A1"].completion_bonus_usd) == (Decimal("0.10"), 0)
    assert (rows["A2"].training_bonus_usd, rows["A2"].completion_bonus_usd) == (0, Decimal("0.50"))
    assert rows["A3"].feedback == "0 of 2 checks of control questions passed, at least 70% are needed"
    assert rows["A3"].worker == "=W2" and "'=W2" in review_path(tmp_path).read_text("utf-8-sig")
    assert review_path(tmp_path).stat().st_mode & 0o777 == 0o600
    assert not rows["A4"].decided().pay


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_edits_survive_the_next_review_and_reach_the_dataset(tmp_path: Path, delimiter: str) -> None:
    small = study(tmp_path)
    write_review(tmp_path, propose(read_study(tmp_path)))

    def change(rows: dict[str, dict[str, str]]) -> None:
        rows["A3"] |= {"pay": "pay", "use": "Use", "feedback": "after all", "training_bonus_usd": "0.1"}
        rows["A1"] |= {"use": "exclude"}
        rows["A4"] |= {"pay": "reject", "feedback": "Nothing was handed in."}

    edited(tmp_path, change, delimiter)
    small.hand_in([("p0002", "A5", "W5", xml(small.answer("p0002", "A5", "W5")))])
    write_review(tmp_path, propose(read_study(tmp_path)))
    rows = read_review(tmp_path)
    assert (rows["A3"].pay, rows["A3"].use, rows["A3"].feedback) == ("pay", "use", "after all")
    assert (rows["A1"].use, rows["A4"].pay, rows["A5"].use) == ("exclude", "reject", "use")
    assert rows["A3"].training_bonus_usd == Decimal("0.10")
    hidden = read_study(tmp_path).pseudonym
    uses = {(row["assignment"], row["use"]) for row in make_dataset(tmp_path).ratings.to_dicts()}
    assert uses == {
        (hidden(name), use) for name, use in [("A1", "exclude"), ("A2", "use"), ("A3", "use"), ("A5", "use")]
    }
    assert "by hand" in make_dataset(tmp_path).ratings["reasons"].to_list()[0]


def test_a_completion_is_paid_to_those_whose_pages_are_paid(tmp_path: Path) -> None:
    study(tmp_path)
    write_review(tmp_path, propose(read_study(tmp_path)))
    edited(tmp_path, lambda rows: rows["A1"].update(pay="reject", feedback="no"))
    rows = {row.assignment: row for row in propose(read_study(tmp_path))}
    assert (rows["A2"].training_bonus_usd, rows["A2"].completion_bonus_usd) == (Decimal("0.10"), 0)


def test_a_page_that_the_recruiter_rejected_earns_no_bonus(tmp_path: Path) -> None:
    small = study(tmp_path)
    with small.ledger() as ledger:
        ledger.set_status("A1", "Rejected")
    rows = {row.assignment: row for row in propose(read_study(tmp_path))}
    assert (rows["A1"].training_bonus_usd, rows["A1"].completion_bonus_usd) == (0, 0)
    assert (rows["A2"].training_bonus_usd, rows["A2"].completion_bonus_usd) == (Decimal("0.10"), 0)


def test_an_edit_outlasts_a_while_in_which_the_rules_agree(tmp_path: Path) -> None:
    study(tmp_path)
    (bad,) = [row for row in propose(read_study(tmp_path)) if row.assignment == "A3"]
    assert bad.pay == "reject"
    edited = replace(bad.with_edits(None), pay="pay")
    agreed = replace(bad, pay="pay").with_edits(edited)
    again = bad.with_edits(agreed)
    assert (agreed.pay, again.pay) == ("pay", "pay") and again.decided().pay == "pay"
    undone = bad.with_edits(replace(again, pay="reject"))
    assert undone.pay == "reject" and undone.decided().pay is None


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"pay": "maybe"}, "row 2: pay: 'maybe' is not known; try 'pay' or 'reject' or 'undecided'"),
        ({"use": ""}, "row 2: use: '' is not known"),
        ({"pay": "reject"}, "row 2: feedback: rejected work needs a reason"),
        ({"training_bonus_usd": "1,5"}, "row 2: training_bonus_usd: '1,5' is no amount of dollars"),
        ({"training_bonus_usd": "NaN"}, "'NaN' is no amount of dollars"),
        ({"completion_bonus_usd": "99999"}, "'99999' is no amount of dollars"),
        ({"assignment": "A2"}, "row 3: assignment: A2 is there twice"),
        ({"feedback": "x" * 1025}, "row 2: feedback: has 1025 characters"),
        ({"proposed": "[]"}, "row 2: proposed: this column was changed"),
        ({"proposed": "[" * 5000}, "row 2: proposed: this column was changed"),
    ],
)
def test_what_cannot_be_followed_is_named_with_its_row(tmp_path: Path, values: dict[str, str], told: str) -> None:
    study(tmp_path)
    write_review(tmp_path, propose(read_study(tmp_path)))
    edited(tmp_path, lambda rows: rows["A1"].update(values))
    with pytest.raises(InputError) as raised:
        read_review(tmp_path)
    assert told in str(raised.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_that_a_spreadsheet_saved_its_own_way_says_the_same(tmp_path: Path, encoding: str) -> None:
    study(tmp_path)
    write_review(tmp_path, propose(read_study(tmp_path)))
    edited(tmp_path, lambda rows: rows["A1"].update(training_bonus_usd="0.50"))
    before = read_review(tmp_path)
    table = list(csv.reader(io.StringIO(review_path(tmp_path).read_text("utf-8-sig"), newline="")))
    bonus = table[0].index("training_bonus_usd")
    for row in table[1:]:
        row[bonus] = row[bonus].replace("0.50", "0,5")
    text = csv_text([*table, [""] * len(table[0]), [""] * len(table[0])], ";")
    review_path(tmp_path).write_bytes(text.encode(encoding))
    assert read_review(tmp_path) == before and before["A1"].training_bonus_usd == Decimal("0.50")


def test_a_file_of_another_shape_is_refused(tmp_path: Path) -> None:
    study(tmp_path)
    review_path(tmp_path).parent.mkdir()
    for content, told in (
        (b"assignment,pay\n", "it has no column use"),
        (b"\xff\xff", "is not UTF-8"),
        (b"\xff\xfe", "it has no column assignment"),
    ):
        review_path(tmp_path).write_bytes(content)
        with pytest.raises(InputError, match=told):
            read_review(tmp_path)


def test_a_column_that_was_sorted_alone_is_told(tmp_path: Path) -> None:
    """Whoever is rejected in a row would not be the one of its assignment."""
    study(tmp_path)
    write_review(tmp_path, propose(read_study(tmp_path)))
    path = review_path(tmp_path)
    header, *rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    names = [row[0] for row in rows]
    for row, name in zip(rows, reversed(names), strict=True):
        row[0] = name
    path.write_text(csv_text([header, *rows]))
    with pytest.raises(
        InputError, match=r"review.csv: worker: is '\w+' for the assignment \w+, which is of '\w+': rows are mixed up"
    ):
        read_study(tmp_path)
    for row in rows:
        row[1] = row[2] = "1.2E+23"  # as spreadsheets write what they take for a number
    path.write_text(csv_text([header, *rows]))
    assert read_study(tmp_path).works


def test_what_was_changed_in_a_row_of_nobody_is_told_and_not_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study(tmp_path)
    assert cli.main(["review", str(tmp_path)]) == 0
    edited(tmp_path, lambda rows: rows["A2"].update(assignment="1.2E+23", use="exclude", feedback="asleep"))
    before, _ = review_path(tmp_path).read_bytes(), capsys.readouterr()
    told = (
        f"{review_path(tmp_path)}, row 3: assignment: nobody handed in '1.2E+23', so that what was changed there counts for "
        "nothing: use = 'exclude', feedback = 'asleep'; try its own name again, or deleting that row"
    )
    assert cli.main(["review", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"hitgen: {told}\n"
    assert review_path(tmp_path).read_bytes() == before
    assert cli.main(["export", str(tmp_path), "--no-figures"]) == 0
    assert f"warning: {told}\n" in capsys.readouterr().out
    assert cli.main(["report", str(tmp_path)]) == 0
    page = (tmp_path / "results" / "report.html").read_text("utf-8")
    assert "1 row of review.csv with changes" in page and "1.2E+23" not in page


def test_rows_of_nobody_in_which_nothing_was_changed_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study(tmp_path)
    assert cli.main(["review", str(tmp_path)]) == 0
    assert "nobody handed in" not in capsys.readouterr().out
    edited(tmp_path, lambda rows: rows["A2"].update(assignment="1.2E+23"))
    assert cli.main(["review", str(tmp_path)]) == 0
    assert "1 row of assignments that nobody handed in left out of the file" in capsys.readouterr().out
    assert list(read_review(tmp_path)) == ["A1", "A2", "A3", "A4"]


def test_a_column_of_one_s_own_stays_with_its_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study(tmp_path)
    assert cli.main(["review", str(tmp_path)]) == 0
    path = review_path(tmp_path)
    header, *rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    noted = [[*row, note, ""] for row, note in zip(rows, ("asked twice", "'=1+1", "", ""), strict=True)]
    path.write_text(csv_text([[*header, "own", ""], *noted]))
    for _ in range(2):
        assert cli.main(["review", str(tmp_path)]) == 0
        again = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
        assert again == [[*header, "own"], *(row[:-1] for row in noted)]
    assert read_review(tmp_path)["A2"].own == {"own": "=1+1"}
    edited(tmp_path, lambda rows: rows["A1"].update(assignment="1.2E+23"))
    assert cli.main(["review", str(tmp_path)]) == 1
    assert "own = 'asked twice'" in capsys.readouterr().err


def test_the_quiz_admits_by_its_share(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path, quiz=True)
    works = [small.answer("p0001", f"A{n}", f"W{n}", gold=gold) for n, gold in enumerate(["right", "level", "wrong"])]
    small.hand_in([("p0001", work["assignment"], work["worker"], xml(work)) for work in works])
    assert [row.admit for row in propose(read_study(tmp_path))] == ["yes", "no", "no"]
    small.hand_in([("p0002", "A9", "W0", xml(small.answer("p0002", "A9", "W0")))])
    assert propose(read_study(tmp_path))[-1].admit == ""
