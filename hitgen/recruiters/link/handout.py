"""Handing out places: each newcomer gets a participant's addresses, one page after the other."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from hitgen.collector.inbox import Inbox
from hitgen.errors import HitgenError
from hitgen.ledger.notebook import Notebook
from hitgen.recruiters.base import Look
from hitgen.recruiters.link.places import Place, Places, secret_of

TICKET = re.compile(r"([0-9]{1,12})-([0-9a-f]{32})-([0-9a-f]{64})")
TICKET_VALID_S = 86_400
"""How long a page with a button may stay open."""


class HandingOut:
    """What the collector asks for whoever opens the address /go; `hold` is how long a place is kept for who got it."""

    def __init__(
        self, batch: str, look: Look, inbox: Inbox, now: Callable[[], datetime], hold: timedelta, secure: bool
    ) -> None:
        self._batch = batch
        self._look = look
        self._inbox = inbox
        self._now = now
        self._hold = hold
        self.secure = secure

    @property
    def cookie(self) -> str:
        """Named after batch and ledger: cookies know neither ports nor, behind one domain, who set them."""
        return f"hitgen-{self._batch}-{self._sealed('cookie')[:8]}"

    def again(self, cookie: str) -> tuple[str, str] | None:
        """The cookie of somebody who has a place, and the address of the next one, empty where none is left; else None."""
        participant = cookie.partition(".")[0]
        ticket = self._inbox.ticket(participant)
        if ticket is None or not hmac.compare_digest(self._cookie(participant, ticket).encode(), cookie.encode()):
            return None
        with suppress(HitgenError):  # a disk that is full keeps nobody from a place
            self._inbox.see(participant, self._now())
        return cookie, self._next(participant)

    def is_free(self) -> bool:
        """Whether a newcomer would get a place."""
        return self._inbox.is_free(self._untouched(), self._now(), self._hold)

    def ticket(self) -> str:
        """A ticket for one place, good for a day."""
        text = f"{self._now().timestamp():.0f}-{secrets.token_hex(16)}"
        return f"{text}-{self._sealed(f'ticket {text}')}"

    def give(self, ticket: str) -> tuple[str, str] | None:
        """The cookie and first address of the participant of this ticket, empty where none is left; None for a bad ticket."""
        found = TICKET.fullmatch(ticket)
        if found is None or not hmac.compare_digest(self._sealed(f"ticket {found[1]}-{found[2]}"), found[3]):
            return None
        if int(found[1]) < self._now().timestamp() - TICKET_VALID_S:
            return None
        participant = self._inbox.issue(self._untouched(), found[2], self._now(), self._hold)
        if participant is None:
            return "", ""
        return self._cookie(participant, found[2]), self._next(participant)

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
            if not hit.deleted and hit.expires_at > self._now():
                for place in places.of(hit):
                    found.setdefault(place.participant, []).append(place)
        return found

    def _cookie(self, participant: str, ticket: str) -> str:
        # A cookie of an earlier hitgen names no ticket.
        return f"{participant}.{self._sealed(f'cookie {participant} {ticket}'.rstrip())}"

    def _sealed(self, text: str) -> str:
        return hmac.new(self._look(secret_of) or b"", text.encode(), "sha256").hexdigest()
