"""A Prolific on this machine: its API as strict as the published reference, and participants to send to pages."""

from __future__ import annotations

from collections.abc import Callable
from email.message import Message
from typing import Any, ClassVar

from hitgen.doubles.prolific.state import State
from hitgen.doubles.service import JsonApi, RefusalError, Route, Row

NAME = "([0-9a-f]{24})"


class Prolific(State, JsonApi):
    """The service on a port of this machine while the block runs; `url` is what its clients are given."""

    routes: ClassVar[list[Route]] = [
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

    def admit(self, headers: Message) -> None:
        """RefusalError for a request without the token."""
        if headers.get("Authorization") != f"Token {self.token}":
            raise RefusalError(401, "invalid token")

    def act(self, act: Callable[..., Any], headers: Message, *given: Any) -> tuple[int, Any]:
        """Each route says its own status."""
        with self.lock:
            status, found = act(self, *given)
            return status, found

    def told(self, refusal: RefusalError) -> Row:
        """A refusal as the service words it."""
        return {"error": {"status": refusal.status, "detail": refusal.detail}}
