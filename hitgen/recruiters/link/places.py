"""Places of own participants: personal addresses that cannot be guessed, and who gets which."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from hitgen.ledger.rows import Order
from hitgen.lib.contract import COMPLETION_CODE

SECRET = "link:secret"
HIT = "link:hit:"
PLACE = re.compile(r"([A-Za-z0-9]+\.[A-Za-z0-9]+)-([0-9]{1,6})-([a-z2-7]{26})")


@dataclass(frozen=True)
class OpenHit:
    """One HIT of own participants; `participants` are the numbers of those who have its places 1, 2, ..."""

    order: Order
    participants: tuple[int, ...]
    created_at: datetime
    expires_at: datetime
    deleted: bool = False

    def as_text(self) -> str:
        """The HIT as JSON."""
        values = {**asdict(self), "order": self.order.as_json()}
        return json.dumps(values, default=datetime.isoformat)

    @classmethod
    def from_text(cls, text: str) -> OpenHit:
        """The HIT that `as_text` gave."""
        values: dict[str, Any] = json.loads(text)
        moments = {name: datetime.fromisoformat(values[name]) for name in ("created_at", "expires_at")}
        order, participants = Order.from_json(values["order"]), tuple(values["participants"])
        return cls(**{**values, **moments, "order": order, "participants": participants})


@dataclass(frozen=True)
class Place:
    """One participant's turn at one page; `assignment` is its unguessable name, `code` the completion code."""

    participant: str
    page: str
    hit: str
    assignment: str
    url: str
    code: str


def completion_code(batch: str, assignment: str) -> str:
    """What a page shows once its answers arrived; the page computes the same."""
    digest = hashlib.new(COMPLETION_CODE["hash"], f"{batch}{COMPLETION_CODE['between']}{assignment}".encode()).digest()
    return digest[: COMPLETION_CODE["bytes"]].hex().upper()


def participant_name(number: int) -> str:
    """The name of a participant in lists and data."""
    return f"P{number:04d}"


class Places:
    """The places of one batch, made from a secret in `kept`, so that none has to be stored."""

    def __init__(self, batch: str, kept: MutableMapping[str, str]) -> None:
        self._batch = batch
        self._kept = kept

    def secret(self) -> bytes:
        """The key that places are signed with; made on first use."""
        if not self._kept.get(SECRET):
            self._kept[SECRET] = secrets.token_hex(32)
        return bytes.fromhex(self._kept[SECRET])

    def assignment(self, hit: str, number: int) -> str:
        """The name of a HIT's place `number` (from 1), which nobody can make up."""
        return _signed(self.secret(), f"{hit}-{number}")

    def hits(self) -> Iterator[OpenHit]:
        """All HITs, in order of their names."""
        for name in [name for name in self._kept if name.startswith(HIT)]:
            yield OpenHit.from_text(self._kept[name])

    def hit(self, name: str) -> OpenHit | None:
        """One HIT, or None."""
        text = self._kept.get(HIT + name)
        return OpenHit.from_text(text) if text else None

    def open(self, order: Order, now: datetime, until: datetime) -> OpenHit:
        """A HIT with places for participants who meet nothing on it twice; the same one if it is there already."""
        if found := self.hit(order.hit):
            return found
        made = OpenHit(order, self._free_participants(order), now, until)
        self._kept[HIT + order.hit] = made.as_text()
        return made

    def _free_participants(self, order: Order) -> tuple[int, ...]:
        """The lowest numbers whose HITs so far share no group of trials, and no page, with this order."""
        taken: set[int] = set()
        for hit in self.hits():
            if hit.order.page == order.page or set(hit.order.unseen) & set(order.unseen):
                taken.update(hit.participants)
        most = len(taken) + order.assignments
        return tuple([number for number in range(1, most + 1) if number not in taken][: order.assignments])

    def change(self, name: str, **values: Any) -> None:
        """Give a HIT other values; one that is not there stays so."""
        if found := self.hit(name):
            self._kept[HIT + name] = replace(found, **values).as_text()

    def of(self, hit: OpenHit) -> Iterator[Place]:
        """The places of a HIT, in order."""
        for number, participant in enumerate(hit.participants, start=1):
            assignment = self.assignment(hit.order.hit, number)
            query = urlencode({"assignmentId": assignment})
            yield Place(
                participant=participant_name(participant),
                page=hit.order.page,
                hit=hit.order.hit,
                assignment=assignment,
                url=f"{hit.order.url}?{query}",
                code=completion_code(self._batch, assignment),
            )

    def participant(self, assignment: str) -> str | None:
        """Who has a place; None where the name is not one of ours."""
        secret = secret_of(self._kept)
        if secret is None or not is_place(secret, assignment):
            return None
        name, number = PLACE.fullmatch(assignment).groups()[:2]  # type: ignore[union-attr]
        hit = self.hit(name)
        if hit is None or not 1 <= int(number) <= len(hit.participants):
            return None
        return participant_name(hit.participants[int(number) - 1])


def is_place(secret: bytes, assignment: str) -> bool:
    """Whether a place of this name was given out by whoever holds `secret`."""
    found = PLACE.fullmatch(assignment)
    return found is not None and hmac.compare_digest(_signed(secret, f"{found[1]}-{found[2]}"), assignment)


def secret_of(kept: Mapping[str, str]) -> bytes | None:
    """The key of a batch that was published to own participants, or None."""
    text = kept.get(SECRET)
    return bytes.fromhex(text) if text else None


def _signed(secret: bytes, name: str) -> str:
    seal = hmac.new(secret, name.encode(), hashlib.sha256).digest()[:16]
    return f"{name}-{base64.b32encode(seal).decode().rstrip('=').lower()}"
