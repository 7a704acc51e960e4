"""HITs whose places go to ids: what is open, how far each is, and whose answers came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from hitgen.collector.inbox import Arrival, Inbox
from hitgen.collector.turns import Taken, Turn, Turns
from hitgen.collector.ways import Way
from hitgen.ledger.notebook import Notebook
from hitgen.ledger.rows import HitProgress, Order
from hitgen.lib.clock import utc_now
from hitgen.recruiters.offers import Offer, Offers
from hitgen.recruiters.panel.handout import OFFERS
from hitgen.recruiters.seals import make_secret, sealed


class ByTurns:
    """The HITs of one batch; a place is held for `hold` after its person was seen last."""

    def __init__(self, book: Notebook, inbox: Inbox, way: Way, hold: timedelta) -> None:
        self._book = book
        self._inbox = inbox
        self._way = way
        self._hold = hold
        self.offers = Offers(OFFERS, book)
        self.turns = Turns(inbox)

    def prepare(self, new: bool) -> list[str]:
        """See that answers would arrive where something `new` is to be published; what to mind."""
        nobodys = sealed(make_secret(self._book), "none.0", 0)
        return self._way.prepare(utc_now(), self._inbox, nobodys, new)

    def open(self, order: Order, until: datetime) -> HitProgress:
        """Places of this order, open from now on."""
        make_secret(self._book)
        return self._progress(self.offers.open(order, utc_now(), until), self._taken())

    def _taken(self) -> dict[str, Taken]:
        return self.turns.taken(utc_now() - self._hold)

    @staticmethod
    def _progress(offer: Offer, taken: dict[str, Taken]) -> HitProgress:
        order, mine = offer.order, taken.get(offer.order.hit, Taken())
        left = max(0, order.assignments - mine.delivered)
        return offer.progress(left, min(left, mine.at_work))

    def everything(self) -> Iterator[HitProgress]:
        """Every HIT of this batch that was not deleted."""
        taken = self._taken()
        return (self._progress(offer, taken) for offer in self.offers.all() if not offer.deleted)

    def progress(self, hits: Sequence[str]) -> Iterator[HitProgress]:
        """The state of these HITs, once everything that has arrived was taken in."""
        if hits:
            self._way.take_in(self._inbox, utc_now())
        taken = self._taken()
        found = (self.offers.get(name) for name in hits)
        yield from (self._progress(offer, taken) for offer in found if offer)

    def arrived(self, hit: str) -> Iterator[tuple[Arrival, Turn | None]]:
        """Everything handed in for a HIT, with whose turn it was; None for what was brought from another machine."""
        for row in self._inbox.received(f"{hit}-"):
            yield row, self.turns.named(row.assignment)
