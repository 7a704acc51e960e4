"""Absence proves nothing: what a listing leaves out is asked for by name, and what is gone is as good as deleted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from hitgen.doubles.mturk.hits import get_hit
from hitgen.ledger.ledger import Ledger
from hitgen.ledger.rows import HitProgress
from hitgen.ledger.totals import totals
from hitgen.publishing import end
from hitgen.publishing.collect import collect
from hitgen.publishing.create import create, settle
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import plan_publication
from hitgen.publishing.status import status
from hitgen.recruiters.base import UnknownOutcomeError
from hitgen.recruiters.memory import Memory
from hitgen.results.fetch import fetch
from hitgen.results.topup import plan_topup
from tests.support.in_memory import in_memory
from tests.support.published import Published, published

PAGES = 24
TOML = "[screening]\ngold_answers_min = 1\n"


def hit_id(study: Published, name: str) -> str:
    with Ledger(study.small.folder / "ledger.sqlite") as ledger:
        hit = ledger.hit(name)
        return str(hit and hit.hit_id)


def states(folder: Path) -> set[str]:
    with Ledger(folder / "ledger.sqlite") as ledger:
        return {hit.state for hit in ledger.hits()}


def test_a_hit_that_a_listing_leaves_out_stays_and_is_not_made_again(tmp_path: Path) -> None:
    with published(tmp_path, pages=PAGES, study=1, assignments=1, toml=TOML, hit="ratings = 1") as study:
        study.work("p0003", "A1")
        study.market.requester.unlisted = {hit_id(study, "p0003.1"), hit_id(study, "p0005.1")}
        assert study.fetch().new == 1
        with open_account(study.small.folder) as account:
            before_usd = status(account).committed_usd
        assert states(study.small.folder) == {"created"}
        assert before_usd == 24 * status_price(study)
        with open_publication(study.small.folder) as publication:
            plan = plan_topup(publication)
            assert not plan.pages and not plan.publication.now and not plan.publication.adopted


def status_price(study: Published) -> object:
    with Ledger(study.small.folder / "ledger.sqlite") as ledger:
        return ledger.hits()[0].cost_usd


class Forgetful(Memory):
    """A service that says for a minute that there is no such HIT."""

    denied: frozenset[str] = frozenset()

    def progress(self, hit_ids):  # type: ignore[no-untyped-def]
        yield from (hit for hit in super().progress(hit_ids) if hit.hit_id not in self.denied)


@pytest.mark.parametrize("ended", [False, True])
def test_what_was_thought_gone_comes_back_as_it_was(tmp_path: Path, ended: bool) -> None:
    study = in_memory(tmp_path, recruiter="")
    recruiter = Forgetful(**vars(study.recruiter))
    study.recruiter = recruiter
    study.work("p0001", "A1")
    with study.opened() as account:
        if ended:
            end.expire(account)
        collect(account)
        before = totals(account.ledger, account.now())
        recruiter.denied = frozenset(recruiter.hits)
        collect(account)
        collect(account)
        assert [hit.state for hit in account.ledger.hits()] == ["deleted"] * 2
        recruiter.denied = frozenset()
        collect(account)
        after = totals(account.ledger, account.now())
    assert [hit.state for hit in after.hits] == ["ended" if ended else "created"] * 2
    assert after.committed_usd == before.committed_usd


def test_a_ledger_of_before_looks_again_at_what_it_thought_gone(tmp_path: Path) -> None:
    """Earlier versions wrote no more than `deleted`, whoever deleted it, or nobody."""
    study = in_memory(tmp_path)
    with study.opened() as account:
        account.ledger._database.execute("UPDATE hits SET state = 'deleted', outcome = ''")
        collect(account)
        assert [hit.state for hit in account.ledger.hits()] == ["created", "created"]


def test_close_ends_after_lost_replies_to_everything_it_deletes(tmp_path: Path) -> None:
    with published(tmp_path, toml=TOML) as study:
        folder = study.small.folder
        with open_publication(folder) as publication:
            publication.recruiter.exclude("A1", "group")  # a qualification that only this batch needs
        for operation in ("UpdateExpirationForHIT", "DeleteHIT", "DeleteQualificationType"):
            study.market.faults.once(operation, "lost")
        with open_account(folder) as account:
            assert end.close(account).closed
        assert study.market.calls["DeleteHIT"] == 3 and study.market.calls["DeleteQualificationType"] == 2
        assert states(folder) == {"deleted"}


def test_close_ends_where_everything_was_deleted_by_hand(tmp_path: Path) -> None:
    with published(tmp_path, toml=TOML) as study:
        folder, state = study.small.folder, study.market.state
        with open_publication(folder) as publication:
            publication.recruiter.exclude("A1", "group")
        state.run("UPDATE hits SET status = 'Disposed'")
        state.run("UPDATE qualification_types SET deleted_at = ?", study.market.clock.now())
        for path in (folder / "published").rglob("*.html"):
            path.unlink()
        with open_account(folder) as account:
            assert end.close(account).closed
        assert get_hit(state, {"HITId": hit_id(study, "p0001.1")})["HIT"]["HITStatus"] == "Disposed"


def test_what_was_deleted_on_purpose_is_not_asked_for_again(tmp_path: Path) -> None:
    with published(tmp_path, toml=TOML) as study:
        with open_account(study.small.folder) as account:
            end.expire(account)
            end.delete(account)
            before = study.market.calls["GetHIT"]
            fetch(account)
        assert study.market.calls["GetHIT"] == before


def test_what_an_earlier_hitgen_deleted_is_asked_for_once(tmp_path: Path) -> None:
    with published(tmp_path, toml=TOML) as study:
        asked = []
        for number in range(3):
            with open_account(study.small.folder) as account:
                if number == 0:
                    end.expire(account)
                    end.delete(account)
                    account.ledger._database.execute("UPDATE hits SET outcome = ''")
                before = study.market.calls["GetHIT"]
                fetch(account)
            asked.append(study.market.calls["GetHIT"] - before)
        assert asked == [2, 0, 0]
        assert states(study.small.folder) == {"deleted"}


def test_places_forgotten_under_schema_1_hide_no_answer(tmp_path: Path) -> None:
    """It counted them; whoever keeps the answers may have erased them and count one less."""
    study = in_memory(tmp_path)
    with study.opened() as account:
        account.ledger._database.execute("INSERT INTO nameless VALUES ('unknown p0001.1 0', 'p0001.1', 'Approved')")
    study.work("p0001", "A1")
    with study.opened() as account:
        assert [row.worker for row in account.ledger.submissions()] == []
        assert collect(account) >= 0
        assert [row.worker for row in account.ledger.submissions()] == ["A1"]


def test_a_creation_in_doubt_is_looked_for_twice_before_it_is_made_again(tmp_path: Path) -> None:
    class Moving(Memory):
        """A listing that leaves out what moved between its pages, once."""

        skips = 0

        def find(self, annotation: str) -> list[HitProgress]:
            self.skips -= 1
            return [] if self.skips >= 0 else super().find(annotation)

    study = in_memory(tmp_path)
    recruiter = Moving(**{**vars(study.recruiter), "faults": ["lost"]})
    recruiter.now += timedelta(days=8)
    study.recruiter = recruiter
    with study.opened() as publication, pytest.raises(UnknownOutcomeError):
        create(publication, plan_publication(publication).now[0])
    recruiter.now += timedelta(hours=30)
    recruiter.skips = 1
    with study.opened() as publication:
        settle(publication, next(hit for hit in publication.ledger.hits() if hit.state == "intended"))
    assert [order.hit for order in recruiter.orders.values()] == ["p0001.1", "p0002.1", "p0001.1r2"]
