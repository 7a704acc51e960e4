"""Handing out places: each newcomer gets a participant's addresses, one page after the other."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime

from hitgen.collector.inbox import Inbox
from hitgen.ledger.notebook import Notebook
from hitgen.recruiters.base import Look
from hitgen.recruiters.link.places import Place, Places, secret_of


class HandingOut:
    """What the collector asks for whoever opens the address /go."""

    def __init__(self, batch: str, look: Look, inbox: Inbox, now: Callable[[], datetime]) -> None:
        self._batch = batch
        self._look = look
        self._inbox = inbox
        self._now = now

    def __call__(self, cookie: str) -> tuple[str, str]:
        """The cookie that names the participant, and the address of the next open place; empty where none is."""
        places = self._look(self._open_places) or {}
        delivered = self._inbox.delivered()
        untouched = [name for name, own in places.items() if not any(place.assignment in delivered for place in own)]
        in_order = sorted(untouched, key=lambda name: (len(name), name))
        participant = self._known(cookie) or self._inbox.issue(in_order, self._now())
        if participant is None:
            return "", ""
        left = (place.url for place in places.get(participant, []) if place.assignment not in delivered)
        return self._cookie(participant), next(left, "")

    def _open_places(self, book: Notebook) -> dict[str, list[Place]]:
        places = Places(self._batch, book)
        found: dict[str, list[Place]] = {}
        for hit in places.hits():
            if not hit.deleted and hit.expires_at > self._now():
                for place in places.of(hit):
                    found.setdefault(place.participant, []).append(place)
        return found

    def _cookie(self, participant: str) -> str:
        secret = self._look(secret_of) or b""
        return f"{participant}.{hmac.new(secret, f'cookie {participant}'.encode(), 'sha256').hexdigest()}"

    def _known(self, cookie: str) -> str | None:
        participant = cookie.partition(".")[0]
        return participant if cookie and hmac.compare_digest(self._cookie(participant), cookie) else None
