"""Bonuses on Prolific, whose call for paying pays again whenever it is repeated."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hitgen.errors import InputError, OutsideError
from hitgen.ledger.notebook import Notebook
from hitgen.ledger.rows import Bonus
from hitgen.lib.clock import utc_now
from hitgen.lib.money import CENT, FREE
from hitgen.recruiters.base import RefusedError
from hitgen.recruiters.prolific.currency import Currency
from hitgen.recruiters.rest import Rest
from hitgen.recruiters.shapes import number

BONUS = "prolific:bonus"
EARNING = ("AWAITING REVIEW", "APPROVED", "PARTIALLY APPROVED")
"""Who took work back, gave it up or did it badly is not paid for it."""
SURE_AFTER = timedelta(hours=24)
"""A payment that Prolific does not show after this long was not made."""


class Bonuses:
    """Pays each bonus once: what may have been paid is looked for in Prolific's record, never sent again in doubt."""

    def __init__(self, rest: Rest, book: Notebook, currency: Currency) -> None:
        self._rest = rest
        self._book = book
        self._currency = currency

    def pay(self, bonus: Bonus, token: str) -> None:
        """Pay a bonus; a second time with the same token pays nothing, or raises OutsideError while that is in doubt."""
        now = utc_now()
        kept = json.loads(self._book.noted(BONUS, token) or "{}")
        if kept.get("paying_at"):
            if bonus in self.paid(bonus.assignment):
                return
            if now - datetime.fromisoformat(kept["paying_at"]) < SURE_AFTER:
                raise OutsideError(
                    f"the bonus for {bonus.assignment} may have been paid; Prolific does not show it yet. Run this again "
                    "in some hours: it is not sent twice"
                )
        elif before := self._before_another_copy(bonus):
            self._note(token, bonus, before[0], now)
            return
        found = self._rest.get(f"/submissions/{bonus.assignment}/", {"status": str, "study_id": str})
        if found["status"] not in EARNING:
            raise RefusedError(found["status"], f"it is {found['status'].lower()} at Prolific, so nothing is paid")
        study = found["study_id"]
        rows = f"{bonus.assignment},{Decimal(self._hundredths(bonus.amount_usd)) / 100:.2f}\n"
        values = {"study_id": study, "csv_bonuses": rows}
        made = self._rest.change("POST", "/submissions/bonus-payments/", values, shape={"id": str})
        self._note(token, bonus, self._paid_cents(bonus.assignment), now)
        try:
            self._rest.change("POST", f"/bulk-bonus-payments/{made['id']}/pay/")
        except (RefusedError, InputError):  # also where the token is no longer valid, nothing was done
            self._book.drop(BONUS, token)
            raise

    def _hundredths(self, amount_usd: Decimal) -> int:
        return self._currency.hundredths(amount_usd)

    def _note(self, token: str, bonus: Bonus, before: list[int], now: datetime) -> None:
        row = {"assignment": bonus.assignment, "worker": bonus.worker, "amount_usd": str(bonus.amount_usd)}
        row |= {"reason": bonus.reason, "before": before, "paying_at": now.isoformat()}  # type: ignore[dict-item]
        self._book.note(BONUS, token, json.dumps(row))

    def _before_another_copy(self, bonus: Bonus) -> list[list[int]]:
        """What was paid before another copy of this ledger paid this bonus, where Prolific shows a payment of this amount that
        this copy did not ask for; else nothing."""
        cents, paid = self._hundredths(bonus.amount_usd), self._paid_cents(bonus.assignment)
        if not self._unasked(bonus.assignment, paid)[cents]:
            return []
        paid.remove(cents)
        return [paid]

    def unasked_usd(self, bonus: Bonus) -> Decimal:
        """What the record shows as paid that this copy did not ask for, where none of it is this amount."""
        found = self._unasked(bonus.assignment, self._paid_cents(bonus.assignment))
        if found[self._hundredths(bonus.amount_usd)]:
            return FREE
        return self._currency.usd(Decimal(sum(found.elements())))

    def _unasked(self, assignment: str, paid: list[int]) -> Counter[int]:
        """Of the payments of these amounts those that this copy did not ask for."""
        return Counter(paid) - Counter(self._hundredths(Decimal(row["amount_usd"])) for row in self._rows(assignment))

    def elsewhere(self, assignment: str, worker: str, cents: list[float] | None, mine: Sequence[Bonus]) -> list[Bonus]:
        """What is paid for an assignment beside this, by the payments of its row in a list; without any it is asked for by itself."""
        paid = self._paid_cents(assignment) if cents is None else map(round, cents)
        own = Counter(self._hundredths(bonus.amount_usd) for bonus in mine)
        amounts_usd = (self._currency.usd(Decimal(each)).quantize(CENT) for each in (Counter(paid) - own).elements())
        return [Bonus(assignment, worker, amount_usd, "") for amount_usd in amounts_usd]

    def _rows(self, assignment: str) -> list[dict[str, Any]]:
        """What this ledger asked to be paid for an assignment."""
        rows = (json.loads(text) for text in self._book.notes(BONUS).values())
        return [row for row in rows if row["assignment"] == assignment]

    def _paid_cents(self, assignment: str) -> list[int]:
        shape = {"bonus_payments?": [number]}
        found = self._rest.get(f"/submissions/{assignment}/", shape).get("bonus_payments") or []
        return [round(float(cents)) for cents in found]

    def paid(self, assignment: str) -> list[Bonus]:
        """The bonuses that Prolific's record shows as paid since we asked for them."""
        mine = self._rows(assignment)
        paid = Counter(self._paid_cents(assignment)) if mine else Counter[int]()
        found = []
        for row in mine:
            cents = self._hundredths(Decimal(row["amount_usd"]))
            if paid[cents] > Counter(row["before"])[cents]:
                found.append(Bonus(assignment, row["worker"], Decimal(row["amount_usd"]), row["reason"]))
        return found
