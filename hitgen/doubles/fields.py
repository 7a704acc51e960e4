"""Small checks of values, from which the doubles of services put together what they take in a request."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hitgen.doubles.service import RefusalError

Check = Callable[[Any], bool]
Fields = dict[str, Check]


def text(most: int = 10_000, least: int = 1) -> Check:
    """A text of so many characters."""
    return lambda value: isinstance(value, str) and least <= len(value) <= most


def whole(least: int) -> Check:
    """A whole number; true and false are none."""
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least


def among(words: set[str]) -> Check:
    """One of some words."""
    return lambda value: isinstance(value, str) and value in words


def any_of(check: Check) -> Check:
    """A list of what `check` takes, which may be empty."""
    return lambda value: isinstance(value, list) and all(map(check, value))


def some(check: Check) -> Check:
    """A list of what `check` takes, with at least one entry."""
    return lambda value: bool(value) and any_of(check)(value)


def shape(required: Fields, optional: Fields | None = None) -> Check:
    """An object with these fields and no others."""
    known = {**required, **(optional or {})}
    return lambda value: (
        isinstance(value, dict)
        and set(required) <= set(value) <= set(known)
        and all(known[name](each) for name, each in value.items())
    )


def address(value: Any) -> bool:
    """A web address; without encryption only on this machine."""
    return (
        isinstance(value, str) and re.match(r"https://\S+$|http://(127\.0\.0\.1|localhost)[:/]\S*$", value) is not None
    )


def checked(required: Fields, optional: Fields, body: Any) -> dict[str, Any]:
    """The body of a request; RefusalError where a field is unknown, missing or not what it should be."""
    if not isinstance(body, dict):
        raise RefusalError(400, "the body is no object")
    known = {**required, **optional}
    faults = [f"{field}: this field is required" for field in required if field not in body]
    faults += [f"{field}: unknown" for field in body if field not in known]
    faults += [f"{field}: not valid" for field, value in body.items() if field in known and not known[field](value)]
    if faults:
        raise RefusalError(400, "; ".join(faults))
    return body
