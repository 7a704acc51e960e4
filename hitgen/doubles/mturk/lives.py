"""How HITs and assignments change by themselves: what is open, what expires, what is approved in time."""

from __future__ import annotations

from hitgen.doubles.mturk.state import State

DISPOSED_AFTER_S = 120 * 24 * 3600
NAME_FREE_AFTER_S = 48 * 3600
"""A deleted qualification type keeps its name for so long."""
TAKEN = ("Accepted", "Submitted", "Approved", "Rejected")
"""The states of assignments that fill a place."""


def counts(state: State, hit_id: str) -> dict[str, int]:
    """How many assignments of a HIT are in each state that fills a place."""
    rows = state.rows("SELECT state, count(*) FROM assignments WHERE hit_id = ? GROUP BY state", hit_id)
    found = {row[0]: int(row[1]) for row in rows}
    return {name: found.get(name, 0) for name in TAKEN}


def refresh(state: State, hit_id: str) -> None:
    """Bring a HIT's status and the money held for it up to date; raises RefusalError where that is not there."""
    hit = state.row("SELECT * FROM hits WHERE hit_id = ?", hit_id)
    if hit is None or hit["status"] == "Disposed":
        return
    taken = counts(state, hit_id)
    available = hit["max_assignments"] - sum(taken.values())
    is_open = hit["expires_at"] > state.clock.now()
    held = hit["each_cents"] * (taken["Accepted"] + taken["Submitted"] + (available if is_open else 0))
    state.take(held - hit["held_cents"])
    if available > 0 and is_open:
        status = "Assignable"
    elif taken["Accepted"]:
        status = "Unassignable"
    else:
        status = "Reviewable"
    state.run("UPDATE hits SET status = ?, held_cents = ? WHERE hit_id = ?", status, held, hit_id)


def approve(state: State, assignment_id: str, at: float, feedback: str = "") -> None:
    """Approve an assignment and pay for it."""
    row = state.row(
        "SELECT a.hit_id, h.each_cents FROM assignments a JOIN hits h USING (hit_id) WHERE assignment_id = ?",
        assignment_id,
    )
    assert row is not None
    sql = "UPDATE assignments SET state = 'Approved', judged_at = ?, feedback = ? WHERE assignment_id = ?"
    state.run(sql, at, feedback, assignment_id)
    # What was held for it is free now, and pays for it.
    refresh(state, row["hit_id"])
    state.spend(row["each_cents"])


def sweep(state: State) -> None:
    """Let everything happen that time alone brings about."""
    now = state.clock.now()
    for row in state.rows("SELECT * FROM assignments WHERE state = 'Accepted' AND deadline <= ?", now):
        state.run("UPDATE assignments SET state = 'Abandoned' WHERE assignment_id = ?", row["assignment_id"])
        refresh(state, row["hit_id"])
    for row in state.rows("SELECT hit_id FROM hits WHERE status = 'Assignable' AND expires_at <= ?", now):
        refresh(state, row["hit_id"])
    for row in state.rows("SELECT * FROM assignments WHERE state = 'Submitted' AND auto_approval_at <= ?", now):
        approve(state, row["assignment_id"], row["auto_approval_at"])
    over = "SELECT hit_id FROM hits WHERE status = 'Reviewable' AND expires_at <= ?"
    for row in state.rows(over, now - DISPOSED_AFTER_S):
        state.run("UPDATE hits SET status = 'Disposed' WHERE hit_id = ?", row["hit_id"])
    state.run("DELETE FROM qualification_types WHERE deleted_at <= ?", now - NAME_FREE_AFTER_S)
