"""What recruiters share that pay nobody: judgements are notes of the ledger, and there are no bonuses."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import cast

from hitgen.ledger.rows import Bonus, Judgement
from hitgen.recruiters.base import RefusedError


class Unpaid:
    """Part of a recruiter without money: `_kept` are the ledger's kept names, `kind` the recruiter's."""

    kind: str
    _kept: MutableMapping[str, str]

    def judgement(self, assignment: str) -> Judgement:
        """What was noted of a submission."""
        return cast(Judgement, self._kept.get(self._noted(assignment), "Submitted"))

    def approve(self, assignment: str, feedback: str = "") -> Judgement:
        """Note that a submission is accepted."""
        return self._judge(assignment, "Approved")

    def reject(self, assignment: str, reason: str) -> Judgement:
        """Note that a submission is not accepted; nobody tells the worker."""
        return self._judge(assignment, "Rejected")

    def _judge(self, assignment: str, wanted: Judgement) -> Judgement:
        return cast(Judgement, self._kept.setdefault(self._noted(assignment), wanted))

    def _noted(self, assignment: str) -> str:
        return f"{self.kind}:judged:{assignment}"

    def bonus(self, bonus: Bonus, token: str) -> None:
        """Bonuses are paid outside hitgen."""
        raise RefusedError(self.kind, f"recruiter {self.kind} pays nobody; pay bonuses yourself")

    def bonuses(self, assignment: str) -> list[Bonus]:
        """None are paid here."""
        return []

    def done(self, worker: str) -> None:
        """The ledger knows who took part."""
