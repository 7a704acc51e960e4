"""What a Connect on this machine knows and allows: projects, assignments, money, and its participants."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from hitgen.doubles.connect.fields import MOVES, check
from hitgen.doubles.service import RefusalError, Row

FEE = Decimal("0.25")


class State:
    """The service's state and rules; beside the faults of `JsonApi`, "unlisted" commits, answers nothing and lists it later."""

    def __init__(self, key: str = "rehearsal", balance_usd: Decimal = Decimal("10000")) -> None:
        self.key = key
        self.balance_usd = balance_usd
        self.faults: list[str] = []
        self.projects: dict[str, Row] = {}
        self.assignments: dict[str, Row] = {}
        self.tokens: set[str] = set()
        self.unlisted: set[str] = set()
        self.refusals: list[str] = []
        self.lock = threading.Lock()

    # What participants do

    def offers(self, person: str) -> list[str]:
        """The projects that this participant may take a place of."""
        with self.lock:
            return [name for name in self.projects if self._may(name, person)]

    def take(self, person: str) -> str:
        """Take a place of the first project: the address to go to."""
        with self.lock:
            name = next(name for name in self.projects if self._may(name, person))
            assignment = secrets.token_hex(16).upper()
            self.assignments[assignment] = {
                "assignmentId": assignment, "participantId": person, "project": name, "status": "", "payment": self.projects[name]["payment"],
                "bonus": 0.0, "startTime": _now(), "completionTime": None, "completion": None,
            }  # fmt: skip
            values = {"participantId": person, "assignmentId": assignment, "projectId": name}
            return f"{self.projects[name]['projectUrl']}?{urlencode(values)}"

    def complete(self, person: str, code: str) -> bool:
        """Come back with a code; whether it is the project's."""
        with self.lock:
            row = next(
                each for each in self.assignments.values() if each["participantId"] == person and not each["status"]
            )
            if self.projects[row["project"]]["completionSettings"].get("value") != code:
                return False
            row |= {
                "status": "Pending",
                "completionTime": _now(),
                "completion": {"completionCode": code, "submissionType": "CompletionCode"},
            }
            project = self.projects[row["project"]]
            if len([each for each in self._of(row["project"]) if each["status"]]) >= project["participants"]:
                project["status"] = "Completed"
            return True

    def _of(self, project: str) -> list[Row]:
        return [row for row in self.assignments.values() if row["project"] == project]

    def _may(self, name: str, person: str) -> bool:
        project = self.projects[name]
        mine = {row["project"] for row in self.assignments.values() if row["participantId"] == person}
        targets = project.get("platformTargeting", {})
        shut = set(targets.get("projects", {}).get("excludedProjects", ())) & mine
        out = person in targets.get("participants", {}).get("excludedParticipants", ())
        room = len(self._of(name)) < project["participants"]
        return project["status"] == "Live" and name not in mine and not shut and not out and room

    # What researchers ask

    def account(self, query: Row, body: Any) -> Any:
        return {"accountBalance": float(self.balance_usd)}

    def list_projects(self, query: Row, body: Any) -> Any:
        size, first = int(query.get("Size", 10)), int(query.get("NextToken", 0))
        if not 1 <= size <= 100 or set(query) - {"Size", "NextToken", "Status"}:
            raise RefusalError(400, "Size is from 1 to 100")
        rows = [row for name, row in reversed(self.projects.items()) if name not in self.unlisted]
        rows = [row for row in rows if query.get("Status") in (None, row["status"])]
        following = str(first + size) if len(rows) > first + size else None
        return {"projects": [_shown(row) for row in rows[first : first + size]], "nextToken": following}

    def make_project(self, query: Row, body: Any) -> Any:
        project = check("project", body)
        if project.get("maxTimeInMinutes", 1_000_000) <= project["estimatedTimeInMinutes"]:
            raise RefusalError(400, "maxTimeInMinutes must be above estimatedTimeInMinutes")
        name = secrets.token_hex(16).upper()
        cost = (Decimal(str(project["payment"])) * project["participants"] * (1 + FEE)).quantize(Decimal("0.01"))
        self.projects[name] = {
            **project,
            "projectId": name,
            "status": "Unpublished",
            "totalCost": float(cost),
            "createdAt": _now(),
        }
        return {"project": _shown(self.projects[name])}

    def get_project(self, query: Row, body: Any, name: str) -> Any:
        return {"project": _shown(self._get(name))}

    def move_project(self, query: Row, body: Any, name: str) -> Any:
        project, status = self._get(name), check("status", body)["status"]
        if status not in MOVES.get(project["status"], ()):
            raise RefusalError(400, f"a project that is {project['status']} cannot become {status}")
        if project["status"] == "Unpublished" and status == "Live":
            if Decimal(str(project["totalCost"])) > self.balance_usd:
                raise RefusalError(400, "insufficient funds")
            self.balance_usd -= Decimal(str(project["totalCost"]))
        project["status"] = status
        return None

    def list_assignments(self, query: Row, body: Any, name: str) -> Any:
        self._get(name)
        return {"assignments": [_shown(row) for row in self._of(name) if row["status"]]}

    def approve(self, query: Row, body: Any, name: str) -> Any:
        for row in self._people(name, check("approve", body)["participants"]):
            if row["status"] != "Pending":
                raise RefusalError(400, f"an assignment that is {row['status']} cannot be approved")
            row["status"] = "Approved"
        return None

    def reject(self, query: Row, body: Any, name: str) -> Any:
        for row in self._people(name, check("reject", body)["participants"]):
            if row["status"] != "Pending":
                raise RefusalError(400, f"an assignment that is {row['status']} cannot be rejected")
            row["status"] = "Rejected"
            self.balance_usd += Decimal(str(row["payment"])) * (1 + FEE)
        return None

    def bonus(self, query: Row, body: Any, name: str) -> Any:
        """Paid again whenever it is sent with another token."""
        payments = check("bonus", body)["bonusPayment"]
        for row, payment in zip(self._people(name, payments), payments, strict=True):
            row["bonus"] = float(Decimal(str(row["bonus"])) + Decimal(str(payment["amount"])))
            self.balance_usd -= Decimal(str(payment["amount"])) * (1 + FEE)
        return None

    def use(self, token: str) -> None:
        """A token is good once, whatever becomes of the request that it is first used with."""
        if token in self.tokens:
            raise RefusalError(409, "a request with this idempotency token was sent before")
        self.tokens.add(token)

    def paid(self) -> Counter[str]:
        """How many cents of bonus each participant got."""
        return Counter({row["participantId"]: round(row["bonus"] * 100) for row in self.assignments.values()})

    def _get(self, name: str) -> Row:
        if name not in self.projects:
            raise RefusalError(404, "there is no such project")
        return self.projects[name]

    def _people(self, name: str, asked: list[Row]) -> list[Row]:
        self._get(name)
        found = []
        for person in asked:
            rows = [
                row
                for row in self._of(name)
                if person["id"] in (row["assignmentId"], row["participantId"]) and row["status"]
            ]
            if len(rows) != 1:
                raise RefusalError(400, f"{person['id']} is no assignment of this project")
            found.append(rows[0])
        return found


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _shown(row: Row) -> Row:
    """What the client's types have; a project's status is told by lists alone."""
    hidden = {"project", "status"} if "projectId" in row else {"project"}
    return {name: value for name, value in row.items() if name not in hidden}
