"""What things cost, to the cent, in Decimal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

CENT = Decimal("0.01")
FREE = Decimal("0.00")


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


def quote(hits: Iterable[tuple[int, Decimal]], fee_usd: Callable[[Decimal, int], Decimal]) -> Quote:
    """The price of HITs given as (assignments, reward in dollars), with `fee_usd(reward, assignments)` on each assignment."""
    count, places, rewards, fees = 0, 0, FREE, FREE
    for assignments, reward_usd in hits:
        count += 1
        places += assignments
        rewards += assignments * reward_usd
        fees += assignments * fee_usd(reward_usd, assignments)
    return Quote(count, places, rewards, fees)


def quote_by_percent(hits: Iterable[tuple[int, Decimal]], percent: Decimal, aside_usd: Decimal = FREE) -> Quote:
    """The price of HITs given as (assignments, reward in dollars), the fee a percentage rounded up to the cent.

    `aside_usd` is set aside for each HIT and counted, with its fee, among the fees.
    """

    def fee(reward_usd: Decimal, _: int) -> Decimal:
        return (reward_usd * percent / 100).quantize(CENT, ROUND_CEILING)

    found = quote(hits, fee)
    return replace(found, fees_usd=found.fees_usd + found.hits * (aside_usd + fee(aside_usd, 1)))
