"""Recruiters by their kind in batch.toml."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path

from hitgen.config.batch import BatchConfig
from hitgen.config.recruiting import MTurkRecruiter
from hitgen.errors import Fault, InputError
from hitgen.recruiters.base import Recruiter


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
    raise NotImplementedError
