"""A Connect on this machine: its API as strict as what is known of it, and participants to send to pages."""

from __future__ import annotations

import http.server
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hitgen.doubles.connect.state import Row, State
from hitgen.doubles.service import JsonHandler, OnPort, RefusalError

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


class Connect(State, OnPort):
    """The service on a port of this machine while the block runs; `url` is what its clients are given."""

    @property
    def url(self) -> str:
        return f"{self.address}{API}"

    def handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        """What answers requests to the API."""
        return _handler(self)


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
    class Handler(JsonHandler):
        def _serve(self) -> None:
            raw = self.received()
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
                self.lose()
                return
            self.send_json(status, found)

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
