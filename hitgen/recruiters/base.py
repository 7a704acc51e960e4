"""The one interface to whoever sends workers to pages, and the words all recruiters share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, Protocol

from hitgen.errors import OutsideError
from hitgen.recruiters.fees import Quote

Environment = Literal["sandbox", "production", "local", "own"]
"""`own`: people of one's own or a server of one's own, where no money moves through hitgen."""
Judgement = Literal["Submitted", "Approved", "Rejected"]


class RefusedError(OutsideError):
    """The recruiter said no; nothing was done, unless `in_doubt`: an earlier try may have been."""

    def __init__(self, code: str, message: str, in_doubt: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.in_doubt = in_doubt


class UnknownOutcomeError(OutsideError):
    """No answer came; what was asked for may or may not have happened."""


@dataclass(frozen=True)
class Account:
    """Whom a ledger is bound to: `endpoint` and `account` never change within one ledger."""

    endpoint: str
    account: str
    environment: Environment


@dataclass(frozen=True)
class Order:
    """One HIT to be made; `hit` is our name for it, `annotation` what it is found by at the recruiter.

    `unseen` names the groups of trials a worker must not have met; `needs_admission` keeps it for
    workers whom the qualification page admitted.
    """

    hit: str
    page: str
    kind: str
    url: str
    assignments: int
    reward_usd: Decimal
    annotation: str
    unseen: tuple[str, ...] = ()
    needs_admission: bool = False

    def as_json(self) -> dict[str, Any]:
        """The order as JSON values."""
        return {**asdict(self), "reward_usd": str(self.reward_usd)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Order:
        """The order that `as_json` gave."""
        return cls(**{**values, "reward_usd": Decimal(values["reward_usd"]), "unseen": tuple(values["unseen"])})


@dataclass(frozen=True)
class Progress:
    """One HIT as the recruiter sees it now; counts are assignments, times are UTC."""

    hit_id: str
    status: str
    annotation: str
    url: str
    reward_usd: Decimal
    assignments: int
    available: int
    pending: int
    completed: int
    created_at: datetime
    expires_at: datetime

    @property
    def submitted(self) -> int:
        """How many were handed in, judged or not."""
        return self.assignments - self.available - self.pending


@dataclass(frozen=True)
class Submission:
    """What one worker handed in, as the recruiter keeps it; `answer` is its own raw text."""

    assignment: str
    hit_id: str
    worker: str
    status: Judgement
    accepted_at: datetime
    submitted_at: datetime
    auto_approval_at: datetime | None
    answer: str


@dataclass(frozen=True)
class Bonus:
    """A payment beyond the reward."""

    assignment: str
    worker: str
    amount_usd: Decimal
    reason: str


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

    def account(self) -> Account: ...

    def balance_usd(self) -> Decimal | None: ...

    def quote(self, hits: Iterable[tuple[int, Decimal]]) -> Quote: ...

    def prepare(self, orders: Sequence[Order]) -> None: ...

    def create(self, order: Order, token: str) -> Progress: ...

    def start(self) -> list[str]: ...

    def find(self, annotation: str) -> list[Progress]: ...

    def everything(self) -> Iterator[Progress]: ...

    def progress(self, hit_ids: Sequence[str]) -> Iterator[Progress]: ...

    def submissions(self, hit_id: str) -> Iterator[Submission]: ...

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
