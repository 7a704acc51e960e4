"""Bonuses as the ledger has them, and those that the service shows and this ledger did not pay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from hitgen.errors import HitgenError
from hitgen.ledger.acts import ELSEWHERE, Act, Intent
from hitgen.ledger.rows import Bonus
from hitgen.lib.progress import counted
from hitgen.publishing.publication import Account

REASONS = {
    "training": "For the training on your first page. Thank you!",
    "completion": "For completing the study. Thank you!",
}
"""What people read of a bonus, by its purpose; where the service keeps it, it tells what another copy of the ledger paid."""
UNSEEN = "what others paid as bonuses cannot be seen, and is not counted"
PURPOSES = {reason: purpose for purpose, reason in REASONS.items()}


def bonus_act(
    account: Account, purpose: str, worker: str, assignment: str, amount_usd: Decimal, words: str, places: int
) -> Act:
    """The act of paying a bonus; `places` is the size of the assignment's HIT, on which the fee depends."""
    cost_usd = amount_usd + account.kind.bonus_fee_usd(amount_usd, places)
    return Act("bonus", worker, assignment, purpose, amount_usd, cost_usd, words)


def adopt_bonuses(account: Account, everything: bool = False) -> None:
    """Take into the ledger what the recruiter shows as paid beyond rewards and this ledger did not pay: another copy of it, or a person.

    Asked for is work that others approved, with `everything` all that was handed in.
    """
    if "bonus" not in account.recruiter.can or any(note.startswith(UNSEEN) for note in account.notes):
        return
    found = account.ledger.may_be_paid(everything)
    intents = _by_assignment(account.ledger.acts("bonus")) if found else {}
    for hit, workers in counted("bonuses", found.items(), account.progress):
        mine = {name: intents.get(name, []) for name in workers}
        try:
            paid = _paid_elsewhere(account, hit, mine, everything)
        except HitgenError as error:  # who may not look at payments can still have answers
            account.notes = (*account.notes, f"{UNSEEN}: {error}")
            return
        if paid:
            with account.ledger.together():
                _take_in(account, paid)


def adopt_again(account: Account, assignment: str, worker: str) -> Callable[[], None]:
    """Looks again at what others paid for an assignment of which something was taken in so; to be called to write it down."""
    mine = [intent for intent in account.ledger.acts("bonus", worker) if intent.act.subject == assignment]
    known = account.ledger.may_be_paid(everything=True) if any(map(is_elsewhere, mine)) else {}
    hits = [hit for hit, workers in known.items() if assignment in workers]  # none where it was deleted
    found = _paid_elsewhere(account, hits[0], {assignment: mine}, thorough=True) if hits else {}
    return lambda: _take_in(account, found)


def _take_in(account: Account, found: Mapping[str, list[Act]]) -> None:
    for name, acts in found.items():
        account.ledger.paid_elsewhere(name, acts, account.now())


def _paid_elsewhere(
    account: Account, hit: str, mine: Mapping[str, list[Intent]], thorough: bool
) -> dict[str, list[Act]]:
    """The bonuses of these assignments of a HIT that are not among `mine`, as acts; where that is news."""
    row = account.ledger.hit(hit)
    assert row is not None and row.hit_id
    known = {name: [intent for intent in intents if not is_elsewhere(intent)] for name, intents in mine.items()}
    # First what is out: what is only meant may be what another copy has paid.
    asked = {name: [each.act.bonus for each in sorted(intents, key=_in_doubt)] for name, intents in known.items()}
    found = {}
    for name, paid in account.recruiter.paid_elsewhere(row.hit_id, asked, thorough).items():
        purposes = {each.act.purpose for each in known[name] if each.done_at}
        acts: list[Act] = []
        for bonus in paid:
            purpose = PURPOSES.get(bonus.reason, "")
            if not purpose or purpose in purposes | {act.purpose for act in acts}:
                purpose = f"{ELSEWHERE} {len(acts) + 1}"
            places, words = row.order.assignments, bonus.reason
            acts.append(bonus_act(account, purpose, bonus.worker, name, bonus.amount_usd, words, places))
        if acts != [intent.act for intent in mine[name] if is_elsewhere(intent)]:
            found[name] = acts
    return found


def is_elsewhere(intent: Intent) -> bool:
    """Whether a bonus was paid by another copy of the ledger, or by a person, nobody knows for what."""
    return intent.act.purpose.partition(" ")[0] == ELSEWHERE


def as_paid(account: Account, act: Act, known: Iterable[Bonus]) -> Act:
    """A bonus with the amount that was paid for the same reason without this ledger's knowing, where there is one."""
    mine = [intent.act.bonus for intent in account.ledger.acts("bonus", act.worker)]
    for bonus in known:
        if (bonus.worker, bonus.reason) == (act.worker, act.words) and bonus not in mine:
            return bonus_act(account, act.purpose, act.worker, act.subject, bonus.amount_usd, act.words, 1)
    return act


def _in_doubt(intent: Intent) -> bool:
    return intent.done_at is None


def _by_assignment(intents: Iterable[Intent]) -> dict[str, list[Intent]]:
    found = defaultdict(list)
    for intent in intents:
        found[intent.act.subject].append(intent)
    return dict(found)
