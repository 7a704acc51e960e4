"""Places of own participants: personal addresses that cannot be guessed, and who gets which."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from hitgen.ledger.notebook import Notebook
from hitgen.ledger.rows import Order
from hitgen.lib.contract import COMPLETION_CODE
from hitgen.lib.numbers import Numbers, take_lowest

LIST = "places.csv"
OPENED, ENDS, DELETED = "link:opened", "link:ends", "link:deleted"
RETIRED = "link:retired"
PLACE = re.compile(r"([A-Za-z0-9]+\.[A-Za-z0-9]+)-([0-9]{1,6})-([a-z2-7]{26})")


@dataclass(frozen=True)
class OpenHit:
    """One HIT of own participants; `participants` are the numbers of those who have its places 1, 2, ..."""

    order: Order
    participants: tuple[int, ...]
    created_at: datetime
    expires_at: datetime
    deleted: bool = False


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
    """The places of one batch: who sits where is in the ledger, their names are made from a secret and not stored."""

    def __init__(self, batch: str, book: Notebook) -> None:
        self._batch = batch
        self._book = book
        self._taken: dict[str, Numbers] | None = None
        self._retired: dict[str, str] | None = None

    def secret(self) -> bytes:
        """The key that places are signed with; made on first use."""
        return secret_of(self._book) or bytes.fromhex(self._book.first_note("link", "secret", secrets.token_hex(32)))

    def assignment(self, hit: str, number: int) -> str:
        """The name of a HIT's place `number` (from 1), which nobody can make up."""
        return _signed(self.secret(), f"{hit}-{number}")

    def nobodys(self) -> str:
        """The name of a place that nobody is ever given, to try whether answers arrive."""
        return self.assignment("none.0", 0)

    def hits(self) -> Iterator[OpenHit]:
        """All HITs, in order of their names."""
        seats: dict[str, list[int]] = {}
        for hit, participant in self._book.seats():
            seats.setdefault(hit, []).append(participant)
        orders = {order.hit: order for order in self._book.orders()}
        opened, ends, deleted = (self._book.notes(topic) for topic in (OPENED, ENDS, DELETED))
        for hit in sorted(opened):
            times = datetime.fromisoformat(opened[hit]), datetime.fromisoformat(ends[hit])
            yield OpenHit(orders[hit], tuple(seats.get(hit, ())), *times, hit in deleted)

    def hit(self, name: str) -> OpenHit | None:
        """One HIT, or None."""
        opened, ends = (self._book.noted(topic, name) for topic in (OPENED, ENDS))
        order = self._book.order_of(name)
        if not (opened and ends and order):
            return None
        times = datetime.fromisoformat(opened), datetime.fromisoformat(ends)
        return OpenHit(order, self._book.seats_of(name), *times, self._book.noted(DELETED, name) is not None)

    def open(self, order: Order, now: datetime, until: datetime) -> OpenHit:
        """A HIT with places for participants who meet nothing on it twice; the same one if it is there already."""
        if found := self.hit(order.hit):
            return found
        participants = self._book.seats_of(order.hit)
        if not participants:
            participants = self._free(order)
            self._book.give_seats(order.hit, participants)
        # Noted last: a HIT that was cut off before goes on where it was.
        self._book.note(ENDS, order.hit, until.isoformat())
        self._book.note(OPENED, order.hit, now.isoformat())
        return OpenHit(order, participants, now, until)

    def _free(self, order: Order) -> tuple[int, ...]:
        """The lowest numbers whose HITs so far share no group of trials, and no page, with this order; now taken."""
        if self._taken is None:
            self._taken = {}
            orders = {known.hit: known for known in self._book.orders()}
            for hit, participant in self._book.seats():
                for key in _keys(orders[hit]):
                    self._taken.setdefault(key, Numbers()).take(participant)
        mine = [self._taken.setdefault(key, Numbers()) for key in _keys(order)]
        found: list[int] = []
        if self._retired is None:
            self._retired = self._book.notes(RETIRED)
        while len(found) < order.assignments:
            some = take_lowest(mine, order.assignments - len(found))
            found += [number for number in some if not self._retired or self._digest(number) not in self._retired]
        return tuple(found)

    def retire(self, participant: str) -> None:
        """Leave a participant's places to nobody, for good; who it was stays as a keyed hash, so that nobody gets the number."""
        if found := re.fullmatch(r"P0*([1-9][0-9]*)", participant):
            self._book.note(RETIRED, self._digest(int(found[1])), "yes")
            self._retired = None
            self._book.empty_seats(int(found[1]))

    def _digest(self, number: int) -> str:
        return hmac.new(self.secret(), f"retired {number}".encode(), hashlib.sha256).hexdigest()

    def end(self, name: str, at: datetime) -> None:
        """Move the end of a HIT; one that is not there stays so."""
        if self.hit(name):
            self._book.note(ENDS, name, at.isoformat())

    def delete(self, name: str) -> None:
        """Take a HIT out of all lists; one that is not there stays so."""
        if self.hit(name):
            self._book.note(DELETED, name, "yes")

    def of(self, hit: OpenHit) -> Iterator[Place]:
        """The places of a HIT, in order."""
        secret = self.secret()
        for number, participant in enumerate(hit.participants, start=1):
            if not participant:
                continue
            assignment = _signed(secret, f"{hit.order.hit}-{number}")
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
        secret = secret_of(self._book)
        if secret is None or not is_place(secret, assignment):
            return None
        name, number = PLACE.fullmatch(assignment).groups()[:2]  # type: ignore[union-attr]
        seats = self._book.seats_of(name)
        seat = seats[int(number) - 1] if 1 <= int(number) <= len(seats) else 0
        return participant_name(seat) if seat else None


def _keys(order: Order) -> tuple[str, ...]:
    """What nobody may have twice: the page, and each group of trials."""
    return (f"page {order.page}", *order.unseen)


def is_place(secret: bytes, assignment: str) -> bool:
    """Whether a place of this name was given out by whoever holds `secret`."""
    found = PLACE.fullmatch(assignment)
    return found is not None and hmac.compare_digest(_signed(secret, f"{found[1]}-{found[2]}"), assignment)


def secret_of(book: Notebook) -> bytes | None:
    """The key of a batch that was published to own participants, or None."""
    text = book.noted("link", "secret")
    return bytes.fromhex(text) if text else None


def _signed(secret: bytes, name: str) -> str:
    seal = hmac.new(secret, name.encode(), hashlib.sha256).digest()[:16]
    return f"{name}-{base64.b32encode(seal).decode().rstrip('=').lower()}"
