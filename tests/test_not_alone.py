"""A ledger that is not alone: copies and backups of it make nothing twice; a lost ledger or build comes back."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hitgen.errors import InputError, OutsideError
from hitgen.ledger.ledger import Ledger
from hitgen.ledger.totals import totals
from hitgen.publishing.bonuses import bonus_act
from hitgen.publishing.collect import collect
from hitgen.publishing.end import Ended, close, expire, extend
from hitgen.publishing.once import once
from hitgen.publishing.publication import Account, open_account, open_publication
from hitgen.publishing.publish import PublicationPlan, Published, plan_publication, publish
from hitgen.publishing.status import status
from hitgen.recruiters.memory import Killed, Memory
from hitgen.results.fetch import fetch
from hitgen.results.topup import plan_topup
from tests.support.batches import make_batch
from tests.support.published import published, workers
from tests.support.servers import serving

PAGES = [{"study": [f"s{number}"]} for number in range(10)]
NAMES = [f"p{number:04d}.1" for number in range(1, 11)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "demo"
    (place / "published").mkdir(parents=True)
    with serving(place / "published") as address:
        yield make_batch(place, PAGES, f'kind = "folder"\nbase_url = "{address}"')


def run(folder: Path, recruiter: Memory, **options: Any) -> tuple[PublicationPlan, Published]:
    with open_publication(folder, now=recruiter.clock, recruiter=recruiter) as publication:
        plan = plan_publication(publication, **options)
        return plan, publish(publication, plan)


def cut_off(folder: Path, recruiter: Memory, after: int) -> None:
    recruiter.faults = [*[""] * after, "before"]  # type: ignore[list-item]
    with pytest.raises(Killed):
        run(folder, recruiter)


def made(recruiter: Memory) -> Counter[str]:
    return Counter(order.hit for order in recruiter.orders.values())


def copy_of(folder: Path) -> Path:
    return Path(shutil.copytree(folder, folder.with_name("copy") / folder.name))


@pytest.mark.parametrize("hours", [0, 30])
@pytest.mark.parametrize("cut", [1, 9])
def test_a_backup_that_is_put_back_makes_nothing_twice(folder: Path, hours: int, cut: int) -> None:
    recruiter = Memory()
    cut_off(folder, recruiter, cut)
    backup = (folder / "ledger.sqlite").read_bytes()
    run(folder, recruiter)
    (folder / "ledger.sqlite").write_bytes(backup)
    recruiter.now += timedelta(hours=hours)
    plan, _ = run(folder, recruiter)
    # The one that was in doubt is settled as any other.
    assert plan.adopted == tuple(NAMES[cut + 1 :])
    assert made(recruiter) == dict.fromkeys(NAMES, 1)
    with Ledger(folder / "ledger.sqlite") as ledger:
        assert {hit.hit: (hit.state, hit.hit_id) for hit in ledger.hits()} == {
            order.hit: ("created", hit_id) for hit_id, order in recruiter.orders.items()
        }
        assert totals(ledger, recruiter.now).committed_usd == Decimal("72.00")


@pytest.mark.parametrize("listed", [True, False])
def test_a_folder_that_is_on_two_machines_makes_nothing_twice(folder: Path, listed: bool) -> None:
    """Also while the listing does not show yet what the other machine has just made."""
    recruiter = Memory()
    cut_off(folder, recruiter, 1)
    other = copy_of(folder)
    run(folder, recruiter)
    if not listed:
        recruiter.unlisted = set(recruiter.hits)
    run(other, recruiter)
    assert made(recruiter) == dict.fromkeys(NAMES, 1)


def test_two_machines_replace_and_top_up_once(folder: Path) -> None:
    recruiter = Memory()
    run(folder, recruiter)
    for number in range(5):
        recruiter.work("p0001.1", f"A{number}")
    other = copy_of(folder)
    recruiter.now += timedelta(days=8)
    run(folder, recruiter, topup={"p0001": 2})
    plan, done = run(other, recruiter)
    assert done.made == () and set(plan.adopted) == {"p0001.t1", *(f"{name}r2" for name in NAMES[1:])}
    with Ledger(other / "ledger.sqlite") as ledger:
        assert {hit.replaces for hit in ledger.hits()} == {None, *NAMES[1:]}
    assert set(made(recruiter).values()) == {1}


def test_two_machines_pay_a_bonus_once(folder: Path) -> None:
    recruiter = Memory()
    run(folder, recruiter)
    assignment = recruiter.work("p0001.1", "A1", "Approved")
    other = copy_of(folder)
    for place, hours in ((folder, 0), (other, 1), (other, 30)):
        recruiter.now += timedelta(hours=hours)
        with open_account(place, now=recruiter.clock, recruiter=recruiter) as account:
            collect(account)
            assert once(account, bonus_act(account, "done", "A1", assignment, Decimal("0.50"), "thanks", 5)) == "paid"
    assert len(recruiter.paid) == 1


def test_what_another_machine_opened_again_is_counted_and_not_topped_up(folder: Path) -> None:
    """What one had ended and the other gave more time cost money that the first did not see, and its places would be asked for anew."""
    recruiter = Memory()
    run(folder, recruiter)
    other = copy_of(folder)
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        expire(account)
    with open_account(other, now=recruiter.clock, recruiter=recruiter) as account:
        extend(account, timedelta(hours=5))
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        told = status(account)
        assert (told.committed_usd, told.out) == (Decimal("72.00"), 50)
    with open_publication(folder, now=recruiter.clock, recruiter=recruiter) as publication:
        assert set(plan_topup(publication).pages.values()) == {38}  # of 43, as 5 may still come
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        assert len(expire(account)) == 10
        assert status(account).committed_usd == 0
    assert run(folder, recruiter)[1].made == ()


@pytest.mark.parametrize("ending", [expire, close])
def test_what_another_machine_topped_up_is_counted_ended_and_kept_its_pages(
    folder: Path, ending: Callable[[Account], object]
) -> None:
    """The other machine's HIT went on taking people after a close that had removed its page, and nobody's table had their answers."""
    recruiter = Memory()
    run(folder, recruiter)
    for number in range(5):
        recruiter.work("p0001.1", f"A{number}", "Rejected")
    other = copy_of(folder)
    run(folder, recruiter, topup={"p0001": 2})
    recruiter.work("p0001.t1", "B1")
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        told = status(account)
    copied = (other / "ledger.sqlite").read_bytes()
    with open_account(other, now=recruiter.clock, recruiter=recruiter) as account:
        assert status(account) == told
        unseen = {hit.order.hit: hit.order.unseen for hit in account.ledger.hits()}
    with Ledger(folder / "ledger.sqlite") as ledger:
        assert unseen == {hit.order.hit: hit.order.unseen for hit in ledger.hits()}
    (other / "ledger.sqlite").write_bytes(copied)
    with open_account(other, now=recruiter.clock, recruiter=recruiter) as account:
        assert fetch(account).total == 6
    (other / "ledger.sqlite").write_bytes(copied)
    with open_account(other, now=recruiter.clock, recruiter=recruiter) as account:
        ended = ending(account)
        assert all(hit.expires_at <= recruiter.now for hit in recruiter.hits.values())
        assert status(account).committed_usd == Decimal("1.44")
        if isinstance(ended, Ended):
            assert not ended.closed and "not judged" in ended.left["p0001.t1"]


@pytest.mark.parametrize("days", [0, 8])
def test_a_lost_ledger_is_told_open_or_expired_and_adopted_when_asked(folder: Path, days: int) -> None:
    recruiter = Memory()
    run(folder, recruiter)
    recruiter.work("p0001.1", "A1")
    recruiter.now += timedelta(days=days)
    (folder / "ledger.sqlite").unlink()
    with pytest.raises(InputError, match=r"10 HITs of the batch 'demo' from another ledger .*publish --adopt"):
        run(folder, recruiter)
    plan, done = run(folder, recruiter, others=True)
    assert plan.adopted == tuple(NAMES)
    assert done.made == (tuple(f"{name}r2" for name in NAMES) if days else ())
    assert {order.assignments for order in recruiter.orders.values() if order.hit == "p0001.1r2"} <= {4}
    again, more = run(folder, recruiter)
    assert (again.adopted, more.made) == ((), ())
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        assert [row.worker for row in account.ledger.submissions()] == ["A1"]


def test_a_hit_of_another_build_or_a_twin_stops_the_run(folder: Path) -> None:
    recruiter = Memory()
    run(folder, recruiter)
    name, first = next(iter(recruiter.hits.items()))
    recruiter.hits["TWIN"] = type(first)(**{**vars(first), "hit_id": "TWIN"})
    with pytest.raises(OutsideError, match=rf"2 HITs carry its annotation \({name}, TWIN\)"):
        run(folder, recruiter)
    other = f"http://x/demo/pages/{'0' * 64}.html"
    annotation = first.annotation.replace(NAMES[0], "p0001.t7")
    recruiter.hits["TWIN"] = type(first)(**{**vars(first), "hit_id": "TWIN", "annotation": annotation, "url": other})
    with pytest.raises(InputError, match="HIT TWIN shows page p0001 of another build"):
        run(folder, recruiter)


@pytest.mark.parametrize("name", ["foo", "p0001.x", ".", "p0001.1rZ", "p0001.t", "p0001.-1", "p0001.1r", "1.1.1"])
def test_an_annotation_that_no_hitgen_writes_stops_nothing(folder: Path, name: str) -> None:
    recruiter = Memory()
    run(folder, recruiter)
    first = next(iter(recruiter.hits.values()))
    for ledger in ("another", first.annotation.split(" ")[1]):
        annotation = f"hitgen {ledger} demo {name}"
        recruiter.hits[ledger] = replace(first, hit_id=ledger, annotation=annotation)
    assert run(folder, recruiter)[1].made == ()


def test_what_a_listing_shows_twice_is_one(folder: Path) -> None:
    """As where another HIT was deleted or made while its pages were read."""

    class Moving(Memory):
        def everything(self):  # type: ignore[no-untyped-def]
            rows = list(super().everything())
            yield from (*rows, *rows[:3])

    recruiter = Moving()
    cut_off(folder, recruiter, 2)
    recruiter.now += timedelta(hours=30)
    run(folder, recruiter)
    (folder / "ledger.sqlite").unlink()
    assert run(folder, recruiter, others=True)[0].adopted == tuple(NAMES)
    assert made(recruiter) == dict.fromkeys(NAMES, 1)


def test_a_lost_build_comes_back_from_the_host(folder: Path) -> None:
    recruiter = Memory()
    (folder / "batch.toml").write_text(
        (folder / "batch.toml").read_text().replace("[hit]\n", '[hit]\npacks = "linked"\n')
    )
    run(folder, recruiter)
    before = {path: path.read_bytes() for path in (folder / "build").rglob("*") if path.is_file()}
    shutil.rmtree(folder / "build")
    assert run(folder, recruiter)[1].made == ()
    after = {path: path.read_bytes() for path in (folder / "build").rglob("*") if path.is_file()}
    assert {path.name: data for path, data in after.items() if path.suffix != ".json"} == {
        path.name: data for path, data in before.items() if path.suffix != ".json"
    }
    lost = folder / "build" / "pages" / "p0001.html"
    lost.unlink()
    for served in (folder / "published" / "demo" / "pages").iterdir():
        served.write_text("not what was built")
    with pytest.raises(InputError, match="is named in the manifest but missing"):
        run(folder, recruiter)


def test_a_build_of_a_later_hitgen_makes_way_for_the_published_one(folder: Path) -> None:
    recruiter = Memory()
    run(folder, recruiter)
    manifest = folder / "build" / "manifest.json"
    page = json.loads(manifest.read_text())["pages"][0]
    manifest.write_text(manifest.read_text().replace(page["sha256"], hashlib.sha256(b"later").hexdigest()))
    (folder / "build" / page["file"]).write_bytes(b"later")
    with pytest.raises(InputError, match=r"is not the one that was published; try .*removing build/"):
        run(folder, recruiter)
    shutil.rmtree(folder / "build")
    assert run(folder, recruiter)[1].made == ()


TOML = "[screening]\ngold_answers_min = 1\n"


def test_a_lost_ledger_and_build_on_the_marketplace(tmp_path: Path) -> None:
    with published(tmp_path, toml=TOML, hit="ratings = 5") as study:
        folder = study.small.folder
        for worker in workers(2):
            study.work("p0001", worker)
        backup = (folder / "ledger.sqlite").read_bytes()
        study.work("p0001", workers(3)[2], gold="wrong")
        shutil.rmtree(folder / "build")
        (folder / "ledger.sqlite").write_bytes(backup)
        with open_publication(folder) as publication:
            assert plan_topup(publication).pages == {"p0001": 1}
        (folder / "ledger.sqlite").unlink()
        with open_publication(folder) as publication, pytest.raises(InputError, match="2 HITs of the batch"):
            plan_publication(publication)
        with open_publication(folder) as publication:
            publish(publication, plan_publication(publication, others=True))
        with open_account(folder) as account:
            assert fetch(account).total == 3
        assert study.market.state.rows("SELECT count(*) FROM hits")[0][0] == 2
