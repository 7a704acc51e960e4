"""What doubles of services have in common: a port of this machine, an API in JSON with its faults and refusals."""

from __future__ import annotations

import http.server
import json
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from email.message import Message
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

from hitgen.lib.server import LocalServer

API = "/api/v1"
Row = dict[str, Any]
Route = tuple[str, str, Callable[..., Any]]
"""A method, a pattern of paths, and what answers with the state, the query, the body and the pattern's groups."""


class RefusalError(Exception):
    """A request that is answered with `status` and `detail`, and changes nothing."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class OnPort(ABC):
    """A service on a port of this machine while the block runs; `address` is where, without a path."""

    address = ""

    @abstractmethod
    def handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        """What answers requests."""

    def __enter__(self) -> Self:
        self._server = LocalServer(self.handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class JsonHandler(http.server.BaseHTTPRequestHandler):
    """Reads and sends JSON, and writes no log."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def received(self) -> bytes:
        """The body of the request."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def send_json(self, status: int, found: Any) -> None:
        """Answer with `found`; None is an empty body."""
        body = b"" if found is None else json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def lose(self) -> None:
        """End the connection without an answer."""
        self.close_connection = True
        self.connection.close()


class JsonApi(OnPort):
    """A service that speaks JSON under `/api/v1`, which `url` is the address of.

    `faults` are taken one a changing request: "lost" commits and gives no answer, "busy" answers 429, "broken" answers 500
    and does nothing. `refusals` are the requests that were refused, with the reason.
    """

    routes: ClassVar[Sequence[Route]]
    faults: list[str]
    refusals: list[str]

    @property
    def url(self) -> str:
        return f"{self.address}{API}"

    def handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        """What answers requests to the API."""
        return _handler(self)

    @abstractmethod
    def admit(self, headers: Message) -> None:
        """RefusalError for a request without the secret."""

    @abstractmethod
    def act(self, act: Callable[..., Any], headers: Message, *given: Any) -> tuple[int, Any]:
        """The status and the answer of a route to a query, a body and the names in its path."""

    @abstractmethod
    def told(self, refusal: RefusalError) -> Row:
        """A refusal in the service's own form."""

    def is_lost(self, fault: str, status: int, found: Any) -> bool:
        """Whether an answer is not given."""
        return fault == "lost"


def _handler(service: JsonApi) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(JsonHandler):
        def _serve(self) -> None:
            raw = self.received()
            fault = service.faults.pop(0) if service.faults and self.command != "GET" else ""
            try:
                status, found = self._found(raw, fault)
            except RefusalError as refusal:
                status, found = refusal.status, service.told(refusal)
                service.refusals.append(f"{self.command} {self.path}: {refusal.detail}")
            if service.is_lost(fault, status, found):
                self.lose()
                return
            self.send_json(status, found)

        def _found(self, raw: bytes, fault: str) -> tuple[int, Any]:
            service.admit(self.headers)
            if fault in ("busy", "broken"):
                raise RefusalError(429 if fault == "busy" else 500, fault)
            parts = urlsplit(self.path)
            path = parts.path.removeprefix(API)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            body = json.loads(raw) if raw else {}
            for method, pattern, act in service.routes:
                if method == self.command and (names := re.fullmatch(pattern, path)):
                    return service.act(act, self.headers, query, body, *names.groups())
            raise RefusalError(404, f"there is no {self.command} {path}")

    for method in ("GET", "POST", "PATCH", "DELETE"):
        setattr(Handler, f"do_{method}", Handler._serve)
    return Handler
