"""The doors to the internet: who gets a place, how much strangers may bring, and what a server does that cannot write."""

from __future__ import annotations

import errno
import http.client
import io
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hitgen.build import build
from hitgen.cli import main
from hitgen.collector import inbox as inbox_module
from hitgen.collector.app import Collector
from hitgen.collector.inbox import Inbox
from hitgen.collector.rates import BURST, REFILL_S, Rates, address_of
from hitgen.collector.server import IDLE_S, Server
from hitgen.ledger.ledger import Ledger
from hitgen.recruiters.link.handout import HandingOut
from hitgen.recruiters.memory import START
from hitgen.recruiters.prolific.kind import is_session
from hitgen.serve import open_collector
from tests.support.batches import link, link_batch, places
from tests.support.comers import ask, come
from tests.support.servers import collecting, free_port
from tests.test_collector import post, submission

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("template") / "batch")


@pytest.fixture
def study(template: Path, tmp_path: Path) -> Path:
    """A published study that nobody has come to."""
    return Path(shutil.copytree(template, tmp_path / "batch"))


def published(folder: Path, recruiter: str = "") -> Path:
    port = free_port()
    link_batch(folder, port, recruiter=f"{link(f'http://127.0.0.1:{port}')}\n{recruiter}")
    build(folder, workers=1)
    with collecting(folder, port):
        assert main(["publish", str(folder)]) == 0
    return folder


@contextmanager
def handing(folder: Path, now: Callable[[], datetime] | None = None) -> Iterator[str]:
    """The address of `hitgen serve --hand-out`."""
    clock = {"now": now} if now else {}
    with (
        open_collector(folder, True, **clock) as (collector, _),
        Server(collector, "127.0.0.1", 0) as server,
    ):
        yield server.address


def given(folder: Path) -> int:
    with Inbox(folder / "collected.sqlite", "") as inbox:
        return int(inbox._database.execute("SELECT count(*) FROM people").fetchone()[0])


def test_what_no_person_does_takes_no_place(study: Path) -> None:
    with handing(study) as address:
        for method, headers in (
            ("HEAD", {}),
            ("GET", {"User-Agent": "Slackbot-LinkExpanding 1.0"}),
            ("GET", {"Sec-Purpose": "prefetch"}),
            ("GET", {"Sec-Purpose": "prefetch;prerender"}),
            ("GET", {"Purpose": "prefetch"}),
            ("GET", {"X-Moz": "prefetch"}),
            ("GET", {"X-Purpose": "preview"}),
            ("GET", {}),
            ("POST", {}),
            ("PUT", {}),
            ("OPTIONS", {}),
        ):
            came = ask(address, method, **{name.replace("-", "_"): value for name, value in headers.items()})
            assert not came.url and not came.cookie
        ticket = ask(address).ticket
        for ahead in ({"Sec_Purpose": "prefetch"}, {"X_Moz": "prefetch"}, {"X_Purpose": "preview"}):
            assert not ask(address, "POST", ticket=ticket, **ahead).url
        for wrong in (ticket[:-1] + ("0" if ticket[-1] != "0" else "1"), "1-2-3", ticket + "x", "9" * 900, "\u00e9"):
            again = ask(address, "POST", ticket=wrong)
            assert not again.url and again.ticket
        assert given(study) == 0
        assert come(address).url == places(study)[0]["url"]
        assert given(study) == 1


def test_a_double_click_a_reload_and_a_restart_keep_the_place(study: Path) -> None:
    with handing(study) as address:
        ticket = ask(address).ticket
        first, second = (ask(address, "POST", ticket=ticket) for _ in range(2))
        assert first.url == second.url == places(study)[0]["url"] and first.cookie == second.cookie
        assert ask(address, "POST", first.cookie, ask(address).ticket).url == first.url
    with handing(study) as address:
        assert ask(address, "POST", ticket=ticket).url == ask(address, cookie=first.cookie).url == first.url
        assert ask(address, cookie=f"a=b; {first.cookie}; =; c").url == first.url
        assert given(study) == 1


def test_a_place_that_nobody_works_on_goes_to_the_next(study: Path) -> None:
    at = [datetime.now(UTC)]
    with handing(study, lambda: at[0]) as address:
        people = [come(address) for _ in range(3)]
        assert "All places are taken" in come(address).words
        post_to(address, people[0].url)
        at[0] += DAY - timedelta(minutes=1)
        assert ask(address, cookie=people[1].cookie).url == people[1].url
        assert "All places are taken" in come(address).words
        at[0] += timedelta(minutes=2)
        fourth = come(address)
        assert fourth.url == people[2].url
        late = ask(address, cookie=people[2].cookie)
        assert not late.url and "All places are taken" in late.words
        assert ask(address, cookie=fourth.cookie).url == fourth.url
        assert "nothing left" in ask(address, cookie=people[0].cookie).words


def post_to(address: str, url: str) -> None:
    name = url.split("assignmentId=")[1]
    body = submission(name, batch="small")
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
    connection.request("POST", "/results", body)
    assert connection.getresponse().status == 200
    connection.close()


def test_a_page_that_lay_open_for_days_asks_again(study: Path) -> None:
    at = [datetime.now(UTC)]
    with handing(study, lambda: at[0]) as address:
        ticket = ask(address).ticket
        at[0] += 2 * DAY
        came = ask(address, "POST", ticket=ticket)
        assert not came.url and came.ticket != ticket


def test_batches_on_one_host_know_their_own_people(study: Path, tmp_path: Path) -> None:
    """Cookies know no port, so a browser shows every cookie of a host to every batch there."""
    other = published(tmp_path / "other")
    with handing(study) as here, handing(other) as there:
        one, two = come(here), come(there)
        assert one.cookie.partition("=")[0] != two.cookie.partition("=")[0]
        both = f"{one.cookie}; {two.cookie}"
        for _ in range(3):
            assert (ask(here, cookie=both).url, ask(there, cookie=both).url) == (one.url, two.url)
        kept = one.headers["Set-Cookie"]
        assert "HttpOnly" in kept and "SameSite=Lax" in kept and "Secure" not in kept
        assert one.headers["Access-Control-Allow-Origin"] is None
    assert given(study) == given(other) == 1


def test_a_cookie_is_secure_where_the_world_comes_by_https(study: Path) -> None:
    config = study / "batch.toml"
    config.write_text(config.read_text().replace('url = "http://', 'url = "https://'))
    with handing(study) as address:
        assert "; Secure" in come(address).headers["Set-Cookie"]


def test_who_got_a_place_from_an_earlier_hitgen_keeps_it(study: Path) -> None:
    with Inbox(study / "collected.sqlite", "small") as inbox:
        for sql in (
            "DROP TABLE people",
            "CREATE TABLE people (participant TEXT PRIMARY KEY, issued_at TEXT NOT NULL) STRICT",
            f"INSERT INTO people VALUES ('P0002', '{datetime.now(UTC).isoformat()}')",
        ):
            inbox._database.execute(sql)
    with Ledger(study / "ledger.sqlite") as ledger, Inbox(study / "collected.sqlite", "small") as inbox:
        made = HandingOut("small", lambda find: find(ledger.book), inbox, lambda: START, DAY, False)
        cookie = f"hitgen={made._cookie('P0002', '')}"
    with handing(study) as address:
        assert ask(address, cookie=cookie).url == next(
            row["url"] for row in places(study) if row["participant"] == "P0002"
        )


# What nobody vouches for


def session(number: int) -> str:
    return f"{number:024x}"


@pytest.fixture
def vouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Inbox, set[str]]]:
    """An inbox of Prolific with a small part for sessions that anybody can make up, and the sessions that are known."""
    monkeypatch.setattr(inbox_module, "MAX_UNLISTED_BYTES", 1_000_000)
    known: set[str] = set()
    with Inbox(tmp_path / "collected.sqlite", "demo", is_session, known.__contains__) as made:
        yield made, known


def answer(number: int) -> bytes:
    return submission(session(number), filler="x" * 50_000)


def test_made_up_sessions_get_little_and_known_ones_are_taken(vouched: tuple[Inbox, set[str]]) -> None:
    inbox, known = vouched
    outcomes = [inbox.add(answer(number), "collector", START) for number in range(60)]
    assert 10 < outcomes.count("stored") < 25 and outcomes[-1] == "full"
    assert inbox.path.stat().st_size < 4_000_000
    known |= {session(100), session(103)}
    assert [inbox.add(answer(number), "collector", START) for number in (100, 103)] == ["stored"] * 2
    # The list names two, one of whom came before; what came just now may be on its next one, and 103 was on an earlier one.
    inbox.add(answer(101), "import", START)
    assert inbox.vouch({session(0), session(100)}, START + timedelta(minutes=59)) == 0
    dropped = inbox.vouch({session(0), session(100)}, START + timedelta(minutes=61))
    assert dropped == outcomes.count("stored") - 1
    assert inbox.delivered() == {session(0), session(100), session(101), session(103)}
    assert inbox.add(answer(102), "collector", START + DAY) == "stored"


def test_one_address_brings_so_many_made_up_sessions_and_no_more(vouched: tuple[Inbox, set[str]]) -> None:
    inbox, known = vouched
    at_s = [0.0]
    collector = Collector(inbox, rates=Rates(lambda: at_s[0]))
    known.add(session(999))

    def send(number: int, address: str, forwarded: str = "") -> int:
        body = submission(session(number))
        statuses: list[str] = []
        environ = {"PATH_INFO": "/results", "REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(body))}
        environ |= {"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": forwarded, "wsgi.input": io.BytesIO(body)}  # type: ignore[dict-item]
        list(collector(environ, lambda status, _: statuses.append(status)))
        return int(statuses[0][:3])

    assert [send(number, "203.0.113.5") for number in range(BURST + 5)] == [200] * BURST + [429] * 5
    assert send(999, "203.0.113.5") == 200
    assert send(500, "127.0.0.1", "203.0.113.6, 203.0.113.5") == 429
    assert send(500, "203.0.113.5", "198.51.100.7") == 429
    assert send(500, "127.0.0.1", "198.51.100.7") == 200
    assert [send(600 + n, f"2001:db8::{n}") for n in range(BURST + 1)][-1] == 429
    at_s[0] += REFILL_S
    assert [send(700 + n, "203.0.113.5") for n in range(2)] == [200, 429]
    # A web server that says of nobody who it is: there is nothing to go by.
    assert [send(800 + n, "127.0.0.1") for n in range(2 * BURST)] == [200] * 2 * BURST


@pytest.mark.parametrize(
    ("peer", "passed_on", "known"),
    [
        ("203.0.113.5", "", "203.0.113.5"),
        ("::ffff:203.0.113.5", "", "203.0.113.5"),
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
        ("127.0.0.1", "203.0.113.5:50123", "203.0.113.5"),
        ("127.0.0.1", "[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("127.0.0.1", "[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        ("::ffff:127.0.0.1", "198.51.100.7, ::ffff:203.0.113.5", "203.0.113.5"),
        ("::ffff:10.1.2.3", "", ""),
        ("127.0.0.1", "unknown", ""),
        ("127.0.0.1", "_hidden:1, 1.2.3", ""),
        ("127.0.0.1", "9" * 5000, ""),
    ],
)
def test_an_address_is_told_however_a_web_server_writes_it(peer: str, passed_on: str, known: str) -> None:
    """Those of IPv4 that are written as IPv6 are not one network, nor is a web server on this machine a visitor."""
    assert address_of({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": passed_on}) == known


def test_rates_remember_few_addresses() -> None:
    rates = Rates(lambda: 0.0)
    assert all(rates.take(str(number)) for number in range(20_000))
    assert len(rates._full_at_s) <= 10_000


# A server that cannot write


def test_a_file_that_cannot_be_written_is_said_before_anybody_comes(
    study: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = sqlite3.connect(study / "collected.sqlite", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("hitgen.serve.WAIT_S", 0.2)
    assert main(["serve", str(study), "--port", "0"]) == 1
    assert "another hitgen is at work" in capsys.readouterr().err
    held.close()
    monkeypatch.setattr("hitgen.serve.LEAST_FREE_BYTES", 1 << 60)
    assert main(["serve", str(study), "--port", "0"]) == 3
    assert "bytes are free on the disk" in capsys.readouterr().err


def test_while_it_cannot_write_it_says_so_at_once_and_goes_on_afterwards(tmp_path: Path) -> None:
    """A full disk, by SQLite's own limit on pages, and a file that another process holds."""
    with Inbox(tmp_path / "collected.sqlite", "demo", lambda _: True, wait_s=0.3) as inbox:
        with Server(Collector(inbox), "127.0.0.1", 0) as server:
            assert post(server, submission("a1")) == 200
            pages = inbox._database.execute("PRAGMA page_count").fetchone()[0]
            inbox._database.execute(f"PRAGMA max_page_count = {pages}")
            began_s = time.monotonic()
            assert post(server, submission("a2", filler="x" * 50_000)) == 507
            assert post(server, b"x" * 100_000) == 413
            inbox._database.execute("PRAGMA max_page_count = 1000000")
            assert post(server, submission("a2", filler="x" * 50_000)) == 200
            holder = sqlite3.connect(inbox.path, isolation_level=None)
            holder.execute("BEGIN IMMEDIATE")
            assert post(server, submission("a3")) == 503
            assert post(server, b"x" * 100_000) == 413
            holder.execute("COMMIT")
            holder.close()
            assert post(server, submission("a3")) == 200
            assert time.monotonic() - began_s < 5
        assert inbox.delivered() == {"a1", "a2", "a3"}


# Requests that would jam the door


def test_a_path_of_any_length_is_answered_in_linear_time(tmp_path: Path) -> None:
    with Inbox(tmp_path / "collected.sqlite", "demo") as inbox:
        collector = Collector(inbox, pages=tmp_path)

        def took_s(path: str) -> float:
            """The interpreter may tidy up once meanwhile."""
            began_s = time.thread_time()
            list(collector({"PATH_INFO": path, "REQUEST_METHOD": "GET"}, lambda *_: None))
            return time.thread_time() - began_s

        for path in (
            "a" * 250_000,
            "/" + "a/" * 125_000,
            "a" * 250_000 + "/pages/",
            "a/pages/" * 31_000,
            "/pages" * 40_000,
        ):
            assert min(took_s(path) for _ in range(3)) < 0.1


ODD = {
    "chunked": (b"Transfer-Encoding: chunked\r\n\r\n%x;a=b\r\n%s\r\n0\r\nX: y\r\n\r\n", 200),
    "both lengths": (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", 200),
    "no chunk": (b"Transfer-Encoding: chunked\r\n\r\nzz%x\r\n%s", 400),
    "packed": (b"Transfer-Encoding: gzip\r\nX: %x\r\n\r\n%s", 501),
    "too short": (b"Content-Length: 7\r\nX: %x\r\n\r\n%s", 400),
    "two lengths": (b"Content-Length: %d\r\nContent-Length: 9\r\n\r\n%s", 400),
    "negative": (b"Content-Length: -%d\r\n\r\n%s", 400),
    "huge": (b"Content-Length: 9999999%d\r\n\r\n%s", 413),
    "no length": (b"X: %d\r\n\r\n%s", 400),
    "a name with a space": (b"Content-Length : %d\r\n\r\n%s", 400),
    "a line that is none": (b"X: a\nContent-Length: %d\r\n\r\n%s", 400),
    "expects": (b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n%s", 100),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_requests_are_answered_at_once_and_leave_nothing_that_is_no_submission(tmp_path: Path, name: str) -> None:
    rest, status = ODD[name]
    with Inbox(tmp_path / "collected.sqlite", "demo", lambda _: True) as inbox:
        with (
            Server(Collector(inbox), "127.0.0.1", 0) as server,
            socket.create_connection(("127.0.0.1", server.port), timeout=20) as one,
        ):
            body = submission("a1")
            one.sendall(b"POST /results HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + rest % (len(body), body))
            assert int(one.recv(100).split()[1]) == status
            with suppress(OSError):
                while one.recv(1 << 16):
                    pass
        assert inbox.delivered() == ({"a1"} if status in (100, 200) else set())


def test_slow_connections_keep_nobody_out(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitgen.collector.server.MOST_CONNECTIONS", 60)
    slow = []
    with handing(study) as address:
        port = int(address.rpartition(":")[2])
        for number in range(150):
            one = socket.create_connection(("127.0.0.1", port), timeout=20)
            one.sendall(b"POST /results HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n"[: 20 + number])
            slow.append(one)
        began_s = time.monotonic()
        assert ask(address).status == 200
        assert time.monotonic() - began_s < IDLE_S / 2, "not before the slow ones had lain still for too long"
        for one in slow:
            one.close()


def test_a_request_has_a_deadline_however_busily_it_trickles(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitgen.collector.server.REQUEST_S", 1)
    with handing(study) as address:
        one = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=20)
        one.sendall(b"POST /results HTTP/1.1\r\nHost: a\r\n")
        began_s = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - began_s < 20:
                one.sendall(b"X")
                time.sleep(0.1)
        one.close()
        assert time.monotonic() - began_s < 15


def test_readers_of_pages_who_do_not_read_keep_no_thread(study: Path) -> None:
    """More of them than there are threads, for a page that no buffer of the system holds."""
    page = next((study / "published").rglob("*.html"))
    page.write_bytes(b"x" * 40_000_000)
    with handing(study) as address:
        port = int(address.rpartition(":")[2])
        path = page.relative_to(study / "published").as_posix()
        slow = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(12)]
        for one in slow:
            one.sendall(f"GET /{path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        time.sleep(0.5)
        assert ask(address).status == 200
        assert ask(address, "HEAD", path=f"/{path}").headers["Content-Length"] == "40000000"
        for one in slow:
            one.close()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "999.1.1.1", "", "a b", "::x", "\u00fc" * 70, "1.2.3.4"])
def test_a_host_that_is_none_is_a_fault_in_words(study: Path, host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", str(study), "--host", host, "--port", "0"]) in (1, 3)
    said = capsys.readouterr().err
    assert "cannot be listened on" in said and "; try an address of this machine" in said


@pytest.mark.parametrize("verb", ["serve", "watch"])
def test_a_port_that_only_root_may_have_is_told_with_what_to_do(
    study: Path, verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(socket.socket, "bind", refused)
    assert main([verb, str(study), "--port", "80"]) == 3
    assert (
        "127.0.0.1:80 cannot be listened on: Permission denied; try a --port of 1024 or more" in capsys.readouterr().err
    )


def test_a_port_that_is_taken_is_told_with_what_to_do(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["serve", str(study), "--port", str(taken.getsockname()[1])]) == 3
    said = capsys.readouterr().err
    assert "Errno" not in said and "; try another --port, or ending what listens there" in said


def test_an_open_host_is_warned_of(study: Path) -> None:
    command = [sys.executable, "-m", "hitgen", "serve", str(study), "--host", "0.0.0.0", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "warning: 0.0.0.0: whoever reaches this machine" in process.stdout.readline()
        process.terminate()


def test_one_network_gets_so_many_places(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitgen.collector.app.PLACES_BURST", 2)
    monkeypatch.setattr("hitgen.collector.app.PLACES_REFILL_S", 3600.0)  # a busy machine takes seconds for three
    with handing(study) as address:

        def press(network: str) -> tuple[int, str]:
            came = ask(address, "POST", ticket=ask(address).ticket, X_Forwarded_For=network)
            return came.status, came.url

        found = [press("203.0.113.5") for _ in range(3)]
        assert [status for status, _ in found] == [303, 303, 429] and given(study) == 2
        assert press("203.0.113.6")[0] == 303 and given(study) == 3
