"""Answers of pages that were opened by double click and saved as files: a ledger of their own kind, filled from the files alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hitgen.collector.inbox import Outcome, read_submission
from hitgen.config.read import read_config
from hitgen.errors import CONFIG_NAME
from hitgen.ledger.access import locked
from hitgen.ledger.ledger import LEDGER, Ledger
from hitgen.ledger.rows import OFFLINE, Binding, HitName, HitProgress, Order, Received
from hitgen.lib.money import FREE
from hitgen.lib.text import plain
from hitgen.manifest import Manifest, Page, read_manifest, refuse_other_method
from hitgen.publishing.publication import make_way
from hitgen.results.take_in import Imported, compact_file, files_of

FOR_EVER = timedelta(days=3650)


@dataclass(frozen=True)
class Saved:
    """One saved file: whose it is, and the submission in it."""

    path: Path
    person: str
    body: bytes


def is_offline(folder: Path) -> bool:
    """Whether a batch's answers come from saved files: nothing was published, or the ledger was made for them."""
    path = folder / LEDGER
    if not path.exists():
        return True
    with Ledger(path) as ledger:
        bound = ledger.account
        # A simulation makes way; answers of people never do.
        simulated = bound is not None and bound.environment == "local" and ledger.fact("closed") is not None
        return bound is None or bound.endpoint == OFFLINE or simulated


def import_offline(folder: Path, paths: Sequence[Path], now: datetime, person: str) -> Imported:
    """Take in what pages saved that nobody sent: each submission once, however often its file is named.

    All files are of `person`; without it, those of one folder below a named one are one person's, and any other file is a
    person of its own. InputError where nothing is built.
    """
    config, manifest = read_config(folder / CONFIG_NAME), read_manifest(folder)
    refuse_other_method(config, manifest)
    outcomes: dict[str, list[Path]] = {}
    new = 0

    def judged() -> Iterator[tuple[Saved, Outcome, dict[str, Any], Page | None]]:
        for saved in _saved(paths, person):
            yield saved, *_judged(saved.body, config.batch.name, manifest)

    # Read twice rather than held: what is refused binds nothing, and there may be thousands of files.
    if not any(page for _, _, _, page in judged()):
        for saved, why, _, _ in judged():
            outcomes.setdefault(why, []).append(saved.path)
        return Imported({why: tuple(rows) for why, rows in outcomes.items()}, 0)
    with locked(folder / LEDGER):
        make_way(folder / LEDGER, production=False)
        with Ledger(folder / LEDGER) as ledger:
            ledger.bind(Binding(OFFLINE, OFFLINE, "own"))
            _open(ledger, config.batch.name, manifest, now)
            known = {row.assignment for row in ledger.submissions()}
            done = {(row.worker, row.page) for row in ledger.submissions()}
            for saved, outcome, found, page in judged():
                if page is not None:
                    name = _name(found)
                    worker = saved.person or f"file-{name[-8:]}"
                    if name in known:
                        outcome = "again"
                    elif (worker, page.page) in done:
                        outcome = "other"
                    else:
                        known.add(name)
                        done.add((worker, page.page))
                        _keep(ledger, page, name, worker, saved.body, found, now)
                        new += 1
                outcomes.setdefault(outcome, []).append(saved.path)
    return Imported({outcome: tuple(rows) for outcome, rows in outcomes.items()}, new)


def _judged(body: bytes, batch: str, manifest: Manifest) -> tuple[Outcome, dict[str, Any], Page | None]:
    """Whether a file holds a submission of this build, its values, and its page where it does."""
    outcome, found = read_submission(body, batch)
    page = manifest.by_page.get(found.get("page", "")) if outcome == "stored" else None
    return "not-ours" if outcome == "stored" and page is None else outcome, found, page


def _open(ledger: Ledger, batch: str, manifest: Manifest, now: datetime) -> None:
    """A HIT for each page that has none yet."""
    there = {hit.page for hit in ledger.hits()}
    for page in manifest.pages:
        if page.page in there:
            continue
        name = str(HitName(page.page, 1))
        annotation = f"hitgen {ledger.name} {batch} {name}"
        order = Order(name, page.page, page.kind, f"offline:{page.page}", page.assignments, FREE, annotation)
        ledger.intend(order, page.sha256, FREE, now)
        made = HitProgress(
            hit_id=name, annotation=annotation, url=order.url, reward_usd=FREE, assignments=page.assignments,
            available=page.assignments, pending=0, created_at=now, expires_at=now + FOR_EVER,
        )  # fmt: skip
        ledger.created(name, made)


def _saved(paths: Sequence[Path], person: str) -> Iterator[Saved]:
    tops = {path.resolve() for path in paths if path.is_dir()}
    for path in files_of(paths):
        parent = path.resolve().parent
        inside = any(parent.is_relative_to(top) and parent != top for top in tops)
        yield Saved(path, person or (plain(parent.name)[:80] if inside else ""), compact_file(path))


def _name(found: dict[str, Any]) -> str:
    """A name for a submission that is the same for every copy of it."""
    return f"OFFLINE{hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:24]}"


def _keep(
    ledger: Ledger, page: Page, name: str, worker: str, body: bytes, found: dict[str, Any], now: datetime
) -> None:
    opened = _moment(found.get("opened_at"), now)
    lasted_ms = found.get("submitted_ms")
    lasted_ms = lasted_ms if isinstance(lasted_ms, int) and 0 <= lasted_ms < 10**9 else 0
    # A copy names the assignment of nobody, and worker and assignment are told by the ledger alone.
    row = Received(
        name, str(HitName(page.page, 1)), worker, "Approved", opened, min(now, opened + timedelta(milliseconds=lasted_ms)),
        None, body.decode("utf-8"),
    )  # fmt: skip
    hit = next(hit for hit in ledger.hits() if hit.page == page.page)
    ledger.add_submission(hit, row, now)


def _moment(text: Any, now: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return min(found, now) if found.tzinfo else now
    except (TypeError, ValueError, OverflowError):
        return now
