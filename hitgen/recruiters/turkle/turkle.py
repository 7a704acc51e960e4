"""A Turkle server: one project that frames pages, one batch for each number of places, one task a page."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from hitgen.batch.resources import find
from hitgen.errors import InputError, in_config
from hitgen.ledger.rows import Binding, HitProgress, Order, Received
from hitgen.lib.clock import NEVER, utc_now, utc_of
from hitgen.lib.contract import SUBMISSION_FIELD
from hitgen.lib.money import FREE
from hitgen.recruiters.base import Opening, RefusedError, UnknownOutcomeError
from hitgen.recruiters.judged import JudgedHere
from hitgen.recruiters.rest import Rest, token_from
from hitgen.recruiters.shapes import Shape, misfit, moment
from hitgen.recruiters.turkle.config import TurkleRecruiter

COLUMNS = ("page_url", "hit")
TIME = "%a %b %d %H:%M:%S %Z %Y"
"""Turkle's batches have no end by themselves."""
ENDED = "turkle:ended"
GONE = "404"
PROJECT = {"id": int, "name": str, "html_template": str}
BATCH = {"id": int, "filename": str, "active": bool, "assignments_per_task": int, "created_at": moment}
"""What is read of Turkle's answers."""


class Turkle(JudgedHere):
    """Tasks on a Turkle server by its REST API; Turkle lets nobody do a task twice, pays nobody, and stays with the answers."""

    name = "turkle"

    def __init__(
        self,
        config: TurkleRecruiter,
        batch: str,
        opening: Opening,
        rest: Rest | None = None,
    ) -> None:
        self._config = config
        self._batch = batch
        self._book = opening.book
        self._folder = opening.folder
        self._results: dict[str, list[dict[str, str]]] = {}
        self._rest = rest or Rest(
            f"{config.url.rstrip('/')}/api", token_from(config.token_env, opening.environment), "Turkle"
        )

    @property
    def skew_s(self) -> float:
        """How far this machine's clock is ahead of the server's, as last seen."""
        return self._rest.skew_s

    def account(self) -> Binding:
        """The server; money does not move there."""
        return Binding(self._config.url.rstrip("/"), "own server", "own")

    def prepare(self, orders: Sequence[Order]) -> None:
        """Make the project with the template that frames pages, if it is not there; raises where the server cannot be used."""
        if orders and not self._config.login_required and any(order.assignments > 1 for order in orders):
            problem = "without a login Turkle gives each page to one person only"
            raise InputError(in_config("recruiter.login_required", problem, "true, or hit.assignments = 1"))
        self._project()

    def _project(self) -> int:
        name = f"hitgen {self._batch}"
        known = self._book.noted("turkle", "project")
        if known and self._there(f"/projects/{known}/", PROJECT) is not None:
            return int(known)
        path = find("templates", "recruiters/turkle.html", self._folder)
        assert path is not None
        template = path.read_text(encoding="utf-8").strip()
        found = [
            row["id"]
            for row in self._listed("/projects/", PROJECT)
            if row["name"] == name and row["html_template"].strip() == template
        ]
        if not found:
            made = self._rest.change(
                "POST",
                "/projects/",
                {
                    "name": name,
                    "filename": "hitgen.html",
                    "html_template": template,
                    "login_required": self._config.login_required,
                },
                shape={"id": int},
            )
            found = [made["id"]]
        self._book.note("turkle", "project", str(found[0]))
        return int(found[0])

    def _there(self, path: str, shape: Shape) -> Any:
        """What is at a path; None where the server's administrator has deleted it."""
        return self._unless_gone(lambda path: self._rest.get(path, shape), path)

    @staticmethod
    def _unless_gone(read: Callable[[str], Any], path: str) -> Any:
        try:
            return read(path)
        except RefusedError as error:
            if error.code != GONE:
                raise
            return None

    def _listed(self, path: str, row: Shape) -> Iterator[dict[str, Any]]:
        """The rows of a listing, on pages or not."""

        def rows(found: object) -> bool:
            return not misfit(found, [row]) or not misfit(found, {"results": [row], "next?": _of_the_api})

        page: Any = self._rest.get(path, rows)
        while isinstance(page, dict):
            yield from page["results"]
            if not page.get("next"):
                return
            page = self._rest.get(page["next"][page["next"].index("/api/") + len("/api") :], rows)
        yield from page

    def create(self, order: Order, token: str) -> HitProgress:
        """The task of this order, made now or before: it is known by its annotation."""
        if found := self.find(order.annotation):
            return found[0]
        row = _csv([(order.url, order.annotation)])
        batch = self._batch_for(order)
        if batch is None:
            self._rest.change("POST", "/batches/", self._new_batch(order, row))
        else:
            self._rest.change("POST", f"/batches/{batch}/tasks/", {"csv_text": row})
        if not (made := self.find(order.annotation)):
            raise UnknownOutcomeError(f"Turkle took {order.hit} and does not list it; run this again in a minute")
        return made[0]

    def _new_batch(self, order: Order, row: str) -> dict[str, Any]:
        return {
            "name": self._batch,
            "project": self._project(),
            "filename": self._filename(order),
            "csv_text": row,
            "assignments_per_task": order.assignments,
            "allotted_assignment_time": -(-self._config.duration_s // 3600),
            "login_required": self._config.login_required,
        }

    def _filename(self, order: Order) -> str:
        """What a Turkle batch is known by: ledger, batch and number of places."""
        return f"{order.annotation.rpartition(' ')[0]} x{order.assignments}.csv"

    def _batch_for(self, order: Order) -> int | None:
        name = self._filename(order)
        return next((int(row["id"]) for row in self._batches() if row["filename"] == name and row["active"]), None)

    def _batches(self) -> Iterator[dict[str, Any]]:
        return (row for row in self._listed("/batches/", BATCH) if row["filename"].startswith("hitgen "))

    def start(self) -> list[str]:
        """Workers see each task as soon as it is made."""
        return [f"workers find it at {self._config.url.rstrip('/')}"]

    def _progress_of(self, batch: dict[str, Any]) -> Iterator[HitProgress]:
        """The tasks of one Turkle batch, each as one HIT; none where it was deleted since it was looked at."""
        texts = [self._unless_gone(self._rest.text, f"/batches/{batch['id']}/{part}/") for part in ("results", "input")]
        if None in texts:
            return
        results, tasks = map(_rows, texts)
        self._results[str(batch["id"])] = results
        done = Counter(row.get("Input.hit") for row in results)
        for task in tasks:
            annotation, places = task.get("hit", ""), int(batch["assignments_per_task"])
            known = self._book.order(annotation)
            ended = self._book.noted(ENDED, annotation)
            yield HitProgress(
                hit_id=f"{batch['id']} {annotation}",
                annotation=annotation,
                url=task.get("page_url", ""),
                reward_usd=known.reward_usd if known else FREE,
                assignments=places,
                available=max(0, places - done[annotation]),
                pending=0,
                created_at=utc_of(batch["created_at"]),
                expires_at=datetime.fromisoformat(ended) if ended else NEVER,
            )

    def everything(self) -> Iterator[HitProgress]:
        """Every task that any hitgen made on this server and that is open or ours."""
        for batch in self._batches():
            for hit in self._progress_of(batch):
                if batch["active"] or self._book.order(hit.annotation):
                    yield hit

    def find(self, annotation: str) -> list[HitProgress]:
        """All tasks with this annotation."""
        start = annotation.rpartition(" ")[0]
        mine = [row for row in self._batches() if row["filename"].startswith(f"{start} ")]
        return [hit for batch in mine for hit in self._progress_of(batch) if hit.annotation == annotation]

    def progress(self, hit_ids: Sequence[str]) -> Iterator[HitProgress]:
        """The state of these tasks."""
        for number in dict.fromkeys(name.partition(" ")[0] for name in hit_ids):
            batch = self._there(f"/batches/{number}/", BATCH)
            if batch is None:
                continue
            yield from (hit for hit in self._progress_of(batch) if hit.hit_id in hit_ids)

    def submissions(self, hit_id: str) -> Iterator[Received]:
        """Everything handed in for a task."""
        number, _, annotation = hit_id.partition(" ")
        # As the last look at the batch's progress saw them: one reading serves all of its tasks.
        if number not in self._results:
            text = self._unless_gone(self._rest.text, f"/batches/{number}/results/")
            self._results[number] = _rows(text or "")
        for row in self._results[number]:
            assignment = row.get("AssignmentId", "")
            if row.get("Input.hit") != annotation or not assignment:
                continue
            submitted = _time(row.get("SubmitTime", "")) or utc_now()
            yield Received(
                assignment=assignment,
                hit_id=hit_id,
                worker=row.get("WorkerId") or f"anonymous-{assignment}",
                status=self.judgement(assignment),
                accepted_at=_time(row.get("AcceptTime", "")) or submitted,
                submitted_at=submitted,
                auto_approval_at=None,
                answer=row.get(f"Answer.{SUBMISSION_FIELD}", ""),
            )

    def extend(self, hit_id: str, until: datetime) -> None:
        """Show a task again; it stays until it is ended."""
        number, _, annotation = hit_id.partition(" ")
        self._set_active(number, True)
        self._book.drop(ENDED, annotation)

    def expire(self, hit_id: str, now: datetime) -> None:
        """Take no new workers; Turkle ends whole batches, so the tasks beside it end as well."""
        number, _, annotation = hit_id.partition(" ")
        self._set_active(number, False)
        self._book.note(ENDED, annotation, now.isoformat())  # not before: what is noted as ended is not ended again

    def delete(self, hit_id: str) -> None:
        """Hide a task; Turkle's API deletes nothing, which the server's administrator can."""
        self._set_active(hit_id.partition(" ")[0], False)

    def _set_active(self, number: str, active: bool) -> None:
        try:
            self._rest.change("PATCH", f"/batches/{number}/", {"active": active})
        except RefusedError as error:
            # What the server's administrator deleted is over as well.
            if active or error.code != GONE:
                raise


def _of_the_api(found: object) -> bool:
    return isinstance(found, str) and "/api/" in found


def _csv(rows: Sequence[tuple[str, str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *rows])
    return text.getvalue()


def _rows(text: str) -> list[dict[str, str]]:
    """The rows of a CSV that the server wrote; of a torn one what is there, so that one bad answer stops no other."""
    reader = csv.reader(io.StringIO(text, newline=""))
    found: list[list[str]] = []
    while True:
        try:
            found.append(next(reader))
        except csv.Error:
            continue
        except StopIteration:
            break
    names = found[0] if found else []
    return [dict(zip(names, row, strict=False)) for row in found[1:] if row]


def _time(text: str) -> datetime | None:
    """The time that Turkle wrote; None where it cannot be read."""
    try:
        return datetime.strptime(text, TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
