"""Two verdicts with reasons, apart from each other: is the work paid, and is it used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from hitgen.config.batch import BatchConfig
from hitgen.config.screening import Screening
from hitgen.methods.work import AnyWork, Finding, Key
from hitgen.results.parse import Faulty
from hitgen.results.screening import GoldTally, gold_tallies, repeats, screen

Pay = Literal["pay", "reject", "undecided"]
Use = Literal["use", "exclude", "not-enough-evidence"]
PAY: tuple[str, ...] = get_args(Pay)
USE: tuple[str, ...] = get_args(Use)
BY_HAND = "by hand"


@dataclass(frozen=True)
class Decided:
    """What a person decided of one assignment, over the rules."""

    pay: Pay | None = None
    use: Use | None = None


@dataclass(frozen=True)
class Verdict:
    """Of one worker, assignment or rating; `reasons` say why it is not paid or not used.

    `rules` names the rules that were broken, `by hand` among them where a person decided on its use.
    """

    pay: Pay
    use: Use
    reasons: tuple[str, ...] = ()
    shut_out: bool = False
    rules: tuple[str, ...] = ()


RETURNED = Verdict("reject", "exclude", ("returned by the participant",))
"""On work that was taken back, whatever the rules or a person say."""


@dataclass(frozen=True)
class Judged:
    """All verdicts of a study: by assignment, by assignment and study trial, by worker; and what they rest on."""

    assignments: dict[str, Verdict]
    ratings: dict[Key, Verdict]
    workers: dict[str, Verdict]
    tallies: dict[str, GoldTally]
    findings: tuple[Finding, ...]

    def reject_reasons(self, assignment: str, worker: str, rules: Screening) -> list[str]:
        """What a worker is told whose work is rejected: the breaches that config rejects for."""
        mine = [f for f in self.findings if f.worker == worker and f.assignment in (None, assignment)]
        return list(dict.fromkeys(finding.told for finding in mine if finding.rule in rules.reject))


def judge(
    works: Sequence[AnyWork], faulty: Sequence[Faulty], config: BatchConfig, decided: Mapping[str, Decided]
) -> Judged:
    """The verdicts on all submissions; `works` in order of time, `decided` what people decided by assignment.

    A breach excludes what it is a breach of: one trial, one assignment, or all of a worker. Work is paid unless config
    rejects for a rule it broke; what cannot be read is left to a person.
    """
    rules, repeated = config.screening, repeats(works)
    tallies = gold_tallies(works, repeated, config)
    findings = screen(works, config, repeated, tallies)
    by_worker = _grouped(findings, lambda f: f.worker if f.assignment is None else None)
    by_assignment = _grouped(findings, lambda f: f.assignment if f.trial is None else None)
    by_trial = _grouped(findings, lambda f: (f.assignment, f.trial) if f.trial is not None else None)
    assignments = {row.received.assignment: _faulty_verdict(row, decided) for row in faulty}
    ratings: dict[Key, Verdict] = {}
    for work in works:
        name, worker = work.received.assignment, work.received.worker
        whole = [*by_worker.get(worker, []), *by_assignment.get(name, [])]
        each = {(name, a.known.trial): by_trial.get((name, a.known.trial), []) for a in work.answers("study")}
        broken = _broken(whole, list(each.values()))
        open_ = _undecided(tallies[worker], rules)
        assignments[name] = _verdict(whole, open_, broken, rules, decided.get(name, Decided()))
        for key, found in each.items():
            ratings[key] = _rating(assignments[name], found)
    workers = _workers(works, faulty, assignments)
    return Judged(assignments, ratings, workers, tallies, tuple(findings))


def _grouped(findings: Sequence[Finding], key: Callable[[Finding], object]) -> dict[object, list[Finding]]:
    found: dict[object, list[Finding]] = {}
    for finding in findings:
        if (name := key(finding)) is not None:
            found.setdefault(name, []).append(finding)
    return found


def _faulty_verdict(row: Faulty, decided: Mapping[str, Decided]) -> Verdict:
    chosen = decided.get(row.received.assignment, Decided())
    # Nothing that cannot be read can be used, whatever a person wishes.
    return Verdict(chosen.pay or "undecided", "exclude", (f"faulty: {row.fault}",))


def _broken(whole: Sequence[Finding], each: Sequence[Sequence[Finding]]) -> set[str]:
    """The rules that an assignment broke as a whole; one of single trials counts where all study trials break it."""
    everywhere = set.intersection(*({finding.rule for finding in found} for found in each)) if each else set()
    return {finding.rule for finding in whole} | everywhere


def _undecided(tally: GoldTally, rules: Screening) -> str:
    """Why a worker's gold answers do not allow to use the ratings, where they do not; empty where they do."""
    if rules.judged_by == "thresholds":
        return f"fewer than {rules.gold_answers_min} gold answers" if tally.answers < rules.gold_answers_min else ""
    if not tally.passes or tally.evidence.honest >= rules.use_above:  # a method without checks has no gold to go by
        return ""
    if not tally.answers:
        return "no gold answer"
    given = "one gold answer leaves" if tally.answers == 1 else f"{tally.answers} gold answers leave"
    return f"{given} it open: honest with a probability of {tally.evidence.honest:.2f}"


def _verdict(
    findings: Sequence[Finding], undecided: str, broken: set[str], rules: Screening, chosen: Decided
) -> Verdict:
    reasons = list(dict.fromkeys(finding.reason for finding in findings))
    pay: Pay = "reject" if broken & set(rules.reject) else "pay"
    use: Use = "exclude" if findings else "not-enough-evidence" if undecided else "use"
    if use == "not-enough-evidence":
        reasons.append(undecided)
    if chosen.use and chosen.use != use:
        reasons.insert(0, BY_HAND)
    named = [*([BY_HAND] if chosen.use and chosen.use != use else []), *(finding.rule for finding in findings)]
    return Verdict(
        chosen.pay or pay,
        chosen.use or use,
        tuple(reasons),
        bool(broken & set(rules.shut_out)),
        tuple(dict.fromkeys(named)),
    )


def _rating(whole: Verdict, findings: Sequence[Finding]) -> Verdict:
    if not findings:
        return whole
    reasons = dict.fromkeys([*whole.reasons, *(finding.reason for finding in findings)])
    named = dict.fromkeys([*whole.rules, *(finding.rule for finding in findings)])
    return Verdict(whole.pay, "exclude", tuple(reasons), whole.shut_out, tuple(named))


def _workers(
    works: Sequence[AnyWork], faulty: Sequence[Faulty], assignments: Mapping[str, Verdict]
) -> dict[str, Verdict]:
    """A worker's verdict: the best use that any assignment has, and the pay that needs most thought."""
    mine: dict[str, list[Verdict]] = {}
    for row in [*(work.received for work in works), *(bad.received for bad in faulty)]:
        mine.setdefault(row.worker, []).append(assignments[row.assignment])
    uses: tuple[Use, ...] = ("use", "not-enough-evidence", "exclude")
    pays: tuple[Pay, ...] = ("reject", "undecided", "pay")
    return {
        worker: Verdict(
            min((verdict.pay for verdict in verdicts), key=pays.index),
            min((verdict.use for verdict in verdicts), key=uses.index),
            tuple(dict.fromkeys(reason for verdict in verdicts for reason in verdict.reasons)),
            any(verdict.shut_out for verdict in verdicts),
            tuple(dict.fromkeys(rule for verdict in verdicts for rule in verdict.rules)),
        )
        for worker, verdicts in mine.items()
    }
