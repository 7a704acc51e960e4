"""Projects on Connect, one for each run's HITs; each is made once, though the service does not say what an earlier call with the same token made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from hitgen.errors import Fault, InputError, OutsideError
from hitgen.ledger.notebook import Notebook
from hitgen.ledger.rows import Order
from hitgen.lib.clock import utc_now
from hitgen.lib.money import quote_by_percent
from hitgen.recruiters.base import RefusedError
from hitgen.recruiters.connect.config import ConnectRecruiter
from hitgen.recruiters.drafts import draft_word, is_for, is_stale, refuse_half
from hitgen.recruiters.rest import Rest
from hitgen.recruiters.shapes import number

PAGE_SIZE = 100
PROJECT, PROMISE, AGREED = "connect:project", "connect:promise", "connect:agreed"
TOKEN = "IDEMPOTENCY-TOKEN"
TOKEN_LIVES = timedelta(hours=24)
OVER = ("Completed", "Closed", "Archived")
STATUSES = ("Unpublished", "Live", "Paused", "Completed", "Closed", "Archived")
LEAST_MINUTES_MORE = 10
LISTING = {"projects?": [{"projectId": str}], "nextToken?": str}
PEOPLE = {"assignments?": [{"assignmentId": str, "participantId": str, "status": str, "bonus": number}]}


def token_of(*words: str) -> str:
    """The token of a request, the same whenever it is made again."""
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:32]


class Projects:
    """The projects of one batch; the notebook remembers which order is in which, and what was promised to be made."""

    def __init__(self, rest: Rest, config: ConnectRecruiter, batch: str, book: Notebook) -> None:
        self._rest = rest
        self._config = config
        self._batch = batch
        self._book = book
        self._statuses: dict[str, str] | None = None

    def ids(self) -> list[str]:
        """The ids of all projects of this batch, oldest first."""
        return list(dict.fromkeys(self._book.notes(PROJECT).values()))

    def of(self, annotation: str) -> str | None:
        """The project that an order is in."""
        return self._book.noted(PROJECT, annotation)

    def renew(self, orders: Sequence[Order]) -> None:
        """Put away projects of a run that was cut off, which nobody has seen, that were made for something else than these orders,
        which are all new ones."""
        new = {order.annotation: order for order in orders}
        drafted = {project for annotation in new if (project := self.of(annotation))}
        words = (
            {str(row["projectId"]): str(row.get("internalName", "")).rpartition(" ")[2] for row in self._listed()}
            if drafted
            else {}
        )
        for project in drafted:
            others = [order for order in self.orders(project) if order.annotation not in new]
            mine = [order for order in orders if self.of(order.annotation) == project]
            status = self.status(project)
            if status == "Unpublished" and is_stale(words[project], [*others, *mine]):
                refuse_half(f"project {project}", others)
                self.move(project, "Archived")
            elif status != "Archived" or others:
                continue
            for annotation in [name for name, placed in self._book.notes(PROJECT).items() if placed == project]:
                self._book.drop(PROJECT, annotation)

    def others(self) -> Iterator[tuple[str, str, Decimal]]:
        """The projects of this ledger that another copy of it made and let people in to, each with its status and cost."""
        mine, known = {order.annotation.rpartition(" ")[0] for order in self._book.orders()}, self.ids()
        for row in list(self._listed()):
            project, start = str(row["projectId"]), str(row.get("internalName", "")).rpartition(" ")[0]
            if start in mine and project not in known and self.status(project) not in ("Unpublished", "Archived", ""):
                yield project, self.status(project), self.cost_usd(project)

    def orders(self, project: str) -> list[Order]:
        """The orders in a project that were meant, in that order."""
        return [order for order in self._book.orders() if self.of(order.annotation) == project]

    def draft(self, orders: Sequence[Order], excluded: Sequence[str]) -> None:
        """Put orders that are in no project yet into a new one, shut to those who took part before; costs nothing."""
        mine = [order for order in orders if not self.of(order.annotation)]
        if not mine:
            return
        self._refuse_others(mine[0].annotation.split(" ")[1])
        start = mine[0].annotation.rpartition(" ")[0]
        name = f"{start} {draft_word(mine)}"
        found = self._made_before(start, mine) or self._make(name, mine, excluded)
        # What was shown by now: another fee_percent, set later, is what nobody has agreed to yet.
        self._book.first_note(AGREED, found, str(self._quoted_usd(mine)))
        self._book.note_all(PROJECT, {order.annotation: found for order in mine})
        self._statuses = None  # what was listed before knows nothing of it
        self._book.drop(PROMISE, name)

    def _refuse_others(self, ledger: str) -> None:
        """InputError where another ledger's project of this batch is open: who has which page is in that one alone."""
        for status in ("Live", "Paused"):
            for row in self._listed(Status=status):
                words = str(row.get("internalName", "")).split(" ")
                if len(words) == 4 and words[0] == "hitgen" and words[2] == self._batch and words[1] != ledger:
                    problem = f"this account has a project of the batch {self._batch!r} from another ledger ({row['projectId']}, {status})"
                    remedy = "the ledger it was made with, or closing it on Connect's own site, or another name under [batch]"
                    raise InputError(Fault("ledger.sqlite", "", problem, remedy))

    def _make(self, name: str, orders: Sequence[Order], excluded: Sequence[str]) -> str:
        """A new project; OutsideError where an earlier try may have made it and it is not listed yet."""
        promised = self._book.noted(PROMISE, name)
        if promised and utc_now() - datetime.fromisoformat(promised) >= TOKEN_LIVES:
            promised = None  # it would be listed by now: nothing was made
        began = promised or utc_now().isoformat()
        self._book.note(PROMISE, name, began)
        try:
            values, token = self._payload(name, orders, excluded), {TOKEN: token_of(name, began)}
            made = self._rest.change("POST", "/project", values, token, {"project": {"projectId": str}})
        except RefusedError as error:
            if promised:  # a token is refused whatever became of its first use
                if found := self._named(name):
                    return found
                if error.code == "409":
                    raise OutsideError(
                        "a project may just have been made and is not listed yet; run this again in some minutes"
                    ) from error
            self._book.drop(PROMISE, name)
            raise
        return str(made["project"]["projectId"])

    def _made_before(self, start: str, orders: Sequence[Order]) -> str | None:
        """The project of these HITs that an earlier run made; one that nobody has seen, of what they were then, is put away."""
        for row in list(self._listed()):
            before, _, word = str(row.get("internalName", "")).rpartition(" ")
            project = str(row["projectId"])
            status = self.status(project)
            if before != start or not is_for(word, orders) or status == "Archived":
                continue
            if not is_stale(word, orders) or status in OVER:
                return project
            if status != "Unpublished":
                problem = f"project {project} ({status}) is of {orders[0].hit}, with other places, pages or reward than this ledger has"
                remedy = "the copy of the ledger that made it, or closing it on Connect's own site"
                raise InputError(Fault("ledger.sqlite", "", problem, remedy))
            self.move(project, "Archived")
        return None

    def _payload(self, name: str, orders: Sequence[Order], excluded: Sequence[str]) -> dict[str, Any]:
        config = self._config
        rewards = {order.reward_usd for order in orders}
        assert len(rewards) == 1, "pages of one kind pay alike"
        return {
            "name": config.title,
            "internalName": name,
            "summary": config.description,
            "projectUrl": f"{config.results.url.rstrip('/')}/go",
            "payment": float(rewards.pop()),
            "estimatedTimeInMinutes": config.minutes,
            "maxTimeInMinutes": max(config.minutes + LEAST_MINUTES_MORE, 3 * config.minutes),
            "participants": sum(order.assignments for order in orders),
            "deviceRequirements": ["Desktop"],
            "completionSettings": {"projectCompletionType": "CompletionCode", "value": config.completion_code},
            "platformTargeting": {
                "participants": {"excludedParticipants": list(excluded)},
                "projects": {"excludedProjects": self.ids()},
            },
        }

    def _named(self, name: str) -> str | None:
        found = [row["projectId"] for row in self._listed() if row.get("internalName") == name]
        return str(found[0]) if found else None

    def _listed(self, **query: str) -> Iterator[dict[str, Any]]:
        asked: dict[str, Any] = {"Size": PAGE_SIZE, **query}
        while True:
            page = self._rest.get(f"/project?{urlencode(asked)}", LISTING)
            yield from page.get("projects") or ()
            if not page.get("nextToken"):
                return
            asked["NextToken"] = page["nextToken"]

    def agreed_usd(self, project: str) -> Decimal:
        """What was shown that a project costs with fees."""
        return Decimal(self._book.noted(AGREED, project) or self._quoted_usd(self.orders(project)))

    def _quoted_usd(self, orders: Sequence[Order]) -> Decimal:
        hits = ((order.assignments, order.reward_usd) for order in orders)
        return quote_by_percent(hits, self._config.fee_percent).total_usd

    def cost_usd(self, project: str) -> Decimal:
        """What a project costs with fees, as the service says."""
        return Decimal(
            str(self._rest.get(f"/project/{project}", {"project": {"totalCost": number}})["project"]["totalCost"])
        )

    def status(self, project: str) -> str:
        """What a project is now; the service tells it by lists alone."""
        if self._statuses is None:
            self._statuses = {}
            for status in STATUSES:
                self._statuses |= {str(row["projectId"]): status for row in self._listed(Status=status)}
        return self._statuses.get(project, "")

    def move(self, project: str, *statuses: str) -> None:
        """Bring a project to a status by way of others; one that is there already stays."""
        for status in statuses:
            try:
                self._rest.change("POST", f"/project/{project}/update-status", {"status": status})
            except RefusedError:
                self._statuses = None
                if self.status(project) != status:
                    raise
            finally:
                self._statuses = None

    def people(self, project: str) -> list[dict[str, Any]]:
        """Everyone who finished a project there."""
        found: list[dict[str, Any]] = self._rest.get(f"/assignments/{project}", PEOPLE).get("assignments") or []
        return found

    def judge(self, project: str, verb: str, assignment: str, message: str) -> None:
        """Approve or reject one assignment."""
        body = {"participants": [{"id": assignment, "message": message}]}
        self._rest.change("POST", f"/assignments/{project}/{verb}", body)

    def pay(self, project: str, assignment: str, amount_usd: Decimal, message: str, token: str) -> None:
        """Pay a bonus on one assignment, once for a token within a day."""
        body = {"bonusPayment": [{"id": assignment, "message": message, "amount": float(amount_usd)}]}
        self._rest.change("POST", f"/assignments/{project}/bonus", body, {TOKEN: token})
