"""How a draft at a service is known again: by the HITs that it is for, and by what these were when it was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from hitgen.errors import InputError, in_config
from hitgen.ledger.rows import Order

HITS_AND_ORDERS = "-"
DEARER = (
    "Run `hitgen close`, set recruiter.fee_percent to what your account pays, and publish that from another folder, under another "
    "batch name"
)
"""What to do about a draft that costs more than was agreed to: what is shown next is agreed to anew."""


def draft_word(orders: Sequence[Order]) -> str:
    """The last word of a draft's internal name: a digest of its HITs, and one of all that was ordered."""
    rows = [order.as_json() for order in sorted(orders, key=lambda order: order.hit)]
    return HITS_AND_ORDERS.join((_digest([row["hit"] for row in rows]), _digest(rows)))


def is_for(word: str, orders: Sequence[Order]) -> bool:
    """Whether a draft whose name ends so is for these HITs, whatever they were when it was made."""
    return word.partition(HITS_AND_ORDERS)[0] == draft_word(orders).partition(HITS_AND_ORDERS)[0]


def is_stale(word: str, orders: Sequence[Order]) -> bool:
    """Whether a draft whose name ends so was made for something else than these orders; an earlier hitgen's name does not tell."""
    return HITS_AND_ORDERS in word and word != draft_word(orders)


def refuse_half(draft: str, others: Sequence[Order]) -> None:
    """InputError where a draft that is stale is also of HITs that were made, and so cannot be thrown away."""
    if others:
        problem = (
            f"{draft} is a draft of a run that was cut off, and is also of {others[0].hit}, which was made: its other "
            "pages had another reward, other places or other contents then"
        )
        remedy = "undoing what was changed, and publishing; or `hitgen close` and another batch name"
        raise InputError(in_config("hit", problem, remedy))


def _digest(values: object) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]
