"""All that the page shows, as it stood at one moment: read from the batch folder, in which nothing is changed."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from hitgen.collector.inbox import FILE, arrived
from hitgen.config.batch import BatchConfig
from hitgen.config.read import read_config
from hitgen.errors import CONFIG_NAME, HitgenError
from hitgen.ledger.ledger import LEDGER, Ledger
from hitgen.ledger.rows import Hit
from hitgen.ledger.totals import Totals, totals
from hitgen.lib.sqlite import state_of
from hitgen.manifest import FILE as MANIFEST
from hitgen.manifest import read_manifest
from hitgen.publishing.status import Status, status_of
from hitgen.recruiters import kind_of
from hitgen.results.flow import flow_of
from hitgen.results.pseudonyms import FACT, ledger_key, pseudonym
from hitgen.results.reviewfile import review_path
from hitgen.results.study import Study, nameless, study_of
from hitgen.watch.rows import Values, rows_of, timing_of

SIMULATED = "simulated"
Lines = Callable[[Status], Sequence[str]]
"""What the terminal says of a state."""
SPARE_KEY = secrets.token_hex(32)
"""For pseudonyms of a ledger that has no key yet, which nobody writes here."""


@dataclass(frozen=True)
class Seen:
    """What was seen: `head` is what stands once, `places` and `submissions` are lists, the newest submission first.

    `study` is what the submissions say, `names` the assignments by pseudonym; `due` is when it is to be looked at again though
    nothing was written. All but `study` and `names` are JSON values.
    """

    head: Values = field(default_factory=dict)
    places: Sequence[Values] = ()
    submissions: Sequence[Values] = ()
    study: Study | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    due: datetime | None = None


def written(folder: Path) -> object:
    """What is another after every write to what the page shows."""
    files = (CONFIG_NAME, MANIFEST, LEDGER, FILE)
    return tuple(state_of(path) for path in (*(folder / name for name in files), review_path(folder)))


def refuse_nothing(folder: Path) -> None:
    """InputError or OutsideError where there is nothing to look at: no batch, no build, or a ledger that cannot be read."""
    read_config(folder / CONFIG_NAME)
    if not (folder / LEDGER).exists():
        read_manifest(folder)
        return
    with Ledger(folder / LEDGER, copy=True) as ledger:
        if ledger.account is None:
            read_manifest(folder)


def look(folder: Path, lines: Lines, now: datetime, before: Seen) -> Seen:
    """The batch as it stands; InputError where there is none, or it is not built. What was seen `before` is not read again."""
    config = read_config(folder / CONFIG_NAME)
    if (folder / LEDGER).exists():
        with Ledger(folder / LEDGER, copy=True) as ledger:
            ledger.first_fact(FACT, SPARE_KEY)
            if ledger.account is not None:
                return _published(folder, config, ledger, lines, now, before)
    pages = read_manifest(folder).pages
    asked = sum(page.assignments for page in pages)
    rows = [
        {"name": page.page, "page": page.page, "kind": page.kind, "state": "built", "asked": page.assignments}
        for page in pages
    ]
    return Seen({**_head(folder, config), "state": "built", "asked": asked}, rows)


def _head(folder: Path, config: BatchConfig) -> Values:
    changed = [state[0][0] for state in (state_of(folder / name) for name in (LEDGER, FILE)) if state[0]]
    changed += [state[1][0] for state in (state_of(folder / name) for name in (LEDGER, FILE)) if state[1]]
    when = datetime.fromtimestamp(max(changed) / 1e9, UTC).isoformat() if changed else None
    return {
        "batch": config.batch.name,
        "title": config.consent.title,
        "method": config.method.kind,
        "unit": kind_of(config).unit,
        "changed_at": when,
    }


def _published(folder: Path, config: BatchConfig, ledger: Ledger, lines: Lines, now: datetime, before: Seen) -> Seen:
    found, bound = totals(ledger, now), ledger.account
    status = status_of(ledger, folder, config, now, bound)
    by_status = ledger.by_status()
    head = {
        **_head(folder, config),
        "state": SIMULATED if status.account.endpoint == SIMULATED else "published",
        "environment": status.account.environment,
        "closed": status.closed,
        "lines": list(lines(status)),
        "asked": found.asked,
        "taken": sum(found.taken.values()),
        "at_work": status.at_work,
        "out": status.out,
        "waiting": status.submitted,
        "committed_usd": str(status.committed_usd),
        "paid_usd": str(status.paid_usd),
    }
    places = [_places(hit, found, by_status[hit.hit]) for hit in found.hits]
    ends = [hit.expires_at for hit in found.hits if hit.expires_at and hit.expires_at > now]
    due = min(ends, default=None)
    try:
        study = study_of(folder, config, ledger, before.study)
    except HitgenError as error:
        return Seen({**head, "problem": str(error)}, places, due=due)
    judged = nameless(study)
    rows = rows_of(study, judged)
    new = _arrivals(folder, {row.assignment for row in study.received()}, ledger)
    used = Counter(verdict.use for verdict in judged.assignments.values())
    flow = flow_of(study)
    head |= {
        "arrived": len(new),
        "submissions": len(rows),
        "use": dict(used),
        "flow": [[name, count.people, count.submissions, count.ratings, there] for name, count, there in flow.rows],
        "ratings": len(judged.ratings),
        "ratings_used": flow.used.ratings,
        "timing": timing_of(study),
    }
    names = {study.pseudonym(row.assignment): row.assignment for row in study.received()}
    return Seen(head, places, [*new, *rows], study, names, due)


def _places(hit: Hit, found: Totals, work: Counter[str]) -> Values:
    state = "open" if hit.hit in found.open else "over" if hit.hit in found.over else hit.state
    return {
        "name": hit.hit,
        "page": hit.page,
        "kind": hit.order.kind,
        "state": hit.state if hit.state in ("intended", "refused", "deleted") else state,
        "asked": hit.order.assignments,
        "taken": found.taken[hit.hit],
        "at_work": 0 if hit.hit in found.over else hit.pending or 0,
        "approved": work["Approved"],
        "rejected": work["Rejected"],
        "ends_at": hit.expires_at.isoformat() if hit.expires_at else None,
    }


def _arrivals(folder: Path, known: set[str], ledger: Ledger) -> list[Values]:
    """What lies in the inbox and was not fetched yet, the newest first; nobody is known of whom it is."""
    if not (folder / FILE).exists():
        return []
    key = ledger_key(ledger)
    return [
        {"id": pseudonym(key, name), "page": page, "at": at, "status": "arrived"}
        for name, page, at in reversed(arrived(folder / FILE))
        if name not in known
    ]
