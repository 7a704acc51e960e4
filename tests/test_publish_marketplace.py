"""The publisher's whole way against the marketplace: money that runs out, days that go by, an end and a new beginning."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hitgen.doubles.mturk.marketplace import Marketplace
from hitgen.errors import HitgenError, InputError
from hitgen.ledger.acts import Act
from hitgen.publishing import end
from hitgen.publishing.once import once
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import Published, plan_publication, publish
from hitgen.recruiters.base import RefusedError
from hitgen.recruiters.mturk import client as mturk_client
from tests.support.batches import make_batch
from tests.support.marketplace import hand_in, open_marketplace
from tests.support.servers import serving

pytestmark = pytest.mark.long

PAGES: list[dict[str, Any]] = [{"study": [name], "assignments": 3} for name in ("a", "b", "c")]
EACH_CENTS = 3 * 144
DAY_S = 24 * 3600


class Bench:
    """A batch, its web server and its marketplace, with clocks that move together."""

    def __init__(self, folder: Path, market: Marketplace, site: str) -> None:
        self.folder, self.market, self.site = folder, market, site

    def make(self, pages: list[dict[str, Any]] = PAGES, recruiter: str = "", hit: str = "") -> None:
        extra = f'endpoint_url = "{self.market.endpoint_url}"\n{recruiter}'
        make_batch(self.folder, pages, f'kind = "folder"\nbase_url = "{self.site}"', extra, hit)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.market.clock.offset_s)

    def run(self, production: bool = False, total: str = "") -> Published:
        with open_publication(self.folder, production, now=self.now) as publication:
            return publish(publication, plan_publication(publication), total)

    def account(self) -> Any:
        return open_account(self.folder, now=self.now)

    def hits(self) -> Counter[str]:
        """The HITs that the marketplace has ever had, by our names."""
        return Counter(row["annotation"].split(" ")[3] for row in self.market.state.rows("SELECT * FROM hits"))

    def hit_ids(self) -> list[str]:
        return [row["hit_id"] for row in self.market.state.rows("SELECT * FROM hits ORDER BY seq")]

    def uploaded(self) -> int:
        return sum(path.is_file() for path in (self.folder / "published").rglob("*"))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    folder = tmp_path / "demo"
    (folder / "published").mkdir(parents=True)
    funds = Decimal("20.00")
    with serving(folder / "published") as site, open_marketplace(tmp_path / "m.sqlite", funds_usd=funds) as (market, _):
        monkeypatch.setattr(mturk_client, "time", SimpleNamespace(time=lambda: time.time() + market.clock.offset_s))
        made = Bench(folder, market, site)
        made.make()
        yield made


def test_what_the_account_cannot_pay_is_refused_before_the_first_upload(bench: Bench) -> None:
    bench.make([{"study": [name], "assignments": 5} for name in "abc"])
    with pytest.raises(InputError, match=r"costs \$21\.60, but \$20\.00 are there"):
        bench.run()
    bench.make(recruiter='cap_usd = "12.95"')
    with pytest.raises(InputError, match=r"costs \$12\.96, more than its cap of \$12\.95"):
        bench.run()
    assert (bench.uploaded(), bench.hits()) == (0, {})
    bench.make(recruiter='cap_usd = "12.96"')
    assert len(bench.run().made) == 3
    assert bench.market.state.cents("available") == 2000 - 3 * EACH_CENTS


def test_funds_that_run_out_on_the_way_leave_the_rest_for_the_next_run(bench: Bench) -> None:
    with open_publication(bench.folder, now=bench.now) as publication:
        plan = plan_publication(publication)
        with bench.market.state.at_once():
            bench.market.state.spend(2000 - 2 * EACH_CENTS + 1)
        with pytest.raises(RefusedError, match="insufficient funds"):
            publish(publication, plan)
    assert bench.hits() == {"p0001.1": 1}
    with bench.market.state.at_once():
        bench.market.state.take(-5000)
    assert bench.run().made == ("p0002.1", "p0003.1")
    assert bench.hits() == {"p0001.1": 1, "p0002.1": 1, "p0003.1": 1}


def test_production_starts_with_the_typed_total_only_and_never_in_another_ledger(bench: Bench) -> None:
    bench.make(recruiter='cap_usd = "20"')
    here, bench.site = bench.site, "https://pages.example.org"
    bench.make(recruiter='cap_usd = "20"')
    for total in ("", "12.95", "yes"):
        with pytest.raises(InputError, match="total was not typed"):
            bench.run(production=True, total=total)
    assert (bench.uploaded(), bench.hits()) == (0, {})
    # What was refused ties the ledger to nobody.
    bench.site = here
    bench.make()
    bench.run()
    with pytest.raises(InputError, match="production gets a ledger of its own"):
        bench.run(production=True, total="12.96")
    assert bench.hits() == {"p0001.1": 1, "p0002.1": 1, "p0003.1": 1}


def test_places_that_expire_are_published_anew_and_automatic_approval_is_believed(bench: Bench) -> None:
    bench.make(recruiter=f"lifetime_s = {DAY_S}\nauto_approval_s = {DAY_S}")
    bench.run()
    first = bench.hit_ids()[0]
    assignment = hand_in(bench.market, first, "A1")
    bench.market.clock.move(DAY_S + 3700)
    assert bench.run().made == ("p0001.1r2", "p0002.1r2", "p0003.1r2")
    rows = bench.market.state.rows("SELECT max_assignments FROM hits ORDER BY seq")
    assert [row[0] for row in rows] == [3, 3, 3, 2, 3, 3]
    assert bench.run().made == ()
    with bench.account() as account:
        assert once(account, Act("reject", "A1", assignment, words="too quick")) == "Approved"
    seen = [offer.hit_id for offer in bench.market.workers.offers("A1")]
    assert seen == bench.hit_ids()[4:]


def test_a_batch_can_be_closed_and_published_again_at_once(bench: Bench) -> None:
    bench.make(hit="ratings = 3", recruiter="waves = true", pages=[{"study": ["a"], "assignments": 12}])
    bench.run()
    for worker in range(6):
        hand_in(bench.market, bench.hit_ids()[0], f"A{worker}")
    assert bench.run().made == ("p0001.2",)
    with bench.account() as account:
        assert end.close(account).left != {}
        for row in list(account.ledger.submissions()):
            once(account, Act("approve", row.worker, row.assignment))
        assert end.close(account).closed
    assert {row["status"] for row in bench.market.state.rows("SELECT status FROM hits")} == {"Disposed"}
    assert bench.uploaded() == 0
    assert bench.market.state.cents("available") == 2000 - 6 * 144
    with bench.market.state.at_once():
        bench.market.state.take(-5000)
    assert bench.run().made == ("p0001.1",)


def test_a_slow_listing_is_waited_for(bench: Bench) -> None:
    """A HIT that was made, and is neither in the ledger nor listed yet, is neither lost nor made again."""
    bench.run()
    with open_publication(bench.folder, now=bench.now) as publication:
        (row, *_) = publication.ledger.hits()
        publication.ledger._database.execute(
            "UPDATE hits SET state = 'intended', hit_id = NULL WHERE hit = ?", (row.hit,)
        )
    bench.market.requester.listing_lag_s = 300
    with bench.account() as account, pytest.raises(HitgenError, match="not listed yet"):
        end.expire(account)
    assert bench.run().made == ()
    assert bench.hits() == {"p0001.1": 1, "p0002.1": 1, "p0003.1": 1}
