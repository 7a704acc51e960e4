"""The marketplace's web server: the MTurk protocol at `POST /`, pages for workers at `/worker`."""

from __future__ import annotations

import http.server
import json
import time
from collections import Counter
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from hitgen.doubles.mturk import worker_pages
from hitgen.doubles.mturk.clock import Clock
from hitgen.doubles.mturk.faults import Faults
from hitgen.doubles.mturk.refusals import RefusalError
from hitgen.doubles.mturk.requester import Requester
from hitgen.doubles.mturk.workers import Workers

JSON = "application/x-amz-json-1.1"
HTML = "text/html; charset=utf-8"
MAX_FORM_BYTES = 10_000_000


class Server(http.server.ThreadingHTTPServer):
    """The server with what its handlers need; listens on this machine only."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, clock: Clock, faults: Faults) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.clock, self.faults = clock, faults
        self.calls: Counter[str] = Counter()
        self.requester: Requester
        self.workers: Workers

    @property
    def origin(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed in mid-call is nothing to talk about."""


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # An answer goes out in one packet, instead of waiting for the acknowledgement of its head.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(min(MAX_FORM_BYTES, int(self.headers.get("Content-Length", 0))))
        path = urlsplit(self.path).path
        if path == "/":
            self._requester(body)
            return
        form = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        self._worker(path, form)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._worker(parts.path, parse_qsl(parts.query))

    # The requester's side

    def _requester(self, body: bytes) -> None:
        target, _, operation = self.headers.get("X-Amz-Target", "").partition(".")
        self.server.calls[operation] += 1
        fault = self.server.faults.due(operation, self.server.clock.now)
        if fault == "slow":
            time.sleep(self.server.faults.slow_s)
        if fault == "throttled":
            self._refuse(RefusalError("", "Rate exceeded", "ThrottlingException"))
        elif fault == "failed":
            self._refuse(RefusalError("ServiceFault", "The service failed.", "ServiceFault", 500))
        elif fault == "lost_early":
            self.close_connection = True
        else:
            self._carry_out(target, operation, body, fault)

    def _carry_out(self, target: str, operation: str, body: bytes, fault: str | None) -> None:
        try:
            if target != "MTurkRequesterServiceV20170117":
                raise RefusalError("", f"there is no service {target!r}", "UnknownOperationException")
            self.server.requester.check_signature(self.headers.get("Authorization", ""))
            answer = self.server.requester.answer(operation, json.loads(body or b"{}"))
        except RefusalError as refusal:
            self._refuse(refusal)
            return
        if fault == "lost":
            self.close_connection = True
        elif fault == "failed_late":
            self._refuse(RefusalError("ServiceFault", "The service failed.", "ServiceFault", 500))
        else:
            self._send(200, JSON, json.dumps(answer))

    def _refuse(self, refusal: RefusalError) -> None:
        told = f"{refusal} ({self.server.clock.now() * 1000:.0f} s)"
        answer = {"__type": refusal.code, "Message": told}
        if refusal.turk_code:
            answer["TurkErrorCode"] = f"AWS.MechanicalTurk.{refusal.turk_code}"
        self._send(refusal.status, JSON, json.dumps(answer))

    # The worker's side

    def _worker(self, path: str, fields: list[tuple[str, str]]) -> None:
        try:
            status, text = self._page(path, fields)
        except RefusalError as refusal:
            status, text = 400, worker_pages.told_page("That is not possible", str(refusal))
        if status == HTTPStatus.SEE_OTHER:
            self._send(status, HTML, "", Location=text)
        else:
            self._send(status, HTML, text)

    def _page(self, path: str, fields: list[tuple[str, str]]) -> tuple[int, str]:
        given = dict(fields)
        act = {
            ("GET", "/worker"): self._list,
            ("GET", "/worker/preview"): self._preview,
            ("POST", "/worker/accept"): self._accept,
            ("GET", "/worker/task"): self._task,
            ("POST", "/worker/return"): self._return,
        }.get((self.command, path))
        if act:
            return act(given)
        if (self.command, path) == ("POST", "/mturk/externalSubmit"):
            own = [(name, value) for name, value in fields if name != "assignmentId"]
            self.server.workers.hand_in(given.get("assignmentId", ""), own)
            return 200, worker_pages.told_page("Handed in", "Thank you. Go back to the list for more.")
        if path == "/":
            return HTTPStatus.SEE_OTHER, "/worker"
        return 404, worker_pages.told_page("Not found", path)

    def _list(self, given: dict[str, str]) -> tuple[int, str]:
        if not (worker := given.get("workerId", "")):
            return 200, worker_pages.front_page()
        people = self.server.workers
        return 200, worker_pages.list_page(worker, people.offers(worker), people.tasks(worker))

    def _preview(self, given: dict[str, str]) -> tuple[int, str]:
        hit_id, worker = given.get("hitId", ""), given.get("workerId", "")
        return 200, worker_pages.preview_page(self.server.workers.preview(hit_id, worker), hit_id, worker)

    def _accept(self, given: dict[str, str]) -> tuple[int, str]:
        assignment = self.server.workers.accept(given.get("hitId", ""), given.get("workerId", ""))
        where = urlencode({"assignmentId": assignment, "workerId": given.get("workerId", "")})
        return HTTPStatus.SEE_OTHER, f"/worker/task?{where}"

    def _task(self, given: dict[str, str]) -> tuple[int, str]:
        task = self.server.workers.task(given.get("assignmentId", ""))
        return 200, worker_pages.task_page(task, task.worker)

    def _return(self, given: dict[str, str]) -> tuple[int, str]:
        self.server.workers.give_back(given.get("assignmentId", ""))
        return HTTPStatus.SEE_OTHER, f"/worker?{urlencode({'workerId': given.get('workerId', '')})}"

    def _send(self, status: int, kind: str, text: str, **headers: str) -> None:
        data = text.encode()
        self.send_response_only(status)
        self.send_header("Date", formatdate(self.server.clock.now(), usegmt=True))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Says nothing: the state and the counters tell what happened."""
