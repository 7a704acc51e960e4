"""What recruiters share that keep no judgements: those are notes of the ledger."""

from __future__ import annotations

from typing import ClassVar, cast

from hitgen.ledger.rows import Judgement
from hitgen.recruiters.base import Kept, Recruiter


class JudgedHere(Recruiter):
    """A recruiter without money whose judgements are kept in `_kept` under its `name`; nobody tells the worker."""

    name: ClassVar[str]
    _kept: Kept

    def judgement(self, assignment: str) -> Judgement:
        """What was noted of a submission."""
        return cast(Judgement, self._kept.get(self._noted(assignment), "Submitted"))

    def approve(self, assignment: str, feedback: str = "") -> Judgement:
        """Note that a submission is accepted."""
        return self._judge(assignment, "Approved")

    def reject(self, assignment: str, reason: str) -> Judgement:
        """Note that a submission is not accepted."""
        return self._judge(assignment, "Rejected")

    def _judge(self, assignment: str, wanted: Judgement) -> Judgement:
        return cast(Judgement, self._kept.setdefault(self._noted(assignment), wanted))

    def _noted(self, assignment: str) -> str:
        return f"{self.name}:judged:{assignment}"
