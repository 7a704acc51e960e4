"""Places of own participants: personal addresses that cannot be guessed, and who gets which."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from hitgen.ledger.notebook import Notebook
from hitgen.ledger.rows import Order
from hitgen.lib.numbers import Numbers, take_lowest
from hitgen.recruiters.offers import Offer, Offers
from hitgen.recruiters.seals import completion_code, is_place, make_secret, place_of, sealed, secret_of

LIST = "places.csv"
RETIRED = "link:retired"


@dataclass(frozen=True)
class OpenHit:
    """One HIT of own participants; `participants` are the numbers of those who have its places 1, 2, ..."""

    offer: Offer
    participants: tuple[int, ...]

    @property
    def order(self) -> Order:
        """What was ordered."""
        return self.offer.order


@dataclass(frozen=True)
class Place:
    """One participant's turn at one page; `assignment` is its unguessable name, `code` the completion code."""

    participant: str
    page: str
    hit: str
    assignment: str
    url: str
    code: str


def participant_name(number: int) -> str:
    """The name of a participant in lists and data."""
    return f"P{number:04d}"


class Places:
    """The places of one batch: who sits where is in the ledger, their names are made from a secret and not stored."""

    def __init__(self, batch: str, book: Notebook) -> None:
        self._batch = batch
        self._book = book
        self._offers = Offers("link", book)
        self._taken: dict[str, Numbers] | None = None
        self._retired: dict[str, str] | None = None

    def secret(self) -> bytes:
        """The key that places are signed with; made on first use."""
        return make_secret(self._book)

    def assignment(self, hit: str, number: int) -> str:
        """The name of a HIT's place `number` (from 1), which nobody can make up."""
        return sealed(self.secret(), hit, number)

    def nobodys(self) -> str:
        """The name of a place that nobody is ever given, to try whether answers arrive."""
        return self.assignment("none.0", 0)

    def hits(self) -> Iterator[OpenHit]:
        """All HITs, in order of their names."""
        seats: dict[str, list[int]] = {}
        for hit, participant in self._book.seats():
            seats.setdefault(hit, []).append(participant)
        return (OpenHit(offer, tuple(seats.get(offer.order.hit, ()))) for offer in self._offers.all())

    def hit(self, name: str) -> OpenHit | None:
        """One HIT, or None."""
        offer = self._offers.get(name)
        return OpenHit(offer, self._book.seats_of(name)) if offer else None

    def open(self, order: Order, now: datetime, until: datetime) -> OpenHit:
        """A HIT with places for participants who meet nothing on it twice; the same one if it is there already."""
        if found := self.hit(order.hit):
            return found
        participants = self._book.seats_of(order.hit)
        if not participants:
            participants = self._free(order)
            self._book.give_seats(order.hit, participants)
        return OpenHit(self._offers.open(order, now, until), participants)

    def _free(self, order: Order) -> tuple[int, ...]:
        """The lowest numbers whose HITs so far share no group of trials, and no page, with this order; now taken."""
        if self._taken is None:
            self._taken = {}
            orders = {known.hit: known for known in self._book.orders()}
            for hit, participant in self._book.seats():
                for key in orders[hit].met:
                    self._taken.setdefault(key, Numbers()).take(participant)
        mine = [self._taken.setdefault(key, Numbers()) for key in order.met]
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
        self._offers.end(name, at)

    def delete(self, name: str) -> None:
        """Take a HIT out of all lists; one that is not there stays so."""
        self._offers.delete(name)

    def of(self, hit: OpenHit) -> Iterator[Place]:
        """The places of a HIT, in order."""
        secret = self.secret()
        for number, participant in enumerate(hit.participants, start=1):
            if not participant:
                continue
            assignment = sealed(secret, hit.order.hit, number)
            query = urlencode({"assignmentId": assignment})
            yield Place(
                participant=participant_name(participant),
                page=hit.order.page,
                hit=hit.order.hit,
                assignment=assignment,
                url=f"{hit.order.url}?{query}",
                code=completion_code(self._batch, assignment),
            )

    def names_of(self, participant: str) -> set[str]:
        """The names of a participant's places, used or not."""
        return {place.assignment for hit in self.hits() for place in self.of(hit) if place.participant == participant}

    def participant(self, assignment: str) -> str | None:
        """Who has a place; None where the name is not one of ours."""
        secret = secret_of(self._book)
        if secret is None or not is_place(secret, assignment):
            return None
        name, number = place_of(assignment) or ("", 0)
        seats = self._book.seats_of(name)
        seat = seats[number - 1] if 1 <= number <= len(seats) else 0
        return participant_name(seat) if seat else None
