"""Making one HIT exactly once, whatever happens in between."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hitgen.errors import OutsideError
from hitgen.ledger.rows import Hit, HitProgress
from hitgen.publishing.orders import Intended
from hitgen.publishing.publication import MAX_SKEW_S, Account
from hitgen.recruiters.base import RefusedError


def cost_usd(account: Account, hit: Intended) -> Decimal:
    """What a HIT costs with fees if all its places are worked, in dollars."""
    return account.kind.quote([(hit.order.assignments, hit.order.reward_usd)]).total_usd


def create(account: Account, hit: Intended) -> Hit:
    """Make a HIT that was never meant before, or was refused.

    The intent with its token is on the disk before the call, the outcome after it. Raises whatever
    the recruiter raises; then the row says `refused` where nothing was made for certain, else `intended`.
    """
    if account.ledger.account is None:
        account.ledger.bind(account.recruiter.account())
    row = account.ledger.intend(hit.order, hit.page_sha256, cost_usd(account, hit), account.now(), hit.replaces)
    return _call(account, row, in_doubt=False)


def settle(account: Account, row: Hit) -> Hit:
    """Find out what became of an intent without an outcome, and bring it to its end.

    While the token is valid the same call is sent again: the recruiter answers with the HIT there is.
    After that, or where the clock has been set back, the call is never sent again: the listing tells.
    """
    age = account.now() - row.intended_at
    if timedelta(seconds=-MAX_SKEW_S) <= age < account.recruiter.token_valid:
        return _call(account, row, in_doubt=True)
    # Twice: one listing may leave out what moved between its pages while it was read.
    if found := _listed(account, row) or _listed(account, row):
        account.ledger.created(row.hit, found)
        return _again(account, row)
    # The listing is sure by now: nothing was made, and a new intent with a new token may be.
    account.ledger.refused(row.hit, "not made: the listing does not have it")
    renewed = account.ledger.intend(row.order, row.page_sha256, row.cost_usd, account.now(), row.replaces)
    return _call(account, renewed, in_doubt=False)


def _call(account: Account, row: Hit, in_doubt: bool) -> Hit:
    try:
        made = account.recruiter.create(row.order, row.token)
    except RefusedError as error:
        if not (in_doubt or error.in_doubt):
            account.ledger.refused(row.hit, str(error))
            raise
        # An earlier try may have been the one that made it, so a refusal proves nothing.
        found = _listed(account, row)
        if found is None:
            raise
        made = found
    if made.annotation != row.order.annotation:
        raise OutsideError(
            f"{row.hit}: the recruiter answered with HIT {made.hit_id} of {made.annotation!r}, not ours; "
            "look at the requester's page before running this again"
        )
    account.ledger.created(row.hit, made)
    return _again(account, row)


def _listed(account: Account, row: Hit) -> HitProgress | None:
    found = account.recruiter.find(row.order.annotation)
    if len(found) > 1:
        ids = ", ".join(hit.hit_id for hit in found)
        raise OutsideError(
            f"{row.hit}: {len(found)} HITs carry its annotation ({ids}); delete all but one at the "
            "requester's page and run this again"
        )
    return found[0] if found else None


def _again(account: Account, row: Hit) -> Hit:
    found = account.ledger.hit(row.hit)
    if found is None:
        raise OutsideError(f"{row.hit} vanished from {account.ledger.path}")
    return found
