"""A panel behind the recruiter interface: who came has turns in the inbox, judgements are notes of the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from hitgen.collector.turns import Turn
from hitgen.ledger.rows import Binding, HitProgress, Judgement, Order, Received
from hitgen.lib.clock import utc_now
from hitgen.lib.nested import read_json
from hitgen.recruiters.base import Kind, Opening
from hitgen.recruiters.by_inbox import ByInbox
from hitgen.recruiters.judged import JudgedHere
from hitgen.recruiters.panel.config import PanelRecruiter
from hitgen.recruiters.panel.credit import Credit
from hitgen.recruiters.panel.handout import ADMITTED, SHUT_OUT, entrance
from hitgen.recruiters.panel.places import ByTurns
from hitgen.recruiters.seals import completion_code


class Panel(JudgedHere, ByInbox):
    """Places that are given to ids; whom to pay says the review, and where the panel can be told, `credit` tells it."""

    name = "panel"

    _config: PanelRecruiter

    def __init__(self, kind: Kind[PanelRecruiter], opening: Opening, credit: Credit | None) -> None:
        super().__init__(kind, opening)
        self._credit = credit
        self._places = ByTurns(opening.book, self._inbox, self._way, timedelta(seconds=self._config.hold_s))

    def account(self) -> Binding:
        """Where answers go; the panel's account is the user's own affair."""
        return Binding(self._way.address, "a panel", "own")

    def prepare(self, orders: Sequence[Order]) -> None:
        """Make sure that answers can arrive."""
        self._told = self._places.prepare(bool(orders))

    def create(self, order: Order, token: str) -> HitProgress:
        """Places of this order, open from now on."""
        return self._places.open(order, utc_now() + timedelta(seconds=self._config.lifetime_s))

    def start(self) -> list[str]:
        """Whoever comes from the panel can begin."""
        return [
            *self._told,
            f"The panel's address for this study: {entrance(self._way.address, self._config.id, self._config.keep)}",
        ]

    def everything(self) -> Iterator[HitProgress]:
        """Every HIT of this batch that was not deleted."""
        return self._places.everything()

    def progress(self, hit_ids: Sequence[str]) -> Iterator[HitProgress]:
        """The state of these HITs."""
        return self._places.progress(hit_ids)

    def submissions(self, hit_id: str) -> Iterator[Received]:
        """Everything handed in for a HIT; of answers from another machine, by whom their page was opened for."""
        for row, turn in self._places.arrived(hit_id):
            if person := turn.person if turn else str(read_json(row.answer).get("worker") or ""):
                yield self._handed_in(row, hit_id, person, self.judgement(row.assignment))

    def approve(self, assignment: str, feedback: str = "") -> Judgement:
        """Note that a submission is accepted, and tell the panel where it can be told."""
        turn = self._places.turns.named(assignment)
        if self._credit and turn and self.judgement(assignment) == "Submitted":
            self._credit.grant(self._values(turn))
        return super().approve(assignment, feedback)

    def _values(self, turn: Turn) -> dict[str, str]:
        return {**turn.carried, "id": turn.person, "code": completion_code(self._batch, turn.assignment)}

    def exclude(self, worker: str, group: str | None = None) -> None:
        """Give a person no further place; that nobody meets a trial twice is seen to when places are given."""
        if group is None:
            self._book.note(SHUT_OUT, worker, "yes")

    def admit(self, worker: str) -> None:
        """Let a person into the study pages when they come again."""
        self._book.note(ADMITTED, worker, "yes")

    def extend(self, hit_id: str, until: datetime) -> None:
        """Give out a HIT's places until a time; answers are taken whenever they come."""
        self._places.offers.end(hit_id, until)

    def expire(self, hit_id: str, now: datetime) -> None:
        """Give out no more of a HIT's places; answers of those who began are still taken."""
        self._places.offers.end(hit_id, now)

    def delete(self, hit_id: str) -> None:
        """Take a HIT out of all lists."""
        self._places.offers.delete(hit_id)
