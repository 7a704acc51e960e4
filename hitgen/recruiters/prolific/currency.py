"""What Prolific is paid in: dollars or pounds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hitgen.errors import InputError, in_config


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
