"""Recruiters by their kind in batch.toml."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path

from hitgen.collector.bucket_way import bucket_plan
from hitgen.collector.inbox import FILE, Inbox
from hitgen.collector.ways import LocalWay, Way
from hitgen.config.batch import BatchConfig
from hitgen.config.publishing import S3Host
from hitgen.config.recruiting import CollectorResults, LinkRecruiter, MTurkRecruiter, ProlificRecruiter, TurkleRecruiter
from hitgen.errors import Fault, InputError
from hitgen.recruiters.base import Recruiter
from hitgen.recruiters.places import Places, is_place, is_session


def open_recruiter(
    config: BatchConfig, folder: Path, kept: MutableMapping[str, str], production: bool = False
) -> Recruiter:
    """The recruiter that `[recruiter]` describes; its libraries are loaded only now.

    `folder` is the batch's, `kept` remembers what is made once.
    """
    recruiter, batch = config.recruiter, config.batch.name
    if isinstance(recruiter, MTurkRecruiter):
        try:
            from hitgen.recruiters.mturk import MTurk
        except ImportError as error:
            problem = 'kind = "mturk" needs a package that is not installed'
            raise InputError(Fault("batch.toml", "recruiter.kind", problem, "pip install 'hitgen[aws]'")) from error
        return MTurk(recruiter, batch, kept, production)
    if isinstance(recruiter, TurkleRecruiter):
        from hitgen.recruiters.turkle import Turkle

        return Turkle(recruiter, batch, folder, kept)
    if isinstance(recruiter, ProlificRecruiter):
        from hitgen.recruiters.prolific import Prolific

        sessions = Inbox(folder / FILE, batch, is_session)
        return Prolific(recruiter, batch, kept, sessions, open_way(config), production)
    from hitgen.recruiters.link import Link

    places = Places(batch, kept)
    inbox = Inbox(folder / FILE, batch, lambda name: is_place(places.secret(), name))
    return Link(recruiter, batch, folder, kept, inbox, open_way(config))


def open_way(config: BatchConfig) -> Way:
    """How answers come in, as `recruiter.results` has it."""
    recruiter = config.recruiter
    assert isinstance(recruiter, LinkRecruiter | ProlificRecruiter)
    if isinstance(recruiter.results, CollectorResults):
        return LocalWay(recruiter.results.url.rstrip("/"))
    plan = bucket_plan(config)
    try:
        from hitgen.collector.bucket import BucketWay
    except ImportError as error:
        problem = 'kind = "s3" needs a package that is not installed'
        raise InputError(Fault("batch.toml", "recruiter.results", problem, "pip install 'hitgen[aws]'")) from error
    assert isinstance(config.host, S3Host)
    return BucketWay(config.host, config.batch.name, plan)
