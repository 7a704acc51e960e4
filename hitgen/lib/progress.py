"""Telling how far long work is: every function that takes a while is given an `OnProgress`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TypeVar

Item = TypeVar("Item")
OnProgress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done and how much there is."""


def silent(step: str, done: int, total: int) -> None:
    """For callers who do not want to know."""


def counted(step: str, items: Collection[Item], progress: OnProgress) -> Iterator[Item]:
    """The items one by one, each counted when the work on it is done."""
    for number, item in enumerate(items, start=1):
        yield item
        progress(step, number, len(items))
