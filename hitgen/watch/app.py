"""The page of `hitgen watch` as a WSGI application: it reads what was seen, and nothing that is asked of it changes anything."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from hitgen.batch import resources
from hitgen.errors import InputError
from hitgen.manifest import BuildFolder
from hitgen.pages.script import link
from hitgen.watch.replays import Replays
from hitgen.watch.rows import Values
from hitgen.watch.watcher import Watcher

NAMES = ("127.0.0.1", "localhost")
ROWS = 50
"""As many rows of a list are shown at once."""
NUMBER = re.compile(r"[0-9]{1,6}")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = [
    ("Content-Security-Policy", POLICY),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
]
JSON = "application/json; charset=utf-8"
WORDS = "text/plain; charset=utf-8"
Start = Callable[[str, list[tuple[str, str]]], object]
Query = Mapping[str, Sequence[str]]


class WatchPage:
    """Answers GET and HEAD by whoever says that it wants this machine's own address; `port` is set once it is known.

    `packs` are further folders in which the pictures of a study may lie.
    """

    def __init__(self, watcher: Watcher, folder: Path, packs: Sequence[Path] = ()) -> None:
        self._watcher = watcher
        self._replays = Replays([BuildFolder(folder).packs, *packs])
        self._run = secrets.token_hex(4)
        self.port = 0

        def find(name: str) -> Path | None:
            return resources.find("assets", name, folder)

        page, style = resources.find("templates", "watch/watch.html", folder), find("styles/watch.css")
        assert page is not None and style is not None
        self._files = {
            "/": ("text/html; charset=utf-8", page.read_bytes()),
            "/watch.css": ("text/css; charset=utf-8", style.read_bytes()),
            "/watch.js": (
                "text/javascript; charset=utf-8",
                link("watch/main.js", find, "watch").encode(),
            ),
        }

    def refused(self, status: int) -> None:
        """Nothing is noted of what is no request."""

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer one request."""
        if environ.get("HTTP_HOST", "") not in {f"{name}:{self.port}" for name in NAMES}:
            # A name that somebody else's server made to stand for this machine: his page must not read this one.
            return _say(environ, start, "421 Misdirected Request", "Open the address that `hitgen watch` told.")
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _say(
                environ, start, "405 Method Not Allowed", "Here is only to be looked at.", [("Allow", "GET, HEAD")]
            )
        path = str(environ.get("PATH_INFO", ""))
        if path in self._files:
            return _send(environ, start, "200 OK", *self._files[path])
        if path == "/favicon.ico":  # browsers ask for one unasked
            start("204 No Content", HEADERS)
            return []
        if path == "/state":
            return self._state(environ, start)
        if path in ("/submission", "/replay", "/picture"):
            return self._again(path, environ, start)
        return _say(environ, start, "404 Not Found", "There is nothing here.")

    def _state(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        number, seen = self._watcher.last
        tag = f'"{self._run}-{number}"'
        if environ.get("HTTP_IF_NONE_MATCH") == tag:
            start("304 Not Modified", [*HEADERS, ("ETag", tag)])
            return []
        asked = _query(environ)
        found = {
            **seen.head,
            **seen.verdicts,
            "looked": number,
            "places": _part(seen.places, _page(asked, "places")),
            "submitted": _part(seen.submissions, _page(asked, "submissions")),
        }
        return _json(environ, start, found, [("ETag", tag)])

    def _again(self, path: str, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """A submission, one of its attempts, or a picture of that: by pseudonym and numbers alone."""
        asked, (_, seen) = _query(environ), self._watcher.last
        work = seen.works.get(asked.get("id", [""])[0])
        if work is None or seen.study is None:
            return _say(environ, start, "404 Not Found", "There is no such submission, or it cannot be read.")
        if path == "/submission":
            return _json(environ, start, self._replays.trials(seen.study, work))
        number = _page(asked, "attempt")
        if number >= len(work.attempts):
            return _say(environ, start, "404 Not Found", "There is no such attempt.")
        attempt = work.attempts[number]
        if path == "/replay":
            return _json(environ, start, self._replays.values(seen.study, work, attempt))
        pictures = self._replays.replay(seen.study, work, attempt).pictures
        number = _page(asked, "picture")
        if number >= len(pictures):
            return _say(environ, start, "404 Not Found", "There is no such picture.")
        try:
            kind, content = self._replays.picture(pictures[number])
        except OSError:
            return _say(environ, start, "404 Not Found", "The pictures are not on this machine any more.")
        except InputError:
            return _say(environ, start, "404 Not Found", "The pictures are damaged; hitgen build makes them again.")
        return _send(environ, start, "200 OK", kind, content)


def _query(environ: dict[str, Any]) -> Query:
    try:
        return parse_qs(str(environ.get("QUERY_STRING", "")), max_num_fields=20)
    except ValueError:
        return {}


def _page(asked: Query, name: str) -> int:
    """The number of a list's page, 0 up; 0 where it is no number."""
    text = asked.get(name, ["0"])[0]
    return int(text) if NUMBER.fullmatch(text) else 0


def _part(rows: Sequence[Values], page: int) -> Values:
    """One page of a list, the last one where there are fewer, and how many there are."""
    pages = max(1, -(-len(rows) // ROWS))
    page = min(page, pages - 1)
    return {"page": page, "pages": pages, "total": len(rows), "rows": list(rows[page * ROWS : (page + 1) * ROWS])}


def _say(
    environ: dict[str, Any], start: Start, status: str, words: str, more: Sequence[tuple[str, str]] = ()
) -> Iterable[bytes]:
    return _send(environ, start, status, WORDS, words.encode(), more)


def _json(
    environ: dict[str, Any], start: Start, found: object, more: Sequence[tuple[str, str]] = ()
) -> Iterable[bytes]:
    return _send(environ, start, "200 OK", JSON, json.dumps(found).encode(), more)


def _send(
    environ: dict[str, Any], start: Start, status: str, kind: str, body: bytes, more: Sequence[tuple[str, str]] = ()
) -> Iterable[bytes]:
    start(status, [*HEADERS, *more, ("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
