"""A mistake can be taken back: what was only looked at binds nothing, and a half-made folder is in nobody's way."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from hitgen import cli
from hitgen.errors import InputError, OutsideError
from hitgen.ledger.ledger import Ledger
from hitgen.ledger.rows import Binding
from hitgen.methods.pjnd import gold
from hitgen.methods.pjnd.gold import is_unfinished
from hitgen.publishing import end
from hitgen.publishing.publication import is_out, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.publishing.status import status
from hitgen.recruiters.memory import Killed, Memory
from tests.support.batches import link_batch, make_batch
from tests.support.in_memory import in_memory
from tests.support.servers import serving

WRONG, RIGHT = 8470, 8490


def edited(folder: Path, old: str, new: str) -> None:
    toml = folder / "batch.toml"
    assert old in toml.read_text()
    toml.write_text(toml.read_text().replace(old, new))


def bound(folder: Path) -> Binding | None:
    with Ledger(folder / "ledger.sqlite") as ledger:
        return ledger.account


def test_a_dry_run_binds_nothing_and_what_was_edited_is_what_comes_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = link_batch(tmp_path / "batch", WRONG)
    assert cli.main(["publish", str(folder), "--dry-run"]) == 0
    assert bound(folder) is None and not is_out(folder)
    edited(folder, str(WRONG), str(RIGHT))
    edited(folder, "seed = 5", "seed = 6")
    before = (folder / "build" / "manifest.json").read_text()
    capsys.readouterr()
    assert cli.main(["publish", str(folder), "--dry-run"]) == 0
    assert str(RIGHT) in capsys.readouterr().out
    # The build is the edited one: nothing is out that it must be like.
    assert (folder / "build" / "manifest.json").read_text() != before
    assert cli.main(["close", str(folder), "--yes"]) == 1
    assert "this batch was never published" in capsys.readouterr().err
    assert cli.main(["simulate", str(folder)]) == 0


def test_a_ledger_that_an_earlier_dry_run_bound_takes_the_new_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = link_batch(tmp_path / "batch", WRONG)
    with Ledger(folder / "ledger.sqlite") as ledger:
        ledger.bind(Binding(f"http://127.0.0.1:{WRONG}", "own participants", "own"))
        ledger.book.note("qualification", "old", "of the old account")
    edited(folder, str(WRONG), str(RIGHT))
    assert cli.main(["close", str(folder), "--yes"]) == 1
    assert "this batch was never published" in capsys.readouterr().err
    assert cli.main(["publish", str(folder), "--dry-run"]) == 0
    with Ledger(folder / "ledger.sqlite") as ledger:
        assert ledger.account is None and ledger.book.noted("qualification", "old") is None


def test_refused_publishing_binds_nothing_and_real_hits_do(tmp_path: Path) -> None:
    (tmp_path / "demo" / "published").mkdir(parents=True)
    with serving(tmp_path / "demo" / "published") as site:
        folder = make_batch(tmp_path / "demo", [{"study": ["a"]}], f'kind = "folder"\nbase_url = "{site}"')
        poor = Memory(funds_usd=Decimal("1"), endpoint="https://wrong")
        with (
            open_publication(folder, now=poor.clock, recruiter=poor) as publication,
            pytest.raises(InputError, match="are there"),
        ):
            plan_publication(publication)
        refusing = Memory(endpoint="https://wrong", faults=["refused"])
        with (
            open_publication(folder, now=refusing.clock, recruiter=refusing) as publication,
            pytest.raises(OutsideError, match="refused"),
        ):
            publish(publication, plan_publication(publication))
        right = Memory(endpoint="https://right")
        with open_publication(folder, now=right.clock, recruiter=right) as publication:
            publish(publication, plan_publication(publication))
        assert bound(folder) == right.account() and len(right.hits) == 1
        with pytest.raises(InputError, match="belongs to account"), open_publication(folder, recruiter=refusing):
            pass


def test_production_needs_no_closing_of_a_sandbox_that_was_never_used(tmp_path: Path) -> None:
    folder = make_batch(tmp_path / "demo", [{"study": ["a"]}], 'kind = "folder"\nbase_url = "https://a.example"')
    with Ledger(folder / "ledger.sqlite") as ledger:
        ledger.bind(Memory().account())
    real = Memory(environment="production")
    with open_publication(folder, True, recruiter=real) as publication:
        assert publication.binding.environment == "production"


def test_what_closed_keeps_out_of_the_next_cap_what_it_never_spent(tmp_path: Path) -> None:
    study = in_memory(tmp_path, recruiter='cap_usd = "100"')
    name = study.work("p0001", "A1")
    study.recruiter.judge(name, "Approved")
    study.recruiter.accept("p0002.1")
    study.recruiter.give_back("p0002.1")
    with study.opened() as account:
        assert end.close(account).closed
        found = status(account)
        assert found.committed_usd == found.paid_usd == Decimal("1.44")


@pytest.mark.parametrize("verb", [end.expire, end.close])
def test_after_a_cut_off_what_is_open_ends_at_once(tmp_path: Path, verb: object) -> None:
    study = in_memory(tmp_path)
    with study.opened() as account:
        # As a run leaves it that was cut off between the call and its answer.
        nothing = "hit_id = NULL, created_at = NULL, expires_at = NULL, available = NULL, pending = NULL"
        sql = f"UPDATE hits SET state = 'intended', {nothing} WHERE hit = 'p0002.1'"
        account.ledger._database.execute(sql)
        study.recruiter.unlisted = {hit for hit in study.recruiter.hits if hit != "HIT0000000000000001"}
        if verb is end.expire:
            with pytest.raises(OutsideError, match=r"1 HITs take no new workers, but p0002.1 may just have been made"):
                end.expire(account)
        else:
            left = end.close(account)
            assert left.done == ("p0001.1",) and not left.closed
            assert left.left == {
                "p0002.1": "it may just have been made and is not listed yet: run this again in 10 minutes"
            }
        assert study.recruiter.hits["HIT0000000000000001"].expires_at < study.recruiter.now
        study.recruiter.unlisted = set()
        study.recruiter.now += timedelta(minutes=1)
        assert end.close(account).closed
        assert {hit.state for hit in account.ledger.hits()} == {"deleted"}


def test_gold_that_was_cut_off_is_made_again(tmp_path: Path) -> None:
    folder = link_batch(tmp_path / "batch", WRONG)
    plan = gold.GoldPlan("g", "gold", (), {"g.png": b"1"}, "\n# gold\n")
    before = (folder / "batch.toml").read_bytes()

    def killed(*_: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(gold, "write_whole", killed)
        patch.setattr(gold.shutil, "rmtree", lambda *_, **__: None)  # nothing is cleared away after a kill
        gold.add_gold(folder, plan)
    assert (folder / "batch.toml").read_bytes() == before and is_unfinished(folder / "gold" / "g")
    text = gold.add_gold(folder, plan)
    assert (folder / "batch.toml").read_bytes().endswith(text.encode())
    assert not is_unfinished(folder / "gold" / "g")
