"""The requester's operations on assignments and workers: judging, paying, writing, shutting out."""

from __future__ import annotations

import sqlite3
from typing import Any

from hitgen.doubles.mturk import lives
from hitgen.doubles.mturk.hits import as_cents, fee_cents, find_hit, shown
from hitgen.doubles.mturk.pages import page
from hitgen.doubles.mturk.refusals import RefusalError, invalid, no_such, wrong_state
from hitgen.doubles.mturk.state import State

Request = dict[str, Any]
HANDED_IN = ("Submitted", "Approved", "Rejected")
OVERRIDE_S = 30 * 24 * 3600
"""A rejection can be taken back for so long after the submission."""


def find_assignment(state: State, assignment_id: str) -> sqlite3.Row:
    """An assignment that was handed in, with its HIT's places; raises RefusalError where there is none."""
    row = state.row(
        "SELECT a.*, h.max_assignments, h.each_cents, h.status FROM assignments a JOIN hits h USING (hit_id)"
        " WHERE assignment_id = ? AND state IN ('Submitted', 'Approved', 'Rejected')",
        assignment_id,
    )
    if row is None:
        raise no_such("Assignment", assignment_id)
    return row


def _shown(row: sqlite3.Row) -> Request:
    found = {
        "AssignmentId": row["assignment_id"],
        "WorkerId": row["worker"],
        "HITId": row["hit_id"],
        "AssignmentStatus": row["state"],
        "AutoApprovalTime": row["auto_approval_at"],
        "AcceptTime": row["accepted_at"],
        "SubmitTime": row["submitted_at"],
        "Deadline": row["deadline"],
        "Answer": row["answer"],
    }
    if row["state"] in ("Approved", "Rejected"):
        found["ApprovalTime" if row["state"] == "Approved" else "RejectionTime"] = row["judged_at"]
    return {**found, "RequesterFeedback": row["feedback"]} if row["feedback"] else found


def get_assignment(state: State, request: Request) -> Request:
    """GetAssignment, with its HIT."""
    row = find_assignment(state, request["AssignmentId"])
    return {"Assignment": _shown(row), "HIT": shown(state, find_hit(state, row["hit_id"]))}


def list_assignments(state: State, request: Request) -> Request:
    """ListAssignmentsForHIT."""
    find_hit(state, request["HITId"])
    wanted = request.get("AssignmentStatuses") or list(HANDED_IN)
    marks = ", ".join("?" * len(wanted))
    query = f"SELECT * FROM assignments WHERE hit_id = ? AND state IN ({marks})"
    return page(state, request, "Assignments", query, [request["HITId"], *wanted], _shown)


def approve(state: State, request: Request) -> Request:
    """ApproveAssignment; a rejected one only with OverrideRejection, within 30 days, while its HIT is there."""
    row, now = find_assignment(state, request["AssignmentId"]), state.clock.now()
    again = request.get("OverrideRejection") and row["state"] == "Rejected" and row["status"] != "Disposed"
    if row["state"] != "Submitted" and not (again and row["submitted_at"] + OVERRIDE_S > now):
        raise wrong_state("Assignment", row["assignment_id"], row["state"], "Submitted")
    lives.approve(state, row["assignment_id"], now, request.get("RequesterFeedback", ""))
    return {}


def reject(state: State, request: Request) -> Request:
    """RejectAssignment."""
    row = find_assignment(state, request["AssignmentId"])
    if row["state"] != "Submitted":
        raise wrong_state("Assignment", row["assignment_id"], row["state"], "Submitted")
    sql = "UPDATE assignments SET state = 'Rejected', judged_at = ?, feedback = ? WHERE assignment_id = ?"
    state.run(sql, state.clock.now(), request["RequesterFeedback"], row["assignment_id"])
    lives.refresh(state, row["hit_id"])
    return {}


def send_bonus(state: State, request: Request) -> Request:
    """SendBonus: the amount and its fee, now."""
    token = request.get("UniqueRequestToken")
    if before := state.token_used("SendBonus", token):
        raise RefusalError(
            "DuplicateRequest", f"A bonus was already sent with this UniqueRequestToken. Request {before}"
        )
    row = find_assignment(state, request["AssignmentId"])
    if row["worker"] != request["WorkerId"]:
        raise invalid(f"Assignment {row['assignment_id']} was not submitted by worker {request['WorkerId']}")
    cents = as_cents(request["BonusAmount"])
    if cents < 1:
        raise invalid("BonusAmount must be at least 0.01")
    fee = fee_cents(cents, 1)
    state.spend(cents + fee)
    state.run(
        "INSERT INTO bonuses (assignment_id, hit_id, worker, cents, fee_cents, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(row["assignment_id"], row["hit_id"], row["worker"], cents, fee, request["Reason"], state.clock.now()),
    )
    state.note_token("SendBonus", token, row["assignment_id"])
    return {}


def list_bonuses(state: State, request: Request) -> Request:
    """ListBonusPayments of one HIT or one assignment."""
    keys = [("HITId", "hit_id"), ("AssignmentId", "assignment_id")]
    given = [(column, request[key]) for key, column in keys if key in request]
    if len(given) != 1:
        raise invalid("give either HITId or AssignmentId")
    column, value = given[0]

    def show(row: sqlite3.Row) -> Request:
        amount = f"{row['cents'] / 100:.2f}"
        named = {"AssignmentId": row["assignment_id"], "WorkerId": row["worker"], "Reason": row["reason"]}
        return {**named, "BonusAmount": amount, "GrantTime": row["at"]}

    return page(state, request, "BonusPayments", f"SELECT * FROM bonuses WHERE {column} = ?", [value], show)


def balance(state: State, request: Request) -> Request:
    """GetAccountBalance: what is neither paid nor held for open HITs."""
    held = state.rows("SELECT coalesce(sum(held_cents), 0) FROM hits")[0][0]
    return {"AvailableBalance": f"{state.cents('available') / 100:.2f}", "OnHoldBalance": f"{held / 100:.2f}"}


def notify(state: State, request: Request) -> Request:
    """NotifyWorkers: mails those whose work was judged before; names the others."""
    failed = []
    for worker in request["WorkerIds"]:
        sql = "SELECT 1 FROM assignments WHERE worker = ? AND state IN ('Approved', 'Rejected')"
        if state.row(sql, worker):
            mail = "INSERT INTO mails (worker, subject, text, at) VALUES (?, ?, ?, ?)"
            state.run(mail, worker, request["Subject"], request["MessageText"], state.clock.now())
        else:
            told = "The worker has not had work approved or rejected by this requester"
            row = {"NotifyWorkersFailureCode": "HardFailure", "NotifyWorkersFailureMessage": told, "WorkerId": worker}
            failed.append(row)
    return {"NotifyWorkersFailureStatuses": failed}
