"""What Prolific takes: a percentage of every reward and bonus, which depends on the account, in dollars or pounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

from hitgen.errors import InputError, in_config
from hitgen.lib import money
from hitgen.lib.money import CENT, FREE, Quote


def quote(hits: Iterable[tuple[int, Decimal]], percent: Decimal, screen_outs_usd: Decimal = FREE) -> Quote:
    """The price of HITs given as (assignments, reward in dollars), the fee rounded up to the cent.

    `screen_outs_usd` is set aside for each HIT, to pay who is screened out; it is counted, with its fee, among the fees.
    """

    def fee(reward_usd: Decimal, _: int) -> Decimal:
        return (reward_usd * percent / 100).quantize(CENT, ROUND_CEILING)

    found = money.quote(hits, fee)
    return replace(found, fees_usd=found.fees_usd + found.hits * (screen_outs_usd + fee(screen_outs_usd, 1)))


@dataclass(frozen=True)
class Currency:
    """What the workspace pays in: dollars, or pounds where `usd_per_gbp` says what one of them is worth."""

    usd_per_gbp: Decimal | None

    @property
    def code(self) -> str:
        """As Prolific writes it."""
        return "USD" if self.usd_per_gbp is None else "GBP"

    def hundredths(self, amount_usd: Decimal) -> int:
        """An amount in cents or pence, rounded down, so that nothing costs more than was agreed to; at least one."""
        return max(1, int(amount_usd / (self.usd_per_gbp or 1) * 100))

    def usd(self, hundredths: Decimal) -> Decimal:
        """Cents or pence in dollars."""
        return hundredths / 100 * (self.usd_per_gbp or 1)

    def refuse_other(self, code: str) -> None:
        """InputError where the workspace pays in another currency."""
        if code == self.code:
            return
        if code == "GBP":
            problem, remedy = (
                "this workspace pays in pounds",
                'the dollars that a pound is worth, such as usd_per_gbp = "1.30"',
            )
            raise InputError(in_config("recruiter.usd_per_gbp", problem, remedy))
        problem = f"this workspace pays in {code}, and batch.toml speaks of {self.code}"
        raise InputError(
            in_config("recruiter.workspace", problem, "a workspace in US dollars, or in pounds with usd_per_gbp")
        )
