"""A whole study on this machine: the same publisher, against a marketplace and a bucket on loopback."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hitgen.config.batch import BatchConfig
from hitgen.config.loading import read_config
from hitgen.config.publishing import S3Host
from hitgen.doubles.mturk.marketplace import Marketplace
from hitgen.doubles.storage import BUCKET, serve_bucket
from hitgen.errors import CONFIG_NAME, InputError, in_config
from hitgen.hosts.bucket import configure_bucket, needed_changes
from hitgen.hosts.s3 import S3
from hitgen.ledger.acts import Act
from hitgen.ledger.lock import locked
from hitgen.lib.progress import OnProgress, silent
from hitgen.lib.web import LOOPBACK
from hitgen.manifest import BuildFolder
from hitgen.methods.submission import FaultyError
from hitgen.publishing.collect import collect
from hitgen.publishing.once import once
from hitgen.publishing.publication import Publication, open_publication
from hitgen.publishing.publish import Published, plan_publication, publish
from hitgen.results.raw import submission_text


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


@contextmanager
def local_environment() -> Iterator[None]:
    """Play credentials, no configuration of the user's, no proxy: nothing that leads off this machine."""
    before = dict(os.environ)
    for name in before:
        if name.startswith("AWS_"):
            del os.environ[name]
    os.environ.update(
        AWS_ACCESS_KEY_ID="REHEARSAL",
        AWS_SECRET_ACCESS_KEY="rehearsal",
        AWS_EC2_METADATA_DISABLED="true",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        NO_PROXY=",".join(LOOPBACK),
        no_proxy=",".join(LOOPBACK),
    )
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def local_config(config: BatchConfig, s3_url: str, mturk_url: str) -> BatchConfig:
    """The batch's config with this machine's bucket and marketplace; all else stays as it is."""
    host = S3Host(kind="s3", bucket=BUCKET, endpoint_url=s3_url)
    recruiter = config.recruiter.model_copy(update={"endpoint_url": mturk_url, "profile": ""})
    return config.model_copy(update={"host": host, "recruiter": recruiter})


def check_kind(config: BatchConfig) -> None:
    """Raise InputError for a recruiter whose pages hand in elsewhere than at a marketplace."""
    if config.recruiter.kind != "mturk":
        problem = (
            f"pages for {config.recruiter.kind!r} hand in elsewhere, and the rehearsal's marketplace is MTurk's kind"
        )
        remedy = f"`hitgen rehearse --recruiter {config.recruiter.kind}`, which is the default"
        raise InputError(in_config("recruiter.kind", problem, remedy))


@dataclass
class Rehearsed:
    """A rehearsal that is under way, whoever sends the workers."""

    publication: Publication

    def publish(self, progress: OnProgress = silent) -> Published:
        """Publish what is due now, as `hitgen publish` would."""
        plan = plan_publication(self.publication)
        return publish(self.publication, plan, progress=progress)

    def go_on(self) -> int:
        """Collect, admit everyone who handed in the qualification page, publish what is due; new submissions."""
        new = collect(self.publication)
        if not new:
            return 0
        quiz = {page.page for page in self.publication.built.pages if page.kind == "qualification"}
        for row in list(self.publication.ledger.submissions()):
            if row.page in quiz:
                once(self.publication, Act("admit", row.worker))
        self.publish()
        return new

    def handed_in(self) -> list[HandedIn]:
        """All submissions that were collected, in their order."""
        return [
            HandedIn(row.hit, row.page, row.worker, row.assignment, read_answer(row.answer))
            for row in self.publication.ledger.submissions()
        ]


@dataclass
class Rehearsal(Rehearsed):
    """A rehearsal with a marketplace."""

    marketplace: Marketplace


def read_answer(text: str) -> dict[str, Any] | None:
    """The submission in a recruiter's answer, or None."""
    try:
        found = json.loads(submission_text(text))
    except (FaultyError, ValueError):
        return None
    return found if isinstance(found, dict) else None


@contextmanager
def open_rehearsal(folder: Path) -> Iterator[Rehearsal]:
    """A built batch with its own marketplace, bucket and ledger under build/rehearsal, all new."""
    config = read_config(folder / CONFIG_NAME)
    check_kind(config)
    place = BuildFolder(folder).root / "rehearsal"
    place.parent.mkdir(exist_ok=True)
    with locked(place), local_environment():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        with serve_bucket() as s3_url, Marketplace(place / "marketplace.sqlite") as marketplace:
            local = local_config(config, s3_url, marketplace.endpoint_url)
            host = S3(S3Host.model_validate(local.host.model_dump()), config.batch.name)
            configure_bucket(host, needed_changes(host, config.hit.packs == "linked"))
            with open_publication(folder, ledger_path=place / "ledger.sqlite", config=local) as publication:
                yield Rehearsal(publication, marketplace)
