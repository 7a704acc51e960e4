"""How answers come from pages into the inbox."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from hitgen.collector.inbox import Inbox
from hitgen.collector.proof import Site, prove


class Way(Protocol):
    """One way for answers; `address` is where pages send them, `until` when that ends, None where it does not.

    `prepare` sees that they would arrive, with one for the place `name` that nobody was given, and says what to mind.
    """

    @property
    def address(self) -> str: ...

    @property
    def until(self) -> datetime | None: ...

    def prepare(self, now: datetime, inbox: Inbox, name: str, new: bool) -> list[str]: ...

    def take_in(self, inbox: Inbox, now: datetime) -> None: ...

    def clear(self) -> None: ...


class LocalWay:
    """`hitgen serve` writes into the inbox by itself."""

    until: datetime | None = None

    def __init__(self, address: str, batch: str, site: Site) -> None:
        self._address = address
        self._batch = batch
        self._site = site

    @property
    def address(self) -> str:
        """Where pages send answers."""
        return self._address

    def prepare(self, now: datetime, inbox: Inbox, name: str, new: bool) -> list[str]:
        """See that an answer arrives from where pages send it, where something `new` is to be published."""
        return prove(self._address, inbox, self._batch, name, self._site) if new else []

    def take_in(self, inbox: Inbox, now: datetime) -> None:
        """What came is there."""

    def clear(self) -> None:
        """Nothing was made."""
