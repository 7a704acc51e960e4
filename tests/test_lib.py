"""The ground floor: files are whole or not there, tables are read in any dialect, SQLite's errors say what is so."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from hitgen.config.hosts import FolderHost
from hitgen.errors import InputError, OutsideError
from hitgen.hosts.base import HostedFile
from hitgen.hosts.folder import Folder
from hitgen.lib.files import csv_text, guarded, number, read_csv, unguarded, write_whole
from hitgen.lib.registry import Registry
from hitgen.lib.sqlite import held, open_database, transaction
from hitgen.lib.web import NoAnswerError, fetch, fetch_patiently


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    assert write_whole(path, b"old") == write_whole(path, iter([b"o", b"ld"]))

    def broken():  # type: ignore[no-untyped-def]
        yield b"new"
        raise OSError("the source went away")

    with pytest.raises(OSError, match="went away"):
        write_whole(path, broken())
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_a_private_file_is_its_owners_alone_also_when_written_again(tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    write_whole(path, b"open")
    write_whole(path, b"secret", private=True)
    assert path.stat().st_mode & 0o777 == 0o600


DIALECTS = {
    "commas": b"source,file\nA,a.png\n",
    "semicolons": b"source;file\r\nA;a.png\r\n",
    "tabs": b"source\tfile\nA\ta.png",
    "a byte order mark": "\ufeffsource,file\nA,a.png\n".encode(),
    "Unicode text": "source\tfile\r\nA\ta.png\r\n".encode("utf-16"),
    "empty rows": b"\n,,\nsource,file\n,\n\nA,a.png\n,,,\n",
    "blanks and capitals": b" Source , FILE \n A , a.png \n",
    "more columns": b"note,source,file,\nx,A,a.png,\n",
}


@pytest.mark.parametrize("content", DIALECTS.values(), ids=DIALECTS)
def test_a_table_is_read_in_any_dialect(content: bytes) -> None:
    [(_, row)] = read_csv(content, "table.csv", ("source", "file"))
    assert (row["source"], row["file"]) == ("A", "a.png")


FAULTY = {
    b"source\nA\n": "table.csv: line 1: it has no column file; try the header source,file",
    b"": "table.csv: line 1: it has no column source, file",
    b"source,file,file\n": "table.csv: line 1: the column 'file' is there twice",
    b"source,file\nA,b,c\n": "table.csv: line 2: it has 3 cells, the header 2",
    b'source,file\nA,"b\n': "table.csv: line 2: it is not CSV",
    b"source,file\nA,\xe4\n": "table.csv: it is not UTF-8 text",
}


@pytest.mark.parametrize("content", FAULTY)
def test_a_table_that_is_none_is_refused_by_line_and_remedy(content: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_csv(content, "table.csv", ("source", "file"))
    assert str(caught.value).startswith(FAULTY[content])


def test_a_cell_may_hold_lines_and_be_of_any_size() -> None:
    text = "a\n" * 200_000
    [(_, row)] = read_csv(csv_text([["source", "file"], [text, "b"]]).encode(), "table.csv")
    assert row["source"] == text.strip()


@pytest.mark.parametrize("text", ["=1+1", "'=1+1", "''@x", "-3", "'quoted'", "plain", "+49", "'"])
def test_what_was_guarded_is_read_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[0] not in "=+-@"


def test_numbers_have_a_point_or_a_comma_and_one_meaning() -> None:
    assert [number(text) for text in ("1.5", "1,5", "0,125", "1500", "-2,25")] == [1.5, 1.5, 0.125, 1500, -2.25]
    for text in ("1,500", "1,000,000", "1_5", "nan", "inf", "1,5,0", "1.500,2", ""):
        with pytest.raises(ValueError):
            number(text)


def test_a_damaged_file_a_full_disk_and_another_process_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with open_database(path) as database:
        database.execute("CREATE TABLE t (x TEXT)")
        database.execute("PRAGMA max_page_count = 2")
        with pytest.raises(OutsideError, match="no space is left"), transaction(database):
            database.execute("INSERT INTO t VALUES (?)", ("x" * 100_000,))
        assert database.execute("SELECT count(*) FROM t").fetchone()[0] == 0
        database.execute("BEGIN EXCLUSIVE")
        other = open_database(path, wait_s=0)
        with pytest.raises(InputError, match="another hitgen is at work"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
    database.close()
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"no database" * 1000)
    with pytest.raises(InputError, match=r"damaged\.sqlite: is damaged"):
        open_database(damaged)
    with pytest.raises(InputError, match="cannot be opened or written"):
        open_database(tmp_path / "nowhere" / "ledger.sqlite")


def test_a_file_that_may_not_be_written_is_read_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    writer = open_database(path)
    writer.execute("CREATE TABLE t (x)")
    writer.execute("INSERT INTO t VALUES (7)")
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir() if not each.name.endswith("-shm")}
    with open_database(path, read_only=True) as reader:
        assert reader.execute("SELECT x FROM t").fetchone()[0] == 7
        with pytest.raises(InputError, match="cannot be opened or written"):
            reader.execute("INSERT INTO t VALUES (8)")
    reader.close()
    assert before == {each.name: each.read_bytes() for each in tmp_path.iterdir() if not each.name.endswith("-shm")}
    writer.close()


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Path]:
    """A folder that this process may read and not write, whoever runs the tests."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_database(folder / "ledger.sqlite") as writer:
            writer.execute("CREATE TABLE t (x)")
        writer.close()
        (folder / "ledger.sqlite").chmod(0o444)  # its owner lets others read it
        root = os.geteuid() == 0
        folder.chmod(0o555)
        if root:
            os.seteuid(65534)  # root's rights know no read-only folder
        try:
            yield folder
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o700)


def test_a_file_in_a_folder_that_may_not_be_written_is_read(foreign: Path) -> None:
    with open_database(foreign / "ledger.sqlite", read_only=True) as reader:
        assert reader.execute("SELECT count(*) FROM t").fetchone()[0] == 0
    reader.close()
    with (
        pytest.raises(InputError, match="cannot be opened or written"),
        closing(open_database(foreign / "ledger.sqlite")) as writer,
    ):
        writer.execute("INSERT INTO t VALUES (1)")


def test_a_lock_is_one_processs_at_a_time(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with held(lock, tmp_path), pytest.raises(InputError, match="another hitgen is at work"), held(lock, tmp_path):
        raise AssertionError("two hold it")
    with held(tmp_path / "lock", tmp_path):
        pass


def test_a_registry_loads_a_row_when_it_is_asked_for() -> None:
    registry: Registry[object] = Registry({"csv": "csv:reader", "none": "no.such.module:X"})
    assert callable(registry.get("csv"))
    registry.add("mine", 7)
    assert registry.get("mine") == 7 and registry.names() == ("csv", "none", "mine")
    with pytest.raises(KeyError):
        registry.get("nobody")


class Scripted(BaseHTTPRequestHandler):
    """Answers by the last part of the path, and notes what it was asked."""

    asked: ClassVar[list[tuple[str, str, str | None]]] = []

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append((self.command, self.path, self.headers.get("Authorization")))
        word = self.path.strip("/")
        if word == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"short")
            return
        tries = sum(path == self.path for _, path, _ in self.asked)
        status = {"busy": 503, "broken": 500, "away": 302, "gone": 404}.get(word, 200)
        body = b"fine" if word != "gone" else b"no such study"
        if word in ("busy", "broken") and tries == 3:
            status = 200
        self.send_response(status)
        if word == "away":
            self.send_header("Location", f"http://localhost:{self.server.server_address[1]}/home")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    Scripted.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_what_may_be_repeated_is_and_nothing_else(site: str) -> None:
    waits: list[float] = []
    assert fetch_patiently(f"{site}/busy", "POST", b"{}", sleep=waits.append).body == b"fine"
    assert fetch_patiently(f"{site}/broken", sleep=waits.append).body == b"fine"
    assert waits == [1, 2, 1, 2]
    Scripted.asked.clear()
    assert fetch_patiently(f"{site}/broken", "POST", b"{}", sleep=waits.append).status == 500
    with pytest.raises(NoAnswerError, match="gave no answer"):
        fetch_patiently(f"{site}/cut", "POST", b"{}", sleep=waits.append)
    assert [path for _, path, _ in Scripted.asked] == ["/broken", "/cut"]


def test_a_refusal_is_an_answer_and_silence_is_none(site: str) -> None:
    answer = fetch(f"{site}/gone")
    assert (answer.status, answer.is_ok, answer.words()) == (404, False, "no such study")
    for url in (f"{site}/cut", "http://127.0.0.1:1/", "http://a b/", "nonsense"):
        with pytest.raises(NoAnswerError):
            fetch(url)


def test_a_token_is_shown_to_the_host_it_is_for_alone(site: str) -> None:
    assert fetch(f"{site}/away", headers={"Authorization": "Token x"}).body == b"fine"
    assert Scripted.asked == [("GET", "/away", "Token x"), ("GET", "/home", None)]


def test_what_cannot_be_made_again_and_what_people_are_sent_to_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut left names without content: an empty secret of a plan, an empty page of HITs that were out."""
    settled: set[int] = set()
    monkeypatch.setattr("hitgen.lib.files.os.fsync", lambda number: settled.add(os.fstat(number).st_ino))
    write_whole(tmp_path / "plan.secret", b"s", private=True)
    assert (tmp_path / "plan.secret").stat().st_ino in settled
    key = f"demo/pages/{'0' * 64}.html"
    Folder(FolderHost(kind="folder", folder="seen"), tmp_path, "demo").put(
        HostedFile(key, tmp_path / "plan.secret", "0" * 64, "text/html")
    )
    assert (tmp_path / "seen" / key).stat().st_ino in settled
