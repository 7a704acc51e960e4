"""Submissions as rows of the page, and how their flicker was timed; nobody is named but by pseudonym."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from hitgen.config.batch import BatchConfig
from hitgen.ledger.rows import Received
from hitgen.methods.base import method_of
from hitgen.methods.work import AnyWork, trial_s
from hitgen.results.study import Study
from hitgen.results.verdicts import RETURNED, Judged

Values = dict[str, Any]
"""A row's JSON values."""


@dataclass(frozen=True)
class Recorded:
    """What a page recorded of one submission.

    `trial_s` is the median of its study trials, `gold` the checks passed and asked, `swap_errors_ms` how far mean swaps were off their
    time, `hidden` in how many of its `trials` the page was hidden.
    """

    work: AnyWork
    minutes: float | None
    trial_s: float | None
    gold: tuple[int, int]
    swap_errors_ms: tuple[float, ...]
    refresh_hz: float | None
    trials: int
    hidden: int

    @classmethod
    def of(cls, work: AnyWork, config: BatchConfig) -> Recorded:
        """What is measured of a submission."""
        study, ms = work.answers("study"), work.submission.submitted_ms
        checks = [passed for attempt in work.answers("gold") for passed in attempt.passes if passed is not None]
        return cls(
            work,
            None if ms is None else ms / 60_000,
            trial_s(study),
            (sum(checks), len(checks)),
            tuple(_swap_errors_ms(work, config)),
            work.submission.display.refresh_hz,
            len(study),
            sum(bool(attempt.row.timing.hidden_ms) for attempt in study),
        )


class Records(dict[str, Recorded]):
    """What was measured of each submission, by assignment."""

    @classmethod
    def of(cls, study: Study, before: Records) -> Records:
        """Of every submission that can be read; what is known of the very same is not measured again."""
        found = cls()
        for work in study.works:
            name = work.received.assignment
            known = before.get(name)
            found[name] = known if known and known.work is work else Recorded.of(work, study.config)
        return found


def unjudged(received: Received, name: str, worker: str) -> Values:
    """A submission as the ledger has it, by the pseudonyms of itself and its worker."""
    return {
        "id": name,
        "worker": worker,
        "page": received.page,
        "at": received.submitted_at.isoformat(),
        "status": received.status,
    }


def rows_of(study: Study, judged: Judged, records: Records) -> list[Values]:
    """One row for each submission, the newest first; `judged` are the study's verdicts without names."""
    rows = []
    for received in reversed(study.received()):
        verdict = RETURNED if received.status == "Returned" else judged.assignments[received.assignment]
        row = unjudged(received, study.pseudonym(received.assignment), study.pseudonym(received.worker))
        row |= {"pay": verdict.pay, "use": verdict.use, "why": list(verdict.reasons)}
        if found := records.get(received.assignment):
            errors = list(map(abs, found.swap_errors_ms))
            row |= {"minutes": found.minutes, "trial_s": found.trial_s, "gold": found.gold}
            row["swap_error_ms"] = max(errors) if errors else None
        rows.append(row)
    return rows


def _swap_errors_ms(work: AnyWork, config: BatchConfig) -> list[float]:
    """How far the mean time between swaps was from the time asked for, for each study trial that flickers and tells."""
    method, display = method_of(config), work.submission.display
    return [
        attempt.row.timing.mean_ms - config.display.swap_ms(display.refresh_at(attempt.row.ended_ms))
        for attempt in work.answers("study")
        if attempt.row.timing.mean_ms is not None and method.flickering(config, attempt.ladder)
    ]


def timing_of(records: Records) -> Values:
    """How long pages and trials took and how well the flicker was shown, over all submissions; None where nothing tells."""
    found = records.values()
    errors = [abs(error) for each in found for error in each.swap_errors_ms]
    return {
        "minutes": _middle([each.minutes for each in found]),
        "trial_s": _middle([each.trial_s for each in found]),
        "swap_error_ms": _middle(errors),
        "swap_error_high_ms": round(_high(errors), 1) if errors else None,
        "refresh_hz": _middle([each.refresh_hz for each in found]),
        "trials": sum(each.trials for each in found),
        "hidden": sum(each.hidden for each in found),
    }


def _middle(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(median(known), 1) if known else None


def _high(values: Sequence[float]) -> float:
    """Below it lie 95%."""
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
