"""A panel behind the recruiter interface: who came has turns in the inbox, judgements are notes of the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from hitgen.collector.inbox import Arrival, Inbox
from hitgen.collector.turns import Taken, Turn, Turns
from hitgen.collector.ways import Way
from hitgen.ledger.rows import Binding, HitProgress, Judgement, Order, Received
from hitgen.lib.clock import utc_now
from hitgen.recruiters.base import Opening
from hitgen.recruiters.judged import JudgedHere
from hitgen.recruiters.offers import Offer, Offers
from hitgen.recruiters.panel.config import PanelRecruiter
from hitgen.recruiters.panel.credit import Credit
from hitgen.recruiters.panel.handout import ADMITTED, SHUT_OUT, entrance
from hitgen.recruiters.seals import completion_code, make_secret, sealed


class Panel(JudgedHere):
    """Places that are given to ids; whom to pay says the review, and where the panel can be told, `credit` tells it."""

    name = "panel"

    def __init__(
        self,
        config: PanelRecruiter,
        batch: str,
        opening: Opening,
        inbox: Inbox,
        way: Way,
        credit: Credit | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._config = config
        self._batch = batch
        self._book = opening.book
        self._inbox = inbox
        self._way = way
        self._credit = credit
        self._now = now
        self._offers = Offers(self.name, opening.book)
        self._turns = Turns(inbox)
        self._told: list[str] = []

    def account(self) -> Binding:
        """Where answers go; the panel's account is the user's own affair."""
        return Binding(self._way.address, "a panel", "own")

    def prepare(self, orders: Sequence[Order]) -> None:
        """Make sure that answers can arrive."""
        nobodys = sealed(make_secret(self._book), "none.0", 0)
        self._told = self._way.prepare(self._now(), self._inbox, nobodys, bool(orders))

    def create(self, order: Order, token: str) -> HitProgress:
        """Places of this order, open from now on."""
        now = self._now()
        until = now + timedelta(seconds=self._config.lifetime_s)
        make_secret(self._book)
        return self._progress(self._offers.open(order, now, until), self._taken())

    def start(self) -> list[str]:
        """Whoever comes from the panel can begin."""
        return [
            *self._told,
            f"The panel's address for this study: {entrance(self._way.address, self._config.id, self._config.keep)}",
        ]

    def _taken(self) -> dict[str, Taken]:
        return self._turns.taken(self._now() - timedelta(seconds=self._config.hold_s))

    def _progress(self, offer: Offer, taken: dict[str, Taken]) -> HitProgress:
        order, mine = offer.order, taken.get(offer.order.hit, Taken())
        left = max(0, order.assignments - mine.delivered)
        pending = min(left, mine.at_work)
        return HitProgress(
            hit_id=order.hit,
            annotation=order.annotation,
            url=order.url,
            reward_usd=order.reward_usd,
            assignments=order.assignments,
            available=left - pending,
            pending=pending,
            created_at=offer.created_at,
            expires_at=offer.expires_at,
            gone=offer.deleted,
        )

    def everything(self) -> Iterator[HitProgress]:
        """Every HIT of this batch that was not deleted."""
        taken = self._taken()
        return (self._progress(offer, taken) for offer in self._offers.all() if not offer.deleted)

    def progress(self, hit_ids: Sequence[str]) -> Iterator[HitProgress]:
        """The state of these HITs."""
        if hit_ids:
            self._way.take_in(self._inbox, self._now())
        taken = self._taken()
        found = (self._offers.get(name) for name in hit_ids)
        yield from (self._progress(offer, taken) for offer in found if offer)

    def submissions(self, hit_id: str) -> Iterator[Received]:
        """Everything handed in for a HIT."""
        for row in self._inbox.received(f"{hit_id}-"):
            person = self._person(row)
            if person:
                times = row.opened_at, row.received_at
                yield Received(row.assignment, hit_id, person, self.judgement(row.assignment), *times, None, row.answer)

    def _person(self, row: Arrival) -> str:
        """Whose turn it was; of answers that were brought from another machine, whom their page was opened for."""
        if turn := self._turns.named(row.assignment):
            return turn.person
        told = json.loads(row.answer).get("worker")
        return told if isinstance(told, str) else ""

    def approve(self, assignment: str, feedback: str = "") -> Judgement:
        """Note that a submission is accepted, and tell the panel where it can be told."""
        turn = self._turns.named(assignment)
        if self._credit and turn and self.judgement(assignment) == "Submitted":
            self._credit.grant(self._values(turn))
        return super().approve(assignment, feedback)

    def _values(self, turn: Turn) -> dict[str, str]:
        return {**turn.carried, "id": turn.person, "code": completion_code(self._batch, turn.assignment)}

    def exclude(self, worker: str, group: str | None = None) -> None:
        """Give a person no further place; that nobody meets a trial twice is seen to when places are given."""
        if group is None:
            self._book.note(SHUT_OUT, worker, "yes")

    def admit(self, worker: str) -> None:
        """Let a person into the study pages when they come again."""
        self._book.note(ADMITTED, worker, "yes")

    def extend(self, hit_id: str, until: datetime) -> None:
        """Give out a HIT's places until a time; answers are taken whenever they come."""
        self._offers.end(hit_id, until)

    def expire(self, hit_id: str, now: datetime) -> None:
        """Give out no more of a HIT's places; answers of those who began are still taken."""
        self._offers.end(hit_id, now)

    def delete(self, hit_id: str) -> None:
        """Take a HIT out of all lists."""
        self._offers.delete(hit_id)

    def clear(self) -> None:
        """Take away the way for answers."""
        self._way.clear()

    def close(self) -> None:
        """Let go of the inbox."""
        self._inbox.close()
