"""Who gets at a batch's ledger: one process at a time may change it or what it stands for, anybody may read it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from hitgen.errors import HitgenError
from hitgen.ledger.ledger import Ledger
from hitgen.lib.sqlite import held, is_unwritable

Found = TypeVar("Found")


def locked(ledger: Path) -> AbstractContextManager[None]:
    """Hold the lock beside `ledger`, or raise InputError at once where another process holds it."""
    return held(ledger.with_name(ledger.name + ".lock"), ledger.parent)


def read_ledger(path: Path, look: Callable[[Ledger], Found]) -> Found:
    """What a function finds in the ledger at `path`, also where nothing can be written: on a snapshot, or a full disk."""
    try:
        with Ledger(path) as ledger:
            return look(ledger)
    except HitgenError as error:
        if not is_unwritable(error):
            raise
    with Ledger(path, copy=True) as ledger:
        return look(ledger)
