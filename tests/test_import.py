"""What `import` is given stays as it is, to the byte, and what holds no submissions is refused in words."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hitgen.build import build
from hitgen.cli import main
from hitgen.collector.inbox import Inbox
from hitgen.recruiters.memory import START
from tests.support.batches import link_batch, places
from tests.support.servers import collecting, free_port
from tests.test_collector import submission


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A published batch of people of one's own, with its collector."""
    folder, port = tmp_path_factory.mktemp("import") / "batch", free_port()
    link_batch(folder, port)
    build(folder, workers=1)
    with collecting(folder, port):
        assert main(["publish", str(folder)]) == 0
        yield folder


def database(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        for sql in statements:
            made.execute(sql)
    return path


def everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


@pytest.mark.parametrize("name", ["foreign.sqlite", "foreign.db", "foreign"])
@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("bookmarks(x)", "it is a database, but none of a collector"),
        ("submissions(id integer primary key, name text)", "it is a database, but none of a collector"),
        ("submissions(assignment, version, page, answer)", "it is a database, but none of a collector"),
    ],
)
def test_a_database_of_others_is_refused_and_stays_as_it_is(
    study: Path, tmp_path: Path, name: str, table: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = database(tmp_path / name, f"CREATE TABLE {table}")
    before = everything(tmp_path)
    assert main(["import", str(study), str(given)]) == 1
    assert everything(tmp_path) == before
    assert f"{given}: {words}" in capsys.readouterr().err


def test_files_of_hitgen_that_are_none_of_a_collector(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copyfile(study / "ledger.sqlite", tmp_path / "ledger.sqlite")
    before = everything(tmp_path)
    for given, words in (
        (tmp_path / "ledger.sqlite", "it is a ledger.sqlite of hitgen"),
        (study / "ledger.sqlite", "it is a ledger.sqlite of hitgen"),
        (study / "collected.sqlite", "this batch's own"),
        (study / "batch.toml", "it is no JSON"),
        (study / "build" / "manifest.json", "it is no submission of this study"),
    ):
        assert main(["import", str(study), str(given)]) == 1
        assert words in "".join(capsys.readouterr())
    assert everything(tmp_path) == before


def test_what_is_damaged_empty_or_no_file(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torn, empty, fifo, folder = (tmp_path / name for name in ("torn.sqlite", "empty.sqlite", "fifo", "folder"))
    torn.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    empty.write_bytes(b"")
    os.mkfifo(fifo)
    folder.mkdir()
    os.mkfifo(folder / "a.json")
    for given, words in (
        (torn, "cannot be read as a collected.sqlite"),
        (empty, "none of a collector"),
        (fifo, "neither a file nor a folder"),
        (folder, "no JSON file in it"),
        (tmp_path / "gone", "no such file"),
        (Path("/dev/null"), "neither a file nor a folder"),
    ):
        assert main(["import", str(study), str(given)]) == 1
        assert words in capsys.readouterr().err
    assert torn.read_bytes()[16:] == b"\xff" * 5000 and sorted(path.name for path in tmp_path.iterdir()) == [
        "empty.sqlite",
        "fifo",
        "folder",
        "torn.sqlite",
    ]


def test_another_collector_is_read_where_nothing_may_be_written(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = places(study)[0]["url"].split("assignmentId=")[1]
    with Inbox(tmp_path / "other.sqlite", "small", lambda _: True) as other:
        other.add(submission(name, batch="small"), "collector", START)
        other.add(submission("stranger", batch="small"), "collector", START)
    before = everything(tmp_path)
    assert main(["import", str(study), str(tmp_path / "other.sqlite")]) == 0
    assert "taken in" in capsys.readouterr().out
    assert main(["import", str(study), str(tmp_path / "other.sqlite")]) == 0
    assert everything(tmp_path) == before
    with Inbox(tmp_path / "none.sqlite", "small", lambda _: True) as other:
        other.add(submission("stranger", batch="small"), "collector", START)
    assert main(["import", str(study), str(tmp_path / "none.sqlite")]) == 1
    assert "it is of no place that this study gave out" in capsys.readouterr().out
