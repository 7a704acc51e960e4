"""What Prolific takes: a percentage of every reward and bonus, which depends on the account."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal

from hitgen.lib import money
from hitgen.lib.money import CENT, Quote


def quote(hits: Iterable[tuple[int, Decimal]], percent: Decimal) -> Quote:
    """The price of HITs given as (assignments, reward in dollars), the fee rounded up to the cent."""
    return money.quote(hits, lambda reward_usd, _: (reward_usd * percent / 100).quantize(CENT, ROUND_CEILING))
