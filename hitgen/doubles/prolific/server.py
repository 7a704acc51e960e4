"""A Prolific on this machine: its API as strict as the published reference, and participants to send to pages."""

from __future__ import annotations

import http.server
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hitgen.doubles.prolific.state import Row, State
from hitgen.doubles.service import JsonHandler, OnPort, RefusalError

API = "/api/v1"


class Prolific(State, OnPort):
    """The service on a port of this machine while the block runs; `url` is what its clients are given."""

    @property
    def url(self) -> str:
        return f"{self.address}{API}"

    def handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        """What answers requests to the API."""
        return _handler(self)


Act = Callable[..., tuple[int, Any]]
NAME = "([0-9a-f]{24})"
ROUTES: list[tuple[str, str, Act]] = [
    ("GET", f"/workspaces/{NAME}/balance/", State.balance),
    ("GET", "/studies/", State.list_studies),
    ("POST", "/studies/", State.make_study),
    ("GET", f"/studies/{NAME}/", State.get_study),
    ("DELETE", f"/studies/{NAME}/", State.drop_study),
    ("GET", f"/studies/{NAME}/cost/", State.cost),
    ("POST", f"/studies/{NAME}/transition/", State.move_study),
    ("POST", f"/studies/{NAME}/test-study", State.test_study),
    ("GET", "/participant-groups/", State.list_groups),
    ("POST", "/participant-groups/", State.make_group),
    ("POST", f"/participant-groups/{NAME}/participants/", State.add_members),
    ("GET", "/submissions/", State.list_submissions),
    ("GET", f"/submissions/{NAME}/", State.get_submission),
    ("POST", f"/submissions/{NAME}/transition/", State.move_submission),
    ("POST", f"/submissions/{NAME}/request-return/", State.ask_return),
    ("POST", "/submissions/bonus-payments/", State.set_up_bonuses),
    ("POST", f"/bulk-bonus-payments/{NAME}/pay/", State.pay_bonuses),
]


def answer(service: Prolific, method: str, path: str, query: Row, body: Any) -> tuple[int, Any]:
    """The answer to a request that has a valid token."""
    for known, pattern, act in ROUTES:
        if known == method and (found := re.fullmatch(pattern, path)):
            with service.lock:
                return act(service, query, body, *found.groups())
    raise RefusalError(404, f"there is no {method} {path}")


def _handler(service: Prolific) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(JsonHandler):
        def _serve(self) -> None:
            raw = self.received()
            fault = service.faults.pop(0) if service.faults and self.command != "GET" else ""
            try:
                status, found = self._found(raw, fault)
            except RefusalError as refusal:
                status, found = refusal.status, {"error": {"status": refusal.status, "detail": refusal.detail}}
                service.refusals.append(f"{self.command} {self.path}: {refusal.detail}")
            if fault == "lost":
                self.lose()
                return
            self.send_json(status, found)

        def _found(self, raw: bytes, fault: str) -> tuple[int, Any]:
            if self.headers.get("Authorization") != f"Token {service.token}":
                raise RefusalError(401, "invalid token")
            if fault in ("busy", "broken"):
                raise RefusalError(429 if fault == "busy" else 500, fault)
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            path = parts.path.removeprefix(API)
            return answer(service, self.command, path, query, json.loads(raw) if raw else {})

    for method in ("GET", "POST", "PATCH", "DELETE"):
        setattr(Handler, f"do_{method}", Handler._serve)
    return Handler
