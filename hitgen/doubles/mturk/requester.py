"""The requester's side: one operation of the MTurk protocol in, its answer out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hitgen.doubles.mturk import assignments, hits, lives, model, qualifications
from hitgen.doubles.mturk.refusals import RefusalError
from hitgen.doubles.mturk.state import State

Act = Callable[[State, dict[str, Any]], dict[str, Any]]
ACTS: dict[str, Act] = {
    "ApproveAssignment": assignments.approve,
    "AssociateQualificationWithWorker": qualifications.associate,
    "CreateHIT": hits.create_hit,
    "CreateHITType": hits.create_hit_type,
    "CreateHITWithHITType": hits.create_hit_with_hit_type,
    "CreateQualificationType": qualifications.create_type,
    "DeleteHIT": hits.delete_hit,
    "DeleteQualificationType": qualifications.delete_type,
    "GetAccountBalance": assignments.balance,
    "GetAssignment": assignments.get_assignment,
    "GetHIT": hits.get_hit,
    "ListAssignmentsForHIT": assignments.list_assignments,
    "ListBonusPayments": assignments.list_bonuses,
    "ListQualificationTypes": qualifications.list_types,
    "NotifyWorkers": assignments.notify,
    "RejectAssignment": assignments.reject,
    "SendBonus": assignments.send_bonus,
    "UpdateExpirationForHIT": hits.update_expiration,
}
SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=[^/]+/\d{8}/us-east-1/mturk-requester/aws4_request, .*Signature=")


class Requester:
    """The requester's side of a marketplace.

    `listing_lag_s` is how long a new HIT is not listed yet; HITs in `unlisted` are left out of listings, whatever their age.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.listing_lag_s = 0.0
        self.unlisted: set[str] = set()

    def check_signature(self, authorization: str) -> None:
        """Raise RefusalError unless a request is signed for this service and its one region."""
        if not authorization:
            raise RefusalError(
                "", "The request is missing an authentication token", "MissingAuthenticationTokenException", 403
            )
        if not SIGNED.match(authorization):
            told = "Credential should be scoped to the service mturk-requester in us-east-1"
            raise RefusalError("", told, "InvalidSignatureException", 403)

    def answer(self, operation: str, request: Any) -> dict[str, Any]:
        """The service's answer to an operation, as JSON values; raises RefusalError."""
        model.check(operation, request)
        given = {key: value for key, value in request.items() if value is not None}
        with self._state.at_once():
            lives.sweep(self._state)
        with self._state.at_once():
            if operation == "ListHITs":
                return hits.list_hits(self._state, given, self._state.clock.now() - self.listing_lag_s, self.unlisted)
            if operation not in ACTS:
                raise RefusalError("", f"a rehearsal does not offer {operation}", "ServiceFault", 501)
            return ACTS[operation](self._state, given)
