"""Tables and TOML as spreadsheets and people leave them, in every place where one is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hitgen.batch.load import load_batch
from hitgen.cli import main
from hitgen.config.images import FilesSet
from hitgen.errors import InputError
from hitgen.stimuli.files import level_files
from tests.test_projects import GOOD, batch, picture

QUESTIONS = [
    ["images", "source", "level_min", "level_max", "points", "radius_px", "matches"],
    ["gold", "g", "3", "6", "10 10; 50.5 10; 30 40", "9.5", "2"],
]


def table(rows: list[list[str]], separator: str = ",", end: str = "\r\n") -> str:
    return (
        end.join(
            separator.join(f'"{cell}"' if separator in cell or " " in cell else cell for cell in row) for row in rows
        )
        + end
    )


def decimal_commas(rows: list[list[str]]) -> list[list[str]]:
    return [rows[0], *([cell.replace(".", ",") for cell in row] for row in rows[1:])]


TABLES: dict[str, bytes] = {
    "plain": table(QUESTIONS).encode(),
    "semicolons": table(decimal_commas(QUESTIONS), ";").encode(),
    "tabs": table(QUESTIONS, "\t").encode(),
    "mark": table(QUESTIONS, ";").encode("utf-8-sig"),
    "utf-16": table(QUESTIONS, "\t").encode("utf-16"),
    "carriage returns": table(decimal_commas(QUESTIONS), ";", "\r").encode(),
    "carriage returns and commas": table(QUESTIONS, ",", "\r").encode(),
    "empty rows": (";" * 6 + "\r\n" + table(QUESTIONS, ";") + (";" * 6 + "\r\n") * 3 + "\r\n").encode(),
    "says its separator": b"sep=;\r\n" + table(QUESTIONS, ";").encode(),
    "more columns": table([[*row, ""] for row in QUESTIONS], ";").encode(),
    "spaces": table([[f" {cell} " for cell in row] for row in QUESTIONS]).encode(),
    "a long cell": table([[*row, "x" * 300_000] for row in QUESTIONS[1:]], ";").join([table([[*QUESTIONS[0], "note"]], ";"), ""]).encode(),
    "a line within a cell": (table([[*QUESTIONS[0], "note"]]) + table([QUESTIONS[1]]).strip() + ',"two\nlines"\r\n').encode(),
    "whole numbers with a point": table([QUESTIONS[0], ["gold", "g", "3.0", "6.0", "10 10; 50.5 10; 30 40", "9.5", "2.0"]]).encode(),
}  # fmt: skip


def with_questions(folder: Path, content: bytes) -> Path:
    batch(folder)
    head, _, rest = (folder / "batch.toml").read_text().partition("[[questions]]")
    (folder / "batch.toml").write_text(f'{head}[[questions]]\nfile = "q.csv"\n[hit]{rest.partition("[hit]")[2]}')
    (folder / "q.csv").write_bytes(content)
    return folder


@pytest.mark.parametrize("name", TABLES)
def test_questions_are_read_as_spreadsheets_save_them(tmp_path: Path, name: str) -> None:
    (question,) = load_batch(with_questions(tmp_path / "b", TABLES[name])).questions
    assert (question.level, question.points, question.radius_px) == ((3, 6), ((10, 10), (50.5, 10), (30, 40)), 9.5)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (["gold", "g", "3", "6", "10 10; 50 10; 30 40", "nan", "2"], "q.csv: line 2: 'nan' is not a number"),
        (["gold", "g", "3", "6", "10 inf; 50 10; 30 40", "9", "2"], "q.csv: line 2: 'inf' is not a number"),
        (["gold", "g", "3", "6", "10 10 5; 50 10; 30 40", "9", "2"], "q.csv: line 2 points"),
        (["gold", "g", "3,5", "6", "10 10; 50 10; 30 40", "9", "2"], "is no whole number"),
        (["gold", "g", "true", "6", "10 10; 50 10; 30 40", "9", "2"], "q.csv: line 2"),
        (["gold", "g", "3", "6.000", "10 10; 50 10; 30 40", "9", "2"], "'6.000' can be read in two ways"),
        (["gold", "g", "3", "6", "10 10; 50 10; 30 40", "1,500", "2"], "'1,500' can be read in two ways"),
    ],
)
def test_what_is_no_number_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: list[str], words: str
) -> None:
    content = table([QUESTIONS[0], row], ";").encode()
    assert main(["check", str(with_questions(tmp_path / "b", content))]) == 1
    said = capsys.readouterr().err
    assert words in said.replace("line 2.points", "line 2 points") and "; try " in said


def test_the_same_question_twice_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = table([*QUESTIONS, QUESTIONS[1]]).encode()
    assert main(["check", str(with_questions(tmp_path / "b", content))]) == 1
    assert "gold/g has a question already" in capsys.readouterr().err


def frames(folder: Path, content: str) -> list[Path]:
    for level in (1, 2):
        (folder / f"f{level}.jpg").write_bytes(b"x")
    (folder / "index.csv").write_text(content, newline="")
    images = FilesSet(name="f", sources="s.png", codec="files", index="index.csv", levels=2)
    return level_files(images, "s", folder)


@pytest.mark.parametrize(
    "content",
    [
        "level,file\n1,f1.jpg\n2,f2.jpg\n",
        "Level;File\r\n2;f2.jpg\r\n1;f1.jpg\r\n;;\r\n",
        "source\tlevel\tfile\rs\t1\tf1.jpg\rs\t2\tf2.jpg\r",
        "source;level;file\n;1;f1.jpg\n;2;f2.jpg\nother;1;f9.jpg\n",
    ],
)
def test_a_table_of_frames_is_read_as_spreadsheets_save_it(tmp_path: Path, content: str) -> None:
    assert [path.name for path in frames(tmp_path, content)] == ["f1.jpg", "f2.jpg"]


@pytest.mark.parametrize("third", [False, True])
def test_check_names_a_frame_beyond_the_last_level_and_a_way_to_gold_of_ready_made_frames(
    tmp_path: Path, third: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = batch(tmp_path / "b")
    frames = 'codec = "files"\nframes = "f_{source}_{index}.png"\nlevels = 2'
    text = GOOD[: GOOD.index('[[images]]\nname = "gold"')] + GOOD[GOOD.index("[hit]") :]
    text = (
        text.replace('codec = "jpeg"\nlevels = 12', frames)
        .replace("gold = 1", "gold = 0")
        .replace("min = 1", "min = 0")
    )
    (folder / "batch.toml").write_text(text)
    for level in range(1, 4 if third else 3):
        picture(folder / f"f_a_{level}.png", level)
    assert main(["check", str(folder)]) == 1
    assert "try swaps_per_second = 6, or accept" in capsys.readouterr().err, (
        "the first level flashes: no fewer would do"
    )
    shutil.copy(folder / "images" / "a.png", folder / "f_a_1.png")
    shutil.copy(folder / "images" / "a.png", folder / "f_a_2.png")
    assert main(["check", str(folder)]) == 0
    said = capsys.readouterr().out
    assert ("f_a_3.png is of a level beyond its last" in said) == third
    assert 'nobody can be screened; add an image set of your files with role = "gold"' in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("level,file\n1,f1.jpg\n1,f2.jpg\n2,f2.jpg\n", r"index.csv: line 3: level 1 of 's' is there twice; try"),
        ("level,file\ntrue,f1.jpg\n2,f2.jpg\n", r"index.csv: line 2: 'true' is no level; try a whole number"),
        ("level,file\n1,f1.jpg\n", "index.csv: it has no file for 's' at level 2; try"),
        ("level,file\n1,/nowhere/x.jpg\n2,f2.jpg\n", "missing for 's': /nowhere/x.jpg"),
        ("level,picture\n1,f1.jpg\n", "index.csv: line 1: it has no column file"),
    ],
)
def test_what_is_wrong_with_a_table_of_frames_is_told(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        frames(tmp_path, content)


TOML: dict[str, tuple[str, str, str]] = {
    "bool for a count": ("study = 1", "study = true", "hit: study holds true or false; try a number"),
    "bool for levels": ("levels = 12", "levels = true", "levels holds true or false"),
    "bool in a list": ("level = [3, 6]", "level = [true, 6]", "level holds true or false"),
    "bool in a point": ("[10, 10]", "[false, 10]", "points holds true or false"),
    "bool for a radius": ("radius_px = 9", "radius_px = true", "radius_px holds true or false"),
    "bool for money": ("[hit]", "[hit]\nreward_usd = true", "reward_usd holds true or false"),
    "infinite": ("radius_px = 9", "radius_px = inf", "questions[0].radius_px: inf is not a number of the wanted form"),
    "not a number": ("[10, 10]", "[nan, 10]", "questions[0].points[0]"),
    "nested": ("seed = 1", "seed = " + "[" * 3000 + "]" * 3000, "its brackets are nested too deep"),
    "a key twice": ("seed = 1", "seed = 1\nseed = 2", "try leaving it out, or the other line that says it"),
    "a table twice": ("[hit]", "[batch]\n[hit]", "try leaving it out, or the other line that says it"),
    "capitals": ('codec = "jpeg"', 'codec = "JPEG"', "'JPEG' is not known; try \"jpeg\""),
    "money with a comma": (
        "[hit]",
        '[hit]\nreward_usd = "1,20"',
        "hit.reward_usd: '1,20' is not a number of the wanted form; try digits with a point",
    ),
    "money with a sign": ("[hit]", '[hit]\nreward_usd = "$1.20"', 'no sign of money, such as "1.20"'),
    "parts of a cent": (
        "[hit]",
        '[hit]\nreward_usd = "1.005"',
        "hit.reward_usd: '1.005' has too many decimals; try at most 2",
    ),
    "a key of another method": (
        "[hit]",
        '[method]\nkind = "threshold"\n[hit]\nlocations = 3',
        "hit.locations: 'locations' is a key of pjnd, not of this method; try leaving it out",
    ),
    "a key of other methods": (
        "[hit]",
        "[method]\ncrop = [64, 48]\n[hit]",
        "method.crop: 'crop' is a key of compare, not of this method",
    ),
    "curly quotes": ("seed = 1", "seed = 1\nx = \u201cy\u201d", 'there is LEFT DOUBLE QUOTATION MARK; try "'),
    "low quotes": ("seed = 1", "seed = 1\nx = \u201ey\u201c", 'there is DOUBLE LOW-9 QUOTATION MARK; try "'),
    "a long minus": ("seed = 1", "seed = \u22121", "there is MINUS SIGN; try -"),
    "a wide bracket": ("seed = 1", "seed = 1\nx = \uff3b1]", "there is FULLWIDTH LEFT SQUARE BRACKET; try ["),
    "a wide sign": ("seed = 1", "seed \uff1d 1", "there is FULLWIDTH EQUALS SIGN; try ="),
    "a hard space": ("seed = 1", "seed =\u00a01", "there is NO-BREAK SPACE; try a plain space"),
    "nothing seen": ("seed = 1", "\u200bseed = 1", "there is ZERO WIDTH SPACE; try removing it"),
    "a number of digits": ("seed = 1", "seed = " + "1" * 5000, "it is not TOML"),
}


@pytest.mark.parametrize("name", TOML)
def test_toml_that_says_other_than_it_should_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    folder = batch(tmp_path / "b")
    old, new, words = TOML[name]
    text = (folder / "batch.toml").read_text()
    assert old in text
    (folder / "batch.toml").write_text(text.replace(old, new, 1))
    assert main(["check", str(folder)]) == 1
    assert words in capsys.readouterr().err


def test_populations_and_texts_are_read_by_the_same_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = batch(tmp_path / "b")
    for name, content, words in (
        ("p.toml", b"lapse = true", "lapse holds true or false"),
        ("p.toml", b"pjnd_mean = inf", "pjnd_mean"),
        ("p.toml", b"\xff", "byte 0 is not UTF-8"),
        ("p.toml", b"\xef\xbb\xbfhits_per_worker = 0", "hits_per_worker: 0 is out of range"),
    ):
        (tmp_path / name).write_bytes(content)
        assert main(["build", str(folder)]) == 0
        assert main(["simulate", str(folder), "--population", str(tmp_path / name)]) == 1
        assert words in capsys.readouterr().err
    (folder / "t.toml").write_bytes(b"next = " + b"[" * 3000)
    (folder / "batch.toml").write_text(
        (folder / "batch.toml").read_text().replace("seed = 1", 'seed = 1\ntexts = "t.toml"')
    )
    assert main(["build", str(folder)]) == 1
    assert "t.toml: it is not TOML: its brackets are nested too deep" in capsys.readouterr().err
