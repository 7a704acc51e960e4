"""What applying a review would do: judge, pay, admit, shut out, tell; each act once, however often it is planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from hitgen.errors import Fault, InputError
from hitgen.ledger.rows import Action, Bonus, Hit, Received
from hitgen.ledger.totals import totals
from hitgen.publishing.publication import Account
from hitgen.results.reviewfile import ReviewRow, review_path
from hitgen.results.study import Study

YOURSELF = {
    "approve": "approvals that this recruiter does not know",
    "reject": "rejections that this recruiter does not know",
    "bonus": "bonuses to be paid outside hitgen",
    "admit": "workers to be admitted by hand",
    "exclude": "workers to be shut out by hand",
}
REASONS = {
    "training": "For the training on your first page. Thank you!",
    "completion": "For completing the study. Thank you!",
}


@dataclass(frozen=True)
class PlannedBonus:
    """A bonus of one purpose, which a worker gets once; `assignments` is the size of its HIT, `cost_usd` has the fee."""

    purpose: str
    bonus: Bonus
    assignments: int
    cost_usd: Decimal


@dataclass(frozen=True)
class ReviewPlan:
    """What is left to do of a review; `left` says what will not be done, and why.

    `rewards_usd` is what approving spends of money that was set aside when the HITs were made, with fees;
    `bonuses_usd` is spent on top, with fees. `committed_usd` and `paid_usd` are those of the ledger's totals.
    """

    approve: tuple[ReviewRow, ...]
    reject: tuple[ReviewRow, ...]
    bonuses: tuple[PlannedBonus, ...]
    admit: tuple[str, ...]
    shut_out: tuple[str, ...]
    notify_admitted: tuple[str, ...]
    notify_shut_out: tuple[str, ...]
    left: tuple[str, ...]
    unlisted: int
    environment: str
    rewards_usd: Decimal
    bonuses_usd: Decimal
    committed_usd: Decimal
    paid_usd: Decimal

    @property
    def total_usd(self) -> Decimal:
        """What carrying it out spends, with fees."""
        return self.rewards_usd + self.bonuses_usd

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to do."""
        acts = (self.approve, self.reject, self.bonuses, self.admit, self.shut_out)
        return not any([*acts, self.notify_admitted, self.notify_shut_out])


def plan_review(account: Account, study: Study) -> ReviewPlan:
    """What the review file asks for and is not done; reads the ledger and the balance, changes nothing.

    Raises InputError for rows of assignments nobody knows, and where the bonuses exceed the cap or the balance.
    """
    rows, received = _rows(study), {row.assignment: row for row in study.received()}
    hits = {hit.hit: hit for hit in account.ledger.hits()}
    actions = {action.action: action for action in account.ledger.actions()}
    open_rows = [row for row in rows if row.status == "Submitted"]
    wanted: dict[str, list[Any]] = {
        "approve": [row for row in open_rows if row.pay == "pay"],
        "reject": [row for row in open_rows if row.pay == "reject"],
        "bonus": list(_bonuses(account, rows, received, hits, actions)),
        "admit": _granted(rows, "admit", "admit", actions),
        "exclude": _granted(rows, "shut_out", "exclude", actions),
    }
    can = account.recruiter.can
    possible = {name: acts if name in can else [] for name, acts in wanted.items()}
    bound, money = account.ledger.account, totals(account.ledger, account.now())
    plan = ReviewPlan(
        approve=tuple(possible["approve"]),
        reject=tuple(possible["reject"]),
        bonuses=tuple(possible["bonus"]),
        admit=tuple(possible["admit"]),
        shut_out=tuple(possible["exclude"]),
        notify_admitted=_told(account, rows, "admit", "admitted", actions),
        notify_shut_out=_told(account, rows, "shut_out", "shut_out", actions),
        left=(
            *(f"{YOURSELF[name]}: {len(wanted[name])}" for name in wanted if wanted[name] and name not in can),
            *_left(rows),
        ),
        unlisted=len(received) - len(rows),
        environment=bound.environment if bound else "local",
        rewards_usd=sum((hits[received[row.assignment].hit].place_usd for row in possible["approve"]), Decimal("0.00")),
        bonuses_usd=sum((planned.cost_usd for planned in possible["bonus"]), Decimal("0.00")),
        committed_usd=money.committed_usd,
        paid_usd=money.paid_usd,
    )
    _refuse_too_dear(account, plan, actions)
    return plan


def _rows(study: Study) -> list[ReviewRow]:
    path = str(review_path(study.folder))
    if not study.review:
        raise InputError(Fault(path, "", "there is no review to apply", "`hitgen review` first, and reading its table"))
    known = {row.assignment: row for row in study.received()}
    strangers = [name for name in study.review if name not in known]
    if strangers:
        remedy = "deleting that row, or `hitgen review` again"
        raise InputError([Fault(path, "assignment", f"nobody handed in {name!r}", remedy) for name in strangers[:10]])
    # The recruiter's word stands, whatever became of these columns.
    return [replace(row, worker=known[name].worker, status=known[name].status) for name, row in study.review.items()]


def _bonuses(
    account: Account,
    rows: Iterable[ReviewRow],
    received: Mapping[str, Received],
    hits: Mapping[str, Hit],
    actions: Mapping[str, Action],
) -> Iterator[PlannedBonus]:
    """Bonuses not paid yet. One that was meant before is finished as it was meant, whatever the file says now."""
    meant = {
        (name.split(":")[1], action.worker): action for name, action in actions.items() if name.startswith("bonus:")
    }
    wanted: dict[tuple[str, str], Bonus] = {}
    for row in rows:
        amounts = {"training": row.training_bonus_usd, "completion": row.completion_bonus_usd}
        for purpose, amount_usd in amounts.items():
            if amount_usd and row.pay == "pay" and row.status != "Rejected":
                bonus = Bonus(row.assignment, row.worker, amount_usd, REASONS[purpose])
                wanted.setdefault((purpose, row.worker), bonus)
    for key, action in meant.items():
        wanted.pop(key, None)
        assignment = action.action.split(":", 2)[2]
        if action.done_at is None and assignment in received:
            amount_usd = Decimal(action.detail["amount_usd"])
            wanted[key] = Bonus(assignment, action.worker, amount_usd, action.detail["reason"])
    for (purpose, _), bonus in wanted.items():
        size = hits[received[bonus.assignment].hit].order.assignments
        fee_usd = account.kind.bonus_fee_usd(bonus.amount_usd, size)
        yield PlannedBonus(purpose, bonus, size, bonus.amount_usd + fee_usd)


def _granted(rows: Iterable[ReviewRow], column: str, verb: str, actions: Mapping[str, Action]) -> list[str]:
    """The workers whom a column says yes of, and for whom it is not done."""
    workers = dict.fromkeys(row.worker for row in rows if getattr(row, column) == "yes")
    return [name for name in workers if (found := actions.get(f"{verb}:{name}")) is None or found.done_at is None]


def _told(
    account: Account, rows: Iterable[ReviewRow], column: str, purpose: str, actions: Mapping[str, Action]
) -> tuple[str, ...]:
    if not getattr(account.config.notices, purpose) or "notify" not in account.recruiter.can:
        return ()
    workers = dict.fromkeys(row.worker for row in rows if getattr(row, column) == "yes")
    return tuple(worker for worker in workers if f"notify:{purpose}:{worker}" not in actions)


def _left(rows: Iterable[ReviewRow]) -> Iterator[str]:
    wanted = {"pay": "Approved", "reject": "Rejected"}
    for row in rows:
        if row.status == "Submitted" and row.pay == "undecided":
            yield f"{row.assignment} is undecided: {row.reasons}"
        elif row.status != "Submitted" and row.pay in wanted and row.status != wanted[row.pay]:
            yield f"{row.assignment} says {row.pay}, but it is {row.status.lower()} already"


def _refuse_too_dear(account: Account, plan: ReviewPlan, actions: Mapping[str, Action]) -> None:
    faults, cap_usd = [], account.config.recruiter.cap_usd
    # Bonuses that were meant before are in what is committed already.
    new_usd = sum(
        (p.cost_usd for p in plan.bonuses if f"bonus:{p.purpose}:{p.bonus.assignment}" not in actions), Decimal("0.00")
    )
    total_usd = plan.committed_usd + new_usd
    if new_usd and cap_usd is not None and total_usd > cap_usd:
        problem = f"with these bonuses the batch costs ${total_usd}, more than its cap of ${cap_usd}"
        faults.append(Fault("batch.toml", "recruiter.cap_usd", problem, "smaller bonuses, or a higher cap"))
    balance = account.recruiter.balance_usd() if plan.bonuses else None
    if balance is not None and plan.bonuses_usd > balance:
        problem = f"the bonuses cost ${plan.bonuses_usd}, but ${balance} are there"
        faults.append(Fault("recruiter", "balance", problem, "adding funds to the account, or smaller bonuses"))
    if faults:
        raise InputError(faults)
