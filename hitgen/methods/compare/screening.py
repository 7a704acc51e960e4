"""Rules of screening that look at traps, order, sides, times and toggles; each judges one assignment."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, get_args

from hitgen.methods.compare.answers import Answer, Habits, habits, otsu
from hitgen.methods.compare.choices import Screening
from hitgen.methods.compare.guesses import ordered, tells
from hitgen.methods.compare.row import Arm, Row
from hitgen.methods.work import Attempt, Finding, Work

ARMS: tuple[Arm, ...] = get_args(Arm)
ROUNDED = 1e-9
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Threshold:
    """The least share of traps passed in an arm; `automatic` where Otsu's method found it."""

    arm: Arm
    share: float
    automatic: bool


def thresholds(of: Iterable[Habits], rules: Screening) -> dict[Arm, Threshold]:
    """The threshold of each arm, over all its assignments; one that cannot be found automatically is 0."""
    known = list(of)
    found = {}
    for arm in ARMS:
        given = rules.traps_boosted if arm == "boosted" else rules.traps_plain
        if given == "auto":
            shares = [each.trap_share for each in known if each.arm == arm and each.trap_share is not None]
            found[arm] = Threshold(arm, otsu(shares) or 0.0, automatic=True)
        else:
            found[arm] = Threshold(arm, given, automatic=False)
    return found


def looked_through(
    works: Mapping[K, Sequence[Answer]], rules: Screening
) -> tuple[dict[K, Habits], dict[Arm, Threshold]]:
    """The habits of each assignment in one arm, and the thresholds of the arms.

    How hard questions are is told by those who pass their traps.
    """
    known = {work: habits(answers) for work, answers in works.items()}
    least = thresholds(known.values(), rules)
    passed = {work for work, each in known.items() if each.arm in least and not _trapped(each, least[each.arm])}
    everybody = ordered(answer for work in works if work in passed for answer in works[work])
    judged = {
        work: replace(each, guesses_known=tells(works[work], everybody, work in passed, rules.guess_p))
        for work, each in known.items()
    }
    return judged, least


def _trapped(of: Habits, least: Threshold) -> bool:
    return of.trap_share is not None and of.trap_share < least.share - ROUNDED


def breaches(of: Habits, least: Mapping[Arm, Threshold], rules: Screening) -> Iterator[tuple[str, str]]:
    """The rules that an assignment breaks, each with what is told of it; without those that are off."""
    for rule, reason in _breaches(of, least[of.arm], rules):
        if rule not in rules.off:
            yield rule, reason


def _breaches(of: Habits, least: Threshold, rules: Screening) -> Iterator[tuple[str, str]]:
    if of.trap_share is not None and _trapped(of, least):
        reason = (
            f"{100 * of.trap_share:.3g}% of {of.traps} obvious questions answered right, "
            f"at least {100 * least.share:.3g}% are needed"
        )
        yield "traps", reason
    if of.answers and of.response_ms is not None and of.response_ms < 1000 * rules.trial_s_min:
        yield "times", f"half of the answers took less than {of.response_ms / 1000:.1f} s, too quick to be looked at"
    if of.toggles is not None and of.arm == "plain" and of.toggles < rules.toggles_min:
        yield "toggles", f"pictures were swapped {of.toggles:.1f} times a question, too seldom to be compared"
    if of.lefts + of.rights + of.unsure < rules.answers_min:
        return
    if of.guesses_known and (of.guess_p is None or of.guess_p > rules.guess_p):
        yield "guesses", "the answers put levels in order no better than guessing does"
    if of.side_share is not None and of.lefts + of.rights >= rules.answers_min and of.side_share > rules.side_share:
        yield "sides", f"{of.side_share:.0%} of the answers named the same side"
    if of.same_share > rules.same_share:
        yield "straight", f"{of.same_share:.0%} of the questions were given the same answer"


def answer_of(attempt: Attempt[Row], worker: str, assignment: str) -> Answer:
    """An attempt as the analysis reads it."""
    known, row = attempt.known, attempt.row
    left, right = known.left, known.right  # type: ignore[attr-defined]
    return Answer(
        known.arm, worker, assignment, known.asked, known.source, (left.codec, left.level), (right.codec, right.level),  # type: ignore[attr-defined]
        row.response, row.response_time_ms, row.toggles, attempt.order,
    )  # fmt: skip


def screen(works: Sequence[Work[Row]], rules: Screening) -> Iterator[Finding]:
    """Breaches in the study pages of a study of one's own."""
    by_arm: dict[tuple[int, Arm], list[Answer]] = {}
    for number, work in enumerate(works):
        worker, assignment = work.received.worker, work.received.assignment
        for attempt in (*work.answers("study"), *work.answers("gold")):
            answer = answer_of(attempt, worker, assignment)
            by_arm.setdefault((number, answer.arm), []).append(answer)
    known, least = looked_through(by_arm, rules)
    for (number, _), each in known.items():
        received = works[number].received
        for rule, reason in breaches(each, least, rules):
            yield Finding(rule, reason, received.worker, received.assignment)
