"""What is out, in, judged and paid, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from hitgen.config.batch import BatchConfig
from hitgen.config.read import read_config
from hitgen.errors import CONFIG_NAME
from hitgen.ledger.access import read_ledger
from hitgen.ledger.ledger import LEDGER, Ledger
from hitgen.ledger.rows import Binding
from hitgen.ledger.totals import totals
from hitgen.publishing.adopt import adopt_ours
from hitgen.publishing.collect import collect
from hitgen.publishing.publication import Account, never_published
from hitgen.publishing.remembered import config_to_end_by
from hitgen.publishing.rules import edited_rules
from hitgen.recruiters import kind_of

ELSEWHERE = "is of another copy of this batch, and counted and ended there alone"


@dataclass(frozen=True)
class Status:
    """Counts of HITs and assignments, and money in US dollars with fees as `Totals` has it.

    `out` assignments are open to workers, `at_work` accepted; `submitted` wait for a judgement.
    After `answers_until` none can arrive unless hitgen runs before; None where there is no such end.
    `edited` says which gold answers and thresholds are other than when they were published, and what another copy has out; a `unit` is one of `hits`.
    """

    account: Binding
    closed: bool
    hits: dict[str, int]
    out: int
    at_work: int
    submitted: int
    approved: int
    rejected: int
    returned: int
    committed_usd: Decimal
    paid_usd: Decimal
    ends_at: datetime | None
    answers_until: datetime | None
    edited: tuple[str, ...] = ()
    unit: str = "HIT"


def status(account: Account) -> Status:
    """The state of a published batch, once the recruiter was asked and submissions were taken in."""
    now = account.now()
    adopt_ours(account)
    collect(account)
    # Before it is published a ledger is tied to nobody.
    bound = account.ledger.account or account.recruiter.account()
    seen = status_of(account.ledger, account.folder, account.config, account.by_its_clock(now), bound)
    elsewhere = [f"{name} {ELSEWHERE}" for name in account.recruiter.elsewhere()]
    notes = (*account.notes, *elsewhere, *seen.edited)
    return replace(seen, answers_until=account.recruiter.answers_until, edited=notes)


def status_offline(folder: Path, now: datetime) -> Status:
    """The state of a published batch as last seen; asks nobody, and reads also what cannot be written."""
    path = folder / LEDGER
    if not path.exists():
        read_config(folder / CONFIG_NAME)  # where there is no batch either, that is the first thing to be told
        raise never_published(path)

    def look(ledger: Ledger) -> Status:
        config, notes = config_to_end_by(folder, ledger)
        seen = status_of(ledger, folder, config, now, ledger.account)
        return replace(seen, edited=(*notes, *seen.edited))

    return read_ledger(path, look)


def status_of(ledger: Ledger, folder: Path, config: BatchConfig, now: datetime, bound: Binding | None) -> Status:
    """The state of a published batch as its ledger has it; InputError where it is bound to nobody."""
    found = totals(ledger, now)
    if bound is None:
        raise never_published(ledger.path)
    open_hits = [hit for hit in found.hits if hit.hit in found.open]
    return Status(
        account=bound,
        closed=ledger.fact("closed") is not None,
        hits=found.states,
        out=sum(hit.available or 0 for hit in open_hits),
        at_work=sum(hit.pending or 0 for hit in found.hits if hit.hit not in found.over),
        submitted=found.judged["Submitted"],
        approved=found.judged["Approved"],
        rejected=found.judged["Rejected"],
        returned=found.judged["Returned"],
        committed_usd=found.committed_usd,
        paid_usd=found.paid_usd,
        edited=edited_rules(folder, config, ledger),
        ends_at=max((hit.expires_at for hit in open_hits if hit.expires_at), default=None),
        answers_until=None,
        unit=kind_of(config).unit,
    )
