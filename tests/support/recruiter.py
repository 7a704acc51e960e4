"""A recruiter that keeps its HITs in memory and fails when told to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hitgen.ledger.rows import Binding, Bonus, HitProgress, Judgement, Order, Received
from hitgen.recruiters.base import Recruiter, RefusedError, UnknownOutcomeError

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Killed(BaseException):
    """Stands for the process's death: nothing catches it."""


@dataclass
class FakeRecruiter(Recruiter):
    """HITs in memory, with tokens that live 24 hours and faults that a test asks for.

    `faults` are taken one a create: "lost" commits and gives no answer, "killed" commits and dies,
    "refused" refuses, "hasty" refuses before it looks at the token, "other" keeps another reward.
    """

    now: datetime = START
    funds_usd: Decimal = Decimal("10000")
    environment: str = "local"
    skew_s: float = 0.0  # type: ignore[assignment]
    faults: list[str] = field(default_factory=list)
    hits: dict[str, HitProgress] = field(default_factory=dict)
    tokens: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    handed_in: dict[str, list[Received]] = field(default_factory=dict)
    grants: list[tuple[str, str | None]] = field(default_factory=list)
    paid: list[Bonus] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    orders: dict[str, Order] = field(default_factory=dict)
    cleared: bool = False
    token_valid: timedelta = timedelta(hours=23)

    def clock(self) -> datetime:
        return self.now

    def account(self) -> Binding:
        return Binding("http://127.0.0.1:1", "111122223333", self.environment)  # type: ignore[arg-type]

    def balance_usd(self) -> Decimal | None:
        return self.funds_usd

    def prepare(self, orders: Sequence[Order]) -> None:
        pass

    def create(self, order: Order, token: str) -> HitProgress:
        fault = self.faults.pop(0) if self.faults else ""
        made_at, hit_id = self.tokens.get(token, (self.now, ""))
        if fault == "hasty":
            raise RefusedError("AWS.MechanicalTurk.InsufficientFunds", "no money")
        if hit_id and self.now - made_at < timedelta(hours=24):
            return self.hits[hit_id]
        if fault == "refused":
            raise RefusedError("AWS.MechanicalTurk.InsufficientFunds", "no money")
        if fault == "before":
            raise Killed
        hit_id = f"HIT{len(self.hits) + 1:016d}"
        self.hits[hit_id] = HitProgress(
            hit_id=hit_id,
            annotation=order.annotation,
            url=order.url,
            reward_usd=order.reward_usd,
            assignments=order.assignments,
            available=order.assignments,
            pending=0,
            created_at=self.now,
            expires_at=self.now + timedelta(days=7),
        )
        self.tokens[token] = (self.now, hit_id)
        self.orders[hit_id] = order
        if fault == "lost":
            raise UnknownOutcomeError("no answer")
        if fault == "killed":
            raise Killed
        if fault == "other":
            self.hits[hit_id] = replace(self.hits[hit_id], reward_usd=Decimal("12.00"))
        return self.hits[hit_id]

    def start(self) -> list[str]:
        return []

    def find(self, annotation: str) -> list[HitProgress]:
        return [hit for hit in self.everything() if hit.annotation == annotation]

    def everything(self) -> Iterator[HitProgress]:
        yield from (hit for hit in self.hits.values() if hit.hit_id not in self.deleted)

    def progress(self, hit_ids: Sequence[str]) -> Iterator[HitProgress]:
        yield from (hit for hit in self.everything() if hit.hit_id in set(hit_ids))

    def submissions(self, hit_id: str) -> Iterator[Received]:
        yield from self.handed_in.get(hit_id, [])

    def work(self, hit: str, worker: str, status: Judgement = "Submitted") -> None:
        """A worker hands in for the HIT that we call `hit`."""
        hit_id = next(key for key, order in self.orders.items() if order.hit == hit)
        rows = self.handed_in.setdefault(hit_id, [])
        name = f"ASG{len(rows):04d}{hit_id}"
        rows.append(Received(name, hit_id, worker, status, self.now, self.now, None, "<a/>"))
        found = self.hits[hit_id]
        self.hits[hit_id] = replace(found, available=found.available - 1)

    def approve(self, assignment: str, feedback: str = "") -> Judgement:
        return "Approved"

    def reject(self, assignment: str, reason: str) -> Judgement:
        return "Approved"

    def bonus(self, bonus: Bonus, token: str) -> None:
        fault = self.faults.pop(0) if self.faults else ""
        if token not in self.tokens or self.now - self.tokens[token][0] >= timedelta(hours=24):
            self.paid.append(bonus)
            self.tokens[token] = (self.now, "bonus")
        if fault == "killed":
            raise Killed

    def bonuses(self, assignment: str) -> list[Bonus]:
        return [bonus for bonus in self.paid if bonus.assignment == assignment]

    def exclude(self, worker: str, group: str | None = None) -> None:
        self.grants.append((worker, group or "excluded"))

    def admit(self, worker: str) -> None:
        self.grants.append((worker, "admitted"))

    def done(self, worker: str) -> None:
        self.grants.append((worker, "done"))

    def notify(self, workers: Sequence[str], subject: str, text: str) -> None:
        if self.faults and self.faults.pop(0) == "lost":
            raise UnknownOutcomeError("no answer")

    def extend(self, hit_id: str, until: datetime) -> None:
        self.hits[hit_id] = replace(self.hits[hit_id], expires_at=until)

    def expire(self, hit_id: str, now: datetime) -> None:
        self.extend(hit_id, now - timedelta(days=1))

    def delete(self, hit_id: str) -> None:
        self.deleted.add(hit_id)

    def clear(self) -> None:
        self.cleared = True

    def close(self) -> None:
        pass
