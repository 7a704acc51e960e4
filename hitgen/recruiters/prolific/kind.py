"""What Prolific is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from hitgen.config.batch import BatchConfig
from hitgen.config.recruiter import CollectorResults
from hitgen.errors import Fault, in_config
from hitgen.lib.money import CENT, Quote, quote_by_percent
from hitgen.recruiters.base import Asked, Kind, Look, Opening, Recruiter
from hitgen.recruiters.double import Double
from hitgen.recruiters.prolific.config import LISTED, ProlificRecruiter

TOKEN = "PROLIFIC_TOKEN"
DONE = "https://app.prolific.com/submissions/complete?cc="
COMPUTER = "Needs a computer with a mouse."
SESSION = re.compile(r"[0-9a-f]{24}")
"""What Prolific calls one person's turn at a study."""


def is_session(assignment: str) -> bool:
    """Whether this can be a session of Prolific; its list tells later which there were."""
    return SESSION.fullmatch(assignment) is not None


class ProlificKind(Kind[ProlificRecruiter]):
    """A panel whose people work one page each, are paid by the hour and go back with a code."""

    model = ProlificRecruiter
    people = "Participants were recruited on Prolific"
    apart = True
    unit = "place"
    admits = True

    def __init__(self, config: BatchConfig) -> None:
        super().__init__(config)
        if not getattr(config.recruiter, "description", ""):
            self.own = self.own.model_copy(update={"description": f"{self.own.description} {COMPUTER}"})

    def quote(self, hits: Iterable[tuple[int, Decimal]]) -> Quote:
        """Rewards, the service's percentage, and what is set aside for who is screened out."""
        return quote_by_percent(hits, self.own.fee_percent, self.own.screen_outs_usd)

    def bonus_fee_usd(self, amount_usd: Decimal, assignments: int) -> Decimal:
        """The service's percentage of a bonus."""
        return quote_by_percent([(1, amount_usd)], self.own.fee_percent).fees_usd

    def hourly_usd(self, kind: str) -> Decimal | None:
        """The reward over the minutes that the config says a page takes."""
        return (self.config.reward_usd(kind) * 60 / self.own.minutes_of(kind)).quantize(CENT)

    def faults(self, pages: Sequence[Asked]) -> list[Fault]:
        """Pages that pay less an hour than is due, screen-outs that pay as much as pages, pages that share pictures."""
        kinds = sorted({page.kind for page in pages})
        faults = list(self.underpaid(kinds, self.own.minimum_usd_per_hour))
        if self.config.hit.training_tries == 1:
            problem = "Prolific asks that everybody has two tries at a check of whether the task was understood"
            faults.append(in_config("hit.training_tries", problem, "2 or more"))
        pay = self.own.screen_out_usd
        lowest = min((self.config.reward_usd(kind) for kind in kinds), default=None)
        if pay is not None and lowest is not None and pay >= lowest:
            problem = f"who is screened out would get ${pay}, and a page pays ${lowest}"
            faults.append(in_config("recruiter.screen_out_usd", problem, "less than the reward"))
        if self.own.pages_each > 1 and any(page.groups for page in pages if page.kind == "study"):
            problem = "Prolific cannot keep a participant of several pages from meeting a picture again"
            remedy = 'pages_each = 1, or pages that share nothing: hit.assignments left out and gold_repeats = "allow"'
            faults.append(in_config("recruiter.pages_each", problem, remedy))
        return faults

    def warnings(self) -> list[str]:
        """Too little gold for people who work one page."""
        return self.few_gold(self.own.pages_each, "admit people by a [qualification] page")

    def answers(self) -> dict[str, Any]:
        """Where answers go, and the way back to Prolific."""
        ways = {"completion_url": DONE + self.own.completion_code, "leaving_url": DONE + self.own.code_of("{why}")}
        return {**super().answers(), **ways}

    def place_pattern(self, page: str) -> str:
        """Any session: which there are only Prolific knows."""
        return SESSION.pattern

    def knows(self, look: Look) -> Callable[[str], bool]:
        """Whatever can be a session; Prolific's list tells later which there were."""
        return is_session

    @classmethod
    @contextmanager
    def rehearse(cls, config: BatchConfig, scratch: Path, address: str) -> Iterator[Double]:
        """Prolific's double."""
        from hitgen.doubles.prolific.server import Prolific
        from hitgen.recruiters.prolific.double import ProlificDouble

        with Prolific() as service:
            given, results = config.recruiter, CollectorResults(kind="collector", url=address)
            if not isinstance(given, ProlificRecruiter):
                given = ProlificRecruiter(kind="prolific", results=results, workspace=service.workspace, minutes=1)
            here = {"results": results, "endpoint_url": service.url, "workspace": service.workspace, "project": ""}
            own = given.model_copy(update={**here, "token_env": TOKEN, "filters": ()})
            yield ProlificDouble(own, service, scratch, config.batch.name)

    def vouches(self, look: Look) -> Callable[[str], bool]:
        """Sessions that Prolific listed when hitgen last asked; any 24 digits can be made up."""
        return lambda session: look(lambda book: book.noted(LISTED, session)) is not None

    def open(self, opening: Opening) -> Recruiter:
        """Prolific by its REST API, and the inbox for answers."""
        from hitgen.recruiters.prolific.prolific import Prolific

        return Prolific(self, opening)
