"""Web servers on loopback: one for a folder, one that counts and fails when told to, and `hitgen serve`."""

from __future__ import annotations

import functools
import gzip
import http.server
import itertools
import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from hitgen.collector.server import Server
from hitgen.serve import open_collector
from tests.support.batches import make_batch

FOREVER = "public, max-age=31536000, immutable"


@lru_cache(maxsize=64)
def gzipped(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), 6, mtime=0)


class PageServer(ThreadingHTTPServer):
    """Serves one folder on loopback; `sent` counts requests and `sent_bytes` bodies by path; `failures` is how often to refuse."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self.sent: Counter[str] = Counter()
        self.sent_bytes: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.held = threading.Event()
        self.held.set()
        self.hold_suffix = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def hold(self, suffix: str) -> None:
        """Let requests whose path ends so wait until `release`."""
        self.hold_suffix = suffix
        self.held.clear()

    def release(self) -> None:
        self.held.set()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that went away is no fault of a test."""


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        name = urlsplit(self.path).path
        path = self.server.root / name.lstrip("/")
        if self.server.failures[name] > 0:
            self.server.failures[name] -= 1
            self._answer(503, b"", {})
            return
        if not path.is_file():
            self._answer(404, b"", {})
            return
        if self.server.hold_suffix and name.endswith(self.server.hold_suffix):
            self.server.held.wait(60)
        if path.suffix == ".html":
            body = gzipped(path)
            headers = {"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip"}
        else:
            body, headers = path.read_bytes(), {"Content-Type": "application/octet-stream", "Cache-Control": FOREVER}
        self.server.sent[name] += 1
        self.server.sent_bytes[name] += len(body)
        self._answer(200, body, headers)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        pass


@contextmanager
def serve(root: Path) -> Iterator[PageServer]:
    server = PageServer(root)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.release()
        server.shutdown()
        server.server_close()


class _FolderHandler(http.server.SimpleHTTPRequestHandler):
    def do_POST(self) -> None:
        """A collector that keeps answers elsewhere."""
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"outcome": "stored"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a web server that shows `folder`."""
    handler = functools.partial(_FolderHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def free_port() -> int:
    """A port that nobody listens on, nor is given by the system to anyone who asks for any: it stays free until it is used."""
    while True:
        port = next(_PORTS)
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port


def _ports() -> Iterator[int]:
    """Those below what Linux and others hand out, beginning elsewhere in each process."""
    first, count = 11_000, 21_000
    for number in itertools.count(os.getpid() * 1009):
        yield first + number % count


_PORTS = _ports()


@contextmanager
def collecting(folder: Path, port: int, hand_out: bool = False) -> Iterator[Server]:
    """`hitgen serve`, in this process."""
    with (
        open_collector(folder, hand_out) as (collector, _),
        Server(collector, "127.0.0.1", port) as server,
    ):
        yield server


@contextmanager
def own_people(place: Path) -> Iterator[Path]:
    """A built study for three people of one's own, whose pages are served from beside it."""
    (place / "served").mkdir()
    with serving(place / "served") as url:
        host = f'kind = "folder"\nfolder = "../served"\nbase_url = "{url}"'
        folder = make_batch(place / "batch", [{"study": ["a"], "assignments": 3}], host)
        results = f'results = {{kind = "collector", url = "{url}/c/"}}'
        config = folder / "batch.toml"
        config.write_text(config.read_text().replace('kind = "mturk"', f'kind = "link"\n{results}'))
        yield folder
