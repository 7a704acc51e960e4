"""The fees of Mechanical Turk and of services like it: to the cent, in Decimal, never less than the service takes."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal

from hitgen.lib import money
from hitgen.lib.money import CENT, Quote

BASE_RATE = Decimal("0.20")
LARGE_HIT_RATE = Decimal("0.20")
MASTERS_RATE = Decimal("0.05")
LARGE_HIT = 10
"""From this many assignments on a HIT costs LARGE_HIT_RATE more."""


def fee_usd(amount_usd: Decimal, max_assignments: int, masters: bool = False) -> Decimal:
    """The fee on one reward or bonus in a HIT of `max_assignments`, in dollars, rounded up to the cent.

    Source: requester.mturk.com/pricing: 20%, 20% more from 10 assignments on, 5% more for Masters,
    at least one cent. The service's rounding is not documented; rounding up never undercounts.
    """
    rate = BASE_RATE + (LARGE_HIT_RATE if max_assignments >= LARGE_HIT else 0) + (MASTERS_RATE if masters else 0)
    return max(CENT, (amount_usd * rate).quantize(CENT, ROUND_CEILING))


def quote(hits: Iterable[tuple[int, Decimal]], masters: bool = False) -> Quote:
    """The price of HITs given as (assignments, reward in dollars)."""
    return money.quote(hits, lambda reward_usd, assignments: fee_usd(reward_usd, assignments, masters))


def split(assignments: int, waves: bool) -> list[int]:
    """The sizes of the HITs that give `assignments`: one HIT, or the fewest even ones below LARGE_HIT."""
    if not waves or assignments < LARGE_HIT:
        return [assignments]
    count = -(-assignments // (LARGE_HIT - 1))
    small, larger = divmod(assignments, count)
    return [small + 1] * larger + [small] * (count - larger)
