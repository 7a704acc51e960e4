"""The worker's side: which HITs a worker sees, accepting, handing in, returning."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit
from xml.sax.saxutils import escape

from hitgen.doubles.mturk import lives, qualifications
from hitgen.doubles.mturk.hits import QUERY, external_url, find_hit
from hitgen.doubles.mturk.model import NOT_XML
from hitgen.doubles.mturk.refusals import RefusalError, invalid
from hitgen.doubles.mturk.state import State, new_id

ANSWERS = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2005-10-01/QuestionFormAnswers.xsd"
NOT_ACCEPTED = "ASSIGNMENT_ID_NOT_AVAILABLE"
WORKER = re.compile(r"A[A-Z0-9]{1,63}")


@dataclass(frozen=True)
class Offer:
    """A HIT as one worker sees it; `may_preview` and `may_accept` by the worker's qualifications."""

    hit_id: str
    title: str
    description: str
    reward_usd: Decimal
    duration_s: int
    places: int
    may_preview: bool
    may_accept: bool


@dataclass(frozen=True)
class Task:
    """An assignment that a worker has accepted; `frame` is the page's address, `left_s` the time that is left."""

    assignment: str
    worker: str
    title: str
    frame: str
    left_s: float


class Workers:
    """What workers can do, by their ids; every refusal says why."""

    def __init__(self, state: State, origin: str) -> None:
        self._state = state
        self._origin = origin

    def offers(self, worker: str) -> list[Offer]:
        """The HITs that this worker finds and has not worked, oldest first."""
        self._known(worker)
        mine = "SELECT hit_id FROM assignments WHERE worker = ? AND state IN ('Accepted', 'Submitted', 'Approved', 'Rejected')"
        rows = self._state.rows(f"{QUERY} WHERE status = 'Assignable' AND hit_id NOT IN ({mine}) ORDER BY seq", worker)
        found = [self._offer(row, worker) for row in rows]
        return [offer for offer in found if offer is not None]

    def _known(self, worker: str) -> None:
        if not WORKER.fullmatch(worker):
            raise invalid(f"{worker!r} is no worker id: A and then 1 to 63 capital letters and digits")
        with self._state.at_once():
            lives.sweep(self._state)

    def _offer(self, row: Any, worker: str) -> Offer | None:
        values = json.loads(row["values"])
        may = {
            action: not qualifications.unmet(self._state, values["QualificationRequirements"], worker, action)
            for action in ("Discover", "Preview", "Accept")
        }
        if not may["Discover"]:
            return None
        return Offer(
            hit_id=row["hit_id"],
            title=values["Title"],
            description=values["Description"],
            reward_usd=Decimal(values["Reward"]),
            duration_s=values["AssignmentDurationInSeconds"],
            places=row["max_assignments"] - sum(lives.counts(self._state, row["hit_id"]).values()),
            may_preview=may["Preview"],
            may_accept=may["Accept"],
        )

    def preview(self, hit_id: str, worker: str) -> str:
        """The address of a HIT's page before it is accepted."""
        self._known(worker)
        row = find_hit(self._state, hit_id)
        offer = self._offer(row, worker)
        if offer is None or not offer.may_preview:
            raise RefusalError("", "you do not have the Qualifications to see this HIT")
        return self._frame(row["question"], assignmentId=NOT_ACCEPTED, hitId=hit_id)

    def why_not(self, hit_id: str, worker: str) -> str:
        """What keeps this worker from accepting a HIT; empty where nothing does."""
        row = find_hit(self._state, hit_id)
        if qualifications.unmet(self._state, json.loads(row["values"])["QualificationRequirements"], worker, "Accept"):
            return "you do not have the Qualifications for this HIT"
        if row["status"] != "Assignable":
            return "this HIT has no places left, or has expired"
        mine = "SELECT 1 FROM assignments WHERE hit_id = ? AND worker = ? AND state NOT IN ('Returned', 'Abandoned')"
        return "you have accepted this HIT before" if self._state.row(mine, hit_id, worker) else ""

    def accept(self, hit_id: str, worker: str) -> str:
        """A new assignment of a HIT for this worker; once a HIT and worker."""
        self._known(worker)
        with self._state.at_once():
            if why_not := self.why_not(hit_id, worker):
                raise RefusalError("", why_not)
            values = json.loads(find_hit(self._state, hit_id)["values"])
            named, now = new_id(), self._state.clock.now()
            sql = (
                "INSERT INTO assignments (assignment_id, hit_id, worker, state, accepted_at, deadline)"
                " VALUES (?, ?, ?, 'Accepted', ?, ?)"
            )
            self._state.run(sql, named, hit_id, worker, now, now + values["AssignmentDurationInSeconds"])
            lives.refresh(self._state, hit_id)
            return named

    def tasks(self, worker: str) -> list[Task]:
        """What this worker has accepted and not handed in."""
        self._known(worker)
        sql = "SELECT assignment_id FROM assignments WHERE worker = ? AND state = 'Accepted' ORDER BY seq"
        return [self.task(row[0]) for row in self._state.rows(sql, worker)]

    def task(self, assignment: str) -> Task:
        """An accepted assignment."""
        row = self._accepted(assignment)
        hit = find_hit(self._state, row["hit_id"])
        frame = self._frame(
            hit["question"],
            assignmentId=assignment,
            hitId=hit["hit_id"],
            workerId=row["worker"],
            turkSubmitTo=self._origin,
        )
        left_s = row["deadline"] - self._state.clock.now()
        return Task(assignment, row["worker"], json.loads(hit["values"])["Title"], frame, left_s)

    def _accepted(self, assignment: str) -> Any:
        row = self._state.row("SELECT * FROM assignments WHERE assignment_id = ?", assignment)
        if row is None or row["state"] != "Accepted" or row["deadline"] <= self._state.clock.now():
            told = row["state"].lower() if row else "unknown"
            told = "out of time" if told == "accepted" else told
            raise RefusalError("", f"this assignment is not yours to work on: it is {told}")
        return row

    def hand_in(self, assignment: str, fields: Sequence[tuple[str, str]]) -> None:
        """Submit an assignment; `fields` are the form's, without assignmentId, at least one."""
        if not fields:
            raise RefusalError("", "the form holds nothing beside assignmentId")
        with self._state.at_once():
            row = self._accepted(assignment)
            values = json.loads(find_hit(self._state, row["hit_id"])["values"])
            now = self._state.clock.now()
            self._state.run(
                "UPDATE assignments SET state = 'Submitted', submitted_at = ?, auto_approval_at = ?, answer = ?"
                " WHERE assignment_id = ?",
                *(now, now + values["AutoApprovalDelayInSeconds"], answers_xml(fields), assignment),
            )
            lives.refresh(self._state, row["hit_id"])

    def give_back(self, assignment: str) -> None:
        """Return an assignment, so that someone else may take its place."""
        with self._state.at_once():
            row = self._accepted(assignment)
            self._state.run("UPDATE assignments SET state = 'Returned' WHERE assignment_id = ?", assignment)
            lives.refresh(self._state, row["hit_id"])

    def _frame(self, question: str, **parameters: str) -> str:
        parts = urlsplit(external_url(question))
        query = "&".join(filter(None, [parts.query, urlencode(parameters)]))
        return urlunsplit(parts._replace(query=query))


def answers_xml(fields: Sequence[tuple[str, str]]) -> str:
    """The fields of a form as QuestionFormAnswers; raises RefusalError for text that XML cannot carry."""
    rows = []
    for name, value in fields:
        if NOT_XML.search(name + value):
            raise RefusalError("", f"the field {name!r} holds a character that cannot be carried")
        rows.append(
            f"<Answer><QuestionIdentifier>{escape(name)}</QuestionIdentifier><FreeText>{escape(value)}</FreeText></Answer>"
        )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>'
    return f'{head}<QuestionFormAnswers xmlns="{ANSWERS}">{"".join(rows)}</QuestionFormAnswers>'
