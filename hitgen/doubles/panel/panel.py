"""One panel: it sends people to a study and takes them back, as strictly as its description lets it."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

CREDITED = (
    '<a:Errors i:nil="true"/><a:Result><a:credit_status>G</a:credit_status><a:survey_code>{}</a:survey_code></a:Result>'
)
REFUSED = '<a:Errors><a:Error><a:Message>{}</a:Message></a:Error></a:Errors><a:Result i:nil="true"/>'
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Service:
    """One panel: `sends` are the parameters it appends, each with what it fills in for person `{n}`; `person` is the one
    that names people; `ways` are addresses by what became of somebody, with those parameters as placeholders.

    Where people bring back a code in place of an address, `code` is what it is made of: `{sha256:...}` is a digest.
    """

    person: str
    sends: Mapping[str, str]
    ways: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    credit: str = ""
    secret: str = ""


ANY = Service(
    person="PID",
    sends={"PID": "person{n}"},
    ways={why: "/" + why + "?PID={PID}" for why in ("complete", "screened-out", "declined", "failed", "full")},
)
"""A panel in a rehearsal."""


class RefusalError(Exception):
    """The panel does not take somebody back."""


class Panel:
    """A service's people: whom it sent, and how each came back; `credited` is how often each was given credit."""

    def __init__(self, service: Service, base: str = "") -> None:
        self.service = service
        self.base = base
        self.people: dict[str, dict[str, str]] = {}
        self.ended: dict[str, str] = {}
        self.credited: dict[str, int] = {}
        self.codes: dict[str, str] = {}
        self._lock = threading.Lock()

    def send(self, number: int, study: str) -> tuple[str, str]:
        """Person `number`'s id, and the address that they open: the study's, with what this panel puts into it."""
        values = {name: text.format(n=number) for name, text in self.service.sends.items()}
        person = values[self.service.person]
        self.people[person] = values
        return person, f"{study}{'&' if '?' in study else '?'}{urlencode(values)}"

    def visit(self, url: str) -> str:
        """Somebody comes back at an address: which outcome it stands for; RefusalError where it stands for none of ours."""
        with self._lock:
            for why, way in self.service.ways.items():
                for person, values in self.people.items():
                    if _same(url, self.base + _filled(way, values)) and self.ended.get(person, why) == why:
                        self.ended[person] = why
                        return why
        raise RefusalError(f"{url} is no way back of anybody who was sent")

    def enter(self, person: str, code: str) -> bool:
        """A person types a code; whether it is theirs."""
        if self.service.code == "*":
            return self.codes.get(person) == code
        found = re.fullmatch(r"(.*)\{sha256:(.*)\}", self.service.code)
        if found is None:
            return False
        text = _filled(found[2], {**self.people[person], "secret": self.service.secret})
        return code == found[1] + hashlib.sha256(text.encode()).hexdigest()

    def credit(self, url: str) -> str:
        """The study's server asks for credit: the answer's XML, which says whether it was given."""
        with self._lock:
            for person, values in self.people.items():
                if _same(url, self.base + _filled(self.service.credit, values)):
                    count = self.credited[person] = self.credited.get(person, 0) + 1
                    return (
                        CREDITED.format(person)
                        if count == 1
                        else REFUSED.format("You have already received credit for this study.")
                    )
            return REFUSED.format("Invalid survey_code.")


def _filled(text: str, values: dict[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: values[found[1]], text)


def _same(one: str, other: str) -> bool:
    """Whether two addresses say the same, whatever the order and spelling of their parameters."""
    first, second = urlsplit(one), urlsplit(other)
    alike = (first.scheme, first.netloc, first.path) == (second.scheme, second.netloc, second.path)
    return alike and sorted(parse_qsl(first.query)) == sorted(parse_qsl(second.query))
