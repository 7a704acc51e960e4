"""The one interface to whoever sends workers to pages, and the words all recruiters share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from hitgen.errors import OutsideError
from hitgen.ledger.rows import Binding, Bonus, HitProgress, Judgement, Order, Received
from hitgen.recruiters.fees import Quote


class RefusedError(OutsideError):
    """The recruiter said no; nothing was done, unless `in_doubt`: an earlier try may have been."""

    def __init__(self, code: str, message: str, in_doubt: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.in_doubt = in_doubt


class UnknownOutcomeError(OutsideError):
    """No answer came; what was asked for may or may not have happened."""


class Recruiter(Protocol):
    """What the publisher needs of a recruiter; `capabilities` names what it can beyond creating and reading.

    Calls raise `RefusedError` when nothing was done, `UnknownOutcomeError` when that is not known, and
    `InputError` where the user must act (credentials, an account that is not linked). `start` lets workers
    in to all that was created, where creating does not, and returns what the user should read; `apart` among the
    capabilities says that nobody meets a trial twice whatever is open at the same time.
    """

    kind: str
    capabilities: frozenset[str]
    token_valid: timedelta
    """How long a repeated `create` or `bonus` with the same token is safe."""

    @property
    def skew_s(self) -> float:
        """How far this machine's clock is ahead of the recruiter's, as last seen."""

    def account(self) -> Binding: ...

    def balance_usd(self) -> Decimal | None: ...

    def quote(self, hits: Iterable[tuple[int, Decimal]]) -> Quote: ...

    def prepare(self, orders: Sequence[Order]) -> None: ...

    def create(self, order: Order, token: str) -> HitProgress: ...

    def start(self) -> list[str]: ...

    def find(self, annotation: str) -> list[HitProgress]: ...

    def everything(self) -> Iterator[HitProgress]: ...

    def progress(self, hit_ids: Sequence[str]) -> Iterator[HitProgress]: ...

    def submissions(self, hit_id: str) -> Iterator[Received]: ...

    def approve(self, assignment: str, feedback: str = "") -> Judgement: ...

    def reject(self, assignment: str, reason: str) -> Judgement: ...

    def bonus(self, bonus: Bonus, token: str) -> None: ...

    def bonuses(self, assignment: str) -> list[Bonus]: ...

    def exclude(self, worker: str, group: str | None = None) -> None: ...

    def admit(self, worker: str) -> None: ...

    def done(self, worker: str) -> None: ...

    def notify(self, workers: Sequence[str], subject: str, text: str) -> None: ...

    def extend(self, hit_id: str, until: datetime) -> None: ...

    def expire(self, hit_id: str, now: datetime) -> None: ...

    def delete(self, hit_id: str) -> None: ...

    def clear(self) -> None: ...

    def close(self) -> None: ...
