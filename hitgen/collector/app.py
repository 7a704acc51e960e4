"""The collector as a WSGI application: takes submissions, hands out places, shows published pages."""

from __future__ import annotations

import errno
import html
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from wsgiref.util import FileWrapper

from hitgen.collector.door import HandOut, Reply, caller_of, is_ahead, page, query_of
from hitgen.collector.inbox import ACCEPTED, LIMIT_BYTES, Inbox, Outcome
from hitgen.collector.rates import PLACES_BURST, PLACES_REFILL_S, Rates, address_of
from hitgen.collector.voice import Voice, accepted, asked_for, english
from hitgen.errors import HitgenError
from hitgen.hosts.base import IMMUTABLE, KEY
from hitgen.lib.clock import utc_now

STATUS: dict[Outcome, str] = {
    "too-large": "413 Content Too Large",
    "not-json": "400 Bad Request",
    "not-ours": "400 Bad Request",
    "unknown-place": "403 Forbidden",
    "too-often": "429 Too Many Requests",
    "full": "507 Insufficient Storage",
}
COOKIE_S = 180 * 86_400
CHUNK_BYTES = 1 << 16
AGAIN_PLACE_S = "60"
AGAIN_S = "5"
"""After so many seconds whoever was refused because of us, not of them, may try again."""
SAFE = [("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer")]
SHARED = [("Access-Control-Allow-Origin", "*"), *SAFE]
"""Pages of any origin may post and read the answer: there is nothing here that a cookie opens."""
OWN = [*SAFE, ("Cache-Control", "no-store"), ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")]
"""What is about one person is read by no other origin and kept nowhere on the way."""
UNABLE = "This server cannot keep anything just now."
"""What a page, or who tries the address, is told where nothing can be written."""
Headers = list[tuple[str, str]]
Start = Callable[[str, Headers], object]


class Collector:
    """Takes what pages post into `inbox`; keeps no address and no log of who came.

    `rates` bounds what one address of the internet may bring for which nobody vouches.
    `ready` says whether places are known yet; `hand_out` is None where people get their addresses otherwise;
    `pages` is the folder of published files, None where another server shows them; `voices` says to people what there is to say.
    """

    def __init__(
        self,
        inbox: Inbox,
        ready: Callable[[], bool] = lambda: True,
        hand_out: HandOut | None = None,
        pages: Path | None = None,
        now: Callable[[], datetime] = utc_now,
        rates: Rates | None = None,
        voices: Sequence[Voice] | None = None,
    ) -> None:
        self._inbox = inbox
        self._ready = ready
        self._hand_out = hand_out
        self._pages = pages
        self._now = now
        self._voices = voices or english()
        self._rates = rates or Rates()
        self._places = Rates(burst=PLACES_BURST, refill_s=PLACES_REFILL_S)

    def refused(self, status: int) -> None:
        """Count what the server before this answered by itself."""
        self._inbox.refuse("too-large" if status == 413 else "not-http", 0)

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer one request; behind a proxy any prefix of the path is as good as none."""
        path, method = str(environ.get("PATH_INFO", "")).rstrip("/"), environ["REQUEST_METHOD"]
        if path.endswith("/results"):
            return self._results(environ, method, start)
        if path.endswith("/go") and self._hand_out and method in ("GET", "HEAD", "POST"):
            try:
                return self._go(environ, method, start, self._hand_out)
            except (HitgenError, OSError, sqlite3.Error) as error:
                return self._unable(environ, start, error)
        if method not in ("GET", "HEAD"):
            return _say(start, "405 Method Not Allowed", "Only pages are here.")
        if self._pages and KEY.fullmatch(key := "/".join(path.rsplit("/", 3)[-3:])):
            return self._file(self._pages / key, environ, start)
        if path:
            return self._said(environ, start, "404 Not Found", "door_no_page")
        return _say(start, "200 OK", "This is a collector of hitgen.")

    def _results(self, environ: dict[str, Any], method: str, start: Start) -> Iterable[bytes]:
        if method == "OPTIONS":
            allowed = [("Access-Control-Allow-Methods", "POST"), ("Access-Control-Allow-Headers", "Content-Type")]
            start("204 No Content", [*SHARED, *allowed, ("Access-Control-Max-Age", "86400")])
            return []
        asked = query_of(environ).get("assignment", "") if method == "GET" else ""
        if method != "POST" and not asked:
            return _say(start, "405 Method Not Allowed", "Answers are posted here.")
        try:
            if not self._ready():
                return _say(start, "503 Service Unavailable", "This batch is not published yet.")
            if asked:
                return _json(start, "200 OK", {"place": self._inbox.state_of(asked)})
            size = int(environ.get("CONTENT_LENGTH") or 0)
            if size > LIMIT_BYTES:
                self._inbox.refuse("too-large", size)
                return _outcome(start, "too-large")
            body = environ["wsgi.input"].read(size)
            may_come = self._rates.bound(address_of(environ))
            return _outcome(start, self._inbox.add(body, "collector", self._now(), may_come))
        except (HitgenError, OSError, sqlite3.Error) as error:
            return _cannot(start, error)

    def _go(self, environ: dict[str, Any], method: str, start: Start, hand_out: HandOut) -> Iterable[bytes]:
        if is_ahead(environ) and method == "POST":
            return _say(start, "400 Bad Request", "A place is for a person.", OWN)
        caller = caller_of(environ, method, self._places.bound(address_of(environ)), self._voices)
        reply = hand_out.answer(caller)
        if reply.busy:
            headers = [*OWN, ("Retry-After", AGAIN_PLACE_S)]
            return _html(start, "429 Too Many Requests", page(reply, caller.voice), headers)
        kept = []
        if reply.cookie:
            secure = "; Secure" if hand_out.secure or environ.get("wsgi.url_scheme") == "https" else ""
            text = f"{hand_out.cookie}={reply.cookie}; Max-Age={COOKIE_S}; Path=/; HttpOnly; SameSite=Lax{secure}"
            kept = [("Set-Cookie", text)]
        if not reply.url:
            return _html(start, "200 OK", page(reply, caller.voice), [*OWN, *kept])
        start("303 See Other", [*OWN, ("Location", reply.url), *kept, ("Content-Length", "0")])
        return []

    def _said(
        self, environ: dict[str, Any], start: Start, status: str, key: str, headers: Headers = SHARED
    ) -> Iterable[bytes]:
        """A word to a person, in their language."""
        voice = asked_for(query_of(environ), self._voices) or accepted(environ, self._voices)
        return _html(start, status, page(Reply(voice.say(key)), voice), headers)

    def _unable(self, environ: dict[str, Any], start: Start, error: Exception) -> Iterable[bytes]:
        status, headers = _unable(error)
        return self._said(environ, start, status, "door_unable", headers)

    def _file(self, path: Path, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        try:
            file = path.open("rb")
            size = path.stat().st_size
        except OSError:
            return self._said(environ, start, "404 Not Found", "door_no_page")
        kind = "text/html; charset=utf-8" if path.suffix == ".html" else "application/octet-stream"
        lasting = ("Cache-Control", IMMUTABLE)
        start("200 OK", [*SHARED, ("Content-Type", kind), ("Content-Length", str(size)), lasting])
        # Sent piece by piece, so that no thread waits for slow readers.
        if environ["REQUEST_METHOD"] == "HEAD":
            file.close()
            return []
        return cast(Iterable[bytes], environ.get("wsgi.file_wrapper", FileWrapper)(file, CHUNK_BYTES))


def _cannot(start: Start, error: Exception) -> Iterable[bytes]:
    """Answered at once where this server cannot read or write: the page keeps the answers and tries again."""
    status, headers = _unable(error)
    return _say(start, status, UNABLE, headers)


def _unable(error: Exception) -> tuple[str, Headers]:
    """Status and headers of what is answered then."""
    cause = error if isinstance(error, (sqlite3.Error, OSError)) else error.__cause__
    full = getattr(cause, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL or getattr(cause, "errno", 0) in (
        errno.ENOSPC,
        errno.EDQUOT,
    )
    status = "507 Insufficient Storage" if full else "503 Service Unavailable"
    return status, [*SHARED, ("Retry-After", AGAIN_S)]


def _outcome(start: Start, outcome: Outcome) -> Iterable[bytes]:
    return _json(start, "200 OK" if outcome in ACCEPTED else STATUS[outcome], {"outcome": outcome})


def _json(start: Start, status: str, found: dict[str, str]) -> Iterable[bytes]:
    body = json.dumps(found).encode()
    start(status, [*SHARED, ("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def _say(start: Start, status: str, words: str, headers: Headers = SHARED) -> Iterable[bytes]:
    text = f'<!doctype html><html lang="en"><title>hitgen</title><p>{html.escape(words)}</p></html>'
    return _html(start, status, text, headers)


def _html(start: Start, status: str, text: str, headers: Headers) -> Iterable[bytes]:
    body = text.encode()
    start(status, [*headers, ("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]
