"""How long work says how far it is: every function that takes a while takes an `OnProgress`."""

from __future__ import annotations

from collections.abc import Callable

OnProgress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done and how much there is."""


def silent(step: str, done: int, total: int) -> None:
    """For callers who do not want to know."""
