"""What applying a review would do: judge, pay, admit, shut out, tell; each act once, however often it is planned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from hitgen.errors import Fault, InputError, in_config, raise_faults
from hitgen.ledger.acts import IN_DOUBT, Act, Intent, Key, Verb
from hitgen.ledger.rows import Hit, Received
from hitgen.ledger.totals import totals
from hitgen.publishing.bonuses import REASONS, bonus_act, is_elsewhere
from hitgen.publishing.publication import Account
from hitgen.results.review import UNPAID
from hitgen.results.reviewfile import ReviewRow, review_path
from hitgen.results.study import Study

MOST_FAULTS = 10
YOURSELF: dict[Verb, str] = {
    "approve": "approvals that this recruiter does not know",
    "reject": "rejections that this recruiter does not know",
    "bonus": "bonuses to be paid outside hitgen",
    "admit": "workers to be admitted by hand",
    "exclude": "workers to be shut out by hand",
}
PAID_ALREADY = "is not paid: ${} were paid for it already, by another copy of this ledger or by hand; if that was for something else, pay this one by hand"
JUDGEMENTS: dict[Verb, str] = {"approve": "Approved", "reject": "Rejected"}
"""What a judgement makes of an assignment."""
GRANTS: dict[str, Verb] = {"admit": "admit", "shut_out": "exclude"}
"""What a yes in a column of the review file does to a worker."""
NOTICES = {"admit": "admitted", "shut_out": "shut_out"}
"""The notice that a worker with a yes in a column gets."""


@dataclass(frozen=True)
class ReviewPlan:
    """What is left to do of a review; `left` says what will not be done, and why.

    `acts` are in the order in which they are done: judgements, bonuses, admission, shutting out, mails. `rewards_usd`
    is what approving spends of money that was set aside when the HITs were made, with fees; `bonuses_usd` is spent on
    top, with fees. `committed_usd` and `paid_usd` are those of the ledger's totals.
    """

    acts: tuple[Act, ...]
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

    def of(self, verb: Verb) -> list[Act]:
        """The acts of one verb."""
        return [act for act in self.acts if act.verb == verb]


def plan_review(account: Account, study: Study, now: datetime | None = None) -> ReviewPlan:
    """What the review file asks for and is not done, as of `now`, when submissions were looked for; reads the ledger and the
    balance, changes nothing.

    Raises InputError for rows of assignments nobody knows, and where the bonuses exceed the cap or the balance.
    """
    rows, received = _rows(study), {row.assignment: row for row in study.received()}
    hits = {hit.hit: hit for hit in account.ledger.hits()}
    intents = {intent.act.key: intent for intent in account.ledger.acts()}
    places_usd = {name: hits[row.hit].place_usd for name, row in received.items()}
    wanted = [act for act in _wanted(account, rows, received, hits, intents) if _is_due(act, intents)]
    can, already = account.recruiter.can, list(_paid_already(wanted, intents))
    possible = [act for act in wanted if act.verb in can and act not in already]
    counts = Counter(act.verb for act in wanted if act.verb not in can)
    bound, money = account.ledger.account, totals(account.ledger, account.by_its_clock(now or account.now()))
    plan = ReviewPlan(
        acts=tuple(possible),
        left=(
            *(f"{YOURSELF[verb]}: {counts[verb]}" for verb in YOURSELF if counts[verb]),
            *(f"the {act.purpose} bonus of {act.subject} {PAID_ALREADY.format(act.amount_usd)}" for act in already),
            *_left(rows),
            *_doubtful(intents.values(), received),
        ),
        unlisted=len(received) - len(rows),
        environment=bound.environment if bound else "local",
        rewards_usd=sum((places_usd[act.subject] for act in possible if act.verb == "approve"), Decimal("0.00")),
        bonuses_usd=sum((act.cost_usd for act in possible), Decimal("0.00")),
        committed_usd=money.committed_usd,
        paid_usd=money.paid_usd,
    )
    _refuse_too_dear(account, plan, intents)
    return plan


def _wanted(
    account: Account,
    rows: Sequence[ReviewRow],
    received: Mapping[str, Received],
    hits: Mapping[str, Hit],
    intents: Mapping[Key, Intent],
) -> Iterator[Act]:
    """Every act that the file asks for, in the order in which they are done."""
    verbs: dict[str, Verb] = {"pay": "approve", "reject": "reject"}
    for pay, verb in verbs.items():
        for row in rows:
            if row.status == "Submitted" and row.pay == pay:
                yield Act(verb, row.worker, row.assignment, words=row.feedback)
    yield from _bonuses(account, rows, received, hits, intents)
    yes = {column: dict.fromkeys(row.worker for row in rows if getattr(row, column) == "yes") for column in GRANTS}
    for column, verb in GRANTS.items():
        yield from (Act(verb, worker) for worker in yes[column])
    for column, purpose in NOTICES.items():
        text = getattr(account.config.notices, purpose)
        if text and "notify" in account.recruiter.can:
            yield from (Act("notify", worker, purpose=purpose, words=text) for worker in yes[column])


def _is_due(act: Act, intents: Mapping[Key, Intent]) -> bool:
    """Whether an act is not done yet, and may be."""
    intent = intents.get(act.key)
    return intent is None or (intent.done_at is None and IN_DOUBT[act.verb] != "never") or act.verb in JUDGEMENTS


def _rows(study: Study) -> list[ReviewRow]:
    path = str(review_path(study.folder))
    if not study.review:
        raise InputError(Fault(path, "", "there is no review to apply", "`hitgen review` first, and reading its table"))
    known = {row.assignment: row for row in study.received()}
    if study.strangers:
        raise InputError([*study.strangers.values()][:MOST_FAULTS])
    # The recruiter's word stands, whatever became of these columns; who took work back asks for nothing.
    return [
        replace(row, worker=known[name].worker, status=known[name].status)
        if known[name].status != "Returned"
        else replace(row, worker=known[name].worker, status="Returned", admit="no")
        for name, row in study.review.items()
    ]


def _bonuses(
    account: Account,
    rows: Iterable[ReviewRow],
    received: Mapping[str, Received],
    hits: Mapping[str, Hit],
    intents: Mapping[Key, Intent],
) -> Iterator[Act]:
    """One bonus of each purpose for a worker. One that is intended is finished as it was, whatever the file says now."""
    known = {(intent.act.purpose, intent.act.worker) for intent in intents.values() if intent.act.verb == "bonus"}
    for intent in intents.values():
        mine = received.get(intent.act.subject)
        if intent.act.verb == "bonus" and mine and mine.status != "Returned":
            yield intent.act
    for row in rows:
        if row.pay != "pay" or row.status in UNPAID:
            continue
        amounts_usd = {"training": row.training_bonus_usd, "completion": row.completion_bonus_usd}
        for purpose, amount_usd in amounts_usd.items():
            if amount_usd and (purpose, row.worker) not in known:
                known.add((purpose, row.worker))
                places = hits[received[row.assignment].hit].order.assignments
                yield bonus_act(account, purpose, row.worker, row.assignment, amount_usd, REASONS[purpose], places)


def _paid_already(wanted: Iterable[Act], intents: Mapping[Key, Intent]) -> Iterator[Act]:
    """The bonuses that another copy of the ledger has paid, as far as a service shows it that says amounts and not what for.

    Where it shows fewer payments than there are bonuses of one amount, paying them one by one tells which are left.
    """
    elsewhere = Counter(
        (intent.act.subject, intent.act.amount_usd)
        for intent in intents.values()
        if is_elsewhere(intent) and not intent.act.words
    )
    new = [act for act in wanted if act.verb == "bonus" and act.key not in intents]
    asked = Counter((act.subject, act.amount_usd) for act in new)
    yield from (act for act in new if elsewhere[act.subject, act.amount_usd] >= asked[act.subject, act.amount_usd])


def _left(rows: Iterable[ReviewRow]) -> Iterator[str]:
    wanted = {"pay": "Approved", "reject": "Rejected"}
    for row in rows:
        if row.status == "Returned" and row.pay == "reject":
            continue
        if row.status == "Submitted" and row.pay == "undecided":
            yield f"{row.assignment} is undecided: {row.reasons}"
        elif row.status != "Submitted" and row.pay in wanted and row.status != wanted[row.pay]:
            yield f"{row.assignment} says {row.pay}, but it is {row.status.lower()} already"


def _doubtful(intents: Iterable[Intent], received: Mapping[str, Received]) -> Iterator[str]:
    """Bonuses that may have been paid before their work was returned; they are not sent again to find out."""
    for intent in intents:
        row = received.get(intent.act.subject)
        if intent.act.verb == "bonus" and intent.done_at is None and row and row.status == "Returned":
            yield f"the {intent.act.purpose} bonus of {row.assignment} may be paid: look at the recruiter's page"


def _refuse_too_dear(account: Account, plan: ReviewPlan, intents: Mapping[Key, Intent]) -> None:
    faults, cap_usd = [], account.config.recruiter.cap_usd
    # Bonuses that are intended are in what is committed already.
    new_usd = sum((act.cost_usd for act in plan.acts if act.key not in intents), Decimal("0.00"))
    total_usd = plan.committed_usd + new_usd
    if new_usd and cap_usd is not None and total_usd > cap_usd:
        problem = f"with these bonuses the batch costs ${total_usd}, more than its cap of ${cap_usd}"
        faults.append(in_config("recruiter.cap_usd", problem, "smaller bonuses, or a higher cap"))
    balance_usd = account.recruiter.balance_usd() if plan.of("bonus") else None
    if balance_usd is not None and plan.bonuses_usd > balance_usd:
        problem = f"the bonuses cost ${plan.bonuses_usd}, but ${balance_usd} are there"
        faults.append(Fault("recruiter", "balance", problem, "adding funds to the account, or smaller bonuses"))
    raise_faults(faults)
