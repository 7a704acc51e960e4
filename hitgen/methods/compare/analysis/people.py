"""What screening kept and left out, arm by arm: traps, ties, sides, times."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from hitgen.methods.compare.answers import Answer, Habits
from hitgen.methods.compare.choices import Screening
from hitgen.methods.compare.row import Arm
from hitgen.methods.compare.screening import ARMS, Threshold, breaches, looked_through

OBVIOUS, TRAPS_MIN = 0.85, 15
"""The least share of right answers with which a trap is one, by those who pass; and how many answers it takes to say so."""
Work = tuple[Arm, str]
"""An arm and an assignment."""


@dataclass(frozen=True)
class Screened:
    """All assignments with their habits, and the rules that each breaks."""

    habits: Mapping[Work, Habits]
    broken: Mapping[Work, tuple[str, ...]]
    least: Mapping[Arm, Threshold]
    too_hard: frozenset[Work] = frozenset()
    """Whose questions cannot tell who guesses from who looks, so that the rule `guesses` says nothing of them."""

    @cached_property
    def kept(self) -> set[Work]:
        return {work for work, rules in self.broken.items() if not rules}


@dataclass(frozen=True)
class ArmSummary:
    """One arm in figures; shares are of all assignments' answers and of those that are used."""

    arm: Arm
    assignments: int
    used: int
    threshold: Threshold
    rules: Sequence[tuple[str, int]]
    answers: int
    traps: tuple[float | None, float | None]
    unsure: tuple[float | None, float | None]
    right: tuple[float | None, float | None]
    bias: float | None
    """The share of used answers to bias questions that say right among left and right."""
    skipped: float | None
    seconds: float | None
    too_hard: int
    """Assignments that the rule `guesses` says nothing of."""


def screened(answers: Iterable[Answer], rules: Screening) -> Screened:
    """Every assignment held against the rules."""
    works: dict[Work, list[Answer]] = defaultdict(list)
    for answer in answers:
        works[answer.arm, answer.assignment].append(answer)
    known, least = looked_through(works, rules)
    broken = {work: tuple(rule for rule, _ in breaches(each, least, rules)) for work, each in known.items()}
    hard = (work for work, each in known.items() if each.answers >= rules.answers_min and not each.guesses_known)
    return Screened(known, broken, least, frozenset(hard) if "guesses" not in rules.off else frozenset())


def summaries(answers: Sequence[Answer], found: Screened, used: set[Work]) -> list[ArmSummary]:
    """The figures of each arm that has answers."""
    rows = []
    for arm in ARMS:
        mine = {work: each for work, each in found.habits.items() if work[0] == arm}
        if not mine:
            continue
        kept = {work: each for work, each in mine.items() if work in used}
        counted = Counter(rule for work in mine for rule in found.broken[work])
        total = sum(each.answers for each in mine.values())
        bias = [a.response for a in answers if a.arm == arm and a.asked == "bias" and (arm, a.assignment) in used]
        times = sorted(each.response_ms for each in kept.values() if each.response_ms is not None)
        rows.append(
            ArmSummary(
                arm, len(mine), len(kept), found.least[arm], counted.most_common(), sum(each.answers for each in kept.values()),
                (_traps(mine), _traps(kept)), (_unsure(mine), _unsure(kept)), (_right(mine), _right(kept)),
                _share(bias.count("right"), bias.count("left") + bias.count("right")),
                _share(sum(each.skipped for each in mine.values()), total), times[len(times) // 2] / 1000 if times else None,
                len(found.too_hard & mine.keys()),
            )
        )  # fmt: skip
    return rows


@dataclass(frozen=True)
class WeakTrap:
    """A trap that people miss who pass most of theirs: `share` of `answers` were right, "not sure" half."""

    arm: Arm
    source: str
    codec: str
    share: float
    answers: int


def weak_traps(used: Iterable[Answer]) -> list[WeakTrap]:
    """The traps that are no obvious questions, in the answers in use; the weakest first."""
    told: dict[tuple[Arm, str, str], list[float]] = defaultdict(list)
    for answer in used:
        if answer.asked == "trap":
            told[answer.arm, answer.source, (answer.left if answer.left[1] else answer.right)[0]].append(answer.credit)
    found = [WeakTrap(*trap, sum(each) / len(each), len(each)) for trap, each in told.items()]
    weak = [each for each in found if each.answers >= TRAPS_MIN and each.share < OBVIOUS]
    return sorted(weak, key=lambda each: (each.share, each.arm, each.source, each.codec))


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _traps(of: Mapping[Work, Habits]) -> float | None:
    passed = sum((each.trap_share or 0) * each.traps for each in of.values())
    return _share(passed, sum(each.traps for each in of.values()))


def _unsure(of: Mapping[Work, Habits]) -> float | None:
    return _share(sum(each.unsure for each in of.values()), sum(each.answers for each in of.values()))


def _right(of: Mapping[Work, Habits]) -> float | None:
    return _share(sum(each.rights for each in of.values()), sum(each.lefts + each.rights for each in of.values()))
