"""The time, in one place, so that tests and rehearsals can put another in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""When HITs end that have no end by themselves."""


def utc_now() -> datetime:
    """The time now, UTC."""
    return datetime.now(UTC)


def utc_of(text: str) -> datetime:
    """A time in ISO 8601, in UTC, which is also meant where it does not say; ValueError for anything else."""
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def clock_if_dated(words: str) -> str:
    """What to do first where a certificate is refused for its dates, as a wrong clock makes every one; else empty."""
    if not any(date in words for date in ("not yet valid", "has expired")):
        return ""
    return f"setting this computer's clock where it is not {utc_now():%Y-%m-%d %H:%M} UTC; else "
