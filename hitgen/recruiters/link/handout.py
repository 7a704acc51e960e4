"""Handing out places: each newcomer gets a participant's addresses, one page after the other."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from hitgen.collector.door import Caller, Reply
from hitgen.collector.inbox import Inbox
from hitgen.collector.tickets import Tickets
from hitgen.errors import HitgenError
from hitgen.ledger.notebook import Notebook
from hitgen.recruiters.base import Look
from hitgen.recruiters.places import Place, Places
from hitgen.recruiters.seals import secret_of

TICKET = re.compile(r"([0-9]{1,12})-([0-9a-f]{32})-([0-9a-f]{64})")
TICKET_VALID_S = 86_400
"""How long a page with a button may stay open."""
EARLIER_COOKIE = "hitgen"
"""What an earlier hitgen set for every batch."""


class HandingOut:
    """What the collector asks for whoever opens the address /go; `hold` is how long a place is kept for who got it."""

    def __init__(
        self, batch: str, look: Look, inbox: Inbox, now: Callable[[], datetime], hold: timedelta, secure: bool
    ) -> None:
        self._batch = batch
        self._look = look
        self._inbox = inbox
        self._tickets = Tickets(inbox)
        self._now = now
        self._hold = hold
        self.secure = secure

    @property
    def cookie(self) -> str:
        """Named after batch and ledger: cookies know neither ports nor, behind one domain, who set them."""
        return f"hitgen-{self._batch}-{self._sealed('cookie')[:8]}"

    def answer(self, caller: Caller) -> Reply:
        """The next address of whoever has the cookie; else a button, which gives a newcomer the first one."""
        cookies = [
            value for wanted in (self.cookie, EARLIER_COOKIE) for name, value in caller.cookies if name == wanted
        ]
        if known := next(filter(None, (self._again(cookie, caller) for cookie in cookies)), None):
            return known
        if caller.acts and (given := self._given(caller)):
            return given
        say = caller.voice.say
        if not self.is_free():
            return Reply(say("door_full"))
        return Reply(say("door_welcome"), button=say("door_begin"), ticket=self.ticket())

    def _again(self, cookie: str, caller: Caller) -> Reply | None:
        """What is next for somebody who has a place; None for everybody else."""
        participant = cookie.partition(".")[0]
        ticket = self._tickets.of(participant)
        if ticket is None or not hmac.compare_digest(self._cookie(participant, ticket).encode(), cookie.encode()):
            return None
        with suppress(HitgenError):  # a disk that is full keeps nobody from a place
            self._tickets.see(participant, self._now())
        return self._sent(participant, cookie, caller)

    def is_free(self) -> bool:
        """Whether a newcomer would get a place."""
        return self._tickets.is_free(self._untouched(), self._now(), self._hold)

    def ticket(self) -> str:
        """A ticket for one place, good for a day."""
        text = f"{self._now().timestamp():.0f}-{secrets.token_hex(16)}"
        return f"{text}-{self._sealed(f'ticket {text}')}"

    def _given(self, caller: Caller) -> Reply | None:
        """The first address of the participant of the caller's ticket; None for a bad ticket."""
        found = TICKET.fullmatch(caller.form.get("ticket", ""))
        if found is None or not hmac.compare_digest(self._sealed(f"ticket {found[1]}-{found[2]}"), found[3]):
            return None
        if int(found[1]) < self._now().timestamp() - TICKET_VALID_S:
            return None
        if not caller.may_begin():
            return Reply(caller.voice.say("door_busy"), busy=True)
        participant = self._tickets.issue(self._untouched(), found[2], self._now(), self._hold)
        if participant is None:
            return Reply(caller.voice.say("door_full"))
        return self._sent(participant, self._cookie(participant, found[2]), caller)

    def _sent(self, participant: str, cookie: str, caller: Caller) -> Reply:
        """A participant's next address, or that there is none."""
        url = self._next(participant)
        return Reply(url=caller.at(url), cookie=cookie) if url else Reply(caller.voice.say("door_nothing_left"))

    def _untouched(self) -> list[str]:
        """The participants with open places of which none was delivered, in order."""
        places = self._look(self._open_places) or {}
        delivered = self._inbox.delivered()
        names = [name for name, own in places.items() if not any(place.assignment in delivered for place in own)]
        return sorted(names, key=lambda name: (len(name), name))

    def _next(self, participant: str) -> str:
        places = (self._look(self._open_places) or {}).get(participant, [])
        delivered = self._inbox.delivered()
        return next((place.url for place in places if place.assignment not in delivered), "")

    def _open_places(self, book: Notebook) -> dict[str, list[Place]]:
        places = Places(self._batch, book)
        found: dict[str, list[Place]] = {}
        for hit in places.hits():
            if not hit.offer.deleted and hit.offer.expires_at > self._now():
                for place in places.of(hit):
                    found.setdefault(place.participant, []).append(place)
        return found

    def _cookie(self, participant: str, ticket: str) -> str:
        # A cookie of an earlier hitgen names no ticket.
        return f"{participant}.{self._sealed(f'cookie {participant} {ticket}'.rstrip())}"

    def _sealed(self, text: str) -> str:
        return hmac.new(self._look(secret_of) or b"", text.encode(), "sha256").hexdigest()
