"""What everything that commits money must pass: the cap, the balance, and the total that is typed in production."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from hitgen.errors import Fault, InputError, in_config
from hitgen.ledger.rows import Binding


@dataclass(frozen=True, kw_only=True)
class Outlay:
    """What a plan spends in addition to what its ledger has committed, and what bounds it; US dollars with fees."""

    account: Binding
    cost_usd: Decimal
    committed_usd: Decimal
    paid_usd: Decimal
    cap_usd: Decimal | None
    balance_usd: Decimal | None

    @property
    def total_usd(self) -> Decimal:
        """What the batch costs when all is done."""
        return self.committed_usd + self.cost_usd

    def faults(self, what: str) -> list[Fault]:
        """What forbids committing the cost; `what` costs it, in words."""
        faults, total_usd = [], self.total_usd
        if self.cap_usd is not None and total_usd > self.cap_usd:
            problem = f"the batch costs ${total_usd}, more than its cap of ${self.cap_usd}"
            faults.append(in_config("recruiter.cap_usd", problem, "fewer ratings, or a higher cap"))
        if self.cap_usd is None and self.account.environment == "production":
            remedy = f'cap_usd = "{total_usd}" or more under [recruiter]'
            faults.append(in_config("recruiter.cap_usd", "production needs a cap on what the batch may cost", remedy))
        if self.balance_usd is not None and self.cost_usd > self.balance_usd:
            problem = f"{what} ${self.cost_usd}, but ${self.balance_usd} are there"
            faults.append(Fault("recruiter", "balance", problem, "adding funds to the account, or fewer ratings"))
        return faults


def check_total(
    verb: str, environment: str, cost_usd: Decimal | None, typed_total: str, option: str = "--production"
) -> None:
    """Raise InputError where production spends (`cost_usd` is not None) and the very total was not typed."""
    if environment != "production" or cost_usd is None:
        return
    try:
        agreed = Decimal(typed_total.strip().removeprefix("$")) == cost_usd
    except InvalidOperation:
        agreed = False
    if not agreed:
        problem = f"production spends ${cost_usd}, and that total was not typed"
        raise InputError(Fault(verb, option, problem, "typing it when asked, or --total"))
