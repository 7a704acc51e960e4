"""What a ledger has committed and paid: one sum, whoever shows it, whatever happens to HITs and workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hitgen.analysis.money import spending
from hitgen.errors import OutsideError
from hitgen.ledger.acts import Act
from hitgen.ledger.rows import Bonus, HitProgress, Received
from hitgen.publishing import end
from hitgen.publishing.bonuses import bonus_act
from hitgen.publishing.create import create, settle
from hitgen.publishing.once import once
from hitgen.publishing.publication import Publication, open_publication
from hitgen.publishing.publish import Published, plan_publication, publish
from hitgen.publishing.status import status
from hitgen.recruiters.memory import Killed, Memory
from hitgen.results.apply import apply_review
from hitgen.results.forget import forget
from hitgen.results.review import propose
from hitgen.results.review_plan import plan_review
from hitgen.results.reviewfile import write_review
from hitgen.results.study import read_study
from hitgen.results.topup import coming, plan_topup
from tests.support.batches import make_batch
from tests.support.servers import serving
from tests.support.small_study import SmallStudy

pytestmark = pytest.mark.long

PLACE_USD = Decimal("1.44")
"""$1.20 and its fee."""


@pytest.fixture
def out(tmp_path: Path) -> Iterator[tuple[Path, Memory]]:
    """One page for five workers that is published."""
    (tmp_path / "demo" / "published").mkdir(parents=True)
    with serving(tmp_path / "demo" / "published") as site:
        folder = make_batch(tmp_path / "demo", [{"study": ["a"]}], f'kind = "folder"\nbase_url = "{site}"')
        recruiter = Memory()
        run(folder, recruiter)
        yield folder, recruiter


def run(folder: Path, recruiter: Memory) -> Published:
    with opened(folder, recruiter) as publication:
        return publish(publication, plan_publication(publication))


@contextmanager
def opened(folder: Path, recruiter: Memory) -> Iterator[Publication]:
    with open_publication(folder, now=recruiter.clock, recruiter=recruiter) as publication:
        yield publication


def money(folder: Path, recruiter: Memory) -> tuple[Decimal, Decimal]:
    """What is committed and paid, as status, report and the next publication all have it."""
    with opened(folder, recruiter) as publication:
        told = status(publication)
        planned = plan_publication(publication).committed_usd
    reported = spending(folder, recruiter.now)
    assert reported is not None
    assert told.committed_usd == reported.totals.committed_usd == planned
    assert told.paid_usd == reported.totals.paid_usd
    return told.committed_usd, told.paid_usd


def bonus_of(account: Publication, worker: str, assignment: str) -> Act:
    return bonus_act(account, "training", worker, assignment, Decimal("0.50"), "thanks", 5)


def test_work_is_paid_once_it_is_approved(out: tuple[Path, Memory]) -> None:
    folder, recruiter = out
    names = [recruiter.work("p0001.1", f"A{number}") for number in range(3)]
    assert money(folder, recruiter) == (5 * PLACE_USD, 0)
    recruiter.judge(names[0], "Approved")
    assert money(folder, recruiter) == (5 * PLACE_USD, PLACE_USD)
    recruiter.judge(names[1], "Rejected")
    assert money(folder, recruiter) == (4 * PLACE_USD, PLACE_USD)


def test_places_that_nobody_worked_cost_nothing_once_their_hit_has_ended(out: tuple[Path, Memory]) -> None:
    folder, recruiter = out
    recruiter.judge(recruiter.work("p0001.1", "A1"), "Approved")
    with opened(folder, recruiter) as account:
        status(account)
        once(account, bonus_of(account, "A1", next(account.ledger.submissions()).assignment))
    assert money(folder, recruiter) == (5 * PLACE_USD + Decimal("0.60"), PLACE_USD + Decimal("0.60"))
    with opened(folder, recruiter) as account:
        end.expire(account)
    assert money(folder, recruiter) == (PLACE_USD + Decimal("0.60"), PLACE_USD + Decimal("0.60"))
    forget(folder, "A1")
    assert money(folder, recruiter) == (PLACE_USD + Decimal("0.60"), PLACE_USD + Decimal("0.60"))


def test_a_bonus_in_doubt_is_committed_and_not_yet_paid(out: tuple[Path, Memory]) -> None:
    folder, recruiter = out
    name = recruiter.work("p0001.1", "A1")
    recruiter.faults = ["killed"]
    with opened(folder, recruiter) as account, pytest.raises(Killed):
        once(account, bonus_of(account, "A1", name))
    assert money(folder, recruiter) == (5 * PLACE_USD + Decimal("0.60"), 0)
    forget(folder, "A1")
    assert money(folder, recruiter) == (5 * PLACE_USD + Decimal("0.60"), 0)


def test_a_judgement_that_was_cut_off_after_the_recruiter_had_it_is_settled_by_the_next_look(
    out: tuple[Path, Memory],
) -> None:
    folder, recruiter = out
    act = Act("approve", "A1", recruiter.work("p0001.1", "A1"))
    with opened(folder, recruiter) as account:
        status(account)
        account.ledger.intend_act(act, recruiter.now)
        recruiter.approve(act.subject)
        status(account)
        assert account.ledger.acts(done=False) == []
        assert [intent.outcome for intent in account.ledger.acts("approve")] == ["Approved"]


def test_people_at_work_when_a_hit_expires_are_waited_for(out: tuple[Path, Memory]) -> None:
    folder, recruiter = out
    recruiter.accept("p0001.1")
    recruiter.accept("p0001.1")
    recruiter.now += timedelta(days=8)
    assert money(folder, recruiter) == (2 * PLACE_USD, 0)
    assert run(folder, recruiter).made == ()
    with opened(folder, recruiter) as publication:
        assert end.delete(publication).left == {"p0001.1": "2 workers are at work on it, or have sent no answers yet"}
        assert coming(publication) == {"p0001": 5}
    recruiter.hand_in("p0001.1", "A1")
    recruiter.give_back("p0001.1")
    assert run(folder, recruiter).made == ("p0001.1r2",)
    assert [order.assignments for order in recruiter.orders.values()] == [5, 4]
    assert money(folder, recruiter) == (5 * PLACE_USD, 0)


def test_a_forgotten_worker_stays_paid_and_takes_a_place_at_every_return(out: tuple[Path, Memory]) -> None:
    folder, recruiter = out
    name = recruiter.work("p0001.1", "A1")
    with opened(folder, recruiter) as account:
        status(account)
    forget(folder, "A1")
    recruiter.work("p0001.1", "A1")
    recruiter.judge(name, "Approved")  # as the recruiter does by itself after a while
    assert money(folder, recruiter) == (5 * PLACE_USD, PLACE_USD)
    recruiter.now += timedelta(days=8)
    assert run(folder, recruiter).made == ("p0001.1r2",)
    assert [order.assignments for order in recruiter.orders.values()] == [5, 3]


def test_people_at_work_on_a_hit_that_was_ended_still_bring_ratings(out: tuple[Path, Memory]) -> None:
    folder, recruiter = out
    recruiter.work("p0001.1", "A1")
    recruiter.accept("p0001.1")
    with opened(folder, recruiter) as publication:
        end.expire(publication)
        assert coming(publication) == {"p0001": 1}
        assert status(publication).at_work == 1 and status(publication).out == 0
    assert money(folder, recruiter) == (2 * PLACE_USD, 0)
    recruiter.give_back("p0001.1")
    with opened(folder, recruiter) as publication:
        status(publication)
        assert coming(publication) == {"p0001": 0}
    assert money(folder, recruiter) == (PLACE_USD, 0)


def test_a_hit_that_was_refused_costs_nothing_and_one_in_doubt_costs_all(tmp_path: Path) -> None:
    (tmp_path / "demo" / "published").mkdir(parents=True)
    with serving(tmp_path / "demo" / "published") as site:
        pages = [{"study": ["a"]}, {"study": ["b"]}]
        folder = make_batch(tmp_path / "demo", pages, f'kind = "folder"\nbase_url = "{site}"')
        recruiter = Memory(faults=["refused"])
        with pytest.raises(OutsideError, match="refused"):
            run(folder, recruiter)
        assert money(folder, recruiter) == (0, 0)
        recruiter.faults = ["", "lost"]
        with pytest.raises(OutsideError, match="no answer"):
            run(folder, recruiter)
        assert money(folder, recruiter) == (10 * PLACE_USD, 0)


def test_what_expires_after_the_last_look_is_not_replaced_yet(out: tuple[Path, Memory]) -> None:
    folder, recruiter = out
    recruiter.now += timedelta(days=7) - timedelta(seconds=1)
    progress = recruiter.progress

    def slow(hit_ids):  # type: ignore[no-untyped-def]
        found = list(progress(hit_ids))
        recruiter.accept("p0001.1")  # seen by nobody, in the last second
        recruiter.now += timedelta(seconds=2)
        return iter(found)

    recruiter.progress = slow  # type: ignore[method-assign]
    with opened(folder, recruiter) as publication:
        assert plan_publication(publication).now == ()


@pytest.fixture
def reviewed(out: tuple[Path, Memory]) -> tuple[Path, Memory, str]:
    """The page worked once, and a review in which a person gives a bonus for it."""
    folder, recruiter = out
    name = recruiter.work("p0001.1", "A1")
    with opened(folder, recruiter) as account:
        status(account)
        (row,) = propose(read_study(folder, account.ledger))
    write_review(folder, [replace(row.with_edits(None), pay="pay", training_bonus_usd=Decimal("0.50"))])
    return folder, recruiter, name


def test_what_the_recruiter_rejected_before_the_plan_earns_no_bonus(reviewed: tuple[Path, Memory, str]) -> None:
    folder, recruiter, name = reviewed
    with opened(folder, recruiter) as account:
        assert plan_review(account, read_study(folder, account.ledger)).bonuses_usd == Decimal("0.60")
        recruiter.judge(name, "Rejected")
        status(account)
        assert plan_review(account, read_study(folder, account.ledger)).bonuses_usd == 0


def test_what_the_recruiter_rejected_since_the_plan_earns_no_bonus(reviewed: tuple[Path, Memory, str]) -> None:
    folder, recruiter, name = reviewed
    with opened(folder, recruiter) as account:
        plan = plan_review(account, read_study(folder, account.ledger))
        recruiter.judge(name, "Rejected")
        apply_review(account, plan)
        assert recruiter.paid == []


class Life:
    """A batch whose HITs and workers live at random, and what it has truly committed and paid."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recruiter = Memory()
        self.forgotten: set[str] = set()
        self.bonuses: dict[str, bool] = {}
        self.elsewhere = 0
        self.doubtful: set[str] = set()

    def pick(self, names: list[str], number: int) -> str | None:
        return names[number % len(names)] if names else None

    def submissions(self, status: str) -> list[Received]:
        rows = [row for rows in self.recruiter.handed_in.values() for row in rows]
        return [row for row in rows if row.status == status]

    def alive(self, hit_id: str) -> bool:
        return hit_id not in self.recruiter.deleted | self.doubtful

    def open(self, hit_id: str) -> bool:
        return self.alive(hit_id) and self.recruiter.hits[hit_id].expires_at > self.recruiter.now

    def names(self, wanted: Callable[[HitProgress], bool]) -> list[str]:
        return [
            self.recruiter.orders[key].hit
            for key, hit in self.recruiter.hits.items()
            if self.alive(key) and wanted(hit)
        ]

    def step(self, what: str, number: int) -> None:
        recruiter = self.recruiter
        if what == "accept" and (
            hit := self.pick(self.names(lambda h: self.open(h.hit_id) and h.available > 0), number)
        ):
            recruiter.accept(hit)
        elif what == "work" and (
            hit := self.pick(self.names(lambda h: self.open(h.hit_id) and h.available > 0), number)
        ):
            recruiter.work(hit, f"A{number}")
        elif what == "hand in" and (hit := self.pick(self.names(lambda h: h.pending > 0), number)):
            recruiter.hand_in(hit, f"B{number}")
        elif what == "give back" and (hit := self.pick(self.names(lambda h: h.pending > 0), number)):
            recruiter.give_back(hit)
        elif what == "wait":
            recruiter.now += timedelta(days=number + 1)
        elif what in ("approve", "reject") and (rows := self.submissions("Submitted")):
            recruiter.judge(rows[number % len(rows)].assignment, "Approved" if what == "approve" else "Rejected")
        elif what == "bonus by hand" and (
            rows := [row for row in self.submissions("Approved") if self.alive(row.hit_id)]
        ):
            row = rows[number % len(rows)]
            if row.worker not in self.forgotten:
                reason = "by hand" if number < 5 else "For completing the study. Thank you!"
                recruiter.paid.append(Bonus(row.assignment, row.worker, Decimal("0.50"), reason))
                self.elsewhere += 1
        elif what == "forget" and (rows := self.submissions("Submitted") + self.submissions("Approved")):
            with self.account() as account:
                status(account)
            self.forgotten.add(rows[number % len(rows)].worker)
            forget(self.folder, rows[number % len(rows)].worker)
        else:
            with self.account() as account:
                self.act(account, what, number)

    @contextmanager
    def account(self) -> Iterator[Publication]:
        with opened(self.folder, self.recruiter) as publication:
            yield publication
            hits = {hit.hit: hit.state for hit in publication.ledger.hits()}
            self.doubtful = {key for key, order in self.recruiter.orders.items() if hits[order.hit] == "intended"}

    def act(self, account: Publication, what: str, number: int) -> None:
        if what in ("publish", "refused", "lost"):
            self.recruiter.faults = [what] if what != "publish" else []
            plan = plan_publication(account)
            with suppress(OutsideError):
                for row in plan.doubtful:
                    settle(account, row)
                for hit in plan.now:
                    create(account, hit)
            self.recruiter.faults = []
        elif what == "end":
            end.expire(account)
        elif what == "extend":
            end.extend(account, timedelta(days=number + 1))
        elif what == "delete":
            end.delete(account)
        elif what in ("bonus", "doubt"):
            rows = [row for row in self.submissions("Approved") if row.worker not in self.forgotten]
            if not rows:
                return
            row = rows[number % len(rows)]
            self.recruiter.faults = ["killed"] if what == "doubt" else []
            status(account)
            with suppress(Killed):
                once(account, bonus_of(account, row.worker, row.assignment))
            self.bonuses[row.assignment] = row.assignment in self.bonuses or what == "bonus"
            self.recruiter.faults = []

    def truth(self) -> tuple[Decimal, Decimal]:
        """What is committed and paid, from what the recruiter did alone."""
        places, paid = 0, 0
        for hit_id, hit in self.recruiter.hits.items():
            states = [row.status for row in self.recruiter.handed_in.get(hit_id, [])]
            places += len(states) - states.count("Rejected")
            if hit_id in self.doubtful:
                places += hit.assignments
            elif self.alive(hit_id):
                places += hit.pending + (hit.available if self.open(hit_id) else 0)
            paid += states.count("Approved")
        bonus_usd = Decimal("0.60")
        meant, sent = len(self.bonuses) + self.elsewhere, sum(self.bonuses.values()) + self.elsewhere
        return places * PLACE_USD + meant * bonus_usd, paid * PLACE_USD + sent * bonus_usd

    def told(self) -> dict[str, tuple[Decimal, Decimal]]:
        """What each part says of it."""
        with self.account() as publication:
            now = status(publication)
            found = {"status": (now.committed_usd, now.paid_usd)}
            top = plan_topup(publication).publication
            found["topup"] = (top.committed_usd, top.paid_usd)
            study = read_study(self.folder, publication.ledger)
            if rows := propose(study):
                write_review(self.folder, rows)
                review = plan_review(publication, read_study(self.folder, publication.ledger))
                found["review"] = (review.committed_usd, review.paid_usd)
        report = spending(self.folder, self.recruiter.now)
        assert report is not None
        return found | {"report": (report.totals.committed_usd, report.totals.paid_usd)}


STEPS = (
    *("accept", "work", "work", "work", "hand in", "give back", "wait", "approve", "approve", "reject", "forget"),
    *("publish", "publish", "refused", "lost", "end", "extend", "delete", "bonus", "doubt", "bonus by hand"),
)


STEPS_OF_A_LIFE = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9)), min_size=40, max_size=60)


@settings(max_examples=10, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
@given(steps=STEPS_OF_A_LIFE)
def test_all_show_the_same_money_whatever_happened(steps: list[tuple[str, int]]) -> None:
    check_life(steps)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@settings(max_examples=300, deadline=None, database=None, phases=[Phase.generate, Phase.shrink])
@given(steps=STEPS_OF_A_LIFE)
def test_all_show_the_same_money_in_three_hundred_lives(steps: list[tuple[str, int]]) -> None:
    check_life(steps)


def check_life(steps: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as name:
        SmallStudy(Path(name), host='kind = "folder"\nbase_url = "http://127.0.0.1:9001"', assignments=3)
        life = Life(Path(name))
        for number, step in enumerate(steps):
            life.step(*step)
            if number % 10 == 9:
                assert set(life.told().values()) == {life.truth()}, (life.told(), life.truth(), steps[: number + 1])
