"""What the collector takes, what it counts, and what junk can do to it: nothing."""

from __future__ import annotations

import http.client
import json
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pytest

from hitgen.build import build
from hitgen.cli import main
from hitgen.collector.app import Collector
from hitgen.collector.inbox import LIMIT_BYTES, MAX_VERSIONS, Inbox
from hitgen.collector.server import Server
from hitgen.ledger.ledger import Ledger
from hitgen.ledger.rows import Order
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.publishing.status import status
from hitgen.recruiters.memory import START
from hitgen.recruiters.places import Places
from hitgen.recruiters.seals import is_place
from tests.support.batches import link_batch, make_batch, places, write_batch
from tests.support.comers import come
from tests.support.servers import collecting, free_port, serving

HOST = 'kind = "folder"\nbase_url = "{}"\n'


def submission(assignment: str, **more: object) -> bytes:
    values = {"schema": 1, "batch": "demo", "page": "p0001", "assignment": assignment, "trials": [], **more}
    return json.dumps(values).encode()


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with Inbox(tmp_path / "collected.sqlite", "demo", lambda name: name.startswith("known")) as made:
        yield made


@pytest.fixture
def server(inbox: Inbox) -> Iterator[Server]:
    with Server(Collector(inbox), "127.0.0.1", 0) as running:
        yield running


def post(server: Server, body: bytes, path: str = "/results") -> int:
    request = urllib.request.Request(server.address + path, body, {"Origin": "null"}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def junk(seed: int) -> Iterator[bytes]:
    """Things that are no submission of a known place, up to the size limit."""
    rng = random.Random(seed)
    yield from (b"", b"null", b"[" * 60_000, b'{"a":' * 10_000, b"\xff\xfe", b"1e999999", b"9" * 60_000, b'"\\ud800"')
    yield submission("")
    yield submission("known-1\x00")
    yield submission("known-" + "a" * 100)
    yield submission("known-1", page="../../etc/passwd")
    yield submission("known-1", page="\ud800")
    yield submission("known-1", batch="another")
    yield submission("known-1", schema=True + 1)
    yield submission("known-1", trials="none")
    yield submission("known-1").replace(b'"known-1"', b'{"$gt": ""}')
    yield submission("stranger")
    yield submission("stranger' OR 1=1 --")
    for _ in range(200):
        yield rng.randbytes(rng.randrange(2000))


def test_junk_changes_nothing_and_is_counted(inbox: Inbox, server: Server) -> None:
    assert post(server, submission("known-1")) == 200
    before = list(inbox.received())
    bodies = list(junk(1))
    assert {post(server, body) for body in bodies} <= {400, 403}
    assert list(inbox.received()) == before
    assert sum(inbox.counts().values()) == len(bodies)
    assert inbox.path.stat().st_size < 200_000


def test_a_server_ends_whoever_wakes_its_loop_first(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(Collector(inbox), "127.0.0.1", 0) as running:
        pull = running._server.trigger._physical_pull

        def woken_before() -> None:
            pull()
            running._thread.join(0.3)
            pull()

        monkeypatch.setattr(running._server.trigger, "_physical_pull", woken_before)
    assert not running._thread.is_alive()


@pytest.mark.parametrize("depth", [64, 480, 900, 960, 20_000])
def test_what_is_nested_deep_is_no_json_here(inbox: Inbox, server: Server, depth: int) -> None:
    """Whoever has a place may post what one step can still read, and the next not."""
    body = submission("known-1", deep=0).replace(b'"deep": 0', b'"deep": ' + b"[" * depth + b"]" * depth)
    assert post(server, body) == 400
    assert inbox.counts() == {"not-json": 1}


def test_the_size_limit_is_exact_and_beyond_it_nothing_is_kept(inbox: Inbox, server: Server) -> None:
    fits = submission("known-1", filler="x" * (LIMIT_BYTES - len(submission("known-1", filler=""))))
    assert len(fits) == LIMIT_BYTES
    assert post(server, fits) == 200
    assert post(server, fits.replace(b"known-1", b"known-22")) == 413
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest("POST", "/results")
    connection.putheader("Content-Length", str(10**12))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    assert [row.assignment for row in inbox.received()] == ["known-1"]
    assert inbox.counts() == {"too-large": 2}


def test_a_place_delivers_once_and_the_first_counts(inbox: Inbox) -> None:
    first = submission("known-1", opened_at="2026-03-01T11:00:00Z")
    laid_out = json.dumps(json.loads(first), indent=1).encode()
    assert [inbox.add(body, "collector", START) for body in (first, first, laid_out)] == ["stored", "again", "again"]
    for number in range(10):
        inbox.add(submission("known-1", survey=number), "collector", START)
    (row,) = inbox.received()
    assert row.answer.encode() == first
    assert row.opened_at == datetime(2026, 3, 1, 11, tzinfo=UTC)
    kept = inbox._database.execute("SELECT count(*) FROM submissions").fetchone()[0]
    assert kept == MAX_VERSIONS and inbox.counts() == {"again": 2, "other": 8}


def test_a_page_can_ask_whether_its_place_is_free(inbox: Inbox, server: Server) -> None:
    def state(assignment: str) -> str:
        with urllib.request.urlopen(f"{server.address}/results?assignment={quote(assignment)}", timeout=30) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            return str(json.load(answer)["place"])

    assert state("known-1") == "free"
    assert post(server, submission("known-1")) == 200
    assert [state(name) for name in ("known-1", "known-2", "stranger", "' OR 1=1 --")] == [
        "used",
        "free",
        "unknown",
        "unknown",
    ]
    assert sum(inbox.counts().values()) == 0, "asking is no junk"


def test_a_hundred_people_at_once(inbox: Inbox, server: Server) -> None:
    names = [f"known-{number}" for number in range(100)]
    statuses: list[int] = []

    def send(name: str) -> None:
        statuses.append(post(server, submission(name, filler="x" * 50_000)))

    threads = [threading.Thread(target=send, args=(name,)) for name in [*names, *names]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 200
    assert {row.assignment for row in inbox.received()} == set(names)


def test_other_addresses_give_nothing_away(server: Server, tmp_path: Path) -> None:
    for path in ("/../collected.sqlite", "/demo/pages/../../collected.sqlite", "/go", "/results"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(server.address + path, timeout=30)
        refused.value.close()
        assert refused.value.code in (404, 405)


def order(hit: str, page: str, assignments: int, unseen: tuple[str, ...] = ()) -> Order:
    return Order(hit, page, "study", "https://a/p.html", assignments, Decimal("1"), f"hitgen x demo {hit}", unseen)


def test_nobody_meets_a_trial_twice_and_places_cannot_be_guessed(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        made = Places("demo", ledger.book)
        orders = [
            order("p0001.1", "p0001", 3, ("a",)),
            order("p0002.1", "p0002", 4, ("b",)),
            order("p0003.1", "p0003", 2, ("a",)),
        ]
        orders.append(order("p0001.t1", "p0001", 1))
        for each in orders:
            ledger.intend(each, "0" * 64, Decimal(0), START)
        who = {each.hit: made.open(each, START, START).participants for each in orders}
        assert who == {"p0001.1": (1, 2, 3), "p0002.1": (1, 2, 3, 4), "p0003.1": (4, 5), "p0001.t1": (4,)}
        again = Places("demo", ledger.book)
        assert again.open(orders[0], START, START).participants == (1, 2, 3)
        late = order("p0004.1", "p0004", 2, ("b", "c"))
        ledger.intend(late, "0" * 64, Decimal(0), START)
        assert again.open(late, START, START).participants == (5, 6)
        again.delete("p0004.1")
        rows = [place for hit in made.hits() if not hit.offer.deleted for place in made.of(hit)]
        names = {place.assignment for place in rows}
        assert len(names) == 10
        assert [made.participant(place.assignment) for place in rows] == [place.participant for place in rows]
        name = rows[0].assignment
        for wrong in (name[:-1] + ("a" if name[-1] != "a" else "b"), name.replace("-1-", "-2-"), name.upper(), ""):
            assert not is_place(made.secret(), wrong) and made.participant(wrong) is None
        ledger.book.note("link", "secret", "00" * 32)
        assert not names & {place.assignment for hit in made.hits() for place in made.of(hit)}


def opening_s(path: Path, hits: int) -> float:
    """How much of the processor's time it takes to open this many pages for own participants, all with one gold question."""
    with Ledger(path) as ledger, ledger.together():
        orders = [order(f"p{n:05d}.1", f"p{n:05d}", 5, ("gold", f"s{n}")) for n in range(hits)]
        for each in orders:
            ledger.intend(each, "0" * 64, Decimal(0), START)
        made = Places("demo", ledger.book)
        began = time.process_time()
        for each in orders:
            made.open(each, START, START)
        took_s = time.process_time() - began
        assert sum(len(hit.participants) for hit in made.hits()) == hits * 5
    return took_s


def test_opening_pages_takes_time_that_grows_as_they_do(tmp_path: Path) -> None:
    def more(turn: int) -> float:
        """By how much four times as many take longer, in the same moment: how fast a busy processor is changes."""
        few_s = opening_s(tmp_path / f"few{turn}.sqlite", 500)
        return opening_s(tmp_path / f"many{turn}.sqlite", 2000) / few_s

    assert any(more(turn) < 6 for turn in range(3))


@pytest.mark.soak
def test_ten_thousand_pages_open(tmp_path: Path) -> None:
    assert opening_s(tmp_path / "ledger.sqlite", 10_000) < 60


def test_publish_collect_judge_and_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The publisher's own verbs, with people instead of a marketplace."""
    served = tmp_path / "served"
    served.mkdir()
    with serving(served) as url:
        results = f'results = {{kind = "collector", url = "{url}/c/"}}'
        folder = make_batch(
            tmp_path / "batch",
            [{"study": ["a"], "assignments": 2}, {"study": ["b"], "assignments": 2}],
            HOST.format(url),
        )
        text = (folder / "batch.toml").read_text()
        text = text.replace('kind = "mturk"', f'kind = "link"\n{results}').replace(
            "base_url", 'folder = "../served"\nbase_url'
        )
        (folder / "batch.toml").write_text(text)
        for _ in range(2):
            with open_publication(folder) as publication:
                plan = plan_publication(publication)
                done = publish(publication, plan)
        assert (plan.total_usd, done.made) == (0, ())
    rows = places(folder)
    assert [(row["participant"], row["page"]) for row in rows] == [
        ("P0001", "p0001"), ("P0001", "p0002"), ("P0002", "p0001"), ("P0002", "p0002"),
    ]  # fmt: skip
    assert (folder / "places.csv").stat().st_mode & 0o077 == 0
    names = [row["url"].split("assignmentId=")[1] for row in sorted(rows, key=lambda row: row["page"])]
    saved = tmp_path / "saved"
    saved.mkdir()
    for number, name in enumerate([*names[:3], "p0001.1-1-" + "a" * 26]):
        (saved / f"{number}.json").write_bytes(submission(name))
    assert main(["import", str(folder), str(saved)]) == 0
    said = capsys.readouterr().out
    assert "stored: 3" in said and "3.json was not taken: unknown-place" in said and "3 new submissions" in said
    with open_account(folder) as account:
        found = status(account)
        assert (found.out, found.submitted, found.account.environment) == (1, 3, "own")
        assert account.recruiter.approve(names[0]) == "Approved"
        assert account.recruiter.reject(names[0], "no") == "Approved"
    assert main(["forget", str(folder), "P0002"]) == 0
    with Inbox(folder / "collected.sqlite", "demo") as inbox:
        assert inbox.delivered() == {names[0], names[2]}
    assert names[1].encode() not in (folder / "collected.sqlite").read_bytes()
    assert main(["import", str(folder), str(saved)]) == 0
    assert main(["close", str(folder), "--yes"]) == 0
    assert "p0002.1 stays: it has submissions that are not judged" in capsys.readouterr().out
    elsewhere = tmp_path / "elsewhere.sqlite"
    with Inbox(elsewhere, "demo", lambda _: True) as other:
        assert other.add(submission(names[2], survey={}), "collector", START) == "stored"
        assert other.add(submission("stranger"), "collector", START) == "stored"
    assert main(["import", str(folder), str(elsewhere)]) == 0
    assert "unknown-place: 1" in capsys.readouterr().out
    with Ledger(folder / "ledger.sqlite") as ledger:
        assert {row.worker for row in ledger.submissions()} == {"P0001"}


def test_places_are_handed_out_while_their_hit_is_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    folder = link_batch(tmp_path / "batch", port)

    def go(cookie: str = "") -> tuple[str, str, str]:
        """Where the address leads a person who presses its button, the cookie, the words."""
        came = come(server.address, cookie)
        return came.url, came.cookie, came.words

    with collecting(folder, port, hand_out=True) as server:
        assert "All places are taken" in go()[2]
        assert main(["publish", str(folder)]) == 0
        given, cookie, _ = go()
        assert given == places(folder)[0]["url"]
        assert go(cookie)[0] == given
        assert main(["expire", str(folder)]) == 0
        assert go()[:2] == ("", "")
        assert "nothing left for you" in go(cookie)[2]
        assert main(["extend", str(folder), "--hours", "1"]) == 0
        assert go(cookie)[0] == given
        assert go()[0] == places(folder)[1]["url"]
        assert main(["expire", str(folder)]) == main(["delete", str(folder)]) == 0
        assert go()[0] == ""


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    """The verb in a process of its own: killed while people hand in, begun again, nothing is lost or twice."""
    port = free_port()
    folder = link_batch(tmp_path / "batch", port)
    build(folder, workers=1)
    with open_publication(folder) as publication, collecting(folder, port):
        publish(publication, plan_publication(publication))
    names = [row["url"].split("assignmentId=")[1] for row in places(folder)]
    acknowledged: list[str] = []
    threads = []

    def send(name: str) -> None:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/results", submission(name, batch="small"), method="POST"
        )
        for _ in range(1200):
            try:
                urllib.request.urlopen(request, timeout=20).close()
                acknowledged.append(name)
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)

    for kills in range(3):
        command = [sys.executable, "-m", "hitgen", "serve", str(folder), "--port", str(port)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            thread = threading.Thread(target=send, args=(names[kills],))
            thread.start()
            threads.append(thread)
            if kills < 2:
                thread.join(60)
            process.kill()
            thread.join(0.2)
    with collecting(folder, port):
        for thread in threads:
            thread.join(60)
    assert sorted(acknowledged) == sorted(names)
    with Inbox(folder / "collected.sqlite", "small") as inbox:
        assert inbox.delivered() == set(names)


def test_the_verb_hands_out_where_it_is_told_to_and_ends_by_ctrl_c(tmp_path: Path) -> None:
    port = free_port()
    folder = link_batch(tmp_path / "batch", port)
    command = [sys.executable, "-m", "hitgen", "serve", str(folder), "--port", str(port), "--hand-out"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and f"Collecting at http://127.0.0.1:{port}" in process.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/go", timeout=20) as answer:
            assert "All places are taken" in answer.read().decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) in (0, 130)


@pytest.mark.parametrize(
    ("recruiter", "more", "words"),
    [
        ('kind = "link"', "", "recruiter.results: it is missing"),
        (
            'kind = "link"\nresults = {kind = "s3"}',
            "",
            "answers go to the bucket of the pages, but the pages are not in one",
        ),
        ('kind = "link"\nresults = {kind = "collector", url = "study.example.org"}', "", "is not a web address"),
        ('kind = "link"\nresults = {kind = "collector", url = "https://a.org"}\nreward = 3', "", "reward"),
        ('kind = "friends"', "", "recruiter"),
        (
            'kind = "turkle"\nurl = "https://a.org"',
            "[qualification]\ntraining = 1\ngold = 1\n",
            "cannot admit people by a qualification page",
        ),
        ('kind = "prolific"\nworkspace = "x"\nminutes = 5\nresults = {kind = "s3"}', "", "workspace"),
    ],
)
def test_faults_are_named(
    tmp_path: Path, recruiter: str, more: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_batch(tmp_path / "batch", f"{more}[recruiter]\n{recruiter}\n", study=1)
    assert main(["check", str(folder)]) == 1
    said = capsys.readouterr().err
    assert words in said and "batch.toml: " in said and "Traceback" not in said
