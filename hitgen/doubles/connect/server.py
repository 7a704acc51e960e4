"""A Connect on this machine: its API as strict as what is known of it, and participants to send to pages."""

from __future__ import annotations

from collections.abc import Callable
from email.message import Message
from typing import Any, ClassVar

from hitgen.doubles.connect.state import State
from hitgen.doubles.service import JsonApi, RefusalError, Route, Row

NAME = "([0-9A-F]{32})"


class Connect(State, JsonApi):
    """The service on a port of this machine while the block runs; `url` is what its clients are given."""

    routes: ClassVar[list[Route]] = [
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

    def admit(self, headers: Message) -> None:
        """RefusalError for a request without the key."""
        if headers.get("X-API-KEY") != self.key:
            raise RefusalError(401, "invalid API key")

    def act(self, act: Callable[..., Any], headers: Message, *given: Any) -> tuple[int, Any]:
        """What is done with an idempotency token is done once."""
        with self.lock:
            if token := headers.get("IDEMPOTENCY-TOKEN"):
                self.use(token)
            return 200, act(self, *given)

    def told(self, refusal: RefusalError) -> Row:
        """A refusal as the service words it."""
        return {"type": "error", "title": "refused", "status": refusal.status, "detail": refusal.detail}

    def is_lost(self, fault: str, status: int, found: Any) -> bool:
        """An answer that gets lost; by the fault "unlisted" its project is listed later too."""
        if fault == "unlisted" and status == 200:
            self.unlisted |= {found["project"]["projectId"]}
        return fault in ("lost", "unlisted")
