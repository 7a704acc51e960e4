"""More time for HITs, or their end: extend, expire, delete, close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from hitgen.errors import Fault, InputError, OutsideError, in_config, raise_faults
from hitgen.hosts import open_host
from hitgen.hosts.base import KEY
from hitgen.ledger.rows import Hit
from hitgen.ledger.totals import Totals, totals
from hitgen.lib.money import CENT
from hitgen.lib.progress import counted
from hitgen.publishing.adopt import adopt_ours
from hitgen.publishing.collect import collect
from hitgen.publishing.money import Outlay, check_total
from hitgen.publishing.publication import Account

LISTED_AFTER = timedelta(minutes=10)
"""After this long a HIT that was made is in the recruiter's listing."""
NOT_LISTED = "may just have been made and is not listed yet: run this again in 10 minutes"


@dataclass(frozen=True)
class Ended:
    """HITs by our names: those that are done with, and those that remain with the reason.

    `approved` submissions of forgotten workers were not judged, and could not be any more.
    """

    done: tuple[str, ...]
    left: dict[str, str]
    approved: int = 0
    files_removed: int = 0
    closed: bool = False


def settle_doubtful(account: Account) -> list[str]:
    """Find the HITs of intents without an outcome, without making any; those that are still in doubt."""
    waiting = []
    for row in account.ledger.hits():
        if row.state != "intended":
            continue
        found = account.recruiter.find(row.order.annotation)
        account.check_clock()
        if found:
            account.ledger.created(row.hit, found[0])
        elif account.now() - row.intended_at > LISTED_AFTER:
            account.ledger.refused(row.hit, "not made: the listing does not have it")
        else:
            waiting.append(row.hit)
    return waiting


@dataclass(frozen=True)
class ExtensionPlan(Outlay):
    """HITs that get more time by our names, those of them that had ended, and what their open places cost.

    `beside_topups` had ended and have pages that were topped up since: both would bring ratings.
    """

    until: datetime
    hits: tuple[str, ...]
    reopened: tuple[str, ...]
    beside_topups: tuple[str, ...]


def plan_extension(account: Account, time: timedelta) -> ExtensionPlan:
    """What keeping every HIT with places left open until `time` from now would do and cost; those open longer stay so.

    Raises InputError where it cannot be, or costs more than the cap or the balance.
    """
    if time <= timedelta(0):
        raise InputError(Fault("extend", "--hours", "is not more time", "a number above 0"))
    if "extend" not in account.recruiter.can:
        raise InputError(in_config("recruiter.kind", "cannot give HITs more time", "`hitgen publish`"))
    now = account.now()
    collect(account)
    now = account.by_its_clock(now)
    found, until = totals(account.ledger, now), now + time
    hits = [row for row in found.hits if _takes(row, found, until)]
    reopened = [row for row in hits if row.hit not in found.open]
    cost_usd = sum((row.place_usd * (found.left[row.hit] - found.coming[row.hit]) for row in reopened), Decimal(0))
    topped_up = {row.page for row in found.hits if ".t" in row.hit and row.state != "refused"}
    plan = ExtensionPlan(
        account=account.ledger.account or account.recruiter.account(),
        until=until,
        hits=tuple(row.hit for row in hits),
        reopened=tuple(row.hit for row in reopened),
        beside_topups=tuple(row.hit for row in reopened if row.page in topped_up and ".t" not in row.hit),
        cost_usd=cost_usd.quantize(CENT),
        committed_usd=found.committed_usd,
        paid_usd=found.paid_usd,
        cap_usd=account.config.recruiter.cap_usd,
        balance_usd=account.recruiter.balance_usd(),
    )
    if plan.cost_usd:
        raise_faults(plan.faults("the places that open again cost"))
    return plan


def _takes(row: Hit, found: Totals, until: datetime) -> bool:
    # A HIT whose missing places were published anew must stay shut, or they would be paid twice.
    stays = row.state not in ("created", "ended") or row.hit in found.replaced or not found.left[row.hit]
    return bool(row.hit_id) and not stays and not (row.expires_at and row.expires_at >= until)


def extend(account: Account, time: timedelta, typed_total: str = "", plan: ExtensionPlan | None = None) -> list[str]:
    """Keep every HIT with places left open until `time` from now; returns the names of those that changed.

    HITs that were ended are opened again; in production only if `typed_total` is what that costs.
    """
    plan = plan or plan_extension(account, time)
    check_total("extend", plan.account.environment, plan.cost_usd or None, typed_total)
    for name in counted("extending", plan.hits, account.progress):
        row = account.ledger.hit(name)
        assert row is not None
        account.recruiter.extend(row.hit_id or "", plan.until)
        account.ledger.set_state(name, "created")
    collect(account)
    return list(plan.hits)


def expire(account: Account) -> list[str]:
    """Take no new workers for any HIT; those at work may finish. Returns the names of those ended.

    Raises OutsideError once all others are ended where one may just have been made and is not listed yet.
    """
    ended, waiting = _end(account)
    if waiting:
        raise OutsideError(f"{len(ended)} HITs take no new workers, but {', '.join(waiting[:5])} {NOT_LISTED}")
    return ended


def _end(account: Account) -> tuple[list[str], list[str]]:
    """End all that is known, and only then look for what is in doubt: the HITs ended, and those still in doubt."""
    collect(account)
    ended = _end_known(account, [])
    waiting = settle_doubtful(account)
    adopt_ours(account)
    ended = _end_known(account, ended)
    collect(account)
    return ended, waiting


def _end_known(account: Account, before: Sequence[str]) -> list[str]:
    """End what is open, except what was ended `before`; all names."""
    ended = [*before]
    for row in counted("ending", account.ledger.hits(), account.progress):
        shut = row.expires_at is not None and row.expires_at <= account.by_its_clock(account.now())
        if not row.hit_id or row.state not in ("created", "ended") or row.hit in before:
            continue
        # Written first: a kill in between must not look like an expiry that asks for replacement.
        account.ledger.set_state(row.hit, "ended")
        if not shut:
            account.recruiter.expire(row.hit_id, account.now())
            ended.append(row.hit)
    return ended


def delete(account: Account) -> Ended:
    """Remove every HIT that is over and whose submissions are all judged; says why others remain."""
    now = account.now()
    collect(account)
    found, unjudged = totals(account.ledger, account.by_its_clock(now)), account.ledger.unjudged()
    nameless = account.ledger.forgotten("Submitted") if "approve" in account.recruiter.can else set()
    done: list[str] = []
    left: dict[str, str] = {}
    approved = 0
    for row in counted("deleting", found.hits, account.progress):
        if row.state not in ("created", "ended", "intended"):
            continue
        if why := _why_not(found, row, unjudged):
            left[row.hit] = why
        else:
            if row.hit in nameless:
                approved += _approve_forgotten(account, row)
            account.recruiter.delete(row.hit_id or "")
            account.ledger.set_state(row.hit, "deleted")
            done.append(row.hit)
    return Ended(tuple(done), left, approved)


def _approve_forgotten(account: Account, hit: Hit) -> int:
    """Approve what forgotten workers handed in and nobody can judge any more: they are owed it, and it would keep the HIT; how many."""
    approved = 0
    for row in list(account.recruiter.submissions(hit.hit_id or "")):
        if row.status == "Submitted" and account.ledger.is_forgotten(row.worker):
            judged = account.recruiter.approve(row.assignment)
            account.ledger.add_submission(hit, replace(row, status=judged), account.now())
            approved += 1
    return approved


def _why_not(found: Totals, row: Hit, unjudged: set[str]) -> str:
    if row.state == "intended":
        return "its making was cut off: run `hitgen publish`"
    if row.pending:
        return f"{row.pending} workers are at work on it, or have sent no answers yet"
    if row.hit not in found.over:
        return "it is still open: `hitgen expire` ends it"
    if row.hit in unjudged:
        return "it has submissions that are not judged: `hitgen review --apply`"
    return ""


def close(account: Account) -> Ended:
    """End and delete all HITs, and when none is left clear qualifications and files; can be repeated.

    The ledger stays, and says that it is closed.
    """
    _, waiting = _end(account)
    ended = delete(account)
    others = account.recruiter.elsewhere(running=True)  # whose pages lie where these lie
    ended = replace(ended, left=ended.left | dict.fromkeys(others, "another copy has it: close it there"))
    if ended.left:
        return replace(ended, left=ended.left | dict.fromkeys(waiting, f"it {NOT_LISTED}"))
    account.recruiter.clear()
    host = open_host(account.config.host, account.folder, account.config.batch.name)
    keys = sorted(key for key in host.existing() if KEY.fullmatch(key))
    host.remove(keys)
    account.ledger.drop_objects()
    account.ledger.set_fact("closed", account.now().isoformat())
    return replace(ended, files_removed=len(keys), closed=True)
