"""The usable ratings still missing, and the HITs that would bring just these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hitgen.errors import Fault, InputError
from hitgen.ledger.ledger import LEDGER, Ledger
from hitgen.ledger.totals import totals
from hitgen.methods.base import method_of
from hitgen.publishing.adopt import adopt
from hitgen.publishing.collect import collect
from hitgen.publishing.publication import Publication
from hitgen.publishing.publish import PublicationPlan, plan_publication
from hitgen.results.study import Study, read_study


@dataclass(frozen=True)
class Shortfall:
    """The ratings of one subject of study trials, such as a ladder: how many are wanted, usable, without enough evidence, and still to come from open HITs."""

    images: str
    source: str
    wanted: int
    usable: int
    undecided: int
    coming: int

    def missing(self, with_undecided: bool) -> int:
        """How many ratings must be asked for; with `with_undecided` those without enough evidence count as usable."""
        have = self.usable + self.coming + (self.undecided if with_undecided else 0)
        return max(0, self.wanted - have)


@dataclass(frozen=True)
class TopupPlan:
    """What is missing by subject, the assignments asked for by page, and the publication that would bring them."""

    shortfalls: dict[str, Shortfall]
    pages: dict[str, int]
    held_back: int
    publication: PublicationPlan


def refuse_unpublished(folder: Path) -> None:
    """Raise InputError where a batch is not out, or closed: then everything is missing, which is no top-up."""
    path = folder / LEDGER
    remedy = "`hitgen publish`"
    if not path.exists():
        raise InputError(Fault(str(path), "", "this batch was never published", remedy))
    with Ledger(path) as ledger:
        ledger.refuse_simulated()
        if ledger.fact("closed") is not None:
            raise InputError(Fault(str(path), "", "this batch is closed", remedy))


def plan_topup(publication: Publication, with_undecided: bool = False) -> TopupPlan:
    """What is missing and what it costs; changes nothing at the recruiter.

    Which pages bring it is the method's to say. Raises InputError as `plan_publication` does: the cap counts everything that was ever published.
    """
    adopt(publication)
    # Before the look: a HIT that expires after it may have been accepted meanwhile.
    at = publication.now()
    collect(publication)
    study = read_study(publication.folder, publication.ledger)
    found = shortfalls(publication, study, at)
    need = {subject: short.missing(with_undecided) for subject, short in found.items()}
    used = [work for work in study.works if study.judged.assignments[work.received.assignment].use == "use"]
    pages = method_of(study.config).further(used, study.manifest, need)
    most = publication.kind.largest_further()
    asked = {page: count if most is None else min(count, most) for page, count in pages.items()}
    held_back = sum(pages.values()) - sum(asked.values())
    return TopupPlan(found, asked, held_back, plan_publication(publication, asked))


def shortfalls(publication: Publication, study: Study, at: datetime) -> dict[str, Shortfall]:
    """The ratings of each subject of study trials as they stand."""
    coming_by_page = coming(publication, at)
    usable: dict[str, int] = {}
    undecided: dict[str, int] = {}
    for work in study.works:
        # a ladder that was shown twice on purpose is one rating
        uses = {
            attempt.known.subject: study.judged.ratings[work.received.assignment, attempt.known.trial].use
            for attempt in reversed(work.answers("study"))
        }
        for subject, use in uses.items():
            counts = {"use": usable, "not-enough-evidence": undecided}.get(use)
            if counts is not None:
                counts[subject] = counts.get(subject, 0) + 1
    expected: dict[str, int] = {}
    for page in study.manifest.pages:
        for subject in page.study:
            expected[subject] = expected.get(subject, 0) + coming_by_page.get(page.page, 0)
    method = method_of(study.config)
    return {
        subject: Shortfall(
            images=trial.images,
            source=trial.source,
            wanted=method.wanted(study.config, trial),
            usable=usable.get(subject, 0),
            undecided=undecided.get(subject, 0),
            coming=expected.get(subject, 0),
        )
        for subject, trial in study.manifest.by_subject.items()
    }


def coming(publication: Publication, at: datetime | None = None) -> dict[str, int]:
    """The assignments of each page that may still be handed in, or that `publish` makes by itself."""
    state = totals(publication.ledger, publication.by_its_clock(at or publication.now()))
    found: dict[str, int] = {}
    for row in state.hits:
        anew = row.state == "created" and row.hit not in state.replaced
        count = state.left[row.hit] if anew else state.coming[row.hit]
        found[row.page] = found.get(row.page, 0) + count
    urls = {page.page: publication.url(page.page) for page in publication.built.pages}
    made = {row.hit for row in state.hits if row.state != "refused"}
    for hit in publication.orders.first(urls):
        if hit.order.hit not in made:
            found[hit.order.page] = found.get(hit.order.page, 0) + hit.order.assignments
    return found
