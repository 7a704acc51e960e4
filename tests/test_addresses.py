"""Addresses that cannot deliver are refused before anything is made, in words that say which one would."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from hitgen.build import build
from hitgen.cli import main
from hitgen.collector import by_page
from hitgen.collector.app import UNABLE
from hitgen.collector.inbox import Inbox
from hitgen.lib.addresses import address, policy_address, reach
from hitgen.recruiters.answers import origin
from tests.support.batches import link_batch, write_batch
from tests.support.servers import collecting, free_port

REFUSED = {
    "https://me:pw@study.example.org/hitgen": "write https://study.example.org/hitgen",
    "https://me@study.example.org": "write https://study.example.org",
    "https:///hitgen": "is not a web address|names no host",
    "https://": "is not a web address",
    "http://:8610": "names no host",
    "https://m\u00fcller.example/hitgen": "write it in punycode: https://xn--mller-kva.example/hitgen",
    "https://stra\u00dfe.example:8443/a/b": "punycode: https://strasse.example:8443/a/b",
    "https://\u65e5\u672c.example": "punycode: https://xn--wgv71a.example",
    "https://xn--\u00fc.example": "letters, digits and hyphens",
    "https://xn--a.example": "is none",
    "https://study.example.org./hitgen": "write https://study.example.org/hitgen",
    "https://*.example.org": "is none",
    "https://*": "is none",
    "https://my_server.example.org": "is none",
    "https://a..b": "is none",
    "https://-a.example": "is none",
    f"https://{'a' * 64}.example": "is none",
    f"https://{'a.' * 127}example": "is none",
    f"https://example.org/{'a' * 3000}": "use at most 2000",
    "https://exa%6dple.org": "is none",
    "https://a'b.org": "is none",
    "https://a;b.org": "is none",
    "https://a,b.org": "is none",
    "https://127.1": "that browsers read as another",
    "https://0x7f000001": "that browsers read as another",
    "https://2130706433": "that browsers read as another",
    "https://1.2.3.256": "that browsers read as another",
    "https://01.2.3.4": "that browsers read as another",
    "https://a.0x1": "that browsers read as another",
    "http://[::1]:8602": "IPv6",
    "http://[fe80::1%25eth0]:8602": "do not open",
    "http://[::1": "do not open",
    "http://[zz]": "do not open",
    "http://0.0.0.0:8470": "no machine's address; write the one of yours",
    "http://224.0.0.1": "no machine's address",
    "http://255.255.255.255": "no machine's address",
    "http://[::]:8470": "no machine's address",
    "http://127.0.0.1:86100": "up to 65535",
    "http://127.0.0.1:": "up to 65535",
    "http://127.0.0.1:x": "up to 65535",
    "http://127.0.0.1:08470": "up to 65535",
    "http://127.0.0.1:8470:1": "up to 65535",
    "http://127.0.0.1:0": "browsers open no pages at",
    "http://127.0.0.1:6667": "browsers open no pages at",
    "http://127.0.0.1:10080": "browsers open no pages at",
    "https://a.org//hitgen": "an empty step",
    "https://a.org/a//b": "an empty step",
    "https://a.org/a/../b": "write it out",
    "https://a.org/..": "write it out",
    "https://a.org/./b": "write it out",
    "https://a.org/a b": "without spaces",
    " https://a.org": "is not a web address",
    "https://a.org\\b": "is not a web address",
    "https://a.org/\x00": "is not a web address",
    "https://a.org\n": "is not a web address",
    "https://a.org?b": "is not a web address",
    "https://a.org/#b": "is not a web address",
    "HTTPS://a.org": "is not a web address",
    "ftp://a.org": "is not a web address",
    "javascript:alert(1)": "is not a web address",
    "//a.org": "is not a web address",
    "a.org": "is not a web address",
}
TAKEN = [
    "", "https://a.org", "https://a.org/", "https://A.Example.ORG/x/", "https://a.org:8443/hit-gen/~me/a%20b;c", "http://localhost:8470",
    "http://127.0.0.1:8470/a'b", "https://xn--mller-kva.example", "http://192.168.1.4:8080/x", "https://a.org/\u00fc",
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED)
def test_what_a_page_could_not_reach_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match=REFUSED[url]):
        policy_address(url)


def test_what_it_can_reach_is_one() -> None:
    assert [policy_address(url) for url in TAKEN] == TAKEN
    assert address("http://[::1]:8470") == "http://[::1]:8470"


@pytest.mark.browser
def test_chromium_agrees(browser: Browser) -> None:
    """What is refused for its host or port is dropped by the policy, blocked, or read as another address by Chromium."""
    page = browser.new_page()
    script = """(address) => { try { const found = new URL(address + "/results"); return found.origin + found.pathname; } catch { return ""; } }"""
    for url in filter(None, TAKEN):
        seen = page.evaluate(script, url)
        assert seen.startswith(origin(url)) and origin(seen) == origin(url), url
    page.close()


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("https://A.org:443/x", "https://a.org"), ("http://a.org:80", "http://a.org"), ("https://a.org:80", "https://a.org:80"),
        ("http://localhost:8470/x", "http://localhost:8470"),
    ],
)  # fmt: skip
def test_an_origin_is_written_as_browsers_write_it(url: str, seen: str) -> None:
    assert origin(url) == seen


def test_from_where_an_address_opens() -> None:
    found = {
        "http://localhost:8": "this machine", "http://127.8.9.1": "this machine", "http://[::1]": "this machine",
        "http://a.localhost": "this machine", "http://10.0.0.1": "a private network", "http://192.168.0.7": "a private network",
        "http://server": "a private network", "https://lab.local": "a private network", "https://a.org": "the world",
        "https://8.8.8.8": "the world",
    }  # fmt: skip
    assert {url: reach(url) for url in found} == found


@pytest.mark.parametrize(
    ("base", "results", "words"),
    [
        ("https://study.example.org", "http://study.example.org/hitgen", "try https://study.example.org/hitgen"),
        ("https://study.example.org", "http://127.0.0.1:8470", "open to the world, but answers"),
        ("https://study.example.org", "https://192.168.3.4/c", "open to the world, but answers"),
        ("http://192.168.3.4", "http://localhost:8470", "open to a private network, but answers"),
        ("https://me:pw@study.example.org", "https://study.example.org", "host.base_url: holds a name or password"),
        ("https://m\u00fcller.example", "https://study.example.org", "xn--mller-kva"),
        ("https://study.example.org", "https://m\u00fcller.example", "xn--mller-kva"),
    ],
)
def test_check_refuses_what_a_page_could_not_send_to(
    tmp_path: Path, base: str, results: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    host = f'[host]\nkind = "folder"\nbase_url = "{base}"\n'
    folder = write_batch(tmp_path / "batch", f"{host}[recruiter]\n{link_to(results)}\n", study=1)
    assert main(["check", str(folder)]) == 1
    said = capsys.readouterr().err
    assert words in said and said.startswith("hitgen: batch.toml: ")


def link_to(url: str) -> str:
    return f'kind = "link"\nresults = {{kind = "collector", url = "{url}"}}'


def test_answers_in_a_bucket_go_through_the_same_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    host = '[host]\nkind = "s3"\nbucket = "pictures"\nbase_url = "https://study.example.org"\nendpoint_url = "http://store.example.org"\n'
    folder = write_batch(tmp_path / "batch", f'{host}[recruiter]\nkind = "link"\nresults = {{kind = "s3"}}\n', study=1)
    assert main(["check", str(folder)]) == 1
    assert "plain http" in capsys.readouterr().err
    config = folder / "batch.toml"
    config.write_text(config.read_text().replace("http://store.example.org", "https://[2001:db8::1]"))
    assert main(["check", str(folder)]) == 1
    assert "IPv6" in capsys.readouterr().err


# Proof


@contextmanager
def impostor(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[int]:
    """Something else than a collector on a port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def says(status: int, body: bytes = b"{}", **headers: str) -> Callable[[Any], None]:
    def answer(handler: Any) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


STORED = json.dumps({"outcome": "stored"}).encode()
OPEN = {"Access_Control_Allow_Origin": "*"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (says(404), "is no collector of hitgen: it says 404"),
        (says(200, b"<html>"), "is no collector of hitgen: it says 200"),
        (says(200, b"[]"), "is no collector of hitgen"),
        (says(503, b"down for maintenance"), "is no collector of hitgen"),
        (says(301, b"", Location="https://127.0.0.1:1/results"), "recruiter.results.url"),
        (says(200, STORED), "pages may not read"),
        (says(200, STORED, Access_Control_Allow_Origin="https://a.org"), "pages may not read"),
        (says(507, b'{"outcome": "full"}', **OPEN), "takes nothing more"),
        (
            says(507, UNABLE.encode(), **OPEN),
            "cannot write where it keeps answers: 507 Insufficient Storage; try making room",
        ),
        (says(503, UNABLE.encode(), **OPEN), "cannot write where it keeps answers: 503"),
        (says(400, b'{"outcome": "not-ours"}', **OPEN), "is of another batch"),
    ],
)
def test_publish_gives_no_place_out_where_no_answer_can_arrive(
    tmp_path: Path, answer: Callable[[Any], None], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with impostor(answer) as port:
        refused(tmp_path, port, words, capsys)


def test_a_collector_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(tmp_path, free_port(), "no answer can arrive", capsys)


def refused(tmp_path: Path, port: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    here = free_port()
    folder = link_batch(tmp_path / "batch", here, recruiter=link_to(f"http://127.0.0.1:{port}"))
    build(folder, workers=1)
    with collecting(folder, here):
        assert main(["publish", str(folder)]) == 1
    said = capsys.readouterr().err
    assert words in said and "batch.toml: recruiter.results.url: " in said
    assert not (folder / "places.csv").exists()


def test_the_answer_that_proves_it_is_taken_out_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    folder = link_batch(tmp_path / "batch", port)
    build(folder, workers=1)
    with collecting(folder, port):
        assert main(["publish", str(folder)]) == 0
    assert not re.search("not this folder's", capsys.readouterr().out)
    with Inbox(folder / "collected.sqlite", "small") as inbox:
        assert not inbox.delivered() and not inbox.counts()


@pytest.mark.browser
@pytest.mark.usefixtures("real_proof")
def test_the_answer_is_sent_by_a_page_in_a_browser(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    folder = link_batch(tmp_path / "batch", port)
    build(folder, workers=1)
    with collecting(folder, port):
        assert main(["publish", str(folder)]) == 0
    assert "Chromium" not in capsys.readouterr().out
    with Inbox(folder / "collected.sqlite", "small") as inbox:
        assert not inbox.delivered() and not inbox.counts()


@pytest.mark.browser
@pytest.mark.usefixtures("real_proof")
def test_what_only_a_browser_refuses_is_seen_before_places_are_given_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It lets pages in sandboxed frames read its answers, and these are in none."""
    answer = says(503, b"not published yet", Access_Control_Allow_Origin="null")
    with impostor(answer) as port:
        refused(tmp_path, port, "cannot send there; the browser says: Access to fetch", capsys)


def test_where_no_browser_is_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(by_page, "hindrance", lambda *_: None)
    port = free_port()
    folder = link_batch(tmp_path / "batch", port)
    build(folder, workers=1)
    with collecting(folder, port):
        assert main(["publish", str(folder)]) == 0
    assert "no Chromium was found here: that an answer reaches" in capsys.readouterr().out


def test_a_collector_of_another_copy_of_the_folder_is_minded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = free_port(), free_port()
    folder = link_batch(tmp_path / "batch", here, recruiter=link_to(f"http://127.0.0.1:{there}"))
    copy = link_batch(tmp_path / "copy", there)
    build(folder, workers=1)
    with collecting(folder, here), collecting(copy, there):
        assert main(["publish", str(folder)]) == 0
    assert "is not this folder's" in capsys.readouterr().out
