"""Listings in pages of at most 100, each with a token for the next."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from hitgen.doubles.mturk.refusals import invalid
from hitgen.doubles.mturk.state import State

Show = Callable[[sqlite3.Row], dict[str, Any]]
DEFAULT_SIZE = 10


def page(
    state: State, request: dict[str, Any], key: str, query: str, values: list[Any], show: Show, newest: bool = False
) -> dict[str, Any]:
    """One page of `query`, a SELECT whose rows have `seq` and whose last condition is open for another AND."""
    size = request.get("MaxResults", DEFAULT_SIZE)
    order, beyond = ("DESC", "<") if newest else ("ASC", ">")
    more, tail = [], ""
    if (token := request.get("NextToken")) is not None:
        if not token.startswith("p") or not token[1:].isdigit():
            raise invalid(f"the NextToken {token!r} is not one of this listing")
        more, tail = [int(token[1:])], f" AND seq {beyond} ?"
    rows = state.rows(f"{query}{tail} ORDER BY seq {order} LIMIT ?", *values, *more, size + 1)
    answer: dict[str, Any] = {"NumResults": min(size, len(rows)), key: [show(row) for row in rows[:size]]}
    if len(rows) > size:
        answer["NextToken"] = f"p{rows[size - 1]['seq']}"
    return answer
