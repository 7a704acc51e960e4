"""What doubles of services have in common: a port of this machine, requests as JSON, and refusals."""

from __future__ import annotations

import http.server
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Self

Check = Callable[[Any], bool]
Fields = dict[str, Check]


class RefusalError(Exception):
    """A request that is answered with `status` and `detail`, and changes nothing."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def checked(required: Fields, optional: Fields, body: Any) -> dict[str, Any]:
    """The body of a request; RefusalError where a field is unknown, missing or not what it should be."""
    if not isinstance(body, dict):
        raise RefusalError(400, "the body is no object")
    known = {**required, **optional}
    faults = [f"{field}: this field is required" for field in required if field not in body]
    faults += [f"{field}: unknown" for field in body if field not in known]
    faults += [f"{field}: not valid" for field, value in body.items() if field in known and not known[field](value)]
    if faults:
        raise RefusalError(400, "; ".join(faults))
    return body


class OnPort(ABC):
    """A service on a port of this machine while the block runs; `address` is where, without a path."""

    address = ""

    @abstractmethod
    def handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        """What answers requests."""

    def __enter__(self) -> Self:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class JsonHandler(http.server.BaseHTTPRequestHandler):
    """Reads and sends JSON, and writes no log."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def received(self) -> bytes:
        """The body of the request."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def send_json(self, status: int, found: Any) -> None:
        """Answer with `found`; None is an empty body."""
        body = b"" if found is None else json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def lose(self) -> None:
        """End the connection without an answer."""
        self.close_connection = True
        self.connection.close()
