"""The rules of screening that fit every method: which work breaks which rule, and why. What follows from that is decided in verdicts.py."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hitgen.checks.judged import findings
from hitgen.config.batch import BatchConfig
from hitgen.config.screening import Screening
from hitgen.methods.base import GENERAL_RULES, method_of
from hitgen.methods.evidence import Evidence, evidence
from hitgen.methods.work import AnyWork, Attempt, Finding, Key, trial_s, trials_during

PLAUSIBLE_PX_PER_CM = (15.0, 300.0)
"""Device pixels per centimetre, from a wall of television to the finest telephone (38 to 762 dpi)."""


@dataclass(frozen=True)
class GoldTally:
    """A worker's gold answers on study pages, how often each of the method's checks was asked and passed, and what that says of honesty."""

    answers: int
    asked: tuple[int, ...]
    passes: tuple[int, ...]
    evidence: Evidence

    @property
    def rate(self) -> float | None:
        """The share of checks that were passed; None without answers."""
        return sum(self.passes) / sum(self.asked) if sum(self.asked) else None


def tallied(grades: Sequence[Sequence[bool | None]], checks: int, found: Evidence) -> GoldTally:
    """What answers were found to be, each held against the checks that its question asks, and what they say together."""
    columns = [[grade[number] for grade in grades if grade[number] is not None] for number in range(checks)]
    return GoldTally(len(grades), tuple(map(len, columns)), tuple(sum(map(bool, column)) for column in columns), found)


def passed_share(grades: Sequence[Sequence[bool | None]]) -> float | None:
    """The share of checks passed, of all that were asked; None without any."""
    asked = [passed for grade in grades for passed in grade if passed is not None]
    return sum(asked) / len(asked) if asked else None


def repeats(works: Iterable[AnyWork]) -> set[Key]:
    """The study and gold trials whose ladder or question their worker had met before; `works` in order of time.

    A study trial that one page has twice was meant so.
    """
    met: dict[tuple[str, str], str] = {}
    found: set[Key] = set()
    for work in works:
        assignment = work.received.assignment
        for attempt in (*work.answers("study"), *work.answers("gold")):
            thing = (work.received.worker, attempt.known.question or attempt.known.subject)
            before = met.get(thing)
            if before is not None and (before != assignment or attempt.known.role == "gold"):
                found.add((assignment, attempt.known.trial))
            met.setdefault(thing, assignment)
    return found


def gold_tallies(works: Iterable[AnyWork], repeated: set[Key], config: BatchConfig) -> dict[str, GoldTally]:
    """Each worker's gold answers on study pages, first meetings only.

    The qualification's quiz does not count again: whoever is here has passed it, so it says nothing new.
    """
    method, share = method_of(config), config.screening.honest_share
    answers: dict[str, list[Attempt[Any]]] = {}
    for work in works:
        mine = answers.setdefault(work.received.worker, [])
        if work.page.kind == "study":
            mine += [a for a in work.answers("gold") if (work.received.assignment, a.known.trial) not in repeated]
    return {
        worker: tallied(
            [a.passes for a in mine],
            len(method.checks),
            evidence(((a.rates, a.passes) for a in mine), method.guessing, share),
        )
        for worker, mine in answers.items()
    }


def screen(
    works: Sequence[AnyWork], config: BatchConfig, repeated: Container[Key], tallies: Mapping[str, GoldTally]
) -> list[Finding]:
    """Every breach of the rules that are not off; `works` in order of time, with their `repeats` and `gold_tallies`."""
    rules, method = config.screening, method_of(config)
    found = [
        *_gold(tallies, rules),
        *_copies(works),
        *(
            Finding("repeat", "the worker had met this ladder before", work.received.worker, *key)
            for work in works
            for key in [(work.received.assignment, attempt.known.trial) for attempt in work.answers("study")]
            if key in repeated
        ),
        *method.screen(works, config),
    ]
    for work in works:
        found += [*_speed(work, rules), *_display(work, config), *_flicker(work, config)]
        found += findings(work, config)
    not_asked = set(GENERAL_RULES) - set(method.rules) | set(rules.off)
    return [finding for finding in found if finding.rule not in not_asked]


def _gold(tallies: Mapping[str, GoldTally], rules: Screening) -> Iterator[Finding]:
    if rules.judged_by == "evidence":
        yield from _improbable(tallies, rules)
        return
    for worker, found in tallies.items():
        if found.rate is None or found.answers < rules.gold_answers_min or found.rate >= rules.gold_rate:
            continue
        passed, checks = sum(found.passes), sum(found.asked)
        needed = f"at least {100 * rules.gold_rate:.3g}% are needed"
        reason = f"{passed} of {checks} checks of control questions passed, {needed}"
        yield Finding("gold", reason, worker)


def _improbable(tallies: Mapping[str, GoldTally], rules: Screening) -> Iterator[Finding]:
    for worker, tally in tallies.items():
        honest = tally.evidence.honest
        if tally.answers and honest < rules.exclude_below:
            passed, checks = sum(tally.passes), sum(tally.asked)
            told = "less than 0.01" if honest < 0.01 else f"{honest:.2f}"
            reason = f"{passed} of {checks} checks of control questions passed: the probability that they were looked at is {told}"
            yield Finding("gold", reason, worker)


def _copies(works: Sequence[AnyWork]) -> Iterator[Finding]:
    """The very same answers and times as an earlier assignment: a submission handed on."""
    first: dict[object, str] = {}
    for work in works:
        judged = [attempt.row for attempt in work.attempts if attempt.known.role != "training"]
        if not any(row.is_telling() for row in judged):
            continue
        content = tuple((row.trial, *row.answer(), row.started_ms, row.ended_ms) for row in judged)
        before = first.setdefault(content, work.received.assignment)
        if before != work.received.assignment:
            reason = f"{judged[0].handed_on} are those of assignment {before}"
            yield Finding("copy", reason, work.received.worker, work.received.assignment, other=before)


def _speed(work: AnyWork, rules: Screening) -> Iterator[Finding]:
    typical_s = trial_s(work.answers("study"))
    if typical_s is not None and typical_s < rules.trial_s_min:
        reason = f"half of the pictures took less than {typical_s:.1f} s, too quick to be looked at"
        yield Finding("speed", reason, work.received.worker, work.received.assignment)


def _display(work: AnyWork, config: BatchConfig) -> Iterator[Finding]:
    display, faults = work.submission.display, []
    if config.display.scaling == "physical":
        if display.css_px_per_cm is None:
            faults.append("the screen was not calibrated")
        elif not _plausible(display.css_px_per_cm * (display.device_pixel_ratio or 1)):
            faults.append("the calibration is of no screen that exists")
    if display.refresh_hz is not None and display.refresh_hz < config.display.swaps_per_second:
        faults.append(f"the screen shows {display.refresh_hz:.0f} frames a second, too few to flicker")
    for fault in faults:
        yield Finding("display", fault, work.received.worker, work.received.assignment)
    for trial in _zoomed(work):
        reason, received = "the screen or its zoom changed on the way", work.received
        yield Finding("display", reason, received.worker, received.assignment, trial)


def _zoomed(work: AnyWork) -> Iterator[str]:
    """The study trials during which the pixel ratio was another than at the calibration, or at the first picture."""
    display, calibration = work.submission.display, work.submission.calibration
    told = display.reference_pixel_ratio or calibration.device_pixel_ratio
    reference = told or display.device_pixel_ratio
    changes = sorted((change.ms, change.device_pixel_ratio or reference) for change in display.changes)
    # before the first change the ratio was the reference; where none is told, it was the last one all the time
    if told and not changes and display.device_pixel_ratio not in (None, told):
        changes = [(0, display.device_pixel_ratio)]
    spans = [
        (begun, changes[number + 1][0] if number + 1 < len(changes) else math.inf)
        for number, (begun, ratio) in enumerate(changes)
        if ratio != reference
    ]
    return trials_during(work, spans)


def _plausible(px_per_cm: float) -> bool:
    return PLAUSIBLE_PX_PER_CM[0] <= px_per_cm <= PLAUSIBLE_PX_PER_CM[1]


def _flicker(work: AnyWork, config: BatchConfig) -> Iterator[Finding]:
    """The alternation was not what was asked for; both phases apart, since they may make up for each other."""
    rules, display, method = config.screening, work.submission.display, method_of(config)
    for attempt in work.answers("study"):
        if not method.flickering(config, attempt.ladder):
            continue
        timing = attempt.row.timing
        due_ms = config.display.swap_ms(display.refresh_at(attempt.row.ended_ms))
        means = (timing.mean_ms, timing.source_mean_ms, timing.distorted_mean_ms)
        off_ms = max((abs(mean - due_ms) for mean in means if mean is not None), default=0.0)
        fault = ""
        if not timing.swaps:
            fault = "it never flickered" if timing.swaps == 0 else "nothing tells that it flickered"
        elif off_ms > rules.swap_error_share * due_ms:
            fault = f"swaps were {off_ms:.0f} ms off their {due_ms:.0f} ms"
        elif (timing.sd_ms or 0) > rules.swap_sd_share * due_ms:
            fault = f"swaps varied by {timing.sd_ms:.0f} ms about their {due_ms:.0f} ms"
        if fault:
            yield Finding("flicker", fault, work.received.worker, work.received.assignment, attempt.known.trial)
