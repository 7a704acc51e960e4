"""Submissions as rows of the page, and how their flicker was timed; nobody is named but by pseudonym."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median, quantiles
from typing import Any

from hitgen.config.batch import BatchConfig
from hitgen.methods.base import method_of
from hitgen.methods.work import AnyWork, Attempt, trial_s
from hitgen.results.study import Study
from hitgen.results.verdicts import RETURNED, Judged

Values = dict[str, Any]
"""A row's JSON values."""
UNREAD = Values()


def rows_of(study: Study, judged: Judged) -> list[Values]:
    """One row for each submission, the newest first; `judged` are the study's verdicts without names."""
    works = {work.received.assignment: work for work in study.works}
    rows = []
    for received in reversed(study.received()):
        verdict = RETURNED if received.status == "Returned" else judged.assignments[received.assignment]
        work = works.get(received.assignment)
        rows.append(
            {
                "id": study.pseudonym(received.assignment),
                "worker": study.pseudonym(received.worker),
                "page": received.page,
                "at": received.submitted_at.isoformat(),
                "status": received.status,
                "pay": verdict.pay,
                "use": verdict.use,
                "why": list(verdict.reasons),
                **(_measured(work, study.config) if work else UNREAD),
            }
        )
    return rows


def _measured(work: AnyWork, config: BatchConfig) -> Values:
    checks = [passed for attempt in work.answers("gold") for passed in attempt.passes if passed is not None]
    ms = work.submission.submitted_ms
    errors = swap_errors_ms(work, config)
    return {
        "minutes": None if ms is None else round(ms / 60_000, 1),
        "trial_s": trial_s(work.answers("study")),
        "gold": [sum(checks), len(checks)],
        "swap_error_ms": round(max(map(abs, errors)), 1) if errors else None,
    }


def swap_errors_ms(work: AnyWork, config: BatchConfig) -> list[float]:
    """How far the mean time between swaps was from the time asked for, for each study trial that flickers and tells."""
    method, display = method_of(config), work.submission.display

    def error_ms(attempt: Attempt[Any], mean_ms: float) -> float:
        return mean_ms - config.display.swap_ms(display.refresh_at(attempt.row.ended_ms))

    return [
        error_ms(attempt, attempt.row.timing.mean_ms)
        for attempt in work.answers("study")
        if attempt.row.timing.mean_ms is not None and method.flickering(config, attempt.ladder)
    ]


def timing_of(study: Study) -> Values:
    """How long pages and trials took and how well the flicker was shown, over all submissions; None where nothing tells."""
    works = study.works
    errors = [abs(error) for work in works for error in swap_errors_ms(work, study.config)]
    minutes = [work.submission.submitted_ms / 60_000 for work in works if work.submission.submitted_ms is not None]
    trials = [found for work in works if (found := trial_s(work.answers("study"))) is not None]
    rates = [work.submission.display.refresh_hz for work in works if work.submission.display.refresh_hz]
    hidden = sum(bool(attempt.row.timing.hidden_ms) for work in works for attempt in work.answers("study"))
    return {
        "minutes": _middle(minutes),
        "trial_s": _middle(trials),
        "swap_error_ms": _middle(errors),
        "swap_error_high_ms": round(_high(errors), 1) if errors else None,
        "refresh_hz": _middle(rates),
        "trials": sum(len(work.answers("study")) for work in works),
        "hidden": hidden,
    }


def _middle(values: Sequence[float]) -> float | None:
    return round(median(values), 1) if values else None


def _high(values: Sequence[float]) -> float:
    """Below it lie 95%."""
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
