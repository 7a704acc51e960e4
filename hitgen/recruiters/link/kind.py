"""What recruiting one's own participants is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from hitgen.collector.door import HandOut
from hitgen.collector.inbox import Inbox
from hitgen.config.batch import BatchConfig
from hitgen.config.recruiter import CollectorResults
from hitgen.recruiters.base import Look, Opening, Recruiter
from hitgen.recruiters.double import Double
from hitgen.recruiters.link.config import LinkRecruiter
from hitgen.recruiters.link.handout import HandingOut
from hitgen.recruiters.offers import Offering
from hitgen.recruiters.places import LIST


class LinkKind(Offering[LinkRecruiter]):
    """People of one's own, each with personal addresses; found and paid outside hitgen."""

    model = LinkRecruiter
    people = "Participants were invited by personal addresses"
    apart = True
    unit = "page"
    addresses = LIST

    def hand_out(self, look: Look, inbox: Inbox, now: Callable[[], datetime]) -> HandOut | None:
        """The places of the next participant, one page after the other."""
        secure = isinstance(self.own.results, CollectorResults) and self.own.results.url.startswith("https:")
        hold = timedelta(seconds=self.own.hold_s)
        return HandingOut(self.config.batch.name, look, inbox, now, hold, secure)

    @classmethod
    @contextmanager
    def rehearse(cls, config: BatchConfig, scratch: Path, address: str) -> Iterator[Double]:
        """Nobody recruits: people open addresses."""
        from hitgen.recruiters.link.double import LinkDouble

        given, results = config.recruiter, CollectorResults(kind="collector", url=address)
        own = given if isinstance(given, LinkRecruiter) else LinkRecruiter(kind="link", results=results)
        yield LinkDouble(own.model_copy(update={"results": results}), address)

    def open(self, opening: Opening) -> Recruiter:
        """Places in the ledger, answers in the inbox."""
        from hitgen.recruiters.link.link import Link

        return Link(self, opening)
