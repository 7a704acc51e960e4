"""What Mechanical Turk costs, to the cent, in Decimal; never less than the service takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

CENT = Decimal("0.01")
BASE_RATE = Decimal("0.20")
LARGE_HIT_RATE = Decimal("0.20")
MASTERS_RATE = Decimal("0.05")
LARGE_HIT = 10
"""From this many assignments on a HIT costs LARGE_HIT_RATE more."""


@dataclass(frozen=True)
class Quote:
    """What HITs cost in US dollars: rewards to workers and fees to the service."""

    hits: int
    assignments: int
    rewards_usd: Decimal
    fees_usd: Decimal

    @property
    def total_usd(self) -> Decimal:
        """Rewards and fees together."""
        return self.rewards_usd + self.fees_usd


def fee_usd(amount_usd: Decimal, max_assignments: int, masters: bool = False) -> Decimal:
    """The fee on one reward or bonus in a HIT of `max_assignments`, in dollars, rounded up to the cent.

    Source: requester.mturk.com/pricing: 20%, 20% more from 10 assignments on, 5% more for Masters,
    at least one cent. The service's rounding is not documented; rounding up never undercounts.
    """
    rate = BASE_RATE + (LARGE_HIT_RATE if max_assignments >= LARGE_HIT else 0) + (MASTERS_RATE if masters else 0)
    return max(CENT, (amount_usd * rate).quantize(CENT, ROUND_CEILING))


def quote(hits: Iterable[tuple[int, Decimal]], masters: bool = False) -> Quote:
    """The price of HITs given as (assignments, reward in dollars)."""
    count, places, rewards, fees = 0, 0, Decimal("0.00"), Decimal("0.00")
    for assignments, reward_usd in hits:
        count += 1
        places += assignments
        rewards += assignments * reward_usd
        fees += assignments * fee_usd(reward_usd, assignments, masters)
    return Quote(count, places, rewards, fees)


def split(assignments: int, waves: bool) -> list[int]:
    """The sizes of the HITs that give `assignments`: one HIT, or the fewest even ones below LARGE_HIT."""
    if not waves or assignments < LARGE_HIT:
        return [assignments]
    count = -(-assignments // (LARGE_HIT - 1))
    small, larger = divmod(assignments, count)
    return [small + 1] * larger + [small] * (count - larger)
