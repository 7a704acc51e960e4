"""The way from the places that were offered to the ratings that are used: people, submissions and ratings at every step.

Each rating is left out at one step, that of the first rule that it broke, so that what is left out and what is used add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from hitgen.methods.base import GENERAL_RULES, Note, method_of
from hitgen.methods.work import Key
from hitgen.results.study import Offered, Study
from hitgen.results.verdicts import BY_HAND, Verdict

FAULTY, UNDECIDED, OUTLIER, OTHER = "faulty", "not-enough-evidence", "outlier", "no reason given"


@dataclass(frozen=True)
class Count:
    """How many there are; None where nobody can tell."""

    people: int | None
    submissions: int
    ratings: int | None = None

    def less(self, rest: Count) -> Count:
        """What `rest` has less."""
        people = None if self.people is None or rest.people is None else self.people - rest.people
        ratings = None if self.ratings is None or rest.ratings is None else self.ratings - rest.ratings
        return Count(people, self.submissions - rest.submissions, ratings)


@dataclass(frozen=True)
class Step:
    """What was left out for one reason, and the rest; people and submissions leave with their last rating.

    `rule` is the rule of screening, or empty; `name` says why in words.
    """

    name: str
    out: Count
    rest: Count
    rule: str = ""


@dataclass(frozen=True)
class Flow:
    """All steps in order: `offered` places, what was `handed_in`, what was `read`, and what is `used`.

    `kept` are used ratings that a person kept against the rules.
    """

    offered: Offered
    handed_in: Count
    steps: tuple[Step, ...]
    read: Count
    kept: int

    @property
    def used(self) -> Count:
        """What is left in the end."""
        return self.steps[-1].rest

    @property
    def screened(self) -> tuple[Step, ...]:
        """The steps by which ratings that were read are left out."""
        return tuple(step for step in self.steps if step.out.ratings is not None)

    @property
    def rows(self) -> tuple[tuple[str, Count, bool], ...]:
        """All that is worth a line, with its count: what was left out, and (true) what was there; rules also where nothing broke them."""
        rows = [("handed in", self.handed_in, True)]
        for step in self.steps:
            if step.out.submissions or step.out.ratings or step.rule:
                rows.append((f"− {step.name}", step.out, False))
            if step.name == FAULTY:
                rows.append(("read", self.read, True))
        return (*rows, ("used", self.used, True))


def notes_of(study: Study) -> Mapping[Key, Note]:
    """What the study's method finds of used study ratings among the others."""
    used = {
        key: attempt
        for work in study.works
        for attempt in work.answers("study")
        for key in [(work.received.assignment, attempt.known.trial)]
        if study.judged.ratings[key].use == "use"
    }
    return method_of(study.config).notes(used, study.config)


def noted(ratings: Mapping[Key, Verdict], notes: Mapping[Key, Note]) -> dict[Key, Verdict]:
    """The verdicts on study ratings with what a method leaves out by comparing them."""
    return {key: _noted(verdict, notes.get(key)) for key, verdict in ratings.items()}


def _noted(verdict: Verdict, note: Note | None) -> Verdict:
    if note is None or not note.left_out:
        return verdict
    reasons, rules = (*verdict.reasons, note.left_out), (*verdict.rules, OUTLIER)
    return Verdict(verdict.pay, "exclude", reasons, verdict.shut_out, rules)


def flow_of(study: Study) -> Flow:
    """The counts of a study at every step."""
    verdicts = noted(study.judged.ratings, notes_of(study))
    people = {work.received.assignment: work.received.worker for work in study.works}
    offered, known = study.offered, {row.assignment: row.worker for row in study.received()}
    handed_in = Count(None if offered.erased else len(set(known.values())), offered.handed_in)
    steps: list[Step] = []

    def leave(name: str, rest: Count, rule: str = "") -> None:
        before = steps[-1].rest if steps else handed_in
        steps.append(Step(name, before.less(rest), rest, rule))

    if offered.erased:
        leave("erased on request", Count(len(set(known.values())), len(known)))
    for row in study.returned:
        known.pop(row.assignment)
    leave("returned by the participant", Count(len(set(known.values())), len(known)))
    leave(FAULTY, _count(people, people, len(verdicts)))
    read = steps[-1].rest
    left = set(verdicts)
    leave("without study ratings", _count({key[0] for key in left}, people, len(left)))
    standing = _standing(study)
    reasons = {key: _first(verdict, standing) for key, verdict in verdicts.items() if verdict.use != "use"}
    for rule in _order(study, reasons.values()):
        left -= {key for key, reason in reasons.items() if reason == rule}
        name = WORDS.get(rule, f"by the rule {rule}")
        leave(name, _count({key[0] for key in left}, people, len(left)), rule)
    kept = sum(verdict.use == "use" and BY_HAND in verdict.rules for verdict in verdicts.values())
    return Flow(offered, handed_in, tuple(steps), read, kept)


WORDS = {
    BY_HAND: "by hand",
    UNDECIDED: "without enough evidence",
    OUTLIER: "as outliers of their ladder",
    OTHER: "for no reason given",
}
LAST = tuple(WORDS)


def _first(verdict: Verdict, standing: Callable[[str], tuple[int, str]]) -> str:
    """The reason under which a rating is left out: the first rule broken, in order, and a person's word after the rules'."""
    rules = [rule for rule in verdict.rules if rule != BY_HAND]
    if rules:
        return min(rules, key=standing)
    if BY_HAND in verdict.rules:
        return BY_HAND
    return UNDECIDED if verdict.use == UNDECIDED else OTHER


def _order(study: Study, reasons: Iterable[str]) -> list[str]:
    """The rules that are applied, in order, then what else leaves out; only the rules are named where they left nothing out."""
    config, found = study.config, set(reasons)
    asked = {*(rule for rule in GENERAL_RULES if rule in method_of(config).rules), *method_of(config).own_rules}
    asked |= {table.kind for table in config.check if table.failing == "exclude"}
    rules = sorted(({*asked} - set(config.screening.off) | found) - set(LAST), key=_standing(study))
    return [*rules, *(name for name in LAST if name in found or name == UNDECIDED)]


def _standing(study: Study) -> Callable[[str], tuple[int, str]]:
    """The order of rules: the general ones, the method's own, the checks."""
    known = (*GENERAL_RULES, *method_of(study.config).own_rules)
    return lambda rule: (known.index(rule) if rule in known else len(known), rule)


def _count(assignments: Iterable[str], people: Mapping[str, str], ratings: int) -> Count:
    names = set(assignments)
    return Count(len({people[name] for name in names}), len(names), ratings)
