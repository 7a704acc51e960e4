"""A study as it stands: everything that came in, read, graded, screened and judged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Self

from hitgen.config.batch import BatchConfig
from hitgen.config.read import read_config
from hitgen.errors import CONFIG_NAME, Fault, InputError
from hitgen.ledger.access import read_ledger
from hitgen.ledger.ledger import LEDGER, Ledger
from hitgen.ledger.rows import Received
from hitgen.manifest import FILE, Manifest, read_manifest, refuse_other_method
from hitgen.methods.base import AnyMethod, method_of
from hitgen.methods.work import AnyWork
from hitgen.publishing.publication import shut_batch
from hitgen.publishing.remembered import published_manifest
from hitgen.publishing.rules import edited_rules
from hitgen.results.parse import Faulty, parse
from hitgen.results.pseudonyms import ledger_key, pseudonym
from hitgen.results.reviewfile import ReviewRow, read_review, refuse_mixed, strangers
from hitgen.results.verdicts import Judged, Verdict, judge


@dataclass(frozen=True)
class Offered:
    """Places on the HITs that were made, those that nobody has handed in (yet), and all submissions that came in.

    `erased` submissions are of people who were forgotten since, `returned` ones were taken back, some of them erased too; where a HIT
    got more submissions than it has places, `beyond` of them are over.
    """

    places: int
    unworked: int
    handed_in: int
    returned: int
    erased: int

    @property
    def beyond(self) -> int:
        return self.handed_in - self.returned - (self.places - self.unworked)

    @classmethod
    def of(cls, ledger: Ledger) -> Self:
        """What a ledger says."""
        by_status = ledger.by_status()
        made = {hit.hit: hit.order.assignments for hit in ledger.hits() if hit.hit_id}
        taken = {hit: found.total() - found["Returned"] for hit, found in by_status.items()}
        handed_in = sum(found.total() for found in by_status.values())
        returned = sum(found["Returned"] for found in by_status.values())
        unworked = sum(max(0, places - taken[hit]) for hit, places in made.items())
        return cls(sum(made.values()), unworked, handed_in, returned, handed_in - ledger.judged().total())


@dataclass(frozen=True)
class Study:
    """All submissions of a batch, in order of time, with their verdicts; `review` is the file people edit.

    `returned` are those that people took back: nothing in them is read, graded, judged or used. `edited` says which
    gold answers and thresholds are other than when they were published.
    """

    folder: Path
    config: BatchConfig
    manifest: Manifest
    works: tuple[AnyWork, ...]
    faulty: tuple[Faulty, ...]
    returned: tuple[Received, ...]
    review: dict[str, ReviewRow]
    judged: Judged
    key: bytes
    offered: Offered
    edited: tuple[str, ...] = ()
    strangers: Mapping[str, Fault] = field(default_factory=dict)
    """A fault for each row of the review file of an assignment that nobody handed in, by its name."""

    def pseudonym(self, name: str) -> str:
        """What stands for a worker or an assignment in all that leaves this machine: a keyed hash, the key being in the ledger."""
        return pseudonym(self.key, name)

    @property
    def read(self) -> dict[str, AnyWork | Faulty]:
        """What was read of each submission, by assignment."""
        rows: tuple[AnyWork | Faulty, ...] = (*self.works, *self.faulty)
        return {row.received.assignment: row for row in rows}

    @property
    def lost(self) -> tuple[Fault, ...]:
        """Those of the strangers in whose rows a person changed something, which counts for nothing."""
        return tuple(fault for name, fault in self.strangers.items() if self.review[name].edits)

    def received(self) -> list[Received]:
        """Every submission, the faulty and the returned ones too, in order of time."""
        rows = [*(work.received for work in self.works), *(bad.received for bad in self.faulty), *self.returned]
        return sorted(rows, key=lambda row: (row.submitted_at, row.assignment))


def nameless(study: Study) -> Judged:
    """The verdicts with pseudonyms in their reasons, one of which names the work that another repeats."""
    named = {row.assignment for row in study.received()}

    def pseudonym(found: re.Match[str]) -> str:
        return f"assignment {study.pseudonym(found[1])}" if found[1] in named else found[0]

    def told(verdict: Verdict) -> Verdict:
        return replace(verdict, reasons=tuple(re.sub(r"assignment (\S+)", pseudonym, text) for text in verdict.reasons))

    judged = study.judged
    return replace(
        judged,
        assignments={name: told(verdict) for name, verdict in judged.assignments.items()},
        ratings={key: told(verdict) for key, verdict in judged.ratings.items()},
        workers={name: told(verdict) for name, verdict in judged.workers.items()},
    )


def read_study(folder: Path, ledger: Ledger | None = None, config: BatchConfig | None = None) -> Study:
    """The study in a batch folder, from its config, ledger and review file, and the build where nothing was published; asks nobody.

    Raises InputError where one of them is missing, or the build is not the one that was published.
    """
    config = config or read_config(folder / CONFIG_NAME)
    shut_batch(folder)
    if ledger is None:
        path = folder / LEDGER
        if not path.exists():
            read_manifest(folder)  # where there is no build either, that is the first thing to be told
            raise InputError(Fault(str(path), "", "nothing was published or taken in yet", "`hitgen publish` first"))
        return read_ledger(path, lambda opened: study_of(folder, config, opened))
    return study_of(folder, config, ledger)


def study_of(folder: Path, config: BatchConfig, ledger: Ledger, before: Study | None = None) -> Study:
    """The study in an open ledger; what was read `before` is not read again while it is the same."""
    manifest = published_manifest(ledger) or read_manifest(folder)
    refuse_other_method(config, manifest)
    known = before.read if before and before.manifest == manifest else {}
    edited, config = edited_rules(folder, config, ledger), judged_as_built(config, manifest)
    rows = list(ledger.submissions())
    _refuse_other_build(manifest, ledger, {row.hit for row in rows})
    returned = tuple(row for row in rows if row.status == "Returned")
    handed_in = (row for row in rows if row.status != "Returned")
    works, faulty = read_works(handed_in, manifest, method_of(config), known)
    review = read_review(folder)
    refuse_mixed(folder, review, rows)
    unknown = strangers(folder, review, rows)
    judged = judge(works, faulty, config, {name: row.decided() for name, row in review.items()})
    key = ledger_key(ledger)
    return Study(
        folder,
        config,
        manifest,
        tuple(works),
        tuple(faulty),
        returned,
        review,
        judged,
        key,
        Offered.of(ledger),
        edited,
        unknown,
    )


def judged_as_built(config: BatchConfig, manifest: Manifest) -> BatchConfig:
    """The config with the rule by which gold judges: its own where it names one, else the one that stood when the study was built."""
    rules = config.screening
    if rules.rule or rules.judged_by == "thresholds":
        return config
    return config.model_copy(update={"screening": rules.model_copy(update={"rule": manifest.judged_by})})


def read_works(
    rows: Iterable[Received],
    manifest: Manifest,
    method: AnyMethod,
    known: Mapping[str, AnyWork | Faulty] = MappingProxyType({}),
) -> tuple[Sequence[AnyWork], Sequence[Faulty]]:
    """What can be graded, graded, and what cannot; what is `known`, by assignment, of the very same row as it is."""
    works: list[AnyWork] = []
    faulty: list[Faulty] = []
    for row in rows:
        before = known.get(row.assignment)
        read = before if before and before.received == row else parse(row, manifest, method)
        if isinstance(read, Faulty):
            faulty.append(read)
        else:
            works.append(read)
    return works, faulty


def _refuse_other_build(manifest: Manifest, ledger: Ledger, hits: set[str]) -> None:
    """Stop where the build is not the one that workers saw: its trials would be other pictures."""
    for hit in ledger.hits():
        page = manifest.by_page.get(hit.page)
        if hit.hit in hits and (page is None or page.sha256 != hit.page_sha256):
            problem = f"page {hit.page} is not the one that was published"
            remedy = "undoing the change to batch.toml or images and `hitgen build` again"
            if ledger.account and ledger.account.is_simulated:
                problem, remedy = f"page {hit.page} is not the one that was simulated", "`hitgen simulate` again"
            raise InputError(Fault(FILE, hit.page, problem, remedy))
