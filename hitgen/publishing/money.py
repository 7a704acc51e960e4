"""What everything that commits money must pass: the cap, the balance, and the total that is typed in production."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from hitgen.errors import Fault, InputError, in_config
from hitgen.ledger.rows import Binding


def money_faults(
    account: Binding,
    total_usd: Decimal,
    cost_usd: Decimal,
    cap_usd: Decimal | None,
    balance_usd: Decimal | None,
    what: str,
) -> list[Fault]:
    """What forbids committing `cost_usd` more, which makes `total_usd` in all."""
    faults = []
    if cap_usd is not None and total_usd > cap_usd:
        problem = f"the batch costs ${total_usd}, more than its cap of ${cap_usd}"
        faults.append(in_config("recruiter.cap_usd", problem, "fewer ratings, or a higher cap"))
    if cap_usd is None and account.environment == "production":
        remedy = f'cap_usd = "{total_usd}" or more under [recruiter]'
        faults.append(in_config("recruiter.cap_usd", "production needs a cap on what the batch may cost", remedy))
    if balance_usd is not None and cost_usd > balance_usd:
        problem = f"{what} ${cost_usd}, but ${balance_usd} are there"
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
