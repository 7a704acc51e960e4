"""A web server that speaks MTurk's protocol from a script, and checks requests by the service model."""

from __future__ import annotations

import http.server
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any

import botocore.session
from botocore.model import Shape

MODEL = botocore.session.get_session().get_service_model("mturk")
LIMITS = {"Title": 128, "Description": 2000, "Keywords": 1000, "RequesterAnnotation": 255, "Question": 65_535}


def faults(shape: Shape, value: Any, name: str) -> list[str]:
    """What a value breaks of its shape: maximum, minimum, pattern, enumeration, the documented lengths."""
    found = []
    if shape.type_name == "structure":
        found += [f"{name}.{key} is missing" for key in shape.required_members if key not in value]  # type: ignore[attr-defined]
        for key, item in value.items():
            if key not in shape.members:  # type: ignore[attr-defined]
                found.append(f"{name}.{key} is unknown")
            else:
                found += faults(shape.members[key], item, key)  # type: ignore[attr-defined]
    elif shape.type_name == "list":
        for item in value:
            found += faults(shape.member, item, name)  # type: ignore[attr-defined]
    else:
        size = len(value) if isinstance(value, str) else value
        low, high = shape.metadata.get("min"), shape.metadata.get("max", LIMITS.get(name))
        if low is not None and size < low:
            found.append(f"{name} is below {low}")
        if high is not None and size > high:
            found.append(f"{name} is above {high}")
        if (pattern := shape.metadata.get("pattern")) and not re.search(pattern, value):
            found.append(f"{name} is not {pattern}")
        if (enum := shape.metadata.get("enum")) and value not in enum:
            found.append(f"{name} is none of {enum}")
    return found


class Script:
    """What the server answers, one entry a request: (operation, status, body)."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, int | str, Any]] = []
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.faults: list[str] = []
        self.clock_off_s = 0.0

    def says(self, operation: str, body: Any = None, status: int | str = 200) -> Script:
        """One more answer; status "lost" closes the connection without one."""
        self.answers.append((operation, status, {} if body is None else body))
        return self

    def refuses(self, operation: str, code: str, message: str = "no", status: int = 400) -> Script:
        """One more refusal in the service's own shape."""
        body = {"__type": "RequestError", "Message": message, "TurkErrorCode": f"AWS.MechanicalTurk.{code}"}
        return self.says(operation, body, status)


@contextmanager
def scripted() -> Iterator[tuple[str, Script]]:
    """The address of the server and its script."""
    script = Script()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            operation = self.headers["X-Amz-Target"].partition(".")[2]
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            script.requests.append((operation, body))
            shape = MODEL.operation_model(operation).input_shape
            script.faults += faults(shape, body, operation) if shape else []
            wanted, status, answer = (
                script.answers.pop(0) if script.answers else (operation, 500, {"Message": "unscripted"})
            )
            if wanted != operation:
                status, answer = 500, {"Message": f"expected {wanted}"}
                script.faults.append(f"{operation} came, {wanted} was expected")
            if status == "lost":
                self.close_connection = True
                return
            self._send(int(status), answer)

        def _send(self, status: int, answer: Any) -> None:
            data = json.dumps(answer).encode()
            self.send_response_only(status)
            self.send_header("Date", formatdate(time.time() + script.clock_off_s, usegmt=True))
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", script
        finally:
            server.shutdown()
            thread.join()
