"""How answers come from pages into the inbox."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from hitgen.collector.inbox import Inbox


class Way(Protocol):
    """One way for answers; `address` is where pages send them, `until` when that ends, None where it does not."""

    @property
    def address(self) -> str: ...

    @property
    def until(self) -> datetime | None: ...

    def prepare(self, now: datetime) -> None: ...

    def take_in(self, inbox: Inbox, now: datetime) -> None: ...

    def clear(self) -> None: ...


class LocalWay:
    """`hitgen serve` writes into the inbox by itself."""

    until: datetime | None = None

    def __init__(self, address: str) -> None:
        self._address = address

    @property
    def address(self) -> str:
        """Where pages send answers."""
        return self._address

    def prepare(self, now: datetime) -> None:
        """Nothing is needed."""

    def take_in(self, inbox: Inbox, now: datetime) -> None:
        """What came is there."""

    def clear(self) -> None:
        """Nothing was made."""
