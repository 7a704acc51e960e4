"""What Mechanical Turk is, and whatever speaks its protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from hitgen.config.batch import BatchConfig
from hitgen.errors import Fault, InputError, in_config
from hitgen.lib.money import Quote
from hitgen.recruiters.base import Asked, Kind, Opening, Recruiter
from hitgen.recruiters.double import Double
from hitgen.recruiters.mturk import fees
from hitgen.recruiters.mturk.config import MTurkRecruiter

ORIGINS = ("https://www.mturk.com", "https://workersandbox.mturk.com")
MAX_REQUIREMENTS = 10
"""How many demands on workers a HIT can carry."""


class MTurkKind(Kind[MTurkRecruiter]):
    """A marketplace that takes and keeps the answers, and is paid for."""

    model = MTurkRecruiter
    people = "Participants were recruited on Amazon Mechanical Turk"
    admits = True

    def quote(self, hits: Iterable[tuple[int, Decimal]]) -> Quote:
        """Rewards and the service's fees."""
        return fees.quote(hits, self.own.masters)

    def bonus_fee_usd(self, amount_usd: Decimal, assignments: int) -> Decimal:
        """The fee; what large HITs and Masters cost more is on rewards alone."""
        return fees.fee_usd(amount_usd, 1)

    def sizes(self, assignments: int) -> list[int]:
        """One HIT, or small ones at the lower fee."""
        return fees.split(assignments, self.own.waves)

    def largest_further(self) -> int | None:
        """In waves as many as keep the lower fee; the rest comes next time."""
        return fees.LARGE_HIT - 1 if self.own.waves else None

    def waves_save_usd(self, pages: Sequence[tuple[int, Decimal]]) -> Decimal:
        """The difference in fees between large HITs and small ones."""
        costs = [
            self.quote((size, reward_usd) for count, reward_usd in pages for size in fees.split(count, waves))
            for waves in (False, True)
        ]
        return costs[0].total_usd - costs[1].total_usd

    def warnings(self) -> list[str]:
        """That the service is gone, where no other is named."""
        if self.own.endpoint_url:
            return []
        return [
            "batch.toml: recruiter.kind: Mechanical Turk closed on 30 September 2026; name a compatible marketplace in "
            "recruiter.endpoint_url, or choose link, turkle or prolific"
        ]

    def faults(self, pages: Sequence[Asked]) -> list[Fault]:
        """Pages that ask more of workers than a HIT can carry."""
        other = len(self.own.require) + self.own.masters + 1 + any(page.kind == "qualification" for page in pages)
        remedy = 'fewer gold questions on a page, or gold_repeats = "allow"'
        return [
            in_config(
                "recruiter.require",
                f"page {page.page} needs {other + page.groups} requirements; {MAX_REQUIREMENTS} are possible",
                remedy,
            )
            for page in pages
            if other + page.groups > MAX_REQUIREMENTS
        ]

    def submit_origins(self) -> tuple[str, ...]:
        """The marketplace's own, and those that the config names."""
        return (*ORIGINS, *self.own.submit_origins)

    @classmethod
    @contextmanager
    def rehearse(cls, config: BatchConfig, scratch: Path, address: str) -> Iterator[Double]:
        """A marketplace; InputError for pages that hand in elsewhere, since it works on the very bytes."""
        from hitgen.doubles.mturk.marketplace import Marketplace
        from hitgen.lib.aws import PLAY
        from hitgen.recruiters.mturk.double import MTurkDouble

        given = config.recruiter
        if not isinstance(given, MTurkRecruiter):
            problem = f"pages for {given.kind!r} hand in elsewhere, and the rehearsal's marketplace is MTurk's kind"
            remedy = f"`hitgen rehearse --recruiter {given.kind}`, which is the default"
            raise InputError(in_config("recruiter.kind", problem, remedy))
        with Marketplace(scratch / "marketplace.sqlite") as marketplace:
            here = {"endpoint_url": marketplace.endpoint_url, "profile": PLAY}
            yield MTurkDouble(given.model_copy(update=here), marketplace)

    def open(self, opening: Opening) -> Recruiter:
        """The marketplace."""
        from hitgen.recruiters.mturk.mturk import MTurk

        return MTurk(self.own, self.config.batch.name, opening.book, opening.production)
