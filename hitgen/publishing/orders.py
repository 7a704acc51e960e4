"""From pages to HITs: how many, of what size, for whom; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from hitgen.config.batch import BatchConfig
from hitgen.errors import Fault, in_config
from hitgen.ledger.rows import HitName, Order
from hitgen.manifest import Page, PageContent
from hitgen.recruiters import kind_of
from hitgen.recruiters.answers import delivery_faults
from hitgen.recruiters.base import Asked


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


class Orders:
    """All HITs of a batch, and the ones that fill up or replace them later."""

    def __init__(self, config: BatchConfig, pages: Sequence[Page], ledger: str) -> None:
        self._config = config
        self._ledger = ledger
        self._pages = {page.page: page for page in pages}
        sizes = kind_of(config).sizes
        self._sizes = {page.page: sizes(page.assignments) for page in pages}
        self._admission = any(page.kind == "qualification" for page in pages)
        self.groups = groups_of(config, pages)

    def first(self, urls: dict[str, str]) -> list[Intended]:
        """The HITs of every page, first waves of all pages first; `urls` by page."""
        waves = max((len(sizes) for sizes in self._sizes.values()), default=0)
        return [
            self.intended(HitName(page, wave + 1), sizes[wave], urls[page])
            for wave in range(waves)
            for page, sizes in self._sizes.items()
            if wave < len(sizes)
        ]

    def intended(self, name: HitName, assignments: int, url: str, replaces: str | None = None) -> Intended:
        """A HIT of a page by its name; one for places that expired or ratings that are missing is for new workers."""
        built, groups = self._pages[name.page], self.groups[name.page]
        again = name.topup or name.copy > 1
        unseen = groups.needed | groups.study if again else groups.needed
        order = Order(
            hit=str(name),
            page=name.page,
            kind=built.kind,
            url=url,
            assignments=assignments,
            reward_usd=self._config.reward_usd(built.kind),
            annotation=f"hitgen {self._ledger} {self._config.batch.name} {name}",
            unseen=tuple(sorted(unseen)),
            needs_admission=self._admission and built.kind == "study",
        )
        return Intended(order, built.sha256, groups.study, replaces)


def groups_of(config: BatchConfig, pages: Sequence[PageContent]) -> dict[str, Groups]:
    """Each page's groups, with waves and repeats as the config has them."""
    sizes = kind_of(config).sizes
    hits_of = {page.page: len(sizes(page.assignments)) for page in pages}
    return group_pages(pages, hits_of, config.recruiter.gold_repeats == "allow")


def requirement_faults(config: BatchConfig, pages: Sequence[PageContent]) -> list[Fault]:
    """Pages that ask more of workers than the recruiter can, or that nobody could ever work."""
    groups = groups_of(config, pages)
    asked = [Asked(page.page, page.kind, len(groups[page.page].needed)) for page in pages]
    kind = kind_of(config)
    faults = [*kind.faults(asked), *delivery_faults(config, kind.answers())]
    quiz = [groups[page.page].needed for page in pages if page.kind != "study"]
    studies = [groups[page.page].needed for page in pages if page.kind == "study"]
    if quiz and studies and all(any(seen & mine for seen in quiz) for mine in studies):
        problem = "every study page repeats a gold question of the qualification page, so nobody could work one"
        remedy = 'more gold questions, or recruiter.gold_repeats = "allow"'
        faults.append(in_config("qualification.gold", problem, remedy))
    return faults
