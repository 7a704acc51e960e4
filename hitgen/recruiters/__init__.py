"""Recruiters by their kind in batch.toml."""

from __future__ import annotations

from typing import Any, cast

from hitgen.config.batch import BatchConfig
from hitgen.config.kinds import RECRUITERS
from hitgen.recruiters.base import Kind


def kind_of(config: BatchConfig) -> Kind[Any]:
    """The kind of recruiter that `[recruiter]` describes, for this batch."""
    return cast(Kind[Any], RECRUITERS.get(config.recruiter.kind)(config))
