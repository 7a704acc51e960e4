"""The only sum of a ledger's money, and of the places that are left, to come, or over."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from hitgen.ledger.ledger import Ledger
from hitgen.ledger.rows import Hit
from hitgen.lib.money import CENT

CLOCKS_DIFFER = timedelta(minutes=10)
"""More than the clock may be off that an end was noted by."""


@dataclass(frozen=True)
class Totals:
    """Where a ledger stands at one moment; money is in US dollars with fees, places are counted by HIT.

    Committed is what is paid or may still have to be: of every HIT that was made, or may have been, the places
    where somebody can still hand in (open, or at work where the HIT has ended) and those handed in and not
    rejected or returned; what is set aside while a HIT runs, and spent of it; every bonus that is intended or paid. Nothing is committed to a HIT that was refused, to places
    that nobody worked when their HIT ended, or to rejected or returned work. Paid are approved places, what is spent of what was set aside, and bonuses that
    are out. What forgotten workers did and got counts too.

    `taken` places were handed in and not returned, `left` ones not, `coming` are those of `left` that still may be. `open` HITs
    take new workers; for those `over` nobody can hand in any more. `judged` counts the submissions that the ledger has by status.
    """

    hits: tuple[Hit, ...]
    taken: dict[str, int]
    left: dict[str, int]
    coming: dict[str, int]
    open: frozenset[str]
    over: frozenset[str]
    judged: Counter[str]
    committed_usd: Decimal
    paid_usd: Decimal

    @property
    def states(self) -> dict[str, int]:
        """How many HITs are in each state."""
        return dict(Counter(hit.state for hit in self.hits))

    @property
    def asked(self) -> int:
        """How many places the HITs that were made have."""
        return sum(hit.order.assignments for hit in self.hits if hit.hit_id)

    @property
    def replaced(self) -> set[str | None]:
        """The HITs whose places were published anew."""
        return {hit.replaces for hit in self.hits if hit.state != "refused"}


def totals(ledger: Ledger, now: datetime) -> Totals:
    """The totals of a ledger as it was last brought up to date, with `now` before that was begun.

    A HIT that expired in between is not over: somebody may have accepted it after it was looked at.
    """
    hits, by_status, forgotten = ledger.hits(), ledger.by_status(), ledger.by_status(forgotten=True)
    taken = {hit.hit: by_status[hit.hit].total() - by_status[hit.hit]["Returned"] for hit in hits}
    # What was ended here and is open by the recruiter's word was given more time by another copy, or at its own site.
    ended = {hit.hit for hit in hits if _has_ended(hit, now)}
    left = {
        hit.hit: _left(hit, taken[hit.hit], by_status[hit.hit], forgotten[hit.hit], hit.hit in ended) for hit in hits
    }
    over = {hit.hit for hit in hits if _is_over(hit, left[hit.hit], hit.hit in ended)}
    coming = {
        hit.hit: 0 if hit.hit in over else min(left[hit.hit], hit.pending or 0) if hit.hit in ended else left[hit.hit]
        for hit in hits
    }
    committed_usd = sum((intent.act.cost_usd for intent in ledger.acts("bonus")), Decimal(0))
    paid_usd = sum((intent.act.cost_usd for intent in ledger.acts("bonus", done=True)), Decimal(0))
    for hit in hits:
        work = by_status[hit.hit]
        # More at work than places are left: the recruiter does not know which one is that of whom was forgotten.
        elsewhere = max(0, (hit.pending or 0) - left[hit.hit]) if hit.hit in ended and hit.state != "deleted" else 0
        committed_usd += hit.place_usd * (coming[hit.hit] + elsewhere + taken[hit.hit] - work["Rejected"])
        paid_usd += hit.place_usd * work["Approved"] + hit.spent_usd
        committed_usd += hit.spent_usd if hit.hit in ended or hit.state == "deleted" else hit.aside_usd
    return Totals(
        hits=tuple(hits),
        taken=taken,
        left=left,
        coming=coming,
        open=frozenset(hit.hit for hit in hits if hit.state in ("created", "ended") and hit.hit not in ended | over),
        over=frozenset(over),
        judged=ledger.judged(),
        committed_usd=committed_usd.quantize(CENT),
        paid_usd=paid_usd.quantize(CENT),
    )


def _left(hit: Hit, taken: int, work: Counter[str], forgotten: Counter[str], ended: bool) -> int:
    """The places that nobody has handed in for; where the recruiter gives those of rejected work out again, these too.

    Such a one does not know whose places forgotten people have.
    """
    left = max(0, hit.order.assignments - taken)
    is_open = hit.state in ("created", "ended") and not ended
    told = (hit.pending or 0) + (hit.available or 0) * is_open
    return max(left, min(left + work["Rejected"], told - forgotten["Submitted"] - forgotten["Approved"]))


def _has_ended(hit: Hit, now: datetime) -> bool:
    if hit.expires_at is None:
        return hit.state == "ended"
    return hit.expires_at <= (now + CLOCKS_DIFFER if hit.state == "ended" else now)


def _is_over(hit: Hit, left: int, ended: bool) -> bool:
    """Whether nobody can hand in for this HIT any more; people who are at work when it ends still can."""
    if hit.state in ("deleted", "refused"):
        return True
    if hit.state == "intended" or hit.pending is None:
        return False
    return left == 0 or (ended and hit.pending == 0)
