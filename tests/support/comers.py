"""People who come to /go without a browser, and what comes before them: previews, prefetchers, scanners."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

TICKET = re.compile(r'name="ticket" value="([^"]+)"')


@dataclass(frozen=True)
class Came:
    """What an address said: `url` is where it leads, `ticket` what its button hands in; each empty where there is none."""

    status: int
    url: str
    cookie: str
    words: str
    ticket: str
    headers: http.client.HTTPMessage


def ask(
    address: str, method: str = "GET", cookie: str = "", ticket: str = "", path: str = "/go", **headers: str
) -> Came:
    """One request, no redirect followed."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    body = urlencode({"ticket": ticket}) if method == "POST" else None
    sent = {name.replace("_", "-"): value for name, value in headers.items()} | ({"Cookie": cookie} if cookie else {})
    connection.request(method, path, body, sent)
    answer = connection.getresponse()
    words = answer.read().decode()
    connection.close()
    found = TICKET.search(words)
    kept = (answer.headers["Set-Cookie"] or "").partition(";")[0]
    return Came(answer.status, answer.headers["Location"] or "", kept, words, found[1] if found else "", answer.headers)


def come(address: str, cookie: str = "") -> Came:
    """A person, who presses the button where there is one."""
    came = ask(address, cookie=cookie)
    return ask(address, "POST", cookie, came.ticket) if came.ticket else came
