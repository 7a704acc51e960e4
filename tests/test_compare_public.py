"""Public files of JPEG AIC-3's columns, in and out, and a study of one's own from simulated answers to its report."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from hitgen.cli import main
from hitgen.methods.compare.analysis.files import question_table
from hitgen.methods.compare.answers import Answer
from hitgen.methods.compare.public import COLUMNS, public_csv, read_public
from tests.support.compare import write_study
from tests.support.triplets import Shape, simulated

HEADER = ",".join(COLUMNS)
ROW = "1,157,62,2,0,6,0,0,2,0,1,0,0,0,1,right,2515"


def answers() -> list[Answer]:
    return simulated(5, Shape(sources=1, codecs=2, levels=4, boosted=6, plain=4)).answers


def test_what_goes_out_comes_in_again(tmp_path: Path) -> None:
    given = answers()
    boosted, plain = tmp_path / "b.csv", tmp_path / "p.csv.gz"
    boosted.write_text(public_csv(given, "boosted"), "utf-8")
    plain.write_bytes(gzip.compress(public_csv(given, "plain").encode()))
    read = read_public([plain, boosted])
    told = {(a.arm, a.asked, a.source, a.left, a.right, a.response, a.response_time_ms, a.order) for a in given}
    assert len(read) == len(given)
    assert {(a.arm, a.asked, a.source, a.left, a.right, a.response, a.response_time_ms, a.order) for a in read} == told
    assert all(a.toggles == 3 if a.arm == "plain" else a.toggles is None for a in read)
    header, *rows = csv.reader(io.StringIO(boosted.read_text("utf-8")))
    assert tuple(header) == COLUMNS and len({row[2] for row in rows if row[13] == "0"}) > 1
    sides = {(row[4], row[7]) for row in rows} | {(row[5], row[8]) for row in rows}
    assert ("0", "0") in sides and all((codec == "0") == (level == "0") for codec, level in sides)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("img_num,response\n2,left\n", "assignment"),
        (f"{HEADER}\n", "no answers"),
        (f"{HEADER}\n{ROW.replace('right', 'both')}", "response is 'both'"),
        (f"{HEADER}\n{ROW.replace('0,2,0,1', '0,x,0,1')}", "dlevel_right is 'x'"),
        (f"{HEADER}\n{ROW.replace('0,2,0,1', '0,-1,0,1')}", "dlevel_right is '-1'"),
        (f"{HEADER}\n{ROW.replace('2,0,6,0', '2,0,,0')}", "codec_right is empty"),
        (f"{HEADER}\n{ROW.replace('2,0,6,0', '2,0,0,0')}", "codec_right is 0, the source"),
        (f"{HEADER}\n{ROW.replace('157', '')}", "worker is empty"),
        (f"{HEADER}\n{ROW.replace('2515', 'soon')}", "response_time_ms is 'soon'"),
        (f"{HEADER}\n{ROW.replace('2515', '-5')}", "response_time_ms is '-5'"),
        (f"{HEADER}\n{ROW.replace('2,0,6', '2,0,6' + chr(0))}", "line 2: it holds NUL bytes"),
        (f"{HEADER}\n{ROW.replace('2,0,1,0', '2,1,1,0')}", "dlevel_pivot is '1'"),
        (
            f"{HEADER}\n{ROW}\n{ROW.replace('62,2', '63,02').replace('1,right', '2,right')}",
            "img_num is '02', which is '2' in line 2",
        ),
        (
            f"{HEADER}\n{ROW}\n{ROW.replace('2,0,6', '2,0,6' + chr(0x200B)).replace('1,right', '2,right')}",
            "which is '6' in line 2",
        ),
        (
            f"{HEADER}\n{ROW.replace('2,0,6', '2,JPEG,jpeg').replace('0,0,2', '0,1,2')}",
            "codec_right is 'jpeg', which is 'JPEG' in line 2",
        ),
        (
            "\n".join(",".join(line.split(",")[:14] + line.split(",")[15:]) for line in (HEADER, ROW, ROW)),
            "and all else of this row is in line 2 too",
        ),
        (
            f"{HEADER}\n{ROW.replace('2515', '2.515')}\n{ROW.replace('1,right,2515', '2,right,940')}",
            "line 2: response_time_ms is '2.515', as 2.515 is, which is 2515 ms to some, and to others two and a half ms",
        ),
        (f"{HEADER}\n{ROW.replace('2515', '2.5')}", "response_time_ms is less than 2.5 in half of the rows"),
        (f"{HEADER}\n{ROW.replace('2515', '3')}", "these may be seconds; try milliseconds"),
        (f"{HEADER}\n{ROW.replace('2515', '2,515')}".replace(",", ";").replace("2;515", "2,515"), "is '2,515', not"),
        (
            f"{HEADER}\n{ROW.replace('62,2,0', '62,2.000,0')}",
            "img_num is '2.000', which can be read in two ways; try 2, or",
        ),
        (f"{HEADER}\n{ROW.replace('0,2,0,1', '0,2.000,0,1')}", "dlevel_right is '2.000', not a level"),
        (
            f"{HEADER.replace('_ms', '')}\n{ROW}",
            "response_time: there is no such column, and none called response_time_ms",
        ),
        (f"{HEADER.replace('is_trap', 'trap')}\n{ROW}", "trap: there is no such column, and none called is_trap"),
        (f"{HEADER}\n{ROW.replace('2515', '1e300')}", "response_time_ms is '1e300'"),
        (f"{HEADER}\n{ROW.replace('0,0,1,right', 'yes,0,1,right')}", "is_bias is 'yes', not 0 or 1"),
        (f"{HEADER}\n{ROW.replace('0,1,right', '0,first,right')}", "question_order is 'first', not a count"),
        (f"{HEADER},toggle_count\n{ROW},-1", "toggle_count is '-1', not a count"),
        (f"{HEADER}\n{ROW}\n{ROW}", "line 3: question_order '1' of assignment '1' is in line 2 too; try each answer"),
        (f"{HEADER}\n{ROW}\n{ROW.replace('157', '158')}", "line 3: assignment '1' is of worker '157' above, here of"),
        (
            "\n".join([HEADER, *[f"{ROW}x"] * 900]),
            "line 2: response_time_ms is '2515x', not a time in ms (further lines like it: 899)",
        ),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, named: str
) -> None:
    path = tmp_path / "b.csv"
    path.write_text(text)
    assert main(["report", str(path), "--json"]) == 1
    told = capsys.readouterr()
    assert named in told.err and "b.csv" in told.err and told.out == "" and told.err.count("\n") == 1


@pytest.mark.parametrize(
    "same",
    [
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: f"\ufeff{text}",
        lambda text: text.replace(HEADER, HEADER.upper()),
        lambda text: text.replace("157,62,2,0,6,0,0", "157.0,62.0,2.0,0.0,6.0,0.0,0"),
        lambda text: text.replace("0,0,0,1,right", "false,FALSE,False,1.0,RIGHT"),
        lambda text: text.replace("2515", '"2515,2"'),
        lambda text: text.replace("2515", "2515.300"),
    ],
    ids=["semicolons", "tabs", "mark", "upper case", "fractions", "words", "decimal comma", "point"],
)
def test_what_programs_make_of_a_file_says_the_same(tmp_path: Path, same: Callable[[str], str]) -> None:
    """A trap is a trap and the plain arm is plain, whatever a spreadsheet or a data frame wrote."""
    text = f"{HEADER},toggle_count\n{ROW},2\n{ROW.replace('0,0,0,1,right', '0,0,1,2,right')},2\n"
    made = same(text)
    assert made != text
    (tmp_path / "a.csv").write_text(text)
    (tmp_path / "b.csv").write_text(made, "utf-8")
    wanted, found = (read_public([tmp_path / name]) for name in ("a.csv", "b.csv"))
    assert [answer.asked for answer in found] == ["source", "trap"] and {answer.arm for answer in found} == {"plain"}
    assert [each[3:] for each in found] == [each[3:] for each in wanted]


def test_files_and_choices_that_do_not_go_together_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, cut = tmp_path / "one.csv", tmp_path / "two.csv", tmp_path / "cut.csv.gz"
    for path in (one, two):
        path.write_text(f"{HEADER}\n{ROW}\n")
    cut.write_bytes(gzip.compress(f"{HEADER}\n{ROW}\n".encode())[:-12])
    (tmp_path / "c.toml").write_text("[screening]\ntraps_boosted = 1.7\n[scales]\n")
    for given, named in (
        ([one, two], "boosted answers, as one.csv does"), ([one, tmp_path / "three.csv"], "no such file"),
        ([cut], "cannot be unpacked"), ([one, "--config", tmp_path / "c.toml"], "screening.traps_boosted"),
        ([one, "--config", tmp_path / "c.toml"], "scales"), ([tmp_path, one], "is no file"),
    ):  # fmt: skip
        assert main(["report", *map(str, given), "--json"]) == 1
        assert named in capsys.readouterr().err


def test_a_file_without_times_is_not_taken_for_a_quick_one_and_one_without_a_scale_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = list(csv.reader(io.StringIO(public_csv(answers(), "boosted"))))
    path = tmp_path / "b.csv"
    path.write_text("\n".join(",".join(row[:-1]) for row in rows))
    (tmp_path / "c.toml").write_text("[scale]\nresamples = 20\n")
    assert main(["report", str(path), "--json", "--config", str(tmp_path / "c.toml")]) == 0
    told = capsys.readouterr()
    [*_, last] = json.loads(told.out)["scale"]
    assert last["source"] == 1 and last["codec"] == "b" and last["boosted_units"] > 0
    path.write_text("\n".join(",".join(row) for row in rows if row[13] in ("1", "is_trap")))
    assert main(["report", str(path), "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == {"scale": []} and "No answer that counts for a scale" in told.err
    path.write_text("\n".join(",".join(row) for row in rows if row[13] in ("0", "is_trap")))
    assert main(["report", str(path), "--json", "--config", str(tmp_path / "c.toml")]) == 0
    assert "No boosted answer is to a trap" in capsys.readouterr().err
    path.write_text("\n".join(",".join([*row[:-1], "300" if row[-1].isdecimal() else row[-1]]) for row in rows))
    assert main(["report", str(path), "--json"]) == 0
    assert "assignments are left out, by times (" in capsys.readouterr().err


def test_questions_are_counted_whichever_version_stood_left() -> None:
    given = [answer for answer in answers() if answer.asked in ("same", "cross", "source")]
    table = question_table(given)
    assert table["answers"].sum() == len(given)
    assert (
        table.select(pl.sum_horizontal("first", "second", "not_sure", "skipped") == pl.col("answers")).to_series().all()
    )
    assert (table["first_level"] <= table["second_level"]).filter(table["asked"] == "source").all()


def test_a_simulated_study_comes_to_a_report_a_script_s_figures_and_files_that_are_read_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_study(tmp_path / "study", method='compare = ["same", "cross", "source"]')
    text = (folder / "batch.toml").read_text()
    text = text.replace("answers = 2", "answers = 40").replace("distance = 1\n", "").replace("gold = 2", "gold = 8")
    (folder / "batch.toml").write_text(f"{text}\n[scale]\nresamples = 20\n")
    # One plan and its answers, for of those that chance would give some are odd: how near a scale comes is proved elsewhere.
    (folder / "plan.secret").write_text("5" * 32)
    (tmp_path / "people.toml").write_text("spammers = 0.2\n[jnd.s0]\njpeg = [0.6, 2.0]\nwebp = [0.9, 2.4]\n")
    assert main(["build", str(folder)]) == 0
    assert main(["simulate", str(folder), "--population", str(tmp_path / "people.toml")]) == 0
    truth = json.loads((folder / "simulation" / "truth.json").read_text())
    assert {tuple(row["jnd"]) for row in truth["ladders"]} == {(0.0, 0.6, 2.0), (0.0, 0.9, 2.4)}
    capsys.readouterr()
    assert main(["report", str(folder), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    found = {(row["codec"], row["level"]): row for row in record["scale"]}
    assert set(found) == {(codec, level) for codec in ("jpeg", "webp") for level in (1, 2)}
    true = {("jpeg", 1): 0.6, ("jpeg", 2): 2.0, ("webp", 1): 0.9, ("webp", 2): 2.4}
    assert all(found[key]["jnd"] == pytest.approx(jnd, abs=1.2) for key, jnd in true.items())
    page = Path(record["report"]).read_text("utf-8")
    told = {row["level"]: row for row in record["detection"] if (row["arm"], row["codec"]) == ("plain", "jpeg")}
    # 40 people see 2 JND nine times in ten, or so; one of 0.6 JND may be called anything but that
    assert set(told) == {1, 2} and told[2]["lossless"] < 0.5 and told[2]["verdict"] != "visually lossless"
    assert "P(lossless)" in page and "a probability of 0.95 or more after 15 answers or more" in page
    for heading in ("Distance from the source", "Distance against bits per pixel", "Detection", "How it was answered"):
        assert heading in page
    assert "traps" in page and 'src="data:image/svg+xml' in page
    assert main(["export", str(folder)]) == 0
    made = folder / "results" / "export" / "analysis"
    drawn = {path.name for path in (folder / "results" / "export" / "figures").iterdir()}
    names = ("detection", "graph", "habits", "levels", "progress", "rates", "timing")
    assert drawn == {f"{name}.{form}" for name in names for form in ("svg", "pdf")}
    methods = (folder / "results" / "export" / "methods.md").read_text("utf-8")
    assert "each to be answered 40 times" in methods and "traps, if the share of traps passed" in methods
    assert set(pl.read_csv(made / "scale.csv")["codec"]) == {"jpeg", "webp"}
    assert pl.read_csv(made / "questions.csv").height > 0 and pl.read_csv(made / "detection.csv").height > 0
    detection = pl.read_csv(made / "detection.csv").rows(named=True)
    assert {
        (row["arm"], row["codec"], row["level"]): (row["verdict"], round(row["lossless"], 6)) for row in detection
    } == {(row["arm"], row["codec"], row["level"]): (row["verdict"], row["lossless"]) for row in record["detection"]}
    dictionary = (made / "README.md").read_text("utf-8")
    about = dictionary[dictionary.index("| column of `detection`") :]
    described = set(re.findall(r"`(\w+)`", "\n".join(line.split("|")[1] for line in about.splitlines() if "|" in line)))
    assert {"verdict", "lossless", "low", "high", "correct", "answers"} <= described <= {*detection[0], "detection"}
    capsys.readouterr()
    (tmp_path / "c.toml").write_text("[scale]\nresamples = 20\n")
    files = [str(made / f"answers-{arm}.csv") for arm in ("plain", "boosted")]
    assert main(["report", *files, "--json", "--config", str(tmp_path / "c.toml")]) == 0
    again = {(row["codec"], row["level"]): row["jnd"] for row in json.loads(capsys.readouterr().out)["scale"]}
    assert again == {key: pytest.approx(row["jnd"], abs=0.02) for key, row in found.items()}


def test_a_study_of_one_s_own_without_plain_answers_is_told_that_it_has_no_jnd(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_study(tmp_path, method='arms = ["boosted"]', codecs=("jpeg",), more="[scale]\nresamples = 20\n")
    for verb in ("build", "simulate", "report"):
        capsys.readouterr()
        assert main([verb, str(folder), "--json"]) == 0
    told = capsys.readouterr()
    assert {"boosted_units"} <= set(json.loads(told.out)["scale"][0]) and "there is no JND" in told.err
