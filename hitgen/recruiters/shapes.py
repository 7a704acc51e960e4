"""What hitgen reads of a service's answer: where something else came, that is told, whatever the service has become."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Shape = Any
"""A type, a test of a value, `[shape]` for a list of such, or a dict of shapes by key; a key that ends in `?` may be missing
or null."""


def number(found: object) -> bool:
    """Whether it is a finite number, also as text."""
    try:
        return not isinstance(found, bool) and isinstance(found, (int, float, str)) and Decimal(str(found)).is_finite()
    except InvalidOperation:
        return False


def moment(found: object) -> bool:
    """Whether it is a time in ISO 8601."""
    try:
        return isinstance(found, str) and bool(datetime.fromisoformat(found))
    except ValueError:
        return False


def misfit(found: object, shape: Shape, where: str = "") -> str:
    """The place in an answer that has not its shape, as `results[0].status`; empty where all has."""
    if isinstance(shape, dict):
        return _in_object(found, shape, where)
    if isinstance(shape, list):
        if not isinstance(found, list):
            return where or "all of it"
        inside = (misfit(row, shape[0], f"{where}[{number}]") for number, row in enumerate(found))
        return next(filter(None, inside), "")
    fits: Callable[[object], bool] = shape if not isinstance(shape, type) else lambda value: isinstance(value, shape)
    return "" if fits(found) else where or "all of it"


def _in_object(found: object, shape: dict[str, Shape], where: str) -> str:
    if not isinstance(found, dict):
        return where or "all of it"
    for key, inner in shape.items():
        name = key.removesuffix("?")
        if name != key and found.get(name) is None:
            continue
        path = f"{where}.{name}" if where else name
        if name not in found:
            return path
        if fault := misfit(found[name], inner, path):
            return fault
    return ""
