"""What a panel is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hitgen.collector.door import HandOut
from hitgen.collector.inbox import Inbox
from hitgen.collector.turns import Turns
from hitgen.config.batch import BatchConfig, BatchTable
from hitgen.config.recruiter import CollectorResults
from hitgen.recruiters.base import Look, Opening, Recruiter
from hitgen.recruiters.double import Double
from hitgen.recruiters.offers import Offering
from hitgen.recruiters.panel.config import OUT, PLACE, PanelRecruiter
from hitgen.recruiters.panel.ends import Ends
from hitgen.recruiters.panel.handout import HandingOutById, Rules, entrance
from hitgen.recruiters.rest import token_from


def ways_back(config: CollectorResults, batch: BatchTable) -> dict[str, Any]:
    """What a page is told of where people go from it: to whoever gave them their place, who knows the way and their language."""
    go = f"{config.url.rstrip('/')}/go?{PLACE}={{assignment}}{'&lang={language}' * (len(batch.spoken) > 1)}"
    return {"completion_url": go, "leaving_url": f"{go}&{OUT}={{why}}"}


class PanelKind(Offering[PanelRecruiter]):
    """People who come with an id and go back with a code; found and paid by the panel, places given by hitgen."""

    model = PanelRecruiter
    people = "Participants came from a panel or participant pool, each with an id of its own"
    apart = True
    admits = True
    hands_out = True
    unit = "page"

    def answers(self) -> dict[str, Any]:
        """Answers go to the collector, and so do people, who sends them back."""
        return {**super().answers(), **ways_back(self.own.results, self.config.batch)}

    def warnings(self) -> list[str]:
        """Too little gold for people who work few pages."""
        return [] if self.config.qualification else self.few_gold(self.own.pages_each, "raise recruiter.pages_each")

    def hand_out(self, look: Look, inbox: Inbox, now: Callable[[], datetime]) -> HandOut:
        """Places by the panel's own ids; InputError where the panel's key is needed and not there."""
        own = self.own
        secret = token_from(own.secret_env, os.environ, "recruiter.secret_env") if own.uses_secret else ""
        rules = Rules(
            batch=self.config.batch.name,
            ids=own.id,
            keep=own.keep,
            ends=Ends(own.ways, own.digest, secret),
            pages_each=own.pages_each,
            hold=timedelta(seconds=own.hold_s),
        )
        return HandingOutById(rules, look, Turns(inbox), now, own.results.url.startswith("https:"))

    def entrance(self, address: str) -> str:
        """With what the panel fills in."""
        return entrance(address, self.own.id, self.own.keep)

    @classmethod
    @contextmanager
    def rehearse(cls, config: BatchConfig, scratch: Path, address: str) -> Iterator[Double]:
        """A panel on this machine."""
        from hitgen.doubles.panel.panel import ANY
        from hitgen.doubles.panel.server import PanelServer
        from hitgen.recruiters.panel.double import PanelDouble

        with PanelServer() as service:
            given, results = config.recruiter, CollectorResults(kind="collector", url=address)
            own = given if isinstance(given, PanelRecruiter) else PanelRecruiter(kind="panel", results=results)
            ways = {why.replace("-", "_"): service.base + way.replace("{PID}", "{id}") for why, way in ANY.ways.items()}
            here = {**ways, "results": results, "id": (ANY.person,), "keep": (), "digest": "", "credit": ""}
            yield PanelDouble(own.model_copy(update=here), service, f"{address}/go")

    def open(self, opening: Opening) -> Recruiter:
        """Places in the ledger, turns and answers in the inbox."""
        from hitgen.recruiters.panel.credit import Credit
        from hitgen.recruiters.panel.panel import Panel

        own, credit = self.own, None
        if own.credit:
            needs = "{secret}" in own.credit or own.uses_secret
            credit = Credit(
                own, token_from(own.secret_env, opening.environment, "recruiter.secret_env") if needs else ""
            )
        return Panel(self, opening, credit)
