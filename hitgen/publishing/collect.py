"""Bringing the ledger up to date: how far HITs are, what was handed in, who must not repeat what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from hitgen.ledger.acts import Act
from hitgen.ledger.rows import Hit, HitProgress
from hitgen.lib.progress import counted
from hitgen.publishing.bonuses import adopt_bonuses
from hitgen.publishing.once import once
from hitgen.publishing.publication import Account


def collect(account: Account, everything: bool = False) -> int:
    """Note how far all HITs are and take in new submissions; returns how many are new.

    Only HITs with something new, unjudged or rejected or a past expiry are looked into, unless
    `everything`. Safe to run at any time and as often as wanted.
    """
    ledger, now = account.ledger, account.now()
    # What was missing once is looked for again: a service that does not show a HIT may show it a minute later.
    again = ledger.fact("closed") is None
    wanted = (hit for hit in ledger.hits() if hit.state in ("created", "ended") or (again and hit.is_missing))
    hits = {hit.hit_id: hit for hit in wanted if hit.hit_id}
    known, forgotten = ledger.by_status(), ledger.forgotten()
    found = {}
    for row in account.recruiter.progress(list(hits)):
        found[row.hit_id] = row
        account.progress("looking", len(found), len(hits))
    account.check_clock()
    now = account.by_its_clock(now)
    for hit_id, hit in counted("fetching", hits.items(), account.progress):
        seen = found.get(hit_id)
        # An earlier hitgen noted alike what it deleted and what it missed: the service has now said that it is not there.
        if seen is None and not (hit.is_missing and not hit.outcome):
            ledger.missing(hit.hit)
            continue
        if seen is None or seen.gone:
            ledger.set_state(hit.hit, "deleted")
            continue
        if hit.is_missing:
            ledger.came_back(hit, "created" if seen.expires_at > now else "ended")
        ledger.seen(seen)
        count = known[hit.hit].total() - known[hit.hit]["Returned"]
        late = seen.expires_at <= now and count < seen.assignments
        # Who was rejected may be approved after all, at the requester's page.
        open_ends = known[hit.hit]["Submitted"] + known[hit.hit]["Rejected"]
        # Of whom was forgotten the recruiter may count another number than the ledger.
        if everything or late or hit.hit in forgotten or open_ends or seen.submitted != count:
            _take_in(account, hit, seen)
    _settle_judgements(account)
    adopt_bonuses(account, everything)
    return _count(ledger.by_status()) - _count(known)


def _count(by_status: Mapping[str, Counter[str]]) -> int:
    return sum(counts.total() for counts in by_status.values())


def _take_in(account: Account, hit: Hit, row: HitProgress) -> None:
    rows = list(account.recruiter.submissions(row.hit_id))
    with account.ledger.together():
        for submission in rows:
            account.ledger.add_submission(hit, submission, account.now())


def _settle_judgements(account: Account) -> None:
    """Write down what came of judgements that were cut off after the recruiter had them."""
    for intent in account.ledger.acts(done=False):
        status = account.ledger.status(intent.act.subject) if intent.act.verb in ("approve", "reject") else None
        if status not in (None, "Submitted"):
            account.ledger.done(intent.act, str(status), account.now())


def keep_apart(account: Account, groups_of: Mapping[str, Iterable[str]], in_use: Iterable[str]) -> int:
    """Tell the recruiter who has met what, so that nobody meets it twice; returns the grants made.

    `groups_of` gives the groups of trials of each page, `in_use` those that any HIT asks for.
    """
    if "exclude" not in account.recruiter.can:
        return 0
    wanted, made = set(in_use), 0
    settled = {intent.act.key for intent in account.ledger.acts(done=True)}
    for row in list(account.ledger.submissions()):
        seen = [Act("seen", row.worker, group) for group in sorted(set(groups_of.get(row.page, ())) & wanted)]
        for act in [*seen, Act("done", row.worker)]:
            if act.key not in settled:
                once(account, act)
                settled.add(act.key)
                made += 1
    return made
