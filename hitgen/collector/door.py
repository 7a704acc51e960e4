"""The address /go: what one request there says of who comes, what is answered, and how that goes out."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs

from hitgen.collector.voice import Voice, accepted, asked_for

MOST_QUERY = 4_000
MOST_FORM_BYTES = 1_000
MOST_FIELDS = 40
AHEAD = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")


@dataclass(frozen=True)
class Caller:
    """Whoever asks: `query` and `form` hold fields that were given once, `may_begin` bounds how many places one network gets.

    `voice` speaks their language, `asked` is that language where the address asks for it and there are several.
    Only one who `acts`, by pressing the button, is given a place; previews, prefetchers and scanners press none.
    """

    query: Mapping[str, str]
    form: Mapping[str, str]
    cookies: Sequence[tuple[str, str]]
    acts: bool
    looks_only: bool
    may_begin: Callable[[], bool]
    voice: Voice
    asked: str = ""

    def at(self, url: str) -> str:
        """An address of a page, in the language that was asked for."""
        return f"{url}{'&' if '?' in url else '?'}lang={self.asked}" if self.asked else url


@dataclass(frozen=True)
class Reply:
    """What is answered: an address to go to, or `words`; with a `button` that hands in `ticket`; `busy`: later perhaps."""

    words: str = ""
    url: str = ""
    button: str = ""
    ticket: str = ""
    cookie: str = ""
    busy: bool = False


class HandOut(Protocol):
    """Gives places to people who come without an address of their own."""

    secure: bool
    """Whether the world comes by https alone."""

    @property
    def cookie(self) -> str:
        """What the cookie of this batch is called, on a host that may have others."""

    def answer(self, caller: Caller) -> Reply:
        """What to say to a caller."""


def caller_of(environ: dict[str, Any], method: str, may_begin: Callable[[], bool], voices: Sequence[Voice]) -> Caller:
    """Who asks, from a WSGI request; what is too long or given twice is as good as nothing."""
    asked = asked_for(query_of(environ), voices)
    size = min(int(environ.get("CONTENT_LENGTH") or 0), MOST_FORM_BYTES) if method == "POST" else 0
    return Caller(
        query=query_of(environ),
        form=_fields(environ["wsgi.input"].read(size).decode("ascii", "replace")) if size else {},
        cookies=_cookies(str(environ.get("HTTP_COOKIE", ""))),
        acts=method == "POST",
        looks_only=method == "HEAD" or is_ahead(environ),
        may_begin=may_begin,
        voice=asked or accepted(environ, voices),
        asked=asked.language if asked and len(voices) > 1 else "",
    )


def is_ahead(environ: dict[str, Any]) -> bool:
    """Whether a browser asks before its person does, as the present header says or one of those before it."""
    return any(environ.get(name) for name in AHEAD)


def query_of(environ: dict[str, Any]) -> dict[str, str]:
    """The fields of a request's address; what is too long or given twice is as good as nothing."""
    return _fields(str(environ.get("QUERY_STRING", ""))[:MOST_QUERY])


def _fields(text: str) -> dict[str, str]:
    try:
        found = parse_qs(text, max_num_fields=MOST_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _cookies(text: str) -> list[tuple[str, str]]:
    pairs = (pair.strip().partition("=") for pair in text.split(";"))
    return [(name, value) for name, _, value in pairs]


def page(reply: Reply, voice: Voice) -> str:
    """The answer as a page, where it is no address."""
    form = ""
    if reply.button:
        ticket = f'<input type="hidden" name="ticket" value="{html.escape(reply.ticket)}">' if reply.ticket else ""
        form = f'<form method="post">{ticket}<button>{html.escape(reply.button)}</button></form>'
    return (
        f'<!doctype html><html lang="{voice.language}" dir="{voice.direction}"><meta charset="utf-8">'
        '<meta name="robots" content="noindex"><meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(voice.say('door_title'))}</title><main><p>{html.escape(reply.words)}</p>{form}</main></html>"
    )
