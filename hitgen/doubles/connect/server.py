"""A Connect on this machine: its API as strict as what is known of it, and participants to send to pages."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hitgen.doubles.connect.fields import RefusalError
from hitgen.doubles.connect.state import Row, State

API = "/api/v1"
NAME = "([0-9A-F]{32})"
ROUTES: list[tuple[str, str, Callable[..., Any]]] = [
    ("GET", "/account", State.account),
    ("GET", "/project", State.list_projects),
    ("POST", "/project", State.make_project),
    ("GET", f"/project/{NAME}", State.get_project),
    ("POST", f"/project/{NAME}/update-status", State.move_project),
    ("GET", f"/assignments/{NAME}", State.list_assignments),
    ("POST", f"/assignments/{NAME}/approve", State.approve),
    ("POST", f"/assignments/{NAME}/reject", State.reject),
    ("POST", f"/assignments/{NAME}/bonus", State.bonus),
]


class Connect(State):
    """The service on a port of this machine while the block runs; `url` is what its clients are given."""

    url = ""

    def __enter__(self) -> Connect:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{API}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def answer(service: Connect, method: str, path: str, query: Row, body: Any, token: str) -> Any:
    """The answer to a request that has a valid key."""
    for known, pattern, act in ROUTES:
        if known == method and (found := re.fullmatch(pattern, path)):
            with service.lock:
                if token:
                    service.use(token)
                return act(service, query, body, *found.groups())
    raise RefusalError(404, f"there is no {method} {path}")


def _handler(service: Connect) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = service.faults.pop(0) if service.faults and self.command != "GET" else ""
            status = 200
            try:
                found = self._found(raw, fault)
            except RefusalError as refusal:
                status = refusal.status
                found = {"type": "error", "title": "refused", "status": status, "detail": refusal.detail}
                service.refusals.append(f"{self.command} {self.path}: {refusal.detail}")
            if fault == "unlisted" and status == 200:
                service.unlisted |= {found["project"]["projectId"]}
            if fault in ("lost", "unlisted"):
                self.close_connection = True
                self.connection.close()
                return
            body = b"" if found is None else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _found(self, raw: bytes, fault: str) -> Any:
            if self.headers.get("X-API-KEY") != service.key:
                raise RefusalError(401, "invalid API key")
            if fault in ("busy", "broken"):
                raise RefusalError(429 if fault == "busy" else 500, fault)
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            token = self.headers.get("IDEMPOTENCY-TOKEN") or ""
            return answer(
                service, self.command, parts.path.removeprefix(API), query, json.loads(raw) if raw else {}, token
            )

    for method in ("GET", "POST"):
        setattr(Handler, f"do_{method}", Handler._serve)
    return Handler
