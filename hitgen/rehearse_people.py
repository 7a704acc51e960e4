"""Rehearsals without a marketplace: own participants, a real Turkle, and Prolific's double, all on this machine."""

from __future__ import annotations

import os
import shutil
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hitgen.build import build
from hitgen.collector.app import Collector
from hitgen.collector.inbox import FILE, Inbox
from hitgen.collector.server import Server
from hitgen.config.batch import BatchConfig
from hitgen.config.loading import read_config
from hitgen.config.publishing import FolderHost
from hitgen.config.recruiting import CollectorResults, Recruiting
from hitgen.doubles.prolific.server import Prolific
from hitgen.doubles.turkle.running import PASSWORD, RunningTurkle, running_turkle
from hitgen.errors import CONFIG_NAME
from hitgen.ledger.lock import locked
from hitgen.manifest import BuildFolder
from hitgen.methods.base import method_of
from hitgen.publishing.publication import open_publication
from hitgen.recruiters.link.config import LinkRecruiter
from hitgen.recruiters.link.link import Link
from hitgen.recruiters.prolific.config import ProlificRecruiter
from hitgen.recruiters.turkle.config import TurkleRecruiter
from hitgen.rehearse import Rehearsed, local_environment
from hitgen.robots.robot import MakeRobot
from hitgen.robots.visits import visit, work_at_turkle
from hitgen.serving import open_collector

TURKLE_WORKERS = 9
"""How many workers the Turkle of a rehearsal knows: `worker1`, `worker2`, ..."""


@dataclass
class PeopleRehearsal(Rehearsed):
    """A rehearsal of own participants, whose addresses are at `address`."""

    address: str

    def by_hand(self) -> list[str]:
        """What people should open, line by line."""
        return [f"A place for everyone who opens it: {self.address}/go"]

    def by_robots(self, browser: Any, robots: int) -> Counter[str]:
        """Let robots do all they are offered, `robots` for each HIT as far as there are places; how it ended."""
        recruiter = self.publication.recruiter
        assert isinstance(recruiter, Link)
        ended: Counter[str] = Counter()
        for hit in recruiter.places.hits():
            for place in list(recruiter.places.of(hit))[:robots]:
                ended[visit(browser, place.url, self.robot, place.participant)] += 1
        self.go_on()
        return ended

    @property
    def robot(self) -> MakeRobot:
        """Who works the pages where nobody does."""
        return method_of(self.publication.config).robot(self.publication.config)


@dataclass
class TurkleRehearsal(PeopleRehearsal):
    """A rehearsal at a real Turkle."""

    service: RunningTurkle

    def by_hand(self) -> list[str]:
        """Where to log in."""
        return [f"{self.service.url} as worker1 ... worker{TURKLE_WORKERS}, password {PASSWORD}"]

    def by_robots(self, browser: Any, robots: int) -> Counter[str]:
        """Let each robot log in and work what it is offered."""
        ended: Counter[str] = Counter()
        for number in range(1, min(robots, TURKLE_WORKERS) + 1):
            given = self.service.url, f"worker{number}", PASSWORD, self.robot
            ended.update(work_at_turkle(browser, *given, self.go_on))
        return ended


@dataclass
class ProlificRehearsal(PeopleRehearsal):
    """A rehearsal with Prolific's double."""

    service: Prolific

    def by_hand(self) -> list[str]:
        """Addresses as participants get them, one for each page."""
        people = (f"{number:024x}" for number in range(1, len(self.publication.built.pages) + 1))
        return [self.service.take(self.service.offers(person)[0], person)[1] for person in people]

    def by_robots(self, browser: Any, robots: int) -> Counter[str]:
        """Let participants come as long as there are studies for them."""
        ended: Counter[str] = Counter()
        for number in range(1, robots * len(self.publication.built.pages) + 1):
            person = f"{number:024x}"
            while offers := self.service.offers(person):
                ended[visit(browser, self.service.take(offers[0], person)[1], self.robot, person)] += 1
                self.go_on()
        return ended

    def go_on(self) -> int:
        """Bring back, with the code, everyone whose answers arrived; then as ever."""
        config = self.publication.config
        assert isinstance(config.recruiter, ProlificRecruiter)
        with Inbox(self.publication.folder / FILE, config.batch.name) as inbox:
            for session in inbox.delivered():
                if self.service.submissions.get(session, {}).get("status") == "ACTIVE":
                    self.service.complete(session, config.recruiter.completion_code)
        return super().go_on()


@contextmanager
def open_people_rehearsal(folder: Path, kind: str, workers: int | None = None) -> Iterator[PeopleRehearsal]:
    """A batch built for this machine with its own ledger, all under build/rehearsal; only what recruits is played.

    Plan and packs are the batch's own; what differs in a page is where its answers go.
    """
    config = read_config(folder / CONFIG_NAME)
    place = BuildFolder(folder).root / "rehearsal"
    place.parent.mkdir(exist_ok=True)
    with locked(place), local_environment(), ExitStack() as stack:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        (place / "cache").symlink_to(BuildFolder(folder).cache.resolve(), target_is_directory=True)
        address = f"http://127.0.0.1:{free_port()}"
        service, recruiter = _service(stack, kind, config, place, address)
        host = FolderHost(kind="folder", base_url=address)
        local = config.model_copy(update={"host": host, "recruiter": recruiter})
        build(folder, workers, config=local, into=place)
        stack.enter_context(_server(local, place, address))
        publication = stack.enter_context(open_publication(place, config=local))
        if isinstance(service, Prolific):
            yield ProlificRehearsal(publication, address, service)
        elif service:
            yield TurkleRehearsal(publication, address, service)
        else:
            yield PeopleRehearsal(publication, address)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _service(
    stack: ExitStack, kind: str, config: BatchConfig, place: Path, address: str
) -> tuple[Prolific | RunningTurkle | None, Recruiting]:
    """What recruits here, and the config that leads to it; the batch's own settings stay where it has that kind."""
    given, results = config.recruiter, CollectorResults(kind="collector", url=address)
    if kind == "link":
        link = given if isinstance(given, LinkRecruiter) else LinkRecruiter(kind="link", results=results)
        return None, link.model_copy(update={"results": results})
    if kind == "turkle":
        names = [f"worker{number}" for number in range(1, TURKLE_WORKERS + 1)]
        turkle = stack.enter_context(running_turkle(place, free_port(), names))
        _set(stack, "TURKLE_TOKEN", turkle.token)
        own = given if isinstance(given, TurkleRecruiter) else TurkleRecruiter(kind="turkle", url=turkle.url)
        return turkle, own.model_copy(update={"url": turkle.url, "token_env": "TURKLE_TOKEN"})
    service = stack.enter_context(Prolific())
    _set(stack, "PROLIFIC_TOKEN", service.token)
    here = {"results": results, "endpoint_url": service.url, "workspace": service.workspace, "project": ""}
    if not isinstance(given, ProlificRecruiter):
        given = ProlificRecruiter(kind="prolific", results=results, workspace=service.workspace, minutes=1)
    return service, given.model_copy(update={**here, "token_env": "PROLIFIC_TOKEN", "filters": ()})


def _set(stack: ExitStack, name: str, value: str) -> None:
    before = os.environ.get(name)
    os.environ[name] = value
    stack.callback(lambda: os.environ.pop(name, None) if before is None else os.environ.update({name: before}))


@contextmanager
def _server(config: BatchConfig, place: Path, address: str) -> Iterator[None]:
    """The pages, and the collector where answers come to one."""
    port = int(address.rpartition(":")[2])
    if isinstance(config.recruiter, TurkleRecruiter):
        # What is posted here is refused: answers go to Turkle.
        with (
            Inbox(place / FILE, "") as shut,
            Server(Collector(shut, pages=place / "published"), shut, "127.0.0.1", port),
        ):
            yield
        return
    hand_out = isinstance(config.recruiter, LinkRecruiter)
    with (
        open_collector(place, hand_out, config=config) as (collector, inbox),
        Server(collector, inbox, "127.0.0.1", port),
    ):
        yield
