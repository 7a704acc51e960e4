"""What recruiters have in common whose service keeps no judgements: hitgen notes them in the ledger."""

from __future__ import annotations

from typing import ClassVar, cast

from hitgen.ledger.notebook import Notebook
from hitgen.ledger.rows import Judgement
from hitgen.recruiters.base import Recruiter


class JudgedHere(Recruiter):
    """A recruiter without money whose judgements are noted in `_book` under its `name`; nobody tells the worker."""

    name: ClassVar[str]
    _book: Notebook

    def judgement(self, assignment: str) -> Judgement:
        """What was noted of a submission."""
        return cast(Judgement, self._book.noted(self._topic, assignment) or "Submitted")

    def approve(self, assignment: str, feedback: str = "") -> Judgement:
        """Note that a submission is accepted."""
        return self._judge(assignment, "Approved")

    def reject(self, assignment: str, reason: str) -> Judgement:
        """Note that a submission is not accepted."""
        return self._judge(assignment, "Rejected")

    def _judge(self, assignment: str, wanted: Judgement) -> Judgement:
        return cast(Judgement, self._book.first_note(self._topic, assignment, wanted))

    @property
    def _topic(self) -> str:
        return f"{self.name}:judged"
