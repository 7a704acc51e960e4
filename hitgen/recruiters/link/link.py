"""Own participants: nobody is recruited or paid here, everyone gets a personal address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from hitgen.ledger.rows import Binding, HitProgress, Order, Received
from hitgen.lib.clock import utc_now
from hitgen.lib.files import csv_text, write_whole
from hitgen.recruiters.base import Kind, Opening
from hitgen.recruiters.by_inbox import ByInbox
from hitgen.recruiters.judged import JudgedHere
from hitgen.recruiters.link.config import LinkRecruiter
from hitgen.recruiters.places import LIST, OpenHit, Places

COLUMNS = ("participant", "page", "hit", "url", "code")


class Link(JudgedHere, ByInbox):
    """Places with personal addresses; everything is in the ledger and in the inbox beside it."""

    name = "link"

    _config: LinkRecruiter

    def __init__(self, kind: Kind[LinkRecruiter], opening: Opening) -> None:
        super().__init__(kind, opening)
        self._folder = opening.folder
        self.places = Places(self._batch, opening.book)

    def account(self) -> Binding:
        """Where answers go; there is no account anywhere."""
        return Binding(self._way.address, "own participants", "own")

    def prepare(self, orders: Sequence[Order]) -> None:
        """Make sure that answers can arrive."""
        self._told = self._way.prepare(utc_now(), self._inbox, self.places.nobodys(), bool(orders))

    def create(self, order: Order, token: str) -> HitProgress:
        """Places for this order, the same ones however often it is asked for."""
        now = utc_now()
        return self._progress(self.places.open(order, now, now + timedelta(seconds=self._config.lifetime_s)))

    def start(self) -> list[str]:
        """Write the list of personal addresses; who has one can begin."""
        found = [place for hit in self.places.hits() if not hit.offer.deleted for place in self.places.of(hit)]
        found.sort(key=lambda place: (len(place.participant), place.participant, place.hit))
        rows = ([getattr(place, column) for column in COLUMNS] for place in found)
        path = self._folder / LIST
        write_whole(path, csv_text([COLUMNS, *rows]).encode(), private=True)
        people = len({place.participant for place in found})
        return [*self._told, f"{len(found)} personal addresses for {people} people are in {path}, one a row"]

    def _progress(self, hit: OpenHit) -> HitProgress:
        order = hit.order
        came = len(self._inbox.delivered(f"{order.hit}-"))
        left = max(0, order.assignments - came - hit.participants.count(0))
        return hit.offer.progress(left, 0)

    def everything(self) -> Iterator[HitProgress]:
        """Every HIT of this batch that was not deleted."""
        return (self._progress(hit) for hit in self.places.hits() if not hit.offer.deleted)

    def progress(self, hit_ids: Sequence[str]) -> Iterator[HitProgress]:
        """The state of these HITs, once everything that has arrived was taken in."""
        if hit_ids:
            self._way.take_in(self._inbox, utc_now())
        found = (self.places.hit(name) for name in hit_ids)
        yield from (self._progress(hit) for hit in found if hit)

    def submissions(self, hit_id: str) -> Iterator[Received]:
        """Everything handed in for a HIT, one for each place."""
        for row in self._inbox.received(f"{hit_id}-"):
            if participant := self.places.participant(row.assignment):
                yield self._handed_in(row, hit_id, participant, self.judgement(row.assignment))

    def extend(self, hit_id: str, until: datetime) -> None:
        """Hand out a HIT's places until a time; answers are taken whenever they come."""
        self.places.end(hit_id, until)

    def expire(self, hit_id: str, now: datetime) -> None:
        """Hand out no more of a HIT's places; answers of those who began are still taken."""
        self.places.end(hit_id, now)

    def delete(self, hit_id: str) -> None:
        """Take a HIT out of all lists."""
        self.places.delete(hit_id)

    def clear(self) -> None:
        """Remove what only this batch needed: the list of addresses, and the way for answers."""
        (self._folder / LIST).unlink(missing_ok=True)
        super().clear()
