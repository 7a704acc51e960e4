"""Who works which page: as many as asked for, nobody the same picture or gold question twice."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hitgen.manifest import Page


class Deal:
    """Places on pages, given away to one worker after another."""

    def __init__(self, pages: Iterable[Page], rng: np.random.Generator, gold_repeats: bool) -> None:
        self._rng = rng
        self._pages = {page.page: page for page in pages}
        self._left = {page.page: page.assignments for page in self._pages.values() if page.assignments}
        self._met = {name: _meets(page, gold_repeats) for name, page in self._pages.items()}

    def places_left(self) -> int:
        """How many assignments nobody has taken yet."""
        return sum(self._left.values())

    def most_left(self) -> int:
        """The places left on the page with most of them: at least as many workers are still needed."""
        return max(self._left.values(), default=0)

    def take(self, most: int) -> list[Page]:
        """Up to `most` pages for one worker, fullest pages last; study ladders and gold questions never repeat."""
        order = list(self._left)
        order = [order[index] for index in self._rng.permutation(len(order))]
        taken: list[Page] = []
        met: set[str] = set()
        for name in sorted(order, key=lambda name: -self._left[name]):
            if len(taken) == most:
                break
            if met & self._met[name]:
                continue
            met |= self._met[name]
            taken.append(self._pages[name])
            self._left[name] -= 1
            if not self._left[name]:
                del self._left[name]
        return taken


def _meets(page: Page, gold_repeats: bool) -> frozenset[str]:
    if gold_repeats:
        return page.study
    return page.study | page.gold
