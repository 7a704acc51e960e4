"""HTTP as hitgen speaks it: deadlines, retries of what may be repeated, and one error where no answer came."""

from __future__ import annotations

import gzip
import http.client
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

from hitgen.errors import OutsideError
from hitgen.lib.clock import clock_if_dated
from hitgen.lib.contract import LOOPBACK_HOSTS
from hitgen.lib.nested import read_json

LOOPBACK = tuple(host.strip("[]") for host in LOOPBACK_HOSTS)
"""The host names of this machine, where nothing leaves it."""

QUIET_S = 60
"""How long a server may say nothing."""
DEADLINE_S = 600
"""How long one answer may take as a whole."""
CHUNK = 1 << 20
WORDS_MOST = 500
TRIES = 6
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0


CARRIED_ALONG = ("Accept", "Accept-encoding", "Origin")
"""The headers that a redirect shows to another host."""
TRUST = "a certificate of an authority that all know; or SSL_CERT_FILE=CERTIFICATE.pem, which is then trusted from here"
NO_TLS = "WRONG_VERSION_NUMBER"


class NoAnswerError(OutsideError):
    """No answer came: nobody knows whether the request was carried out."""


class UntrustedError(NoAnswerError):
    """Nothing was asked, for whoever answers at an address cannot show that it is theirs; trying again helps nothing."""

    def __init__(self, url: str, error: ssl.SSLError) -> None:
        if NO_TLS in str(error):
            self.problem, self.remedy = "it speaks no https", f"http://{url.partition('://')[2]}, or https there"
        else:
            why = getattr(error, "verify_message", "") or str(error)
            self.problem, self.remedy = f"its certificate is not trusted ({why})", clock_if_dated(why) + TRUST
        super().__init__(f"{url} gave no answer: {self.problem}; try {self.remedy}")


@dataclass(frozen=True)
class Response:
    """What a server said, whatever its status."""

    status: int
    reason: str
    headers: Message
    body: bytes = b""
    led_to: str = ""
    """Where the answer is from, where that is another address than was asked."""

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON, None where it is empty; ValueError where it is neither."""
        return read_json(self.body.decode("utf-8")) if self.body.strip() else None

    def words(self) -> str:
        """The beginning of what the server said for people to read; of a redirect that is not followed, whereto."""
        if 300 <= self.status < 400 and (to := self.headers.get("Location")):
            return f"it leads to {to[:WORDS_MOST]}, and only reading may be led on; the address that it leads to belongs in batch.toml"
        return self.body[:WORDS_MOST].decode("utf-8", "replace").strip() or self.reason

    @property
    def wait_s(self) -> float:
        """How long the server asks to wait, in seconds."""
        asked = self.headers.get("Retry-After") or ""
        return min(float(asked), LONGEST_WAIT_S) if asked.isascii() and asked.isdigit() else 0.0

    @property
    def skew_s(self) -> float | None:
        """How much this machine's clock is ahead of the server's, in seconds; None where it does not say the time."""
        try:
            return time.time() - parsedate_to_datetime(self.headers["Date"]).timestamp()
        except (TypeError, ValueError):
            return None


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows where reading is led, but shows a secret to nobody but the host it was meant for, and as it was meant.

    A change is never led on: what becomes of it at another address nobody knows, and reading there would look like success.
    """

    def redirect_request(self, req: urllib.request.Request, *arguments: Any) -> urllib.request.Request | None:
        if req.get_method() not in ("GET", "HEAD"):
            return None
        new = super().redirect_request(req, *arguments)
        if new and (new.type, new.host) != (req.type, req.host):
            new.headers = {name: value for name, value in new.headers.items() if name in CARRIED_ALONG}
        return new


@contextmanager
def opened(
    url: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Iterator[tuple[Response, Iterator[bytes]]]:
    """One request's answer, still without its body, and the body's chunks, unpacked where it came by gzip."""
    with _plainly(url):
        request = urllib.request.Request(url, body, dict(headers or {}), method=method)
        try:
            # Made anew each time, since it reads from the environment which hosts need no proxy.
            response: Any = _opener(url).open(request, timeout=QUIET_S)
        except urllib.error.HTTPError as error:
            response = error  # a refusal is an answer too
    with response:
        led_to = response.url if response.url not in (url, None) else ""
        yield Response(response.status, response.reason or "", response.headers, led_to=led_to), _chunks(url, response)


def _opener(url: str) -> urllib.request.OpenerDirector:
    if urllib.parse.urlsplit(url).hostname in LOOPBACK:
        return urllib.request.build_opener(_Redirects, urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(_Redirects)


def _chunks(url: str, response: Any) -> Iterator[bytes]:
    deadline = time.monotonic() + DEADLINE_S
    packed = response.headers.get("Content-Encoding") == "gzip"
    body: Any = gzip.GzipFile(fileobj=response) if packed else response
    with _plainly(url):
        while chunk := body.read(CHUNK):
            if time.monotonic() > deadline:
                raise TimeoutError(f"it takes longer than {DEADLINE_S} s")
            yield chunk
        if response.length:  # read piece by piece, a connection that was cut looks like an end
            raise http.client.IncompleteRead(b"", response.length)


@contextmanager
def _plainly(url: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError) and (
            isinstance(reason, ssl.SSLCertVerificationError) or NO_TLS in str(reason)
        ):
            raise UntrustedError(url, reason) from error
        raise NoAnswerError(f"{url} gave no answer: {error}") from error


def fetch(
    url: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The whole answer to one request, tried once; NoAnswerError where none came."""
    with opened(url, method, body, headers) as (answer, chunks):
        return replace(answer, body=b"".join(chunks))


def fetch_patiently(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Response:
    """The answer to a request, tried again after waits that double while that can do no harm.

    Reading is repeated after every failure; changing only where the server says that it did nothing (429, 503).
    """
    wait_s = FIRST_WAIT_S
    for tries_left in reversed(range(TRIES)):
        try:
            answer = fetch(url, method, body, headers)
        except UntrustedError:
            raise
        except NoAnswerError:
            if not tries_left or method != "GET":
                raise
        else:
            again = answer.status in (429, 503) or (method == "GET" and answer.status >= 500)
            if not again or not tries_left:
                return answer
            wait_s = max(wait_s, answer.wait_s)
        sleep(wait_s)
        wait_s = min(wait_s * 2, LONGEST_WAIT_S)
    raise AssertionError


def form_with_file(fields: Mapping[str, str], content: bytes, content_type: str) -> tuple[bytes, str]:
    """The body and type of a form with one file, as a browser posts it."""
    mark = uuid.uuid4().hex
    head = "".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()
    )
    head += (
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: {content_type}\r\n\r\n'
    )
    return head.encode() + content + f"\r\n--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"
