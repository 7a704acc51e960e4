"""`hitgen serve`: the collector of one batch, with what it has to know of the ledger."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from hitgen.collector.app import Collector
from hitgen.collector.inbox import FILE, Inbox
from hitgen.config.batch import BatchConfig
from hitgen.config.loading import CONFIG_NAME, read_config
from hitgen.config.publishing import FolderHost
from hitgen.config.recruiting import LinkRecruiter, ProlificRecruiter
from hitgen.errors import Fault, InputError
from hitgen.ledger.rows import Kept
from hitgen.lib.sqlite import open_database
from hitgen.publishing.publication import LEDGER
from hitgen.recruiters.places import Place, Places, is_place, is_session, secret_of

Found = TypeVar("Found")
Clock = Callable[[], datetime]


class LedgerView:
    """What a collector reads of the ledger while other processes write it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LEDGER
        self._secret: bytes | None = None

    def read(self, look: Callable[[Kept], Found]) -> Found | None:
        """What `look` finds in the ledger's kept values; None where there is no ledger."""
        if not self._path.exists():
            return None
        with closing(open_database(self._path, read_only=True)) as database:
            return look(Kept(database))

    def secret(self) -> bytes | None:
        """The key of the batch's places; None before it is published."""
        if self._secret is None:
            self._secret = self.read(secret_of)
        return self._secret

    def is_place(self, assignment: str) -> bool:
        """Whether this place was given out."""
        secret = self.secret()
        return secret is not None and is_place(secret, assignment)


class HandingOut:
    """Gives each newcomer a participant's places, one page after the other."""

    def __init__(self, batch: str, view: LedgerView, inbox: Inbox, now: Clock) -> None:
        self._batch = batch
        self._view = view
        self._inbox = inbox
        self._now = now

    def __call__(self, cookie: str) -> tuple[str, str]:
        """The cookie that names the participant, and the address of the next open place; empty where none is."""
        places = self._view.read(self._open_places) or {}
        delivered = self._inbox.delivered()
        untouched = [name for name, own in places.items() if not any(place.assignment in delivered for place in own)]
        in_order = sorted(untouched, key=lambda name: (len(name), name))
        participant = self._known(cookie) or self._inbox.issue(in_order, self._now())
        if participant is None:
            return "", ""
        left = (place.url for place in places.get(participant, []) if place.assignment not in delivered)
        return self._cookie(participant), next(left, "")

    def _open_places(self, kept: Kept) -> dict[str, list[Place]]:
        places = Places(self._batch, kept)
        found: dict[str, list[Place]] = {}
        for hit in places.hits():
            if not hit.deleted and hit.expires_at > self._now():
                for place in places.of(hit):
                    found.setdefault(place.participant, []).append(place)
        return found

    def _cookie(self, participant: str) -> str:
        secret = self._view.secret() or b""
        return f"{participant}.{hmac.new(secret, f'cookie {participant}'.encode(), 'sha256').hexdigest()}"

    def _known(self, cookie: str) -> str | None:
        participant = cookie.partition(".")[0]
        return participant if cookie and hmac.compare_digest(self._cookie(participant), cookie) else None


@contextmanager
def open_collector(
    folder: Path, hand_out: bool = False, now: Clock = lambda: datetime.now(UTC), config: BatchConfig | None = None
) -> Iterator[tuple[Collector, Inbox]]:
    """The collector of a batch and the inbox it fills, `config` in place of the folder's.

    Raises InputError where the batch needs none.
    """
    config = config or read_config(folder / CONFIG_NAME)
    recruiter, name = config.recruiter, config.batch.name
    if not isinstance(recruiter, LinkRecruiter | ProlificRecruiter) or recruiter.results.kind != "collector":
        problem = "the answers of this batch do not come to a collector"
        remedy = '[recruiter] kind = "link" with results = {kind = "collector", url = "https://..."}'
        raise InputError(Fault(CONFIG_NAME, "recruiter.results", problem, remedy))
    view = LedgerView(folder)
    known = view.is_place if isinstance(recruiter, LinkRecruiter) else is_session
    with Inbox(folder / FILE, name, known) as inbox:
        handing = _handing(recruiter.kind, hand_out, HandingOut(name, view, inbox, now))
        ready = (lambda: view.secret() is not None) if isinstance(recruiter, LinkRecruiter) else (lambda: True)
        yield Collector(inbox, ready, handing, _pages(config, folder), now), inbox


def _handing(kind: str, wanted: bool, handing: HandingOut) -> HandingOut | None:
    if not wanted:
        return None
    if kind != "link":
        raise InputError(Fault(CONFIG_NAME, "recruiter.kind", f"{kind!r} sends people by itself", "no --hand-out"))
    return handing


def _pages(config: BatchConfig, folder: Path) -> Path | None:
    return folder / config.host.folder if isinstance(config.host, FolderHost) else None
