"""One process at a time may change a batch's ledger or what it stands for."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from hitgen.lib.sqlite import held


def locked(ledger: Path) -> AbstractContextManager[None]:
    """Hold the lock beside `ledger`, or raise InputError at once where another process holds it."""
    return held(ledger.with_name(ledger.name + ".lock"), ledger.parent)
