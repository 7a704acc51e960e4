"""A whole study on this machine: the same publisher, with a double in place of whoever recruits."""

from __future__ import annotations

import shutil
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hitgen.build import build
from hitgen.checks.made import seeing
from hitgen.collector.app import Collector
from hitgen.collector.inbox import FILE, Inbox
from hitgen.collector.server import Server, bound
from hitgen.config.batch import BatchConfig
from hitgen.config.hosts import FolderHost, S3Host
from hitgen.config.kinds import RECRUITERS
from hitgen.config.read import nearest, read_config
from hitgen.doubles.storage import BUCKET, serve_bucket
from hitgen.errors import CONFIG_NAME, InputError, at_option
from hitgen.hosts.bucket import configure_bucket, needed_changes
from hitgen.hosts.s3 import S3
from hitgen.ledger.access import locked
from hitgen.ledger.acts import Act
from hitgen.ledger.ledger import LEDGER
from hitgen.lib.aws import PLAY
from hitgen.lib.files import private_folder
from hitgen.lib.nested import read_json
from hitgen.lib.progress import OnProgress, silent
from hitgen.manifest import BuildFolder
from hitgen.methods.base import method_of
from hitgen.methods.submission import FaultyError
from hitgen.publishing.collect import collect
from hitgen.publishing.once import once
from hitgen.publishing.publication import Publication, open_publication
from hitgen.publishing.publish import Published, plan_publication, publish
from hitgen.recruiters import kind_of
from hitgen.recruiters.base import Recruiter
from hitgen.recruiters.double import Double, Worked
from hitgen.results.raw import submission_text
from hitgen.robots.robot import MakeRobot, Robot
from hitgen.serve import open_collector


@dataclass(frozen=True)
class HandedIn:
    """One submission that came back: `answer` is what the page sent, None where it cannot be read."""

    hit: str
    page: str
    worker: str
    assignment: str
    answer: dict[str, Any] | None

    @property
    def line(self) -> str:
        """The submission in one line."""
        if self.answer is None:
            return f"{self.page} by {self.worker}: cannot be read"
        rows = [row for row in self.answer.get("trials", []) if "trial" in row]
        return f"{self.page} by {self.worker}: {len({row['trial'] for row in rows})} trials, {len(rows)} attempts"


@dataclass
class Rehearsal:
    """A rehearsal that is under way, with its double of whoever sends workers."""

    publication: Publication
    double: Double

    @property
    def recruiter(self) -> Recruiter:
        """The recruiter, which speaks to the double."""
        return self.publication.recruiter

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return len(self.publication.built.pages)

    @property
    def robot(self) -> MakeRobot:
        """Who works the pages where nobody does."""
        config = self.publication.config
        method = method_of(config)
        make = method.robot(config, method.rehearsing_policy(self.publication.built.manifest))

        def made(page: Any, worker: str) -> Robot:
            robot = make(page, worker)
            robot.sees = seeing(config, self.publication.built.manifest)
            robot.patience_s = config.screening.trial_s_min + 1  # who is quicker is not used
            return robot

        return made

    def publish(self, progress: OnProgress = silent) -> Published:
        """Publish what is due now, as `hitgen publish` would."""
        plan = plan_publication(self.publication)
        return publish(self.publication, plan, progress=progress)

    def go_on(self) -> int:
        """Collect, admit everyone who handed in the qualification page, publish what is due; new submissions."""
        self.double.before_look()
        new = collect(self.publication)
        if not new:
            return 0
        quiz = {page.page for page in self.publication.built.pages if page.kind == "qualification"}
        for row in list(self.publication.ledger.submissions()):
            if row.page in quiz:
                once(self.publication, Act("admit", row.worker))
        self.publish()
        return new

    def by_hand(self) -> list[str]:
        """What people should open, line by line."""
        return self.double.by_hand(self)

    def by_robots(self, robots: int, worked: Worked) -> Counter[str]:
        """Let robots work all there is; how it ended: `done`, or the screen where they were stuck."""
        return self.double.by_robots(self, robots, worked)

    def handed_in(self) -> list[HandedIn]:
        """All submissions that were collected, in their order."""
        return [
            HandedIn(row.hit, row.page, row.worker, row.assignment, read_answer(row.answer))
            for row in self.publication.ledger.submissions()
        ]


def read_answer(text: str) -> dict[str, Any] | None:
    """The submission in a recruiter's answer, or None."""
    try:
        found = read_json(submission_text(text))
    except (FaultyError, ValueError):
        return None
    return found if isinstance(found, dict) else None


@contextmanager
def open_rehearsal(folder: Path, kind: str = "", progress: OnProgress = silent) -> Iterator[Rehearsal]:
    """A batch published on this machine with its own ledger under build/rehearsal, all new; `kind` in place of its own.

    The batch is built first. Where answers go elsewhere here, pages are sealed anew; plan and packs are the batch's own. Raises InputError for a kind that has no double.
    """
    config = read_config(folder / CONFIG_NAME)
    kind = kind or config.recruiter.kind
    if kind not in RECRUITERS.names():
        raise InputError(at_option("--recruiter", f"{kind!r} is not known", nearest(kind, RECRUITERS.names())))
    scratch = BuildFolder(folder).rehearsal
    scratch.parent.mkdir(exist_ok=True)
    with locked(scratch), ExitStack() as stack:
        shutil.rmtree(scratch, ignore_errors=True)
        private_folder(scratch)
        # With these it is a study that can be reviewed, reported and exported.
        shutil.copyfile(folder / CONFIG_NAME, scratch / CONFIG_NAME)
        # Held from now on: until pages are sealed for it and the server is up, others could be given the port.
        held = stack.enter_context(bound("127.0.0.1", 0))
        address = f"http://127.0.0.1:{held.getsockname()[1]}"
        double = stack.enter_context(RECRUITERS.get(kind).rehearse(config, scratch, address))
        host = (
            FolderHost(kind="folder", base_url=address) if double.seals_anew else stack.enter_context(_bucket(config))
        )
        local = config.model_copy(update={"host": host, "recruiter": double.table})
        if double.seals_anew:
            (scratch / "cache").symlink_to(BuildFolder(folder).cache.resolve(), target_is_directory=True)
            build(folder, progress=progress, config=local, into=scratch)
            stack.enter_context(_server(local, scratch, held))
        else:
            build(folder, progress=progress)
            (scratch / "build").symlink_to(BuildFolder(folder).root.resolve(), target_is_directory=True)
        opened = open_publication(
            scratch if double.seals_anew else folder,
            ledger_path=scratch / LEDGER,
            config=local,
            environment=double.environment,
        )
        yield Rehearsal(stack.enter_context(opened), double)


@contextmanager
def _bucket(config: BatchConfig) -> Iterator[S3Host]:
    """A bucket on this machine, as public as a real one has to be."""
    with serve_bucket() as url:
        found = S3Host(kind="s3", bucket=BUCKET, endpoint_url=url, profile=PLAY)
        host = S3(found, config.batch.name)
        configure_bucket(host, needed_changes(host, config.hit.packs == "linked"))
        yield found


@contextmanager
def _server(config: BatchConfig, scratch: Path, held: socket.socket) -> Iterator[None]:
    """The pages, and the collector where answers come to one; elsewhere what is posted here is refused."""
    with ExitStack() as stack:
        if kind_of(config).results is None:
            inbox = stack.enter_context(Inbox(scratch / FILE, ""))
            collector = Collector(inbox, pages=scratch / "published")
        else:
            collector, inbox = stack.enter_context(open_collector(scratch, hand_out=None, config=config))
        stack.enter_context(Server(collector, "127.0.0.1", held.getsockname()[1], held))
        yield
