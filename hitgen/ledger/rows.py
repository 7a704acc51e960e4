"""What the ledger holds, as the rest of hitgen sees it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

Environment = Literal["sandbox", "production", "local", "own"]
"""`own`: people of one's own or a server of one's own, where no money moves through hitgen."""
Judgement = Literal["Submitted", "Approved", "Rejected", "Returned"]
"""`Returned` by the person who had handed it in, or run out there: neither used nor paid from then on, its place free again."""
HitState = Literal["intended", "refused", "created", "ended", "deleted"]
DELETED = "deleted"
"""The outcome of a HIT that is known to be deleted; of one that only is not there any more it is its state before."""


@dataclass(frozen=True)
class Binding:
    """Whom a ledger is bound to: `endpoint` and `account` never change within one ledger."""

    endpoint: str
    account: str
    environment: Environment

    @property
    def is_simulated(self) -> bool:
        """Whether its answers are made up."""
        return self.endpoint == SIMULATED

    def refusal(self, other: Binding) -> tuple[str, str]:
        """Why a ledger that is bound so has nothing to do with another account, and what to do."""
        if self.is_simulated:
            problem = "its answers are simulated: nothing of this batch was published"
            return (
                problem,
                "`hitgen review`, `report`, `export` and `watch`, which read them, or `hitgen publish`, which puts them aside",
            )
        remedy = "the profile and endpoint it was made with, or `hitgen close` and another folder"
        if self.endpoint == OFFLINE:
            remedy = "moving it elsewhere, or another folder: what was imported from saved files is a study of its own"
        problem = (
            f"belongs to account {self.account} at {self.endpoint} ({self.environment}), "
            f"not to {other.account} at {other.endpoint} ({other.environment})"
        )
        return problem, remedy


SIMULATED = "simulated"
"""The endpoint of a ledger that `hitgen simulate` fills."""
OFFLINE = "saved files"
"""The endpoint and the account of a ledger that was filled from files of pages opened offline."""


@dataclass(frozen=True)
class HitName:
    """Our name for a HIT, as text `p0001.2` for the second wave of a page, `p0001.t1` for its first top-up.

    `copy` counts the HITs for the same places: `p0001.2r3` is the third, after two expired.
    """

    page: str
    number: int
    topup: bool = False
    copy: int = 1

    def __str__(self) -> str:
        return f"{self.page}.{'t' * self.topup}{self.number}" + (f"r{self.copy}" if self.copy > 1 else "")

    @classmethod
    def of(cls, text: str) -> HitName:
        """The name that is written so."""
        page, _, rest = text.partition(".")
        number, _, copy = rest.removeprefix("t").partition("r")
        return cls(page, int(number), rest.startswith("t"), int(copy or 1))

    def again(self) -> HitName:
        """The name of the HIT that replaces this one."""
        return replace(self, copy=self.copy + 1)


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

    @property
    def met(self) -> tuple[str, ...]:
        """What nobody may have twice: the page, and each group of trials."""
        return (f"page {self.page}", *self.unseen)

    def as_json(self) -> dict[str, Any]:
        """The order as JSON values."""
        return {**asdict(self), "reward_usd": str(self.reward_usd)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Order:
        """The order that `as_json` gave."""
        return cls(**{**values, "reward_usd": Decimal(values["reward_usd"]), "unseen": tuple(values["unseen"])})


@dataclass(frozen=True)
class HitProgress:
    """One HIT as the recruiter sees it now; counts are assignments, times are UTC; `gone` once it was deleted."""

    hit_id: str
    annotation: str
    url: str
    reward_usd: Decimal
    assignments: int
    available: int
    pending: int
    created_at: datetime
    expires_at: datetime
    gone: bool = False

    @property
    def submitted(self) -> int:
        """How many were handed in, judged or not."""
        return self.assignments - self.available - self.pending

    @property
    def columns(self) -> dict[str, str | int]:
        """What the ledger keeps of a look at a HIT, by column."""
        return {
            "hit_id": self.hit_id,
            "created_at": self.created_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "available": max(0, self.available),
            "pending": max(0, self.pending),
        }


@dataclass(frozen=True)
class Received:
    """What one worker handed in, as the recruiter keeps it; `answer` is its own raw text.

    `hit` and `page` are our names, which the ledger adds.
    """

    assignment: str
    hit_id: str
    worker: str
    status: Judgement
    accepted_at: datetime
    submitted_at: datetime
    auto_approval_at: datetime | None
    answer: str
    hit: str = ""
    page: str = ""


@dataclass(frozen=True)
class Bonus:
    """A payment beyond the reward."""

    assignment: str
    worker: str
    amount_usd: Decimal
    reason: str


@dataclass(frozen=True)
class Hit:
    """One row of the ledger's HITs; counts are None until the recruiter was asked.

    `aside_usd` of its cost are for no place but for who is screened out, and `spent_usd` of these are paid.
    """

    hit: str
    page: str
    page_sha256: str
    replaces: str | None
    attempt: int
    state: HitState
    order: Order
    token: str
    cost_usd: Decimal
    intended_at: datetime
    hit_id: str | None
    expires_at: datetime | None
    available: int | None
    pending: int | None
    outcome: str = ""
    aside_usd: Decimal = Decimal(0)
    spent_usd: Decimal = Decimal(0)

    @property
    def is_missing(self) -> bool:
        """Whether the recruiter did not have it when it was last looked for, though nobody is known to have deleted it."""
        return self.state == "deleted" and self.outcome != DELETED

    @property
    def place_usd(self) -> Decimal:
        """What one worked place costs with fees, in dollars; never less than its reward where something was set aside beside it."""
        least_usd = self.order.reward_usd if self.aside_usd else Decimal(0)
        return max(least_usd, (self.cost_usd - self.aside_usd) / self.order.assignments)


def moment(text: str | None) -> datetime | None:
    """The time that `text` says, or None for none."""
    return datetime.fromisoformat(text) if text else None
