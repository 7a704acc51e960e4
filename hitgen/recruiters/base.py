"""The two sides of whoever sends workers to pages: its `Kind`, which is pure, and the `Recruiter` that is spoken to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar, cast, final

from hitgen.collector.inbox import Inbox
from hitgen.config.batch import BatchConfig
from hitgen.config.recruiter import AnyResults, Recruiting
from hitgen.errors import Fault, InputError, OutsideError, at_option, in_config
from hitgen.ledger.notebook import Notebook
from hitgen.ledger.rows import Binding, Bonus, HitProgress, Judgement, Order, Received
from hitgen.lib.money import FREE, Quote, quote
from hitgen.lib.text import count
from hitgen.methods.base import method_of
from hitgen.methods.kept import gold_needed
from hitgen.recruiters.answers import answers_to
from hitgen.recruiters.double import Double

if TYPE_CHECKING:
    from hitgen.collector.door import HandOut

Own = TypeVar("Own", bound=Recruiting)
Can = Literal["approve", "reject", "bonus", "exclude", "admit", "done", "notify", "extend", "delete"]
Look = Callable[[Callable[[Notebook], Any]], Any]
"""Gives what a function finds in a ledger's notebook; None where there is no ledger yet."""
NOT_POSSIBLE: dict[Can, str] = {
    "approve": "approves nothing",
    "reject": "rejects nothing",
    "bonus": "pays nobody; pay bonuses yourself",
    "notify": "sends no mail; write to people yourself",
    "extend": "cannot give HITs more time",
}


class RefusedError(OutsideError):
    """The recruiter said no; nothing was done, unless `in_doubt`: an earlier try may have been."""

    def __init__(self, code: str, message: str, in_doubt: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.in_doubt = in_doubt


class UnknownOutcomeError(OutsideError):
    """No answer came; what was asked for may or may not have happened."""


@dataclass(frozen=True)
class Opening:
    """What a recruiter is opened with: the batch's folder, the notebook in its ledger, whether real money may move;
    `environment` in place of the process's for its secrets."""

    folder: Path
    book: Notebook
    production: bool = False
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Asked:
    """What a page asks of a recruiter: its kind, and how many groups of trials workers must not have met."""

    page: str
    kind: str
    groups: int


def beside(paid: Iterable[Bonus], mine: Mapping[str, Sequence[Bonus]]) -> dict[str, list[Bonus]]:
    """Of payments that say what they were for those that are not among this ledger's own, however often the same was paid, by assignment."""
    found: dict[str, list[Bonus]] = {name: [] for name in mine}
    own = Counter(bonus for bonuses in mine.values() for bonus in bonuses)
    for bonus in (Counter(bonus for bonus in paid if bonus.assignment in mine) - own).elements():
        found[bonus.assignment].append(bonus)
    return found


class Recruiter(ABC):
    """Whoever sends workers to pages, spoken to; what one cannot do is not overridden here.

    Calls raise `RefusedError` when nothing was done, `UnknownOutcomeError` when that is not known, and
    `InputError` where the user must act (credentials, an account that is not linked).
    """

    token_valid: timedelta = timedelta(days=36_500)
    """How long a repeated `create` or `bonus` with the same token is safe."""

    @final
    @property
    def can(self) -> frozenset[Can]:
        """What this recruiter can do beyond creating and reading: the methods of these names that it has."""
        names: tuple[Can, ...] = Can.__args__  # type: ignore[attr-defined]
        return frozenset(name for name in names if getattr(type(self), name) is not getattr(Recruiter, name))

    @property
    def skew_s(self) -> float:
        """How far this machine's clock is ahead of the recruiter's, as last seen."""
        return 0.0

    @property
    def answers_until(self) -> datetime | None:
        """Until when answers can arrive if nothing renews their way, as last seen; None where that has no end."""
        return None

    @abstractmethod
    def account(self) -> Binding:
        """Whom a ledger is bound to."""

    @abstractmethod
    def create(self, order: Order, token: str) -> HitProgress:
        """The HIT of this order: made now, or made by an earlier call with the same token."""

    @abstractmethod
    def everything(self) -> Iterator[HitProgress]:
        """Every HIT that is here and was not deleted, whoever made it."""

    @abstractmethod
    def progress(self, hit_ids: Sequence[str]) -> Iterator[HitProgress]:
        """The state of these HITs; one is left out only where the recruiter says of that very one that it is not there."""

    @abstractmethod
    def submissions(self, hit_id: str) -> Iterator[Received]:
        """Everything handed in for a HIT, judged or not."""

    @abstractmethod
    def expire(self, hit_id: str, now: datetime) -> None:
        """Take no new workers for a HIT; those at work may finish."""

    def find(self, annotation: str) -> list[HitProgress]:
        """All HITs with this annotation, each once: one that moved while the listing was read is in it twice."""
        return list({hit.hit_id: hit for hit in self.everything() if hit.annotation == annotation}.values())

    def balance_usd(self) -> Decimal | None:
        """The dollars there are to spend; None where nothing will be spent."""
        return None

    def prepare(self, orders: Sequence[Order]) -> None:  # noqa: B027
        """Make what the orders need and does not exist yet; costs nothing."""

    def adopted(self, order: Order, hit_id: str) -> None:  # noqa: B027
        """Note what is needed to go on with a HIT that the ledger took in as this order, and that it did not make."""

    def start(self) -> list[str]:
        """Let workers in to all that was created, where creating does not; what the user should read."""
        return []

    def approve(self, assignment: str, feedback: str = "") -> Judgement:
        """Approve a submission; the answer is what it is now, whoever judged it first."""
        raise self._cannot("approve")

    def reject(self, assignment: str, reason: str) -> Judgement:
        """Reject a submission; the answer is what it is now."""
        raise self._cannot("reject")

    def bonus(self, bonus: Bonus, token: str) -> None:
        """Pay a bonus, once for each token."""
        raise self._cannot("bonus")

    def bonuses(self, assignment: str) -> list[Bonus]:
        """The bonuses that are known to be paid for an assignment."""
        return []

    def paid_elsewhere(
        self, hit_id: str, mine: Mapping[str, Sequence[Bonus]], thorough: bool = False
    ) -> dict[str, list[Bonus]]:
        """What is shown as paid beyond the reward for these assignments of a HIT and is not among this ledger's own, those that are surely
        out first; by assignment, without
        a reason where the service keeps none. One that it does not tell about is left out; `thorough` asks for each by itself where it must."""
        return {}

    def unasked_usd(self, bonus: Bonus) -> Decimal:
        """What was paid for the bonus's assignment that this notebook did not ask for and that is not this bonus; nothing where payments say what they are for."""
        return FREE

    def elsewhere(self, running: bool = False) -> list[str]:
        """What another copy of the ledger has made and this one can neither count nor end, each in words; only what is still `running`."""
        return []

    def exclude(self, worker: str, group: str | None = None) -> None:  # noqa: B027
        """Shut a worker out of one group of trials of this batch, or of every batch."""

    def admit(self, worker: str) -> None:  # noqa: B027
        """Let a worker into the study pages."""

    def done(self, worker: str) -> None:  # noqa: B027
        """Mark a worker as having taken part in this batch."""

    def notify(self, workers: Sequence[str], subject: str, text: str) -> None:
        """Mail workers, at most 100."""
        raise self._cannot("notify")

    def extend(self, hit_id: str, until: datetime) -> None:
        """Keep a HIT open until a time."""
        raise self._cannot("extend")

    def delete(self, hit_id: str) -> None:  # noqa: B027
        """Remove a HIT that is over; gone already is as good."""

    def clear(self) -> None:  # noqa: B027
        """Remove what only this batch needed."""

    def close(self) -> None:  # noqa: B027
        """Let go of what is held open."""

    def _cannot(self, name: Can) -> RefusedError:
        return RefusedError(name, f"this recruiter {NOT_POSSIBLE[name]}")


class Kind(ABC, Generic[Own]):
    """What a recruiter is, for one batch: prices, faults, warnings, where answers go; pure until `open`.

    A kind is a subclass with its `model` of batch.toml's table, and one row in `hitgen.config.kinds.RECRUITERS`.
    """

    model: ClassVar[type[Recruiting]]
    apart: ClassVar[bool] = False
    """Whether nobody meets a trial twice whatever is open at the same time."""
    addresses: ClassVar[str] = ""
    """The file in the batch's folder that lists personal addresses, where there are such."""
    hands_out: ClassVar[bool] = False
    """Whether people come to `/go` and nowhere else."""
    unit: ClassVar[str] = "HIT"
    """What one page that people are sent to is called there."""
    people: ClassVar[str] = "Participants were recruited by the researchers"
    """Where people come from, as a sentence of a paper begins."""
    admits: ClassVar[bool] = False
    """Whether a qualification page can let people into the study pages."""

    def __init__(self, config: BatchConfig) -> None:
        self.config = config
        given = config.recruiter
        unsaid = {key: words for key, words in config.offered.items() if getattr(given, key, None) == ""}
        self.own = cast(Own, given.model_copy(update=unsaid) if unsaid else given)

    # Money

    def quote(self, hits: Iterable[tuple[int, Decimal]]) -> Quote:
        """The price of HITs given as (assignments, reward in dollars); nothing where people are paid outside hitgen."""
        return quote(((assignments, FREE) for assignments, _ in hits), lambda *_: FREE)

    def bonus_fee_usd(self, amount_usd: Decimal, assignments: int) -> Decimal:
        """The fee on one bonus in a HIT of `assignments`, in dollars."""
        return self.quote([(1, amount_usd)]).fees_usd

    def sizes(self, assignments: int) -> list[int]:
        """The sizes of the HITs that give a page's assignments."""
        return [assignments]

    def largest_further(self) -> int | None:
        """The most assignments of one further HIT of a page; None where there is no such limit."""
        return None

    def waves_save_usd(self, pages: Sequence[tuple[int, Decimal]]) -> Decimal:
        """What giving out pages (assignments, reward) in small HITs saves, or would."""
        return FREE

    def hourly_usd(self, kind: str) -> Decimal | None:
        """What an hour's work on pages of this kind pays; None where nobody said how long they take."""
        return None

    def underpaid(self, kinds: Iterable[str], least_usd: Decimal) -> Iterator[Fault]:
        """The kinds of pages that pay less an hour than is due."""
        for kind in kinds:
            paid = self.hourly_usd(kind)
            if paid is not None and paid < least_usd:
                problem = f"a {kind} page pays ${paid} an hour, less than the ${least_usd:.2f} that are due"
                remedy = "a higher reward_usd, or fewer minutes if that is how long it takes"
                yield in_config("recruiter.minutes", problem, remedy)

    # What must be right, and what to mind

    def faults(self, pages: Sequence[Asked]) -> list[Fault]:
        """What this recruiter cannot do for these pages."""
        if self.admits or all(page.kind == "study" for page in pages):
            return []
        name = self.own.kind
        problem = f"recruiter {name!r} cannot admit people by a qualification page: you choose them yourself"
        remedy = "leaving [qualification] out; gold questions on the study pages screen just as well"
        return [in_config("qualification", problem, remedy)]

    def warnings(self) -> list[str]:
        """What to mind with this recruiter and this config."""
        return []

    def few_gold(self, pages_each: int, *ways: str) -> list[str]:
        """That people who work so few pages answer too few gold questions to be judged; `ways` are further ways out."""
        method = method_of(self.config)
        gold, needed = method.gold_a_page(self.config) * pages_each, gold_needed(self.config)
        if gold >= needed:
            return []
        *most, last = (method.more_gold, "ask for less under [screening]", *ways)
        return [
            f"batch.toml: hit: nobody works more than {count(pages_each, 'page')} or answers more than "
            f"{count(gold, 'gold question')}, and {needed} are needed for a verdict; {', '.join(most)}, or {last}"
        ]

    # Answers

    @property
    def results(self) -> AnyResults | None:
        """Where answers go by a way of hitgen's own; None where the recruiter takes and keeps them."""
        return getattr(self.own, "results", None)

    def answers(self) -> dict[str, Any]:
        """What a page's data says of where its answers go: `results`, and `completion_url` and `leaving_url` for ways back."""
        return {"results": answers_to(self.config, self.results) if self.results else {"kind": "form"}}

    def place_pattern(self, page: str) -> str:
        """A pattern of the assignments that this page can be opened for; empty where that cannot be told."""
        return ""

    def submit_origins(self) -> tuple[str, ...]:
        """Where a page may hand in by a form, beside loopback."""
        return ()

    def knows(self, look: Look) -> Callable[[str], bool]:
        """Tells whether an assignment of this name can be there, as far as the ledger says."""
        return lambda assignment: False

    def vouches(self, look: Look) -> Callable[[str], bool] | None:
        """Tells for which assignments somebody vouches, so that no stranger can make them up; None: for all that are known."""
        return None

    def is_ready(self, look: Look) -> bool:
        """Whether answers can be told from junk yet."""
        return True

    def hand_out(self, look: Look, inbox: Inbox, now: Callable[[], datetime]) -> HandOut | None:
        """Gives an address to everyone who asks for one; None where people come otherwise."""
        return None

    def entrance(self, address: str) -> str:
        """What people, or whoever sends them, are given of a collector that the world sees at `address`."""
        return f"{address}/go"

    # Spoken to

    @classmethod
    def rehearse(cls, config: BatchConfig, scratch: Path, address: str) -> AbstractContextManager[Double]:
        """What stands for the recruiter in a rehearsal of this batch, which lies in `scratch` and is served at `address`."""
        problem = f"{cls.__name__} has no double on this machine"
        raise InputError(at_option("--recruiter", problem, "another kind of recruiter"))

    @abstractmethod
    def open(self, opening: Opening) -> Recruiter:
        """The recruiter itself; its libraries are loaded only now."""
