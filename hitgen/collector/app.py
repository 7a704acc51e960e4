"""The collector as a WSGI application: takes submissions, hands out places, shows published pages."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any

from hitgen.collector.inbox import ACCEPTED, LIMIT_BYTES, Inbox, Outcome
from hitgen.lib.clock import utc_now

KEY = re.compile(r"[A-Za-z0-9_-]+/(?:pages/[0-9a-f]{64}\.html|packs/[0-9a-f]{64}\.pack)$")
STATUS: dict[Outcome, str] = {
    "too-large": "413 Content Too Large",
    "not-json": "400 Bad Request",
    "not-ours": "400 Bad Request",
    "unknown-place": "403 Forbidden",
    "full": "507 Insufficient Storage",
}
COOKIE = "hitgen"
COOKIE_S = 180 * 86_400
SHARED = [
    ("Access-Control-Allow-Origin", "*"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
]
"""Pages of any origin may post and read the answer: there is nothing here that a cookie opens."""

Start = Callable[[str, list[tuple[str, str]]], object]
HandOut = Callable[[str], tuple[str, str]]
"""From the cookie's value to the new one and the address of a place, empty where there is none left."""


class Collector:
    """Takes what pages post into `inbox`; keeps no address and no log of who came.

    `ready` says whether places are known yet; `hand_out` is None where people get their addresses otherwise;
    `pages` is the folder of published files, None where another server shows them.
    """

    def __init__(
        self,
        inbox: Inbox,
        ready: Callable[[], bool] = lambda: True,
        hand_out: HandOut | None = None,
        pages: Path | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._inbox = inbox
        self._ready = ready
        self._hand_out = hand_out
        self._pages = pages
        self._now = now

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer one request; behind a proxy any prefix of the path is as good as none."""
        path, method = str(environ.get("PATH_INFO", "")), environ["REQUEST_METHOD"]
        if path.endswith("/results"):
            return self._results(environ, method, start)
        if method not in ("GET", "HEAD"):
            return _say(start, "405 Method Not Allowed", "Only pages are here.")
        if path.endswith("/go") and self._hand_out:
            return self._go(environ, start)
        if self._pages and (found := KEY.search(path)):
            return self._file(self._pages / found[0], start)
        return _say(start, "404 Not Found" if path.strip("/") else "200 OK", "This is a collector of hitgen.")

    def _results(self, environ: dict[str, Any], method: str, start: Start) -> Iterable[bytes]:
        if method == "OPTIONS":
            allowed = [("Access-Control-Allow-Methods", "POST"), ("Access-Control-Allow-Headers", "Content-Type")]
            start("204 No Content", [*SHARED, *allowed, ("Access-Control-Max-Age", "86400")])
            return []
        if method != "POST":
            return _say(start, "405 Method Not Allowed", "Answers are posted here.")
        if not self._ready():
            return _say(start, "503 Service Unavailable", "This batch is not published yet.")
        size = int(environ.get("CONTENT_LENGTH") or 0)
        if size > LIMIT_BYTES:
            self._inbox.refuse("too-large", size)
            return _outcome(start, "too-large")
        return _outcome(start, self._inbox.add(environ["wsgi.input"].read(size), "collector", self._now()))

    def _go(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        assert self._hand_out is not None
        try:
            cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        except CookieError:
            cookies = SimpleCookie()
        known = cookies[COOKIE].value if COOKIE in cookies else ""
        cookie, url = self._hand_out(known)
        if not url:
            words = "Thank you: there is nothing left for you to do." if cookie else "All places are taken. Thank you."
            return _say(start, "200 OK", words)
        kept = f"{COOKIE}={cookie}; Max-Age={COOKIE_S}; Path=/; HttpOnly; SameSite=Lax"
        start("303 See Other", [*SHARED, ("Location", url), ("Set-Cookie", kept), ("Cache-Control", "no-store")])
        return []

    def _file(self, path: Path, start: Start) -> Iterable[bytes]:
        try:
            body = path.read_bytes()
        except OSError:
            return _say(start, "404 Not Found", "There is no such page.")
        kind = "text/html; charset=utf-8" if path.suffix == ".html" else "application/octet-stream"
        lasting = ("Cache-Control", "public, max-age=31536000, immutable")
        start("200 OK", [*SHARED, ("Content-Type", kind), ("Content-Length", str(len(body))), lasting])
        return [body]


def _outcome(start: Start, outcome: Outcome) -> Iterable[bytes]:
    body = json.dumps({"outcome": outcome}).encode()
    status = "200 OK" if outcome in ACCEPTED else STATUS[outcome]
    start(status, [*SHARED, ("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def _say(start: Start, status: str, words: str) -> Iterable[bytes]:
    body = f'<!doctype html><html lang="en"><title>hitgen</title><p>{html.escape(words)}</p></html>'.encode()
    start(status, [*SHARED, ("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]
