"""Giving out places by the panel's own ids: the same id the same place, whenever and wherever it comes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from hitgen.collector.door import Caller, Reply
from hitgen.collector.turns import Taken, Turn, Turns
from hitgen.ledger.notebook import Notebook
from hitgen.ledger.rows import Order
from hitgen.recruiters.base import Look
from hitgen.recruiters.offers import Offer, Offers
from hitgen.recruiters.panel.config import OUT, PLACE
from hitgen.recruiters.panel.ends import LEAVING, Ends
from hitgen.recruiters.seals import completion_code, sealed_for, secret_of

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~@:+/=|-]{0,127}")
"""What an id may be; a placeholder that nobody filled in is none."""
MOST_CARRIED = 500
OFFERS = "panel"
ADMITTED, SHUT_OUT = f"{OFFERS}:admitted", f"{OFFERS}:excluded"


def entrance(address: str, ids: Sequence[str], keep: Sequence[str]) -> str:
    """What the panel is given: the address with the parameters that it fills in."""
    query = "&".join(f"{name}=..." for name in (ids[0], *keep))
    return f"{address.rstrip('/')}/go?{query}"


@dataclass(frozen=True)
class Rules:
    """How a panel's people are known and served: `ids` and `keep` are parameters of the address, `pages_each` is how many pages one works."""

    batch: str
    ids: Sequence[str]
    keep: Sequence[str]
    ends: Ends
    pages_each: int
    hold: timedelta


@dataclass(frozen=True)
class Known:
    """What the ledger says for one person: every HIT, the key of places, and whether they are let in, or shut out."""

    offers: Mapping[str, Offer]
    secret: bytes
    is_admitted: bool
    is_shut_out: bool

    @classmethod
    def of(cls, book: Notebook, person: str) -> Known | None:
        """None where nothing was published."""
        secret = secret_of(book)
        if secret is None:
            return None
        offers = {offer.order.hit: offer for offer in Offers(OFFERS, book).all()}
        return cls(offers, secret, *(book.noted(topic, person) is not None for topic in (ADMITTED, SHUT_OUT)))


@dataclass(frozen=True)
class Choice:
    """Chooses the HIT that a person gets next, by what they met and where there is room."""

    known: Known
    pages_each: int
    now: datetime
    since: datetime

    def __call__(self, mine: Sequence[Turn], taken: Mapping[str, Taken]) -> str:
        """The name of the HIT; the one that they are at work on if there is one, empty where there is none for them."""
        if live := self.live(mine):
            return live.hit
        orders = {hit: offer.order for hit, offer in self.known.offers.items()}
        worked = sum(turn.delivered and orders[turn.hit].kind == "study" for turn in mine if turn.hit in orders)
        fits = [
            offer
            for hit, offer in self.known.offers.items()
            if not offer.deleted
            and offer.expires_at > self.now
            and taken.get(hit, Taken()).places < offer.order.assignments
            and self._may(offer.order, mine, orders)
            and (offer.order.kind != "study" or worked < self.pages_each)
        ]
        # Evenly, so that every page gets its share when people stop coming.
        best = min(
            fits, key=lambda offer: taken.get(offer.order.hit, Taken()).places / offer.order.assignments, default=None
        )
        return best.order.hit if best else ""

    def live(self, mine: Iterable[Turn]) -> Turn | None:
        """The turn that a person is at work on."""
        return next((turn for turn in mine if not (turn.delivered or turn.left) and turn.seen_at >= self.since), None)

    def _may(self, order: Order, mine: Sequence[Turn], orders: Mapping[str, Order]) -> bool:
        if order.kind == "qualification" and self.known.is_admitted:
            return False
        if order.needs_admission and not self.known.is_admitted:
            return False
        own = next((turn for turn in mine if turn.hit == order.hit), None)
        if own and (own.delivered or own.left):
            return False
        met = {key for turn in mine if turn.hit != order.hit and turn.hit in orders for key in orders[turn.hit].met}
        return met.isdisjoint(order.met)


@dataclass
class HandingOutById:
    """What the collector asks for whoever comes from a panel to the address /go."""

    rules: Rules
    look: Look
    turns: Turns
    now: Callable[[], datetime]
    secure: bool = False
    cookie: str = field(default="", init=False)

    def answer(self, caller: Caller) -> Reply:
        """The person's page, the button that gives them one, or their way back."""
        turn = self.turns.named(caller.query.get(PLACE, ""))
        carried = (
            dict(turn.carried)
            if turn
            else {name: caller.query.get(name, "") for name in (*self.rules.ids, *self.rules.keep)}
        )
        person = turn.person if turn else next((carried[name] for name in self.rules.ids if carried[name]), "")
        if missing := self._missing(person, carried):
            return Reply(caller.voice.say("door_incomplete", name=missing))
        why = caller.query.get(OUT, "")
        if turn and why in LEAVING and not turn.delivered and not caller.looks_only:
            self.turns.leave(turn.assignment, why)
        known = self.look(lambda book: Known.of(book, person))
        if known is None:
            return Reply(caller.voice.say("door_not_yet"))
        return self._next(person, carried, known, caller)

    def _missing(self, person: str, carried: Mapping[str, str]) -> str:
        if not ID.fullmatch(person):
            return self.rules.ids[0]
        lacking = (name for name in self.rules.keep if not carried[name] or len(carried[name]) > MOST_CARRIED)
        return next(lacking, "")

    def _next(self, person: str, carried: Mapping[str, str], known: Known, caller: Caller) -> Reply:
        mine, now, say = self.turns.of(person), self.now(), caller.voice.say
        since = now - self.rules.hold
        choice = Choice(known, self.rules.pages_each, now, since)
        if known.is_shut_out:
            return self._end("failed", person, carried, mine, caller)
        if live := choice.live(mine):
            if not caller.looks_only:
                self.turns.see(live.assignment, now, carried)
            return self._to_page(live, known, caller)
        if mine and mine[-1].left and not mine[-1].delivered:
            return self._end(mine[-1].left, person, carried, mine, caller)
        if not choice(mine, self.turns.taken(since)):
            why = "complete" if any(turn.delivered for turn in mine) else "full"
            return self._end(why, person, carried, mine, caller)
        if not caller.acts:
            return Reply(say("door_next") if mine else say("door_welcome"), button=say("door_begin"))
        if not caller.may_begin():
            return Reply(say("door_busy"), busy=True)
        turn = self.turns.begin(person, carried, now, since, choice, lambda hit: sealed_for(known.secret, hit, person))
        return self._to_page(turn, known, caller) if turn else self._end("full", person, carried, mine, caller)

    def _to_page(self, turn: Turn, known: Known, caller: Caller) -> Reply:
        order = known.offers[turn.hit].order
        query = urlencode({"assignmentId": turn.assignment, "hitId": turn.hit, "workerId": turn.person})
        return Reply(url=caller.at(f"{order.url}?{query}"))

    def _end(self, why: str, person: str, carried: Mapping[str, str], mine: Sequence[Turn], caller: Caller) -> Reply:
        done = next((turn for turn in reversed(mine) if turn.delivered), None)
        code = completion_code(self.rules.batch, done.assignment) if done else ""
        return self.rules.ends.reply(why, {**carried, "id": person, "code": code}, caller.voice)
