"""What CloudResearch Connect is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hitgen.collector.door import HandOut
from hitgen.collector.inbox import Inbox
from hitgen.collector.turns import Turns
from hitgen.config.batch import BatchConfig
from hitgen.config.recruiter import CollectorResults
from hitgen.errors import Fault
from hitgen.lib.money import CENT, Quote, quote_by_percent
from hitgen.recruiters.base import Asked, Look, Opening, Recruiter
from hitgen.recruiters.connect.config import IDS, KEEP, ConnectRecruiter
from hitgen.recruiters.double import Double
from hitgen.recruiters.offers import Offering
from hitgen.recruiters.panel.ends import Ends
from hitgen.recruiters.panel.handout import HandingOutById, Rules, entrance
from hitgen.recruiters.panel.kind import ways_back

KEY = "CONNECT_API_KEY"


class ConnectKind(Offering[ConnectRecruiter]):
    """A panel with an interface: people work one page each, are listed and paid by the service, and go back with a code."""

    model = ConnectRecruiter
    people = "Participants were recruited on CloudResearch Connect"
    apart = True
    hands_out = True
    unit = "page"

    def quote(self, hits: Iterable[tuple[int, Decimal]]) -> Quote:
        """Rewards and the service's percentage."""
        return quote_by_percent(hits, self.own.fee_percent)

    def hourly_usd(self, kind: str) -> Decimal | None:
        """The reward over the minutes that the config says a page takes."""
        return (self.config.reward_usd(kind) * 60 / self.own.minutes).quantize(CENT)

    def faults(self, pages: Sequence[Asked]) -> list[Fault]:
        """A qualification page, and pages that pay less an hour than is due."""
        return [*super().faults(pages), *self.underpaid(["study"], self.own.minimum_usd_per_hour)]

    def warnings(self) -> list[str]:
        """That nobody has tried it, and too little gold for people who work one page."""
        untried = "batch.toml: recruiter.kind: hitgen was never run against Connect itself; begin with few places"
        return [untried, *self.few_gold(pages_each=1)]

    def answers(self) -> dict[str, Any]:
        """Answers go to the collector, and so do people, who get their code there."""
        return {**super().answers(), **ways_back(self.own.results, self.config.batch)}

    def hand_out(self, look: Look, inbox: Inbox, now: Callable[[], datetime]) -> HandOut:
        """A page for each participant."""
        ends, hold = Ends({"complete": self.own.completion_code}), timedelta(seconds=self.own.hold_s)
        rules = Rules(self.config.batch.name, IDS, KEEP, ends, pages_each=1, hold=hold)
        return HandingOutById(rules, look, Turns(inbox), now, self.own.results.url.startswith("https:"))

    def entrance(self, address: str) -> str:
        """With what the service fills in."""
        return entrance(address, IDS, KEEP)

    @classmethod
    @contextmanager
    def rehearse(cls, config: BatchConfig, scratch: Path, address: str) -> Iterator[Double]:
        """Connect's double."""
        from hitgen.doubles.connect.server import Connect
        from hitgen.recruiters.connect.double import ConnectDouble

        with Connect() as service:
            given, results = config.recruiter, CollectorResults(kind="collector", url=address)
            if not isinstance(given, ConnectRecruiter):
                given = ConnectRecruiter(kind="connect", results=results, minutes=2)
            here = {"results": results, "endpoint_url": service.url, "key_env": KEY}
            yield ConnectDouble(given.model_copy(update=here), service)

    def open(self, opening: Opening) -> Recruiter:
        """Connect by its API, turns and answers in the inbox."""
        from hitgen.recruiters.connect.connect import Connect

        return Connect(self, opening)
