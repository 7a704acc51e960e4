"""Publishing against a recruiter in memory: nothing twice, nothing lost, no dollar beyond what was agreed."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hitgen.errors import InputError, OutsideError
from hitgen.ledger.acts import Act
from hitgen.ledger.ledger import MANIFEST_FACT, Ledger
from hitgen.ledger.totals import totals
from hitgen.publishing import end
from hitgen.publishing.bonuses import bonus_act
from hitgen.publishing.create import create
from hitgen.publishing.once import UNKNOWN, once
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import Published, plan_publication, publish
from hitgen.publishing.status import status, status_offline
from hitgen.recruiters.base import UnknownOutcomeError
from hitgen.recruiters.memory import Killed, Memory
from hitgen.results.forget import forget
from tests.support.batches import make_batch
from tests.support.servers import serving

PAGES = [{"study": ["a", "b"]}, {"study": ["c", "d"]}, {"study": ["e"]}]
PAGE_NAMES = ("p0001", "p0002", "p0003")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "demo" / "published").mkdir(parents=True)
    with serving(tmp_path / "demo" / "published") as address:
        yield address


def batch(tmp_path: Path, site: str, pages: Any = PAGES, recruiter: str = "", hit: str = "") -> Path:
    return make_batch(tmp_path / "demo", pages, f'kind = "folder"\nbase_url = "{site}"', recruiter, hit)


def run(folder: Path, recruiter: Memory, **options: Any) -> Published:
    production = options.pop("production", False)
    topup = options.pop("topup", None)
    with open_publication(folder, production, now=recruiter.clock, recruiter=recruiter) as publication:
        plan = plan_publication(publication, topup)
        total = options.pop("typed_total", str(plan.quote.total_usd))
        return publish(publication, plan, typed_total=total, **options)


def ordered(recruiter: Memory) -> Counter[str]:
    return Counter(order.hit for order in recruiter.orders.values())


def test_the_ledger_keeps_the_manifest_of_what_was_published(tmp_path: Path, site: str) -> None:
    folder = batch(tmp_path, site)
    published = json.loads((folder / "build" / "manifest.json").read_text())
    run(folder, Memory())
    (folder / "build" / "manifest.json").unlink()
    with Ledger(folder / "ledger.sqlite") as ledger:
        assert json.loads(ledger.fact(MANIFEST_FACT) or "") == published


def test_every_page_becomes_one_hit_and_a_second_run_does_nothing(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site), Memory()
    first = run(folder, recruiter)
    assert first.made == ("p0001.1", "p0002.1", "p0003.1")
    assert first.uploaded == 3
    again = run(folder, recruiter)
    assert (again.made, again.uploaded) == ((), 0)
    assert ordered(recruiter) == {"p0001.1": 1, "p0002.1": 1, "p0003.1": 1}


@pytest.mark.parametrize("fault", ["lost", "killed", "before"])
@pytest.mark.parametrize("hours", [0, 30])
def test_a_cut_off_create_is_settled_without_a_second_hit(tmp_path: Path, site: str, fault: str, hours: int) -> None:
    folder, recruiter = batch(tmp_path, site), Memory(faults=["", fault])
    with pytest.raises((Killed, UnknownOutcomeError)):
        run(folder, recruiter)
    recruiter.now += timedelta(hours=hours)
    second = run(folder, recruiter)
    assert second.settled == ("p0002.1",)
    assert ordered(recruiter) == {"p0001.1": 1, "p0002.1": 1, "p0003.1": 1}


def test_any_sequence_of_faults_ends_with_each_hit_once(tmp_path: Path, site: str) -> None:
    seeded = random.Random(4)
    folder = batch(tmp_path, site, [{"study": [f"s{n}"]} for n in range(12)])
    recruiter = Memory()
    for _ in range(100):
        recruiter.faults = [seeded.choice(["", "lost", "killed", "before", "refused"]) for _ in range(3)]
        try:
            run(folder, recruiter)
            break
        except (Killed, OutsideError):
            recruiter.now += timedelta(hours=seeded.choice([0, 1, 30]))
    assert set(ordered(recruiter).values()) == {1}
    assert len(recruiter.orders) == 12


def test_a_refusal_keeps_the_rest_pending_and_is_tried_again(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site), Memory(faults=["", "refused"])
    with pytest.raises(OutsideError, match="refused"):
        run(folder, recruiter)
    assert run(folder, recruiter).made == ("p0002.1", "p0003.1")


def test_a_refusal_proves_nothing_after_a_call_that_may_have_worked(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site), Memory(faults=["", "killed"])
    with pytest.raises(Killed):
        run(folder, recruiter)
    recruiter.faults = ["hasty"]
    assert run(folder, recruiter).settled == ("p0002.1",)
    assert ordered(recruiter)["p0002.1"] == 1
    recruiter = Memory(faults=["before"])
    (folder / "ledger.sqlite").unlink()
    with pytest.raises(Killed):
        run(folder, recruiter)
    recruiter.faults = ["hasty"]
    with pytest.raises(OutsideError, match="refused"):
        run(folder, recruiter)
    with Ledger(folder / "ledger.sqlite") as ledger:
        assert [hit.state for hit in ledger.hits()] == ["intended"]


def test_the_first_hit_is_read_back_before_a_second_is_made(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site), Memory(faults=["other"])
    with pytest.raises(OutsideError, match=r"reads back as .* nothing more was made"):
        run(folder, recruiter)
    assert len(recruiter.hits) == 1


def test_two_hits_with_one_annotation_stop_the_run(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site), Memory(faults=["killed"])
    with pytest.raises(Killed):
        run(folder, recruiter)
    twin = next(iter(recruiter.hits.values()))
    recruiter.hits["TWIN"] = type(twin)(**{**vars(twin), "hit_id": "TWIN"})
    recruiter.now += timedelta(hours=30)
    with pytest.raises(OutsideError, match="2 HITs carry its annotation"):
        run(folder, recruiter)


def test_a_lost_ledger_does_not_publish_again(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site), Memory()
    run(folder, recruiter)
    (folder / "ledger.sqlite").unlink()
    with pytest.raises(InputError, match="from another ledger"):
        run(folder, recruiter)


def test_the_cap_and_the_balance_refuse_before_the_first_upload(tmp_path: Path, site: str) -> None:
    # 3 pages x 5 assignments x ($1.20 + $0.24)
    folder = batch(tmp_path, site, recruiter='cap_usd = "21.59"')
    with pytest.raises(InputError, match=r"costs \$21.60, more than its cap of \$21.59"):
        run(folder, Memory())
    folder = batch(tmp_path, site)
    with pytest.raises(InputError, match=r"costs \$21.60, but \$21.59 are there"):
        run(folder, Memory(funds_usd=Decimal("21.59")))
    assert not list((folder / "published").rglob("*.html"))


def test_production_needs_a_cap_and_the_typed_total(tmp_path: Path, site: str) -> None:
    recruiter = Memory(environment="production")
    # In production pages must be https, so the address check is met by a host that says so.
    folder = batch(tmp_path, "https://pages.example.org")
    with pytest.raises(InputError, match="production needs a cap"):
        run(folder, recruiter, production=True)
    folder = batch(tmp_path, "https://pages.example.org", recruiter='cap_usd = "50"')
    for typed in ("", "yes", "21.61"):
        with pytest.raises(InputError, match="that total was not typed"):
            run(folder, recruiter, production=True, typed_total=typed)
    assert not recruiter.hits


def test_plain_http_is_refused_outside_a_rehearsal(tmp_path: Path, site: str) -> None:
    folder = batch(tmp_path, site)
    with pytest.raises(InputError, match="workers cannot open http://"):
        run(folder, Memory(environment="sandbox"))


def test_a_page_that_is_not_served_as_built_stops_everything(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site), Memory()
    with open_publication(folder, now=recruiter.clock, recruiter=recruiter) as publication:
        plan = plan_publication(publication)
        file = publication.built.files["p0002"]
        wrong = folder / "published" / file.key
        wrong.parent.mkdir(parents=True)
        wrong.write_text("something else")
        with pytest.raises(InputError, match="not what was built"):
            publish(publication, plan)
    assert not recruiter.hits


def test_packs_are_seen_by_the_world_before_any_page_is_public(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site, hit='packs = "linked"'), Memory()
    pack = next((folder / "build" / "packs").iterdir())
    bad = folder / "published" / "demo" / "packs" / pack.name
    bad.parent.mkdir(parents=True)
    bad.write_bytes(b"broken")
    with pytest.raises(InputError, match="not what was built"):
        run(folder, recruiter)
    assert not (folder / "published" / "demo" / "pages").exists()
    bad.unlink()
    assert run(folder, recruiter).uploaded == 4


def test_a_wrong_clock_stops_before_anything_is_made(tmp_path: Path, site: str) -> None:
    recruiter = Memory(ahead_s=301)
    with pytest.raises(OutsideError, match="clock is 5 minutes ahead"):
        run(batch(tmp_path, site), recruiter)
    assert not recruiter.hits


def test_a_changed_build_is_not_mixed_with_the_published_one(tmp_path: Path, site: str) -> None:
    recruiter = Memory()
    run(batch(tmp_path, site), recruiter)
    with pytest.raises(InputError, match="page p0002 is not the one that was published"):
        run(batch(tmp_path, site, [PAGES[0], {**PAGES[1], "text": "new"}, PAGES[2]]), recruiter)
    with pytest.raises(InputError, match="with other assignments or waves"):
        run(batch(tmp_path, site, [{**page, "assignments": 6} for page in PAGES]), recruiter)
    with pytest.raises(InputError, match="not in this build"):
        run(batch(tmp_path, site, PAGES[:2]), recruiter)


def test_two_publishers_at_once(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site), Memory()
    with (
        open_publication(folder, now=recruiter.clock, recruiter=recruiter),
        pytest.raises(InputError, match="another hitgen is at work"),
    ):
        run(folder, recruiter)


def test_waves_follow_one_another_and_keep_workers_apart(tmp_path: Path, site: str) -> None:
    folder = batch(tmp_path, site, [{"study": ["a"], "assignments": 20}], "waves = true")
    recruiter = Memory()
    assert run(folder, recruiter).later == 2
    assert run(folder, recruiter).made == ()
    for number in range(7):
        recruiter.work("p0001.1", f"A{number}")
    second = run(folder, recruiter)
    assert second.made == ("p0001.2",)
    order = next(order for order in recruiter.orders.values() if order.hit == "p0001.2")
    assert len(order.unseen) == 1
    assert {(f"A{number}", order.unseen[0]) for number in range(7)} <= set(recruiter.grants)
    grants = len(recruiter.grants)
    run(folder, recruiter)
    assert len(recruiter.grants) == grants


def test_places_that_expired_are_published_anew_once(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site, [{"study": ["a"]}]), Memory()
    run(folder, recruiter)
    recruiter.work("p0001.1", "A1")
    recruiter.now += timedelta(days=8)
    assert run(folder, recruiter).made == ("p0001.1r2",)
    assert run(folder, recruiter).made == ()
    replacement = next(order for order in recruiter.orders.values() if order.hit == "p0001.1r2")
    assert replacement.assignments == 4
    assert ("A1", replacement.unseen[0]) in recruiter.grants
    recruiter.now += timedelta(days=8)
    assert run(folder, recruiter).made == ("p0001.1r3",)


def test_forgetting_a_worker_neither_pays_the_place_again_nor_brings_the_answer_back(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site, [{"study": ["a"]}]), Memory()
    run(folder, recruiter)
    recruiter.work("p0001.1", "A1FORGETME")
    run(folder, recruiter)
    (folder / "results").mkdir()
    (folder / "results" / "notes.txt").write_text("ask A1FORGETME\n")
    told = forget(folder, "A1FORGETME")
    assert told.rows == 2
    assert [path.name for path in told.still_named_in] == ["notes.txt"]
    for path in folder.glob("ledger.sqlite*"):
        assert b"A1FORGETME" not in path.read_bytes()
    recruiter.now += timedelta(days=8)
    run(folder, recruiter)
    assert [order.assignments for order in recruiter.orders.values()] == [5, 4]
    with Ledger(folder / "ledger.sqlite") as ledger:
        assert list(ledger.submissions()) == []


def test_what_was_ended_on_purpose_is_not_replaced_but_can_be_opened_again(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site, [{"study": ["a"]}]), Memory()
    run(folder, recruiter)
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        assert end.expire(account) == ["p0001.1"]
        assert end.expire(account) == []
    assert run(folder, recruiter).made == ()
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        assert end.extend(account, timedelta(hours=48)) == ["p0001.1"]
        assert end.extend(account, timedelta(hours=24)) == []
    assert next(recruiter.everything()).expires_at == recruiter.now + timedelta(hours=48)


def test_a_replaced_hit_stays_shut(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site, [{"study": ["a"]}]), Memory()
    run(folder, recruiter)
    recruiter.now += timedelta(days=8)
    run(folder, recruiter)
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        assert end.extend(account, timedelta(days=20)) == ["p0001.1r2"]


def test_close_ends_deletes_and_cleans_and_says_what_remains(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site), Memory()
    run(folder, recruiter)
    recruiter.work("p0002.1", "A1")
    (folder / "published" / "demo" / "mine.txt").write_text("not ours")
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        first = end.close(account)
    assert first.left == {"p0002.1": "it has submissions that are not judged: `hitgen review --apply`"}
    assert list((folder / "published").rglob("*.html"))
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        row = next(iter(account.ledger.submissions()))
        assert once(account, Act("approve", row.worker, row.assignment)) == "Approved"
        last = end.close(account)
    assert last.closed
    assert recruiter.cleared
    assert [path.name for path in (folder / "published").rglob("*") if path.is_file()] == ["mine.txt"]


def test_production_gets_its_own_ledger_once_the_sandbox_is_closed(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site, recruiter='cap_usd = "50"'), Memory()
    run(folder, recruiter)
    real = Memory(environment="production")
    with (
        pytest.raises(InputError, match="a ledger of its own"),
        open_publication(folder, True, recruiter=real),
    ):
        pass
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        end.close(account)
    with open_publication(folder, True, now=real.clock, recruiter=real) as publication:
        assert publication.ledger.hits() == []
        # Only looking at it ties the ledger to nobody; what was made there does, for good.
        create(publication, publication.orders.first({page: publication.url(page) for page in PAGE_NAMES})[0])
    assert (folder / "ledger-local-1.sqlite").exists()
    with pytest.raises(InputError, match="belongs to account"), open_publication(folder, recruiter=recruiter):
        pass


def test_a_bonus_is_paid_once_whatever_happens(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site), Memory()
    run(folder, recruiter)
    for hours in (0, 30):
        recruiter.faults = ["killed"]
        with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
            act = bonus_act(account, f"round {hours}", "A1", "ASG1", Decimal("0.50"), str(hours), 5)
            with pytest.raises(Killed):
                once(account, act)
            recruiter.now += timedelta(hours=hours)
            other = replace(
                act, amount_usd=Decimal("9.00"), words="finished as it was intended, not as it would be now"
            )
            assert [once(account, other) for _ in range(2)] == ["paid", "paid"]
            assert status(account).paid_usd == Decimal("0.60") * len(recruiter.paid)
    assert len(recruiter.paid) == 2


def test_a_judgement_records_what_is_true_and_a_mail_is_never_sent_twice(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site), Memory()
    run(folder, recruiter)
    recruiter.work("p0001.1", "A1")
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        assert status(account).submitted == 1
        row = next(iter(account.ledger.submissions()))
        recruiter.judge(row.assignment, "Approved")  # as the recruiter does by itself after a while
        assert once(account, Act("reject", "A1", row.assignment, words="no")) == "Approved"
        assert status_offline(folder, account.now()).approved == 1
        recruiter.faults = ["lost"]
        with pytest.raises(UnknownOutcomeError):
            once(account, Act("notify", "A1", purpose="thanks", words="Thank you"))
        mails = [Act("notify", worker, purpose="thanks", words="Thank you") for worker in ("A1", "A2")]
        assert [once(account, mail) for mail in mails] == [UNKNOWN, "sent"]
        assert recruiter.mailed == ["A1", "A2"]


def test_a_topup_adds_assignments_to_a_page(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site, [{"study": ["a"], "assignments": 1}]), Memory()
    run(folder, recruiter)
    recruiter.work("p0001.1", "A1")
    assert run(folder, recruiter, topup={"p0001": 2}).made == ("p0001.t1",)
    assert [order.assignments for order in recruiter.orders.values()] == [1, 2]
    recruiter.work("p0001.t1", "A2")
    recruiter.work("p0001.t1", "A3")
    assert run(folder, recruiter).made == ()


def test_a_bonus_of_a_forgotten_worker_stays_spent(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site, [{"study": ["a"]}]), Memory()
    run(folder, recruiter)
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        account.ledger.intend_act(Act("bonus", "A1FORGETME", "A1", cost_usd=Decimal("1.20")), account.now())
        before_usd = totals(account.ledger, account.now()).committed_usd
    forget(folder, "A1FORGETME")
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        assert not account.ledger.acts(worker="A1FORGETME")
        assert totals(account.ledger, account.now()).committed_usd == before_usd
