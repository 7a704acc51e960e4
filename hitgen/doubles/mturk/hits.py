"""The requester's operations on HITs and HIT types."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlsplit

from defusedxml import DefusedXmlException, ElementTree

from hitgen.doubles.mturk import lives
from hitgen.doubles.mturk.pages import page
from hitgen.doubles.mturk.qualifications import MASTERS, check_requirements
from hitgen.doubles.mturk.refusals import RefusalError, invalid, no_such, wrong_state
from hitgen.doubles.mturk.state import State, new_id

Request = dict[str, Any]
EXTERNAL = "{http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/ExternalQuestion.xsd}"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
TYPE_KEYS = (
    "AutoApprovalDelayInSeconds",
    "AssignmentDurationInSeconds",
    "Reward",
    "Title",
    "Keywords",
    "Description",
    "QualificationRequirements",
)
AUTO_APPROVAL_S = 2_592_000
LARGE_HIT = 10


def fee_cents(cents: int, assignments: int, masters: bool = False) -> int:
    """The service's fee on an amount: 20%, 20% more from 10 assignments on, 5% more for Masters, at least a cent.

    Source: requester.mturk.com/pricing.
    """
    percent = 20 + (20 if assignments >= LARGE_HIT else 0) + (5 if masters else 0)
    return max(1, int((Decimal(cents * percent) / 100).quantize(Decimal(1), ROUND_HALF_UP)))


def as_cents(amount: str) -> int:
    """A currency amount of the protocol in cents."""
    return int(Decimal(amount) * 100)


def external_url(question: str) -> str:
    """The address in an ExternalQuestion; raises RefusalError for anything that workers could not be shown."""
    try:
        root = ElementTree.fromstring(question)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise invalid(f"There is an error in the xml in Question: {error}") from error
    url = (root.findtext(f"{EXTERNAL}ExternalURL") or "").strip()
    height = (root.findtext(f"{EXTERNAL}FrameHeight") or "").strip()
    if root.tag != f"{EXTERNAL}ExternalQuestion" or not url:
        raise invalid("Question is no ExternalQuestion with an ExternalURL")
    if not height.isdigit():
        raise invalid("the ExternalQuestion's FrameHeight is missing or no number")
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise invalid(f"the ExternalURL must use https: {url}")
    return url


def _cost_each(values: Request, assignments: int) -> int:
    masters = any(row["QualificationTypeId"] in MASTERS for row in values["QualificationRequirements"])
    cents = as_cents(values["Reward"])
    return cents + fee_cents(cents, assignments, masters)


def create_hit_type(state: State, request: Request) -> Request:
    """CreateHITType: equal values give the same type."""
    check_requirements(state, request.get("QualificationRequirements", []))
    values = {key: request[key] for key in TYPE_KEYS if key in request}
    values = {"AutoApprovalDelayInSeconds": AUTO_APPROVAL_S, "Keywords": "", "QualificationRequirements": [], **values}
    text = json.dumps(values, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    state.run("INSERT OR IGNORE INTO hit_types VALUES (?, ?, ?)", new_id(), digest, text)
    found = state.row("SELECT hit_type FROM hit_types WHERE digest = ?", digest)
    assert found is not None
    return {"HITTypeId": found[0]}


def create_hit(state: State, request: Request) -> Request:
    """CreateHIT: a type and a HIT of it in one call."""
    _refuse_again(state, request)
    hit_type = create_hit_type(state, request)["HITTypeId"]
    return _create(state, hit_type, request)


def create_hit_with_hit_type(state: State, request: Request) -> Request:
    """CreateHITWithHITType."""
    _refuse_again(state, request)
    if state.row("SELECT 1 FROM hit_types WHERE hit_type = ?", request["HITTypeId"]) is None:
        raise no_such("HITType", request["HITTypeId"])
    return _create(state, request["HITTypeId"], request)


def _refuse_again(state: State, request: Request) -> None:
    if made := state.token_used("CreateHIT", request.get("UniqueRequestToken")):
        raise RefusalError("HitAlreadyExists", f"The HIT {made} has already been created with this UniqueRequestToken.")


def _create(state: State, hit_type: str, request: Request) -> Request:
    for key in ("HITLayoutId", "AssignmentReviewPolicy", "HITReviewPolicy"):
        if key in request:
            raise invalid(f"a rehearsal does not know {key}")
    external_url(request.get("Question", ""))
    row = state.row('SELECT "values" FROM hit_types WHERE hit_type = ?', hit_type)
    assert row is not None
    places, hit_id, now = request.get("MaxAssignments", 1), new_id(), state.clock.now()
    state.run(
        "INSERT INTO hits (hit_id, hit_type, question, annotation, max_assignments, created_at, expires_at, status,"
        " review_status, each_cents) VALUES (?, ?, ?, ?, ?, ?, ?, 'Assignable', 'NotReviewed', ?)",
        *(hit_id, hit_type, request["Question"], request.get("RequesterAnnotation", ""), places),
        *(now, now + request["LifetimeInSeconds"], _cost_each(json.loads(row[0]), places)),
    )
    lives.refresh(state, hit_id)
    state.note_token("CreateHIT", request.get("UniqueRequestToken"), hit_id)
    return get_hit(state, {"HITId": hit_id})


QUERY = 'SELECT h.*, t."values" FROM hits h JOIN hit_types t USING (hit_type)'


def find_hit(state: State, hit_id: str) -> sqlite3.Row:
    """A HIT with its type's values; raises RefusalError where there is none."""
    row = state.row(f"{QUERY} WHERE hit_id = ?", hit_id)
    if row is None:
        raise no_such("HIT", hit_id)
    return row


def shown(state: State, row: sqlite3.Row) -> Request:
    """A HIT as the service shows it."""
    taken = lives.counts(state, row["hit_id"])
    return {
        **json.loads(row["values"]),
        "HITId": row["hit_id"],
        "HITTypeId": row["hit_type"],
        "HITGroupId": row["hit_type"],
        "CreationTime": row["created_at"],
        "Expiration": row["expires_at"],
        "Question": row["question"],
        "RequesterAnnotation": row["annotation"],
        "HITStatus": row["status"],
        "HITReviewStatus": row["review_status"],
        "MaxAssignments": row["max_assignments"],
        "NumberOfAssignmentsPending": taken["Accepted"],
        "NumberOfAssignmentsAvailable": row["max_assignments"] - sum(taken.values()),
        "NumberOfAssignmentsCompleted": taken["Approved"] + taken["Rejected"],
    }


def get_hit(state: State, request: Request) -> Request:
    """GetHIT; shows deleted ones too, as Disposed."""
    return {"HIT": shown(state, find_hit(state, request["HITId"]))}


def list_hits(state: State, request: Request, visible_before: float, unlisted: Iterable[str] = ()) -> Request:
    """ListHITs, newest first: all but deleted ones, made before `visible_before`, and without those `unlisted`."""
    query = f"{QUERY} WHERE status != 'Disposed' AND hit_id NOT IN (SELECT value FROM json_each(?)) AND created_at <= ?"
    values = [json.dumps(list(unlisted)), visible_before]
    return page(state, request, "HITs", query, values, lambda row: shown(state, row), newest=True)


def update_expiration(state: State, request: Request) -> Request:
    """UpdateExpirationForHIT: a time in the past ends the HIT now, a later one opens it again."""
    hit = find_hit(state, request["HITId"])
    if hit["status"] == "Disposed":
        raise wrong_state("HIT", hit["hit_id"], "Disposed", "Assignable, Unassignable, Reviewable, Reviewing")
    until = max(request["ExpireAt"], min(state.clock.now(), hit["expires_at"]))
    state.run("UPDATE hits SET expires_at = ? WHERE hit_id = ?", until, hit["hit_id"])
    lives.refresh(state, hit["hit_id"])
    return {}


def delete_hit(state: State, request: Request) -> Request:
    """DeleteHIT: only what is over and judged."""
    hit = find_hit(state, request["HITId"])
    if hit["status"] != "Reviewable":
        raise wrong_state("HIT", hit["hit_id"], hit["status"], "Reviewable, Reviewing")
    if unjudged := lives.counts(state, hit["hit_id"])["Submitted"]:
        told = f"This HIT {hit['hit_id']} has {unjudged} submitted assignments that are neither approved nor rejected."
        raise RefusalError("InvalidHITState", told)
    state.run("UPDATE hits SET status = 'Disposed' WHERE hit_id = ?", hit["hit_id"])
    return {}
