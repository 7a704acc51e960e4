"""All that the page shows, as it stood at one moment: read from the batch folder, in which nothing is changed."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from hitgen.collector.inbox import FILE, arrived
from hitgen.config.batch import BatchConfig
from hitgen.config.read import read_config
from hitgen.errors import CONFIG_NAME, HitgenError
from hitgen.ledger.ledger import LEDGER, Ledger
from hitgen.ledger.rows import SIMULATED, Hit, Received
from hitgen.ledger.totals import Totals, totals
from hitgen.lib.sqlite import State, state_of
from hitgen.manifest import FILE as MANIFEST
from hitgen.manifest import read_manifest
from hitgen.methods.work import AnyWork
from hitgen.publishing.status import Status, status_of
from hitgen.recruiters import kind_of
from hitgen.results.flow import flow_of
from hitgen.results.pseudonyms import FACT, ledger_key, pseudonym
from hitgen.results.reviewfile import review_path
from hitgen.results.study import Study, nameless, study_of
from hitgen.watch.rows import Records, Values, rows_of, timing_of, unjudged

MANY = 300
"""So many submissions are listed before they are judged, which takes a second for each few thousand."""
Lines = Callable[[Status | None], Sequence[str]]
"""What the terminal says of a state; None before anything is published."""
SPARE_KEY = secrets.token_hex(32)
"""For pseudonyms of a ledger that has no key yet, which nobody writes here."""


@dataclass(frozen=True)
class Seen:
    """What was seen: `head` stands on the page once, with `verdicts`, which come of judging; `places` and `submissions` are lists, the
    newest submission first.

    `study` is what the submissions say, `works` those that could be read, by pseudonym, `records` what was measured of them; `due` is
    when it is to be looked at again though nothing was written. The others are JSON values.
    """

    head: Values = field(default_factory=dict)
    verdicts: Values = field(default_factory=dict)
    places: Sequence[Values] = ()
    submissions: Sequence[Values] = ()
    study: Study | None = None
    works: Mapping[str, AnyWork] = field(default_factory=dict)
    records: Records = field(default_factory=Records)
    due: datetime | None = None


def written(folder: Path) -> tuple[State, ...]:
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


def look(folder: Path, lines: Lines, now: datetime, before: Seen) -> Generator[Seen, None, None]:
    """The batch as it stands, of a large one first what is known before its submissions are judged.

    InputError where there is none, or it is not built. What was seen `before` is not read again.
    """
    config = read_config(folder / CONFIG_NAME)
    if (folder / LEDGER).exists():
        with Ledger(folder / LEDGER, copy=True) as ledger:
            ledger.first_fact(FACT, SPARE_KEY)
            if ledger.account is not None:
                yield from _published(folder, config, ledger, lines, now, before)
                return
    pages = read_manifest(folder).pages
    asked = sum(page.assignments for page in pages)
    rows = [
        {"name": page.page, "page": page.page, "kind": page.kind, "state": "built", "asked": page.assignments}
        for page in pages
    ]
    head = {**_about(folder, config), "state": "built", "asked": asked, "lines": list(lines(None))}
    yield Seen(head, places=rows)


def _about(folder: Path, config: BatchConfig) -> Values:
    written_ns = [part[0] for name in (LEDGER, FILE) for part in state_of(folder / name) if part]
    return {
        "batch": config.batch.name,
        "unit": kind_of(config).unit,
        "changed_at": datetime.fromtimestamp(max(written_ns) / 1e9, UTC).isoformat() if written_ns else None,
    }


def _published(
    folder: Path, config: BatchConfig, ledger: Ledger, lines: Lines, now: datetime, before: Seen
) -> Iterator[Seen]:
    found, by_status, received = totals(ledger, now), ledger.by_status(), list(ledger.submissions())
    new = _arrivals(folder, {row.assignment for row in received}, ledger)
    head = {**_about(folder, config), **_head(status_of(ledger, folder, config, now, ledger.account), found, lines)}
    head |= {"arrived": len(new), "submissions": len(received)}
    places = [_places(hit, found, by_status[hit.hit]) for hit in found.hits]
    due = min((hit.expires_at for hit in found.hits if hit.expires_at and hit.expires_at > now), default=None)
    if len(received) > MANY:
        yield Seen(
            {**head, "judging": True}, before.verdicts, places,
            [*new, *_listed(received, ledger, before.submissions)], before.study, before.works, before.records, due,
        )  # fmt: skip
    try:
        study = study_of(folder, config, ledger, before.study)
    except HitgenError as error:
        rows = _listed(received, ledger, ())
        yield Seen({**head, "problem": str(error)}, {}, places, [*new, *rows], due=due)
        return
    records, judged = Records.of(study, before.records), nameless(study)
    flow = flow_of(study)
    verdicts = {
        "use": dict(Counter(verdict.use for verdict in judged.assignments.values())),
        "flow": [[name, count.people, count.submissions, count.ratings, there] for name, count, there in flow.rows],
        "ratings": len(judged.ratings),
        "ratings_used": flow.used.ratings,
        "timing": timing_of(records),
    }
    rows = rows_of(study, judged, records)
    works = {study.pseudonym(work.received.assignment): work for work in study.works}
    yield Seen(head, verdicts, places, [*new, *rows], study, works, records, due)


def _head(status: Status, found: Totals, lines: Lines) -> Values:
    return {
        "state": SIMULATED if status.account.is_simulated else "published",
        "environment": status.account.environment,
        "closed": status.closed,
        "lines": list(lines(status)),
        "asked": found.asked,
        "taken": sum(found.taken.values()),
        "at_work": status.at_work,
        "waiting": status.submitted,
        "committed_usd": str(status.committed_usd),
        "paid_usd": str(status.paid_usd),
    }


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


def _listed(received: Sequence[Received], ledger: Ledger, before: Sequence[Values]) -> list[Values]:
    """Submissions before they are judged, with what was known of them, the newest first."""
    key, known = ledger_key(ledger), {row["id"]: row for row in before}
    rows = [unjudged(row, pseudonym(key, row.assignment), pseudonym(key, row.worker)) for row in reversed(received)]
    return [{**known.get(row["id"], {}), **row} for row in rows]


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
