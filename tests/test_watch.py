"""`hitgen watch`: what it answers follows what is written, nothing in the folder changes, and strangers get nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from hitgen.cli import main
from hitgen.collector.inbox import Inbox
from hitgen.config.kinds import RECRUITERS as KINDS
from hitgen.errors import InputError
from hitgen.ledger.ledger import Ledger
from hitgen.lib.clock import utc_now
from hitgen.recruiters.memory import START
from hitgen.watch.app import ROWS
from hitgen.watch.seen import Seen, refuse_nothing
from hitgen.watch.watcher import Watcher
from tests.support.batches import link_batch, places
from tests.support.disks import read_only
from tests.support.in_memory import in_memory
from tests.support.servers import collecting, free_port
from tests.support.small_study import SmallStudy, xml
from tests.support.watched import WAIT_S, Asker, watching


def content(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Every file of a folder with its hash, mode and time."""
    return {
        path.relative_to(folder).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
            path.stat().st_mode,
            path.stat().st_mtime_ns,
        )
        for path in [folder, *folder.rglob("*")]
    }


def test_places_and_submissions_appear_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = in_memory(tmp_path / "study", toml="[screening]\ngold_answers_min = 1\n")
    with watching(study.folder, monkeypatch) as page:
        before = page.state()
        assert (before["asked"], before["taken"], before["submitted"]["total"]) == (10, 0, 0)
        assert [row["name"] for row in before["places"]["rows"]] == ["p0001.1", "p0002.1"]
        study.work("p0001", "W1")
        study.work("p0001", "W2", gold="wrong")
        study.review()
        found = page.until(lambda state: state["submitted"]["total"] == 2)
        assert found["looked"] > before["looked"] and found["changed_at"] > before["changed_at"]
        assert [row["taken"] for row in found["places"]["rows"]] == [2, 0]
        assert found["lines"][2].startswith("assignments: ") and "2 to be judged" in found["lines"][2]
        uses = {row["gold"][0]: row["use"] for row in found["submitted"]["rows"]}
        assert uses == {2: "use", 0: "exclude"} and found["use"] == {"use": 1, "exclude": 1}
        flow = {name: counts for name, *counts in found["flow"]}
        assert flow["handed in"] == [2, 2, None, True] and flow["used"] == [1, 1, 2, True]
        assert flow["− by the rule gold"] == [1, 1, 2, False] and found["timing"]["trials"] == 4


def test_what_was_just_written_is_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy disk a commit is seen after the times of its files have changed for the last time."""
    folder = in_memory(tmp_path / "study").folder
    monkeypatch.setattr("hitgen.watch.watcher.SETTLED_S", 600.0)  # longer than any machine takes from line to line
    watcher = Watcher(folder, lambda _: [], lambda: START)
    watcher.look()
    assert not watcher._is_due()
    again_s = watcher._again_s
    with monkeypatch.context() as patched:
        patched.setattr("hitgen.watch.watcher.time.monotonic", lambda: again_s)
        assert watcher._is_due()
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
    watcher.look()
    assert not watcher._is_due()


def test_a_submission_is_there_before_it_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = in_memory(tmp_path / "study")
    study.review()  # which makes the key of pseudonyms
    with (
        Inbox(study.folder / "collected.sqlite", "demo", lambda _: True) as inbox,
        watching(study.folder, monkeypatch) as page,
    ):
        body = json.dumps(study.small.answer("p0001", "p0001W1", "W1")).encode()
        assert inbox.add(body, "collector", study.recruiter.now) == "stored"
        found = page.until(lambda state: state["arrived"] == 1)
        (row,) = found["submitted"]["rows"]
        assert (row["status"], row["page"], "worker" in row) == ("arrived", "p0001", False)
        study.work("p0001", "W1")
        study.review()
        found = page.until(lambda state: state["arrived"] == 0)
        assert [other["id"] for other in found["submitted"]["rows"]] == [row["id"]], "the same one"


def test_a_batch_that_is_only_built_says_so_and_one_without_a_build_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = SmallStudy(tmp_path / "study")
    with watching(small.folder, monkeypatch) as page:
        found = page.state()
        assert (found["state"], found["asked"], found["places"]["total"]) == ("built", 10, 2)
        small.ledger().close()
        page.until(lambda state: [row["state"] for row in state["places"]["rows"]] == ["open", "open"])
        assert page.state()["state"] == "published"
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "batch.toml").write_bytes((small.folder / "batch.toml").read_bytes())
    with pytest.raises(InputError, match="the batch is not built; try `hitgen build` first"):
        refuse_nothing(tmp_path / "bare")


def test_nobody_s_id_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = in_memory(tmp_path / "study")
    for worker in ("WORKERONE", "WORKERTWO"):
        study.work("p0001", worker)
    copied = study.small.answer("p0002", "p0002COPIED", "COPIER")
    again = study.small.answer("p0002", "p0002COPIED", "COPIER")
    for name, answer in (("COPIED", copied), ("COPIER", {**again, "assignment": "p0002COPIER"})):
        study.recruiter.accept("p0002.1")
        text = xml({**answer, "worker": name})
        study.recruiter.hand_in("p0002.1", name, answer=text, assignment=f"p0002{name}")
    study.review()
    with watching(study.folder, monkeypatch) as page:
        page.until(lambda state: state["submitted"]["total"] == 4)
        told = page.get("/state").content.decode()
    assert "are those of assignment" in told
    assert not [name for name in ("WORKERONE", "WORKERTWO", "COPIED", "COPIER") if name in told]


def test_nothing_in_the_folder_changes_whoever_may_write_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = in_memory(tmp_path / "study")
    study.work("p0001", "W1")
    study.review()
    folder = study.folder
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)  # which other verbs take from others
    for mode in (0o755, 0o555):
        folder.chmod(mode)
        before = content(folder)
        with watching(folder, monkeypatch) as page:
            assert page.state()["submitted"]["total"] == 1
            page.get("/")
        assert content(folder) == before
    folder.chmod(0o755)


@pytest.mark.parametrize("log", [False, True])
def test_a_folder_that_nobody_may_write_is_watched(tmp_path: Path, log: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot may have been taken while the log was not yet in the file."""
    study = in_memory(tmp_path / "study")
    with Ledger(study.folder / "ledger.sqlite") as held:
        study.work("p0001", "W1")
        study.review()
        if log:
            shutil.copytree(study.folder, tmp_path / "snapshot")
            assert (tmp_path / "snapshot" / "ledger.sqlite-wal").stat().st_size and held.name
    with read_only(tmp_path / "snapshot" if log else study.folder) as folder:
        before = content(folder)
        with watching(folder, monkeypatch) as page:
            assert page.until(lambda state: state["submitted"]["total"] == 1)["places"]["total"] == 2
        assert content(folder) == before


def test_what_cannot_be_read_any_more_is_said_and_what_was_seen_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = in_memory(tmp_path / "study")
    with watching(study.folder, monkeypatch) as page:
        config = (study.folder / "batch.toml").read_text()
        (study.folder / "batch.toml").write_text("[batch\n")
        found = page.until(lambda state: "problem" in state)
        assert "batch.toml" in found["problem"] and found["places"]["total"] == 2
        (study.folder / "batch.toml").write_text(config)
        page.until(lambda state: "problem" not in state)


def test_an_idle_study_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = in_memory(tmp_path / "study")
    with watching(study.folder, monkeypatch) as page:
        first = page.get("/state")
        tag = first.headers["ETag"]
        looks: list[int] = []
        monkeypatch.setattr("hitgen.watch.watcher.look", lambda *_: looks.append(1))
        again = page.get("/state", **{"If-None-Match": tag})
        assert (again.status, again.content, looks) == (304, b"", [])
        assert page.get("/state", **{"If-None-Match": '"other"'}).status == 200


def test_long_lists_come_a_page_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = SmallStudy(tmp_path / "study", pages=60)
    small.ledger().close()
    with watching(small.folder, monkeypatch) as page:
        first, second = page.state()["places"], page.state("places=1")["places"]
        assert (first["total"], first["pages"], len(first["rows"])) == (60, 2, ROWS)
        assert [row["name"] for row in second["rows"]] == [f"p00{number}.1" for number in range(51, 61)]
        for query in ("places=7", "places=-1", "places=9999999", "places=x", "places=%00", "&" * 5000):
            assert page.state(query)["places"]["total"] == 60


def test_strangers_get_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = in_memory(tmp_path / "study")
    before = content(study.folder)
    with watching(study.folder, monkeypatch) as page:
        here = f"127.0.0.1:{page.port}"
        for host in ("evil.example", f"evil.example:{page.port}", "127.0.0.1", f"{here}.evil.example", ""):
            assert page.get("/state", Host=host).status == 421
        assert page.get("/state", Host=f"localhost:{page.port}").status == 200
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            assert page.get("/state", method, b"x").status == 405
        for path in ("/../batch.toml", "/%2e%2e/batch.toml", "/watch.js/..", "//etc/passwd", "/ledger.sqlite", "/%00"):
            assert page.get(path).status == 404
        assert page.get("/state?" + "a=1&" * 20_000).status in (400, 431)
        assert page.get("/", "HEAD").content == b""
        answer = page.get("/")
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';") and "unsafe" not in policy
        assert "Access-Control-Allow-Origin" not in answer.headers and "Set-Cookie" not in answer.headers
        with socket.create_connection(("127.0.0.1", page.port), timeout=WAIT_S) as bare:
            bare.sendall(b"GET /state HTTP/1.0\r\n\r\n")
            assert b" 421 " in bare.recv(4096)
    assert content(study.folder) == before


def begun(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-m", "hitgen", "watch", str(folder), "--no-open", "--port", "0", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_verb_follows_another_process_and_ends_by_ctrl_c(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path / "study")
    with small.ledger() as ledger, begun(small.folder) as process:
        assert process.stdout and process.stderr
        address = process.stdout.readline().split()[1]
        assert address.startswith("http://127.0.0.1:") and "Ctrl+C ends" in process.stdout.readline()
        page = Asker(int(address.rstrip("/").rpartition(":")[2]))
        page.until(lambda found: found.get("state") == "published")
        assert ledger.name, "which holds its file open all the time"
        small.hand_in([("p0001", "A1", "W1", xml(small.answer("p0001", "A1", "W1")))])
        page.until(lambda found: found["submitted"]["total"] == 1)
        os.kill(process.pid, signal.SIGINT)
        said, failed = process.communicate(timeout=WAIT_S)
    assert (process.returncode, said, failed) == (0, "Ended; nothing was changed.\n", "")


SLOW = """
import sys
from typing import Annotated
from pydantic import AfterValidator, TypeAdapter
import hitgen.watch.watcher as watcher
from hitgen import cli
def look(*_):
    while True:
        TypeAdapter(Annotated[int, AfterValidator(lambda value: sum(range(500_000)))]).validate_python(1)
        yield watcher.Seen()
watcher.look = look
sys.exit(cli.main(sys.argv[1:]))
"""
"""Its looks never end, and are always deep in compiled code that calls Python back, which ends badly where Python ends before."""


def test_the_verb_ends_in_the_midst_of_a_look(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path / "study")
    command = [sys.executable, "-u", "-c", SLOW, "watch", str(small.folder), "--no-open", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        page = Asker(int(process.stdout.readline().rstrip("/\n").rpartition(":")[2]))
        page.until(lambda found: found["looked"] > 3)
        process.send_signal(signal.SIGINT)
        said, failed = process.communicate(timeout=WAIT_S)
    assert (process.returncode, said.splitlines()[-1], failed) == (0, "Ended; nothing was changed.", "")


def test_a_watch_that_ends_lets_a_look_come_to_its_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a look opens it closes: nothing is thrown into it from outside."""
    steps, begun = list[str](), threading.Event()

    def look(*_: object) -> Iterator[Seen]:
        try:
            begun.set()
            time.sleep(0.2)
            steps.append("seen")
            yield Seen()
            steps.append("judged")
        finally:
            steps.append("closed")

    monkeypatch.setattr("hitgen.watch.watcher.look", look)
    with Watcher(in_memory(tmp_path / "study").folder, lambda _: [], lambda: START):
        assert begun.wait(WAIT_S)
    assert steps == ["seen", "closed"]


def test_the_verb_says_in_one_line_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = SmallStudy(tmp_path / "study")
    assert main(["watch", str(tmp_path / "none"), "--no-open"]) == 1
    assert "there is no such folder" in capsys.readouterr().err
    (small.folder / "build" / "manifest.json").unlink()
    assert main(["watch", str(small.folder), "--no-open"]) == 1
    assert "the batch is not built; try `hitgen build` first" in capsys.readouterr().err
    small = SmallStudy(tmp_path / "study")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["watch", str(small.folder), "--no-open", "--port", str(taken.getsockname()[1])]) == 3
    assert "cannot be listened on" in capsys.readouterr().err
    (small.folder / "ledger.sqlite").write_bytes(b"this is no ledger")
    assert main(["watch", str(small.folder), "--no-open"]) == 1
    assert "ledger.sqlite" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["mturk", "link", "prolific", "turkle", "simulate"])
def test_a_study_of_an_earlier_hitgen_is_watched_as_it_is(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "study"
    shutil.copytree(OLD / kind, folder)
    before = content(folder)
    with watching(folder, monkeypatch) as page:
        found = page.state()
        assert "problem" not in found and found["submitted"]["total"] > 0 and found["flow"], found
    assert content(folder) == before


def test_what_nobody_thought_of_is_said_and_not_kept_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = in_memory(tmp_path / "study")
    with watching(study.folder, monkeypatch) as page:
        monkeypatch.setattr("hitgen.watch.watcher.look", lambda *_: 1 / 0)
        study.work("p0001", "W1")
        study.review()
        assert "ZeroDivisionError" in page.until(lambda state: "problem" in state)["problem"]


OLD = Path(__file__).parent / "data" / "upgrade"
COLLECTED = 'results = {kind = "collector", url = "https://study.example.org/hitgen"}'
RECRUITERS = {
    "mturk": 'kind = "mturk"',
    "link": f'kind = "link"\n{COLLECTED}',
    "panel": f'kind = "panel"\n{COLLECTED}',
    "turkle": 'kind = "turkle"\nurl = "https://turkle.example.org"',
    "prolific": f'kind = "prolific"\nworkspace = "60d9aadeb86739de712faee0"\nminutes = 5\n{COLLECTED}',
    "connect": f'kind = "connect"\nminutes = 5\n{COLLECTED}',
}


def test_every_recruiter_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(RECRUITERS) == set(KINDS.names())
    small = SmallStudy(tmp_path / "study", host='kind = "folder"\nbase_url = "https://study.example.org/hitgen"')
    small.hand_in([("p0001", "A1", "W1", xml(small.answer("p0001", "A1", "W1")))])
    config = small.folder / "batch.toml"
    text = config.read_text()
    for name, recruiter in RECRUITERS.items():
        config.write_text(text.replace(RECRUITERS["mturk"], recruiter))
        with watching(small.folder, monkeypatch) as page:
            found = page.state()
            assert (found.get("problem"), found["submitted"]["total"], found["taken"]) == (None, 1, 1), name


def test_an_answer_that_reaches_the_collector_is_seen_and_then_fetched_while_all_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    folder = link_batch(tmp_path / "study", port)
    with collecting(folder, port):
        assert main(["publish", str(folder)]) == 0
        seat = parse_qs(urlsplit(places(folder)[0]["url"]).query)["assignmentId"][0]
        monkeypatch.setattr("tests.support.watched.START", utc_now())
        with watching(folder, monkeypatch) as page:
            body = {"schema": 1, "batch": "small", "page": "p0001", "assignment": seat, "trials": []}
            request = urllib.request.Request(f"http://127.0.0.1:{port}/results", json.dumps(body).encode())
            with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
                assert json.load(answer) == {"outcome": "stored"}
            assert page.until(lambda found: found["arrived"] == 1)["submitted"]["rows"][0]["status"] == "arrived"
            assert main(["fetch", str(folder)]) == 0
            found = page.until(lambda found: found["arrived"] == 0 and found["submitted"]["total"] == 1)
            (row,) = found["submitted"]["rows"]
            assert row["use"] == "exclude" and row["why"][0].startswith("faulty: ")
            assert seat not in json.dumps(found)
            query = f"/submission?id={row['id']}"
            assert page.get(query).status == 404, "what cannot be read is not seen again"
