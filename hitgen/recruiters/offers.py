"""HITs whose places hitgen gives out itself: the kinds that do so, and when each was opened and ends, as notes of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from hitgen.ledger.notebook import Notebook
from hitgen.ledger.rows import HitProgress, Order
from hitgen.recruiters.base import Kind, Look, Own
from hitgen.recruiters.seals import knows_places, place_pattern, secret_of


class Offering(Kind[Own]):
    """A kind whose places hitgen gives out itself, under names that it signs."""

    def place_pattern(self, page: str) -> str:
        """The places of the page's own HITs."""
        return place_pattern(page)

    def knows(self, look: Look) -> Callable[[str], bool]:
        """Places that hitgen gave out."""
        return knows_places(look)

    def is_ready(self, look: Look) -> bool:
        """Once the batch is published."""
        return look(secret_of) is not None


@dataclass(frozen=True)
class Offer:
    """One HIT that was opened."""

    order: Order
    created_at: datetime
    expires_at: datetime
    deleted: bool = False

    def progress(self, left: int, pending: int) -> HitProgress:
        """How far the HIT is, where `left` of its places have no answer and `pending` of those have people at work."""
        return HitProgress(
            hit_id=self.order.hit,
            annotation=self.order.annotation,
            url=self.order.url,
            reward_usd=self.order.reward_usd,
            assignments=self.order.assignments,
            available=left - pending,
            pending=pending,
            created_at=self.created_at,
            expires_at=self.expires_at,
            gone=self.deleted,
        )


class Offers:
    """The HITs of one batch, noted under the recruiter's `name`."""

    def __init__(self, name: str, book: Notebook) -> None:
        self._book = book
        self._opened, self._ends, self._deleted = (f"{name}:{word}" for word in ("opened", "ends", "deleted"))

    def all(self) -> Iterator[Offer]:
        """All HITs, in order of their names."""
        orders = {order.hit: order for order in self._book.orders()}
        opened, ends, deleted = (self._book.notes(topic) for topic in (self._opened, self._ends, self._deleted))
        for hit in sorted(opened):
            times = datetime.fromisoformat(opened[hit]), datetime.fromisoformat(ends[hit])
            yield Offer(orders[hit], *times, hit in deleted)

    def get(self, hit: str) -> Offer | None:
        """One HIT, or None."""
        opened, ends = (self._book.noted(topic, hit) for topic in (self._opened, self._ends))
        order = self._book.order_of(hit)
        if not (opened and ends and order):
            return None
        times = datetime.fromisoformat(opened), datetime.fromisoformat(ends)
        return Offer(order, *times, self._book.noted(self._deleted, hit) is not None)

    def open(self, order: Order, now: datetime, until: datetime) -> Offer:
        """A HIT that is open from now on; the same one if it is there already."""
        if found := self.get(order.hit):
            return found
        # Noted last: a HIT that was cut off before goes on where it was.
        self._book.note(self._ends, order.hit, until.isoformat())
        self._book.note(self._opened, order.hit, now.isoformat())
        return Offer(order, now, until)

    def end(self, hit: str, at: datetime) -> None:
        """Move the end of a HIT; one that is not there stays so."""
        if self.get(hit):
            self._book.note(self._ends, hit, at.isoformat())

    def delete(self, hit: str) -> None:
        """Take a HIT out of all lists; one that is not there stays so."""
        if self.get(hit):
            self._book.note(self._deleted, hit, "yes")
