"""What recruiters cost, to the cent, in Decimal; never less than the service takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from hitgen.config.recruiting import AnyRecruiter, MTurkRecruiter, ProlificRecruiter

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
    """The price of Mechanical Turk's HITs given as (assignments, reward in dollars)."""
    return _summed(hits, lambda reward_usd, assignments: fee_usd(reward_usd, assignments, masters))


def quote_for(recruiter: AnyRecruiter, hits: Iterable[tuple[int, Decimal]]) -> Quote:
    """The price of HITs given as (assignments, reward in dollars) with this recruiter.

    Own participants and Turkle's workers are paid outside hitgen, so nothing is spent through it.
    """
    if isinstance(recruiter, MTurkRecruiter):
        return quote(hits, recruiter.masters)
    if isinstance(recruiter, ProlificRecruiter):
        percent = recruiter.fee_percent
        return _summed(hits, lambda reward_usd, _: (reward_usd * percent / 100).quantize(CENT, ROUND_CEILING))
    return _summed(((assignments, Decimal("0.00")) for assignments, _ in hits), lambda *_: Decimal("0.00"))


def bonus_fee_usd(recruiter: AnyRecruiter, amount_usd: Decimal, assignments: int) -> Decimal:
    """The fee on one bonus in a HIT of `assignments`, in dollars."""
    if isinstance(recruiter, MTurkRecruiter):
        return fee_usd(amount_usd, assignments)
    return quote_for(recruiter, [(1, amount_usd)]).fees_usd


def _summed(hits: Iterable[tuple[int, Decimal]], fee: Callable[[Decimal, int], Decimal]) -> Quote:
    count, places, rewards, fees = 0, 0, Decimal("0.00"), Decimal("0.00")
    for assignments, reward_usd in hits:
        count += 1
        places += assignments
        rewards += assignments * reward_usd
        fees += assignments * fee(reward_usd, assignments)
    return Quote(count, places, rewards, fees)


def split(assignments: int, waves: bool) -> list[int]:
    """The sizes of the HITs that give `assignments`: one HIT, or the fewest even ones below LARGE_HIT."""
    if not waves or assignments < LARGE_HIT:
        return [assignments]
    count = -(-assignments // (LARGE_HIT - 1))
    small, larger = divmod(assignments, count)
    return [small + 1] * larger + [small] * (count - larger)
