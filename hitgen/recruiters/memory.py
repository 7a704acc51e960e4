"""A recruiter that keeps everything in memory: for simulations, and to try what a publisher does when calls fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

from hitgen.ledger.rows import Binding, Bonus, Environment, HitProgress, Judgement, Order, Received
from hitgen.recruiters.base import Recruiter, RefusedError, UnknownOutcomeError, beside

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIFETIME = timedelta(days=7)
TOKENS_LIVE = timedelta(hours=24)
Fault = Literal["", "lost", "killed", "before", "refused", "hasty", "other"]
"""What becomes of a call: `lost` is done and gives no answer, `killed` is done and the caller dies, `before` the caller
dies first, `refused` does nothing, `hasty` refuses before it looks at the token, `other` keeps another reward."""


class Killed(BaseException):
    """Stands for the process's death: nothing catches it."""


@dataclass
class Memory(Recruiter):
    """HITs, who is at work on them and what was handed in; its clock `now` stands still until it is moved.

    `faults` are taken one a call of `create`, `bonus` and `notify`. HITs that are `unlisted` are left out of listings, as
    those are that a service was slow to list.
    """

    now: datetime = START
    funds_usd: Decimal | None = Decimal("10000")
    environment: Environment = "local"
    endpoint: str = "memory"
    ahead_s: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    hits: dict[str, HitProgress] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    handed_in: dict[str, list[Received]] = field(default_factory=dict)
    grants: list[tuple[str, str]] = field(default_factory=list)
    paid: list[Bonus] = field(default_factory=list)
    mailed: list[str] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)
    cleared: bool = False
    token_valid: timedelta = timedelta(hours=23)
    _tokens: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    _hit_ids: dict[str, str] = field(default_factory=dict)

    def clock(self) -> datetime:
        """The time that it is here."""
        return self.now

    @property
    def skew_s(self) -> float:
        """As set by `ahead_s`."""
        return self.ahead_s

    def account(self) -> Binding:
        """Nobody's account, in the environment that was asked for."""
        return Binding(self.endpoint, self.endpoint, self.environment)

    def balance_usd(self) -> Decimal | None:
        """The funds there are; None where nothing is spent."""
        return self.funds_usd

    def create(self, order: Order, token: str) -> HitProgress:
        """The HIT of this order, the same for the same token within a day."""
        fault = self._next_fault()
        made_at, hit_id = self._tokens.get(token, (self.now, ""))
        if fault == "hasty":
            raise RefusedError("memory", "refused in haste")
        if hit_id and self.now - made_at < TOKENS_LIVE:
            return self.hits[hit_id]
        if fault == "refused":
            raise RefusedError("memory", "refused")
        if fault == "before":
            raise Killed
        hit_id = f"HIT{len(self.hits) + 1:016d}"
        made = HitProgress(
            hit_id=hit_id,
            annotation=order.annotation,
            url=order.url,
            reward_usd=order.reward_usd,
            assignments=order.assignments,
            available=order.assignments,
            pending=0,
            created_at=self.now,
            expires_at=self.now + LIFETIME,
        )
        self.hits[hit_id] = replace(made, reward_usd=order.reward_usd * 10) if fault == "other" else made
        self._tokens[token] = (self.now, hit_id)
        self.orders[hit_id] = order
        self._hit_ids[order.hit] = hit_id
        self._end(fault)
        return self.hits[hit_id]

    def everything(self) -> Iterator[HitProgress]:
        """Every HIT that was not deleted."""
        yield from (hit for hit in self.hits.values() if hit.hit_id not in self.deleted | self.unlisted)

    def progress(self, hit_ids: Sequence[str]) -> Iterator[HitProgress]:
        """The state of these HITs."""
        wanted = set(hit_ids)
        yield from (hit for hit in self.hits.values() if hit.hit_id in wanted - self.deleted)

    def submissions(self, hit_id: str) -> Iterator[Received]:
        """Everything handed in for a HIT."""
        yield from self.handed_in.get(hit_id, [])

    # Requester

    def approve(self, assignment: str, feedback: str = "") -> Judgement:
        """Approve a submission that nobody has judged."""
        return self.judge(assignment, "Approved")

    def reject(self, assignment: str, reason: str) -> Judgement:
        """Reject a submission that nobody has judged."""
        return self.judge(assignment, "Rejected")

    def judge(self, assignment: str, status: Judgement) -> Judgement:
        """Judge as the recruiter itself may do; what stands first stays."""
        for rows in self.handed_in.values():
            for number, row in enumerate(rows):
                if row.assignment == assignment:
                    if row.status == "Submitted":
                        rows[number] = replace(row, status=status)
                    return rows[number].status
        raise RefusedError("memory", f"there is no assignment {assignment}")

    def bonus(self, bonus: Bonus, token: str) -> None:
        """Pay a bonus, once for each token within a day."""
        fault = self._next_fault()
        if token not in self._tokens or self.now - self._tokens[token][0] >= TOKENS_LIVE:
            self.paid.append(bonus)
            self._tokens[token] = (self.now, "bonus")
        self._end(fault)

    def bonuses(self, assignment: str) -> list[Bonus]:
        """What was paid for an assignment."""
        return [bonus for bonus in self.paid if bonus.assignment == assignment]

    def paid_elsewhere(
        self, hit_id: str, mine: Mapping[str, Sequence[Bonus]], thorough: bool = False
    ) -> dict[str, list[Bonus]]:
        """What was paid for these assignments beside this."""
        return beside(self.paid, mine)

    def exclude(self, worker: str, group: str | None = None) -> None:
        """Note whom a worker's HITs are shut to."""
        self.grants.append((worker, group or "excluded"))

    def admit(self, worker: str) -> None:
        """Note that a worker is let in."""
        self.grants.append((worker, "admitted"))

    def done(self, worker: str) -> None:
        """Note that a worker took part."""
        self.grants.append((worker, "done"))

    def notify(self, workers: Sequence[str], subject: str, text: str) -> None:
        """Note who was mailed."""
        fault = self._next_fault()
        self.mailed += workers
        self._end(fault)

    def extend(self, hit_id: str, until: datetime) -> None:
        """Keep a HIT open until a time."""
        self.hits[hit_id] = replace(self.hits[hit_id], expires_at=until)

    def expire(self, hit_id: str, now: datetime) -> None:
        """Take no new workers for a HIT."""
        self.extend(hit_id, now - timedelta(days=1))

    def delete(self, hit_id: str) -> None:
        """Take a HIT out of all listings."""
        self.deleted.add(hit_id)

    def clear(self) -> None:
        """Note that this was asked for."""
        self.cleared = True

    # Workers

    def places(self, hit: str) -> int:
        """How many places of the HIT that we call `hit` nobody has taken."""
        return self.hits[self._hit_ids[hit]].available

    def add_place(self, hit: str) -> None:
        """One more place, beyond what was ordered."""
        found = self.hits[self._hit_ids[hit]]
        self.hits[found.hit_id] = replace(found, assignments=found.assignments + 1, available=found.available + 1)

    def accept(self, hit: str) -> None:
        """Somebody begins to work on the HIT that we call `hit`."""
        self._at_work(hit, 1)

    def give_back(self, hit: str) -> None:
        """Somebody who is at work leaves."""
        self._at_work(hit, -1)

    def hand_in(
        self,
        hit: str,
        worker: str,
        status: Judgement = "Submitted",
        answer: str = "<a/>",
        assignment: str = "",
        times: tuple[datetime, datetime] | None = None,
    ) -> str:
        """Somebody who is at work hands in, `times` being those of accepting and submitting; the assignment."""
        hit_id = self._at_work(hit, 0, 1)
        rows = self.handed_in.setdefault(hit_id, [])
        name = assignment or f"ASG{len(rows):04d}{hit_id}"
        rows.append(Received(name, hit_id, worker, status, *(times or (self.now, self.now)), None, answer))
        return name

    def work(self, hit: str, worker: str, status: Judgement = "Submitted") -> str:
        """A worker accepts the HIT that we call `hit` and hands in; the assignment."""
        self.accept(hit)
        return self.hand_in(hit, worker, status)

    def take_back(self, assignment: str) -> None:
        """Somebody returns what they handed in; its place is free again."""
        self.judge(assignment, "Returned")
        hit_id = next(
            hit_id for hit_id, rows in self.handed_in.items() if assignment in [row.assignment for row in rows]
        )
        self.hits[hit_id] = replace(self.hits[hit_id], available=self.hits[hit_id].available + 1)

    def _at_work(self, hit: str, accepted: int, handed_in: int = 0) -> str:
        hit_id = self._hit_ids[hit]
        found = self.hits[hit_id]
        left, pending = found.available - accepted, found.pending + accepted - handed_in
        if min(left, pending) < 0:
            raise RefusedError("memory", f"{hit} has no place for that")
        self.hits[hit_id] = replace(found, available=left, pending=pending)
        return hit_id

    def _next_fault(self) -> Fault:
        return self.faults.pop(0) if self.faults else ""

    def _end(self, fault: Fault) -> None:
        if fault == "lost":
            raise UnknownOutcomeError("no answer")
        if fault == "killed":
            raise Killed
