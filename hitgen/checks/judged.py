"""What the checks of a submission found, as findings of screening and as the columns of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from hitgen.checks.base import Found, value
from hitgen.checks.made import checkup_of
from hitgen.config.batch import BatchConfig
from hitgen.config.checks import CheckTable
from hitgen.methods import columns as c
from hitgen.methods.columns import Column
from hitgen.methods.work import AnyWork, Finding

NOT_DONE = "the check {!r} was not done"


def found_in(work: AnyWork, config: BatchConfig) -> Iterator[tuple[CheckTable, Found]]:
    """What each check of batch.toml found that the page had when it was built."""
    for table in config.check:
        key = work.page.checks.get(table.kind)
        if key is not None:
            yield table, _found(table, key, config, work)


def _found(table: CheckTable, key: Mapping[str, Any], config: BatchConfig, work: AnyWork) -> Found:
    kind, record = checkup_of(table), work.submission.checks.get(table.kind)
    if record is None:
        return Found(breach=NOT_DONE.format(table.kind))
    try:
        result = kind.read(record)
    except ValidationError:
        return Found(breach=f"what the page recorded of the check {table.kind!r} has another shape")
    return kind.judge(table, result, key, config, work)


def breaches(work: AnyWork, config: BatchConfig) -> list[str]:
    """Why a submission does not pass its checks as a whole, those that are only noted left out."""
    return [finding.reason for finding in findings(work, config) if finding.trial is None]


def findings(work: AnyWork, config: BatchConfig) -> Iterator[Finding]:
    """The breaches of checks that leave out whoever does not pass."""
    worker, assignment = work.received.worker, work.received.assignment
    for table, found in found_in(work, config):
        if found.breach and table.failing == "exclude":
            for trial in found.trials or (None,):
                yield Finding(table.kind, found.breach, worker, assignment, trial)


@dataclass(frozen=True)
class CheckedWork:
    """The checks of one submission; `values` by column."""

    batch: str
    worker: str
    assignment: str
    work: AnyWork
    values: Mapping[str, object]


def values_of(work: AnyWork, config: BatchConfig) -> dict[str, object]:
    """What the checks of a submission found, by column."""
    values: dict[str, object] = {}
    for table, found in found_in(work, config):
        values |= {**found.values, f"{table.kind}_pass": not found.breach, f"{table.kind}_why": found.breach or None}
    return values


def check_columns(config: BatchConfig) -> tuple[Column, ...]:
    """The columns of the table `checks`: the submission, then for each check whether it was passed and what it measured."""
    return (
        c.BATCH, c.PAGE, c.ASSIGNMENT, c.WORKER,
        *(
            column
            for table in config.check
            for column in (
                value(f"{table.kind}_pass", bool, f"whether the check of {checkup_of(table).about} was passed; empty where the page had none"),
                value(f"{table.kind}_why", str, "why it was not passed"),
                *checkup_of(table).columns,
            )
        ),
    )  # fmt: skip
