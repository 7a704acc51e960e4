"""Recruiters by their kind in batch.toml."""

from __future__ import annotations

from collections.abc import MutableMapping

from hitgen.config.publishing import AnyRecruiter
from hitgen.errors import Fault, InputError
from hitgen.recruiters.base import Recruiter


def open_recruiter(
    config: AnyRecruiter, batch: str, kept: MutableMapping[str, str], production: bool = False
) -> Recruiter:
    """The recruiter that `[recruiter]` describes; its libraries are loaded only now."""
    try:
        from hitgen.recruiters.mturk import MTurk
    except ImportError as error:
        problem = 'kind = "mturk" needs a package that is not installed'
        raise InputError(Fault("batch.toml", "recruiter.kind", problem, "pip install 'hitgen[aws]'")) from error
    return MTurk(config, batch, kept, production)
