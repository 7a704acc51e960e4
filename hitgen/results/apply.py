"""Carrying out a review: every act once, whatever is killed and however often it is repeated."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hitgen.ledger.acts import Act, Verb
from hitgen.lib.progress import OnProgress, silent
from hitgen.publishing.money import check_total
from hitgen.publishing.once import once
from hitgen.publishing.publication import Account
from hitgen.recruiters.base import RefusedError
from hitgen.results.review_plan import JUDGEMENTS, ReviewPlan

STEPS: dict[Verb, str] = {
    "approve": "judging",
    "reject": "judging",
    "bonus": "bonuses",
    "admit": "admitting",
    "exclude": "shutting out",
    "notify": "telling",
}


@dataclass(frozen=True)
class Applied:
    """What a review came to; `failed` names what the recruiter refused."""

    approved: int = 0
    rejected: int = 0
    bonuses: int = 0
    admitted: int = 0
    shut_out: int = 0
    notified: int = 0
    failed: tuple[str, ...] = ()


def apply_review(account: Account, plan: ReviewPlan, typed_total: str = "", progress: OnProgress = silent) -> Applied:
    """Carry out a plan in its order.

    Production starts only if `typed_total` is the plan's total. What the recruiter refuses of one act does not
    keep the others from being done; when it cannot be reached OutsideError ends the run, to be repeated.
    """
    check_total("review", plan.environment, plan.total_usd or None, typed_total, "--apply")
    steps = Counter(STEPS[act.verb] for act in plan.acts)
    tried, done, failed = Counter[str](), Counter[Verb](), []
    for act in plan.acts:
        try:
            done[act.verb] += _do(account, act)
        except RefusedError as error:
            failed.append(f"{_named(act)}: {error}")
        step = STEPS[act.verb]
        tried[step] += 1
        progress(step, tried[step], steps[step])
    return Applied(
        approved=done["approve"],
        rejected=done["reject"],
        bonuses=done["bonus"],
        admitted=done["admit"],
        shut_out=done["exclude"],
        notified=done["notify"],
        failed=tuple(failed),
    )


def _do(account: Account, act: Act) -> bool:
    """Whether an act was done; raises RefusedError where the recruiter did something else."""
    if act.verb == "bonus" and not _earns(account, act):
        if account.ledger.act(act) is None or account.ledger.status(act.subject) == "Returned":
            return False
        # A bonus that was intended may be out by now, and is settled; one that is not out is earned no more.
        if act.bonus not in account.recruiter.bonuses(act.subject):
            raise RefusedError("Rejected", "the work is not approved any more, so that it was not paid")
    outcome = once(account, act)
    if outcome != JUDGEMENTS.get(act.verb, outcome):
        by = "by a person" if act.verb == "approve" else "by a person or by itself"
        raise RefusedError(outcome, f"it was {outcome.lower()} before, {by}")
    return True


def _earns(account: Account, act: Act) -> bool:
    """Whether the work that a bonus is for is approved, whoever did that; where nothing can be, that nobody rejected it."""
    status = account.ledger.status(act.subject)
    return status == "Approved" or (status == "Submitted" and "approve" not in account.recruiter.can)


def _named(act: Act) -> str:
    if act.verb == "bonus":
        return f"{act.purpose} bonus of {act.subject}"
    verbs = {"exclude": "shut out", "notify": "mail"}
    return f"{verbs.get(act.verb, act.verb)} {act.subject or act.worker}"
