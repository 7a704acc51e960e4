"""A study whose places go to a panel's ids, without pages, browsers or a port."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

from hitgen.collector.app import Collector
from hitgen.collector.inbox import FILE, Inbox
from hitgen.config.read import read_config
from hitgen.ledger.ledger import Ledger
from hitgen.ledger.rows import Order
from hitgen.recruiters import kind_of
from hitgen.recruiters.base import Kind, Opening, Recruiter
from hitgen.recruiters.memory import START
from hitgen.serve import LedgerView
from tests.support.batches import write_config

PAGES = "https://study.example.org/hitgen/demo/pages"
RESULTS = 'results = {kind = "collector", url = "https://study.example.org/hitgen"}'


@dataclass(frozen=True)
class Said:
    """What was answered: `url` where it leads."""

    status: int
    url: str
    words: str

    @property
    def query(self) -> dict[str, str]:
        """What the address says."""
        return dict(parse_qsl(urlsplit(self.url).query))

    @property
    def place(self) -> str:
        """The name of the place that the address gives; empty where it gives none."""
        return self.query.get("assignmentId", "") if self.url.startswith(PAGES) else ""


@dataclass
class PanelStudy:
    """A published study; its clock `now` stands still until it is moved."""

    folder: Path
    kind: Kind[Any]
    ledger: Ledger
    inbox: Inbox
    now: datetime = START
    opened: list[Order] = field(default_factory=list)
    environment: dict[str, str] | None = None
    at_end: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        handing = self.kind.hand_out(LedgerView(self.folder), self.inbox, lambda: self.now)
        self.collector = Collector(self.inbox, hand_out=handing, now=lambda: self.now)
        self.collector._places._clock = lambda: self.now.timestamp()
        for module in ("panel", "places"):
            self.at_end.enter_context(patch(f"hitgen.recruiters.panel.{module}.utc_now", lambda: self.now))

    @property
    def recruiter(self) -> Recruiter:
        """The recruiter, at the study's time; it is closed when the study is."""
        made = self.kind.open(Opening(self.folder, self.ledger.book, environment=self.environment))
        self.at_end.callback(made.close)
        return made

    def open(
        self, hit: str, places: int, unseen: tuple[str, ...] = (), kind: str = "study", admitted: bool = False
    ) -> None:
        """One HIT with so many places."""
        page = hit.partition(".")[0]
        url = f"{PAGES}/{page}.html"
        order = Order(hit, page, kind, url, places, Decimal("1.00"), f"hitgen L demo {hit}", unseen, admitted)
        self.ledger.intend(order, "0" * 64, Decimal(0), self.now)
        recruiter = self.recruiter
        made = recruiter.create(order, "")
        recruiter.close()
        self.ledger.created(hit, replace(made, created_at=self.now))

    def go(self, query: str, method: str = "GET", **headers: str) -> Said:
        """One request at /go."""
        told: list[Any] = []
        environ = {
            "PATH_INFO": "/go",
            "REQUEST_METHOD": method,
            "QUERY_STRING": query,
            "wsgi.input": io.BytesIO(),
            **headers,
        }
        body = b"".join(self.collector(environ, lambda *said: told.extend(said)))
        return Said(int(told[0][:3]), dict(told[1]).get("Location", ""), body.decode())

    def come(self, query: str) -> Said:
        """A person, who presses the button where there is one."""
        said = self.go(query)
        return self.go(query, "POST") if "<button>" in said.words else said

    def deliver(self, place: str, **more: Any) -> str:
        """Answers arrive for a place; what the inbox says."""
        page = place.partition(".")[0]
        values = {"schema": 1, "batch": "demo", "page": page, "assignment": place, "trials": [], **more}
        return self.inbox.add(json.dumps(values).encode(), "collector", self.now)

    def wait(self, **more: float) -> None:
        """Let time pass."""
        self.now += timedelta(**more)


@contextmanager
def panel_study(folder: Path, recruiter: str, environment: dict[str, str] | None = None) -> Iterator[PanelStudy]:
    """A study with this [recruiter] and no HITs yet."""
    write_config(folder, 'kind = "folder"\nbase_url = "https://study.example.org/hitgen"')
    path = folder / "batch.toml"
    path.write_text(path.read_text().replace('kind = "mturk"\n', recruiter))
    kind = kind_of(read_config(path))
    with (
        Ledger(folder / "ledger.sqlite") as ledger,
        Inbox(folder / FILE, "demo", kind.knows(LedgerView(folder))) as inbox,
    ):
        study = PanelStudy(folder, kind, ledger, inbox, environment=environment)
        with study.at_end:
            yield study
