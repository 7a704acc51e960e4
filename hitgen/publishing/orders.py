"""From pages to HITs: how many, of what size, for whom; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal

from hitgen.config.batch import BatchConfig
from hitgen.config.recruiting import (
    AnyRecruiter,
    LinkRecruiter,
    MTurkRecruiter,
    ProlificRecruiter,
    TurkleRecruiter,
    demands,
    in_waves,
    minutes_of,
)
from hitgen.errors import Fault, InputError
from hitgen.ledger.rows import Order
from hitgen.manifest import Page, PageContent
from hitgen.recruiters.fees import Quote, quote_for, split

MAX_REQUIREMENTS = 10
"""How many demands on workers a HIT can carry."""


@dataclass(frozen=True)
class Groups:
    """What a page has that a worker must not meet twice, as names of groups of trials.

    `study` HITs that share one are open one after the other; `gold` ones at the same time. `needed`
    are those of either kind that stand on more than one HIT.
    """

    study: frozenset[str]
    gold: frozenset[str]
    needed: frozenset[str]


@dataclass(frozen=True)
class Intended:
    """A HIT that should exist."""

    order: Order
    page_sha256: str
    in_turn: frozenset[str]
    replaces: str | None = None


def group_pages(pages: Sequence[PageContent], hits_of: dict[str, int], gold_repeats: bool) -> dict[str, Groups]:
    """Each page's groups; trials that always stand together share one, to save qualifications.

    `hits_of` is the number of HITs of each page. With `gold_repeats` gold questions are left alone.
    """
    study = _collapse("study", {page.page: page.study or {f"quiz {page.page}"} for page in pages})
    gold = _collapse("gold", {page.page: page.gold for page in pages})
    needed = {name for name, members in study.items() if sum(hits_of[page] for page in members) > 1}
    if not gold_repeats:
        covered = [members for name, members in study.items() if name in needed]
        needed |= {
            name
            for name, members in gold.items()
            if len(members) > 1 and not any(members <= others for others in covered)
        }
    found = {}
    for page in pages:
        mine = [frozenset(name for name, members in kind.items() if page.page in members) for kind in (study, gold)]
        found[page.page] = Groups(mine[0], mine[1], (mine[0] | mine[1]) & needed)
    return found


def _collapse(kind: str, items_of: Mapping[str, Set[str]]) -> dict[str, frozenset[str]]:
    """The pages of each group: items with the very same pages make one group, named by a hash."""
    pages_of: dict[str, set[str]] = {}
    for page, items in items_of.items():
        for item in items:
            pages_of.setdefault(item, set()).add(page)
    together: dict[frozenset[str], list[str]] = {}
    for item, pages in pages_of.items():
        together.setdefault(frozenset(pages), []).append(item)
    return {
        hashlib.sha256("\n".join([kind, *sorted(items)]).encode()).hexdigest()[:12]: pages
        for pages, items in together.items()
    }


def reward_of(config: BatchConfig, kind: str) -> Decimal:
    """What a page of this kind pays, in dollars."""
    if kind == "qualification" and config.qualification:
        return config.qualification.reward_usd
    return config.hit.reward_usd


def quote_pages(config: BatchConfig, pages: Iterable[tuple[str, int]], waves: bool) -> Quote:
    """What pages given as (kind, assignments) cost with fees, in waves or in one HIT each; pure."""
    hits = [(size, reward_of(config, kind)) for kind, count in pages for size in split(count, waves)]
    return quote_for(config.recruiter, hits)


class Orders:
    """All HITs of a batch, and the ones that fill up or replace them later."""

    def __init__(self, config: BatchConfig, pages: Sequence[Page], ledger: str) -> None:
        self._config = config
        self._ledger = ledger
        self._pages = {page.page: page for page in pages}
        self._sizes = {page.page: split(page.assignments, in_waves(config.recruiter)) for page in pages}
        self._admission = any(page.kind == "qualification" for page in pages)
        self.groups = groups_of(config, pages)

    def first(self, urls: dict[str, str]) -> list[Intended]:
        """The HITs of every page, first waves of all pages first; `urls` by page."""
        waves = max((len(sizes) for sizes in self._sizes.values()), default=0)
        return [
            self._intended(page, f"{page}.{wave + 1}", sizes[wave], urls[page])
            for wave in range(waves)
            for page, sizes in self._sizes.items()
            if wave < len(sizes)
        ]

    def further(self, page: str, hit: str, assignments: int, url: str, replaces: str | None = None) -> Intended:
        """One more HIT for a page: for places that expired, or ratings that are missing."""
        return self._intended(page, hit, assignments, url, replaces, further=True)

    def _intended(
        self,
        page: str,
        hit: str,
        assignments: int,
        url: str,
        replaces: str | None = None,
        further: bool = False,
    ) -> Intended:
        built, groups = self._pages[page], self.groups[page]
        unseen = groups.needed | groups.study if further else groups.needed
        order = Order(
            hit=hit,
            page=page,
            kind=built.kind,
            url=url,
            assignments=assignments,
            reward_usd=reward_of(self._config, built.kind),
            annotation=f"hitgen {self._ledger} {self._config.batch.name} {hit}",
            unseen=tuple(sorted(unseen)),
            needs_admission=self._admission and built.kind == "study",
        )
        return Intended(order, built.sha256, groups.study, replaces)


def groups_of(config: BatchConfig, pages: Sequence[PageContent]) -> dict[str, Groups]:
    """Each page's groups, with waves and repeats as the config has them."""
    hits_of = {page.page: len(split(page.assignments, in_waves(config.recruiter))) for page in pages}
    return group_pages(pages, hits_of, config.recruiter.gold_repeats == "allow")


def requirement_faults(config: BatchConfig, pages: Sequence[PageContent]) -> list[Fault]:
    """Pages that ask more of workers than the recruiter can, or that nobody could ever work."""
    recruiter, groups = config.recruiter, groups_of(config, pages)
    admission = any(page.kind == "qualification" for page in pages)
    other = demands(recruiter) + 1 + admission
    remedy = 'fewer gold questions on a page, or gold_repeats = "allow"'
    kinds = sorted({page.kind for page in pages})
    faults = [*_admission_faults(recruiter, admission), *_pay_faults(config, kinds)]
    for page in pages if isinstance(recruiter, MTurkRecruiter) else ():
        if (count := other + len(groups[page.page].needed)) > MAX_REQUIREMENTS:
            problem = f"page {page.page} needs {count} requirements; {MAX_REQUIREMENTS} are possible"
            faults.append(Fault("batch.toml", "recruiter.require", problem, remedy))
    quiz = [groups[page.page].needed for page in pages if page.kind != "study"]
    studies = [groups[page.page].needed for page in pages if page.kind == "study"]
    if quiz and studies and all(any(seen & mine for seen in quiz) for mine in studies):
        problem = "every study page repeats a gold question of the qualification page, so nobody could work one"
        remedy = 'more gold questions, or recruiter.gold_repeats = "allow"'
        faults.append(Fault("batch.toml", "qualification.gold", problem, remedy))
    return faults


def _admission_faults(recruiter: AnyRecruiter, admission: bool) -> list[Fault]:
    if not (admission and isinstance(recruiter, LinkRecruiter | TurkleRecruiter)):
        return []
    problem = f"recruiter {recruiter.kind!r} cannot admit people by a qualification page: you choose them yourself"
    remedy = "leaving [qualification] out; gold questions on the study pages screen just as well"
    return [Fault("batch.toml", "qualification", problem, remedy)]


def hourly_usd(config: BatchConfig, kind: str) -> Decimal | None:
    """What an hour's work on pages of this kind pays, in dollars; None where nobody said how long they take."""
    if not isinstance(config.recruiter, ProlificRecruiter):
        return None
    return (reward_of(config, kind) * 60 / minutes_of(config.recruiter, kind)).quantize(Decimal("0.01"))


def _pay_faults(config: BatchConfig, kinds: Sequence[str]) -> list[Fault]:
    if not isinstance(config.recruiter, ProlificRecruiter):
        return []
    least = config.recruiter.minimum_usd_per_hour
    remedy = "a higher reward_usd, or fewer minutes if that is how long it takes"
    return [
        Fault(
            "batch.toml",
            "recruiter.minutes",
            f"a {kind} page pays ${paid} an hour, less than the ${least:.2f} that are due",
            remedy,
        )
        for kind in kinds
        if (paid := hourly_usd(config, kind)) is not None and paid < least
    ]


def raise_faults(faults: Sequence[Fault]) -> None:
    """Raise InputError if there are any."""
    if faults:
        raise InputError(faults)
