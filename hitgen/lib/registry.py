"""What is chosen by a word in batch.toml: rows of data, whose code is loaded when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Generic, TypeVar, cast

Item = TypeVar("Item")


class Registry(Generic[Item]):
    """Objects by name, each given as `module:ATTRIBUTE`; packages may announce more under an entry point group."""

    def __init__(self, rows: Mapping[str, str], group: str = "") -> None:
        self._rows = dict(rows)
        self._group = group
        self._loaded: dict[str, Item] = {}

    def get(self, name: str) -> Item:
        """The object of a name, loaded now and kept; KeyError for a name that nobody has announced."""
        if name not in self._loaded:
            module, _, attribute = (self._rows.get(name) or _announced(self._group)[name]).partition(":")
            self._loaded[name] = cast(Item, getattr(importlib.import_module(module), attribute))
        return self._loaded[name]

    def names(self) -> tuple[str, ...]:
        """All names there are: hitgen's own in the order of their rows, then what was added or announced."""
        return tuple(dict.fromkeys([*self._rows, *self._loaded, *_announced(self._group)]))

    def add(self, name: str, item: Item) -> None:
        """Take in an object that has no row; it wins over one that has."""
        self._loaded[name] = item


@cache
def _announced(group: str) -> Mapping[str, str]:
    """Looked for once, for all that is installed is read."""
    return {point.name: point.value for point in entry_points(group=group)} if group else {}
