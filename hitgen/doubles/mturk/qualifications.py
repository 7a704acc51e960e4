"""Qualification types, who holds them, and what a HIT demands of workers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from hitgen.doubles.mturk.pages import page
from hitgen.doubles.mturk.refusals import RefusalError, invalid, no_such
from hitgen.doubles.mturk.state import State, new_id

Request = dict[str, Any]
MASTERS = frozenset({"2F1QJWKUDD8XADTFD2Q0G6UTO95ALH", "2ARFPLSP75KLA8M8DH1HTEQVJT3SY6"})
LOCALE = "00000000000000000071"
BUILT_IN = MASTERS | {
    "00000000000000000000",
    "000000000000000000L0",
    "00000000000000000040",
    "00000000000000000060",
    LOCALE,
}
"""The service's own types. Every worker of a rehearsal meets what is demanded of these."""
MAKES = {"Name", "Keywords", "Description", "QualificationTypeStatus", "RetryDelayInSeconds", "Test", "AnswerKey"}
MAKES |= {"TestDurationInSeconds", "AutoGranted", "AutoGrantedValue"}
SETS = ("In", "NotIn")


def find_type(state: State, name: str) -> sqlite3.Row:
    """A type that exists; raises RefusalError for others."""
    row = state.row("SELECT * FROM qualification_types WHERE type = ? AND deleted_at IS NULL", name)
    if row is None:
        raise no_such("QualificationType", name)
    return row


def check_requirements(state: State, requirements: list[Request]) -> None:
    """Raise RefusalError for requirements that contradict themselves or name a type that is not there."""
    for row in requirements:
        name, comparator = row["QualificationTypeId"], row["Comparator"]
        numbers, places = row.get("IntegerValues", []), row.get("LocaleValues", [])
        if name not in BUILT_IN:
            find_type(state, name)
        if "RequiredToPreview" in row and "ActionsGuarded" in row:
            raise invalid("RequiredToPreview and ActionsGuarded cannot both be given")
        if comparator in ("Exists", "DoesNotExist"):
            fits = not numbers and not places
        elif name == LOCALE:
            fits = bool(places) and not numbers and comparator in ("EqualTo", "NotEqualTo", *SETS)
        else:
            fits = bool(numbers) and not places
        if not fits or (len(numbers) + len(places) > 1 and comparator not in SETS):
            raise invalid(f"the values of the requirement on {name} do not fit its comparator {comparator}")


def unmet(state: State, requirements: list[Request], worker: str, action: str) -> list[str]:
    """The types whose requirement keeps `worker` from `action`: Discover, Preview or Accept."""
    guarding = {
        "Discover": {"DiscoverPreviewAndAccept"},
        "Preview": {"DiscoverPreviewAndAccept", "PreviewAndAccept"},
        "Accept": {"DiscoverPreviewAndAccept", "PreviewAndAccept", "Accept"},
    }[action]
    return [
        row["QualificationTypeId"]
        for row in requirements
        if row["QualificationTypeId"] not in BUILT_IN
        and row.get("ActionsGuarded", "Accept") in guarding
        and not _meets(state, row, worker)
    ]


def _meets(state: State, requirement: Request, worker: str) -> bool:
    sql = "SELECT value FROM qualifications WHERE type = ? AND worker = ? AND status = 'Granted'"
    held = state.row(sql, requirement["QualificationTypeId"], worker)
    comparator, wanted = requirement["Comparator"], requirement.get("IntegerValues", [])
    if held is None:
        return bool(comparator == "DoesNotExist")
    value = held["value"]
    answers: dict[str, Callable[[], bool]] = {
        "Exists": lambda: True,
        "DoesNotExist": lambda: False,
        "LessThan": lambda: value < wanted[0],
        "LessThanOrEqualTo": lambda: value <= wanted[0],
        "GreaterThan": lambda: value > wanted[0],
        "GreaterThanOrEqualTo": lambda: value >= wanted[0],
        "EqualTo": lambda: value == wanted[0],
        "NotEqualTo": lambda: value != wanted[0],
        "In": lambda: value in wanted,
        "NotIn": lambda: value not in wanted,
    }
    return answers[comparator]()


def shown_type(row: sqlite3.Row) -> Request:
    """A type as the service shows it."""
    values = json.loads(row["values"])
    requestable = not values.get("AutoGranted") and values["QualificationTypeStatus"] == "Active"
    own = {"QualificationTypeId": row["type"], "CreationTime": row["created_at"], "IsRequestable": requestable}
    return {**values, **own}


def create_type(state: State, request: Request) -> Request:
    """CreateQualificationType: names are unique, and a deleted one's stays taken for 48 hours."""
    name = request["Name"]
    if found := state.row("SELECT type FROM qualification_types WHERE name = ?", name):
        told = f"You have already created a QualificationType with this name. A QualificationType's name must be unique: {found[0]}"
        raise RefusalError("QualificationTypeAlreadyExists", told)
    if request.get("AutoGranted") and "Test" in request:
        raise invalid("AutoGranted cannot be true where Test is given")
    if "Test" in request and "TestDurationInSeconds" not in request:
        raise invalid("TestDurationInSeconds is needed where Test is given")
    sql = 'INSERT INTO qualification_types (type, name, "values", created_at) VALUES (?, ?, ?, ?)'
    made, values = new_id(), {key: value for key, value in request.items() if key in MAKES}
    state.run(sql, made, name, json.dumps(values), state.clock.now())
    return {"QualificationType": shown_type(find_type(state, made))}


def list_types(state: State, request: Request) -> Request:
    """ListQualificationTypes: those whose name or description has the query's words."""
    query, values = "SELECT * FROM qualification_types WHERE deleted_at IS NULL", []
    for word in request.get("Query", "").split():
        query += ' AND (instr(lower(name), ?) > 0 OR instr(lower("values"), ?) > 0)'
        values += [word.lower()] * 2
    if request["MustBeRequestable"]:
        query += " AND json_extract(\"values\", '$.QualificationTypeStatus') = 'Active'"
    return page(state, request, "QualificationTypes", query, values, shown_type)


def delete_type(state: State, request: Request) -> Request:
    """DeleteQualificationType: workers keep what they hold."""
    row = find_type(state, request["QualificationTypeId"])
    state.run("UPDATE qualification_types SET deleted_at = ? WHERE type = ?", state.clock.now(), row["type"])
    return {}


def associate(state: State, request: Request) -> Request:
    """AssociateQualificationWithWorker: mails the worker unless SendNotification is false."""
    row = find_type(state, request["QualificationTypeId"])
    state.run(
        "INSERT INTO qualifications (type, worker, value, status, at) VALUES (?, ?, ?, 'Granted', ?)"
        " ON CONFLICT (type, worker) DO UPDATE SET value = excluded.value, at = excluded.at",
        *(row["type"], request["WorkerId"], request.get("IntegerValue", 1), state.clock.now()),
    )
    if request.get("SendNotification", True):
        sql = "INSERT INTO mails (worker, subject, text, at) VALUES (?, ?, ?, ?)"
        state.run(sql, request["WorkerId"], "You have a Qualification", row["name"], state.clock.now())
    return {}
