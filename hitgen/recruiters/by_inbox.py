"""What recruiters share who only send people: answers come by a way of hitgen's own into an inbox beside the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hitgen.collector.inbox import FILE, Arrival, Inbox
from hitgen.ledger.rows import Judgement, Received
from hitgen.recruiters.answers import open_way
from hitgen.recruiters.base import Kind, Opening, Recruiter


class ByInbox(Recruiter):
    """A recruiter with the inbox of its batch, opened by its kind."""

    def __init__(self, kind: Kind[Any], opening: Opening) -> None:
        assert kind.results is not None
        self._config = kind.own
        self._batch = kind.config.batch.name
        self._book = opening.book
        self._inbox = Inbox(opening.folder / FILE, self._batch, kind.knows(lambda find: find(opening.book)))
        self._way = open_way(kind.config, kind.results)
        self._told: list[str] = []

    @property
    def answers_until(self) -> datetime | None:
        """When the form ends that pages post with."""
        return self._way.until

    @staticmethod
    def _handed_in(row: Arrival, hit_id: str, worker: str, judged: Judgement) -> Received:
        return Received(row.assignment, hit_id, worker, judged, row.opened_at, row.received_at, None, row.answer)

    def clear(self) -> None:
        """Take away the way for answers."""
        self._way.clear()

    def close(self) -> None:
        """Let go of the inbox."""
        self._inbox.close()
