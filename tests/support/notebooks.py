"""A recruiter's notebook without a file."""

from __future__ import annotations

import weakref
from pathlib import Path

from hitgen.ledger.ledger import Ledger
from hitgen.ledger.notebook import Notebook


def notebook() -> Notebook:
    """An empty one, which goes when nobody holds it any more."""
    ledger = Ledger(Path(":memory:"))
    weakref.finalize(ledger.book, ledger.close)
    return ledger.book
