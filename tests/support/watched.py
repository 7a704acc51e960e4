"""`hitgen watch` in this process: what a page that is served says."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hitgen.collector.server import Server
from hitgen.commands.status import status_lines
from hitgen.watch.app import WatchPage
from hitgen.watch.watcher import Watcher
from tests.support.small_study import START

WAIT_S = 30


class Asker:
    """Asks a page that is served for what it shows."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.content = answer.read()  # type: ignore[attr-defined]
            return answer
        finally:
            connection.close()

    def state(self, query: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.json(f"/state?{query}")
        return found

    def json(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status == 200, answer.content
        return json.loads(answer.content)

    def until(self, right: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The state once it is right."""
        end = time.monotonic() + WAIT_S
        while not right(found := self.state()) and time.monotonic() < end:
            time.sleep(0.05)
        assert right(found), found
        return found


@contextmanager
def watching(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asker]:
    """The page of a folder, looked at twenty times a second."""
    monkeypatch.setattr("hitgen.watch.watcher.EVERY_S", 0.05)
    watcher = Watcher(folder, lambda found: status_lines(found) if found else [], lambda: START)
    page = WatchPage(watcher, folder)
    with watcher, Server(page, "127.0.0.1", 0) as server:
        page.port = server.port
        asker = Asker(server.port)
        asker.until(lambda found: found["looked"] > 0)
        yield asker
