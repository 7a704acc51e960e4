"""moto behind a gate that is as strict as S3 about forms: signature, expiry, and every condition of the policy."""

from __future__ import annotations

import base64
import email.parser
import email.policy
import hashlib
import hmac
import http.client
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

SECRET = "testing"
UNCHECKED = {"file", "policy", "x-amz-signature", "AWSAccessKeyId"}


def read_form(kind: str, body: bytes) -> dict[str, tuple[str, bytes]]:
    """The fields of a multipart form: content type and content by name."""
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    message = parser.parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    found = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        found[name] = (part.get_content_type(), part.get_payload(decode=True))
    return found


def signature(policy: str, credential: str) -> str:
    """AWS's signature, version 4, of a form's policy."""
    key = b"AWS4" + SECRET.encode()
    for step in credential.split("/")[1:]:
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return hmac.new(key, policy.encode(), hashlib.sha256).hexdigest()


def refusal(form: dict[str, tuple[str, bytes]], now: datetime) -> tuple[int, str] | None:
    """What S3 says to a form it does not take; None where it does."""
    fields = {name: value.decode() for name, (_, value) in form.items() if name != "file"}
    if "policy" not in fields:
        return 403, "AccessDenied"
    policy = json.loads(base64.b64decode(fields["policy"]))
    if not hmac.compare_digest(
        signature(fields["policy"], fields.get("x-amz-credential", "")), fields.get("x-amz-signature", "")
    ):
        return 403, "SignatureDoesNotMatch"
    if datetime.fromisoformat(policy["expiration"]) < now:
        return 403, "AccessDenied: policy expired"
    met = set()
    for condition in policy["conditions"]:
        if isinstance(condition, dict):
            condition = ["eq", *next(iter({f"${key}": value for key, value in condition.items()}.items()))]
        how, name, wanted = condition
        if how == "content-length-range":
            size = len(form["file"][1])
            if not name <= size <= wanted:
                return 400, "EntityTooLarge" if size > wanted else "EntityTooSmall"
            continue
        name = name.removeprefix("$")
        met.add(name)
        value = fields.get(name, "")
        if name == "bucket" or (how == "eq" and value == wanted) or (how == "starts-with" and value.startswith(wanted)):
            continue
        return 403, f"AccessDenied: condition {condition}"
    if extra := {name for name in fields if name not in met | UNCHECKED}:
        return 403, f"AccessDenied: extra fields {sorted(extra)}"
    return None


class Gate:
    """The gate's own state: `said` lists its refusals, `now` its clock."""

    def __init__(self, inner: str) -> None:
        self.inner = urlsplit(inner)
        self.said: list[str] = []
        self.now: datetime | None = None
        self.url = ""

    def handle(self, request: http.server.BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        kind = request.headers.get("Content-Type", "")
        if request.command == "POST" and kind.startswith("multipart/form-data"):
            found = refusal(read_form(kind, body), self.now or datetime.now(UTC))
            if found:
                self.said.append(found[1])
                self._answer(request, found[0], {}, found[1].encode())
                return
        connection = http.client.HTTPConnection(str(self.inner.hostname), self.inner.port, timeout=30)
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        connection.request(request.command, request.path, body, {**headers, "Host": self.inner.netloc})
        answer = connection.getresponse()
        self._answer(request, answer.status, dict(answer.getheaders()), answer.read())
        connection.close()

    @staticmethod
    def _answer(request: Any, status: int, headers: dict[str, str], body: bytes) -> None:
        request.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "server", "date"):
                request.send_header(name, value)
        if not any(name.lower() == "access-control-allow-origin" for name in headers):
            request.send_header("Access-Control-Allow-Origin", "*")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)


@contextmanager
def gate(inner: str) -> Iterator[Gate]:
    """A gate before the S3 at `inner`, at `url`."""
    made = Gate(inner)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

    for method in ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"):
        setattr(Handler, f"do_{method}", lambda request: made.handle(request))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
