"""Money leaves by no side door: more time, fees, bonuses, edited rewards and edited answers pass what publishing passes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hitgen import cli
from hitgen.config.read import read_config
from hitgen.doubles.mturk.hits import fee_cents
from hitgen.errors import InputError
from hitgen.ledger.acts import Act
from hitgen.ledger.ledger import Ledger
from hitgen.publishing import end
from hitgen.publishing.bonuses import bonus_act
from hitgen.publishing.collect import collect
from hitgen.publishing.create import create
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import Published, plan_publication, publish
from hitgen.publishing.rules import edited_rules
from hitgen.publishing.status import status
from hitgen.recruiters import kind_of
from hitgen.recruiters.base import RefusedError
from hitgen.recruiters.memory import Memory
from hitgen.results.apply import apply_review
from hitgen.results.study import read_study
from hitgen.results.topup import plan_topup
from tests.support.batches import make_batch
from tests.support.in_memory import in_memory
from tests.support.published import published, workers
from tests.support.servers import serving

TWO_HOURS = timedelta(hours=2)
RULES = "[screening]\ngold_answers_min = 1\n"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "demo" / "published").mkdir(parents=True)
    with serving(tmp_path / "demo" / "published") as address:
        yield address


def batch(tmp_path: Path, address: str, recruiter: str = "", assignments: int = 1, hit: str = "") -> Path:
    """A page whose one place costs $1.44."""
    pages = [{"study": ["a"], "assignments": assignments}]
    return make_batch(tmp_path / "demo", pages, f'kind = "folder"\nbase_url = "{address}"', recruiter, hit)


def run(folder: Path, recruiter: Memory, production: bool = False, topup: Any = None, **options: Any) -> Published:
    with open_publication(folder, production, now=recruiter.clock, recruiter=recruiter) as publication:
        plan = plan_publication(publication, topup)
        return publish(publication, plan, str(plan.quote.total_usd), **options)


def real(tmp_path: Path, cap_usd: str) -> tuple[Path, Memory]:
    """A page of one place that is out in production, and ended."""
    folder = batch(tmp_path, "https://pages.example.org", f'cap_usd = "{cap_usd}"')
    recruiter = Memory(environment="production")
    with open_publication(folder, True, now=recruiter.clock, recruiter=recruiter) as publication:
        for hit in plan_publication(publication).now:
            create(publication, hit)
        end.expire(publication)
    return folder, recruiter


def test_more_time_for_what_had_ended_needs_the_cap_and_the_typed_total(tmp_path: Path) -> None:
    folder, recruiter = real(tmp_path, "1.50")
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        plan = end.plan_extension(account, TWO_HOURS)
        assert (plan.hits, plan.cost_usd, plan.committed_usd) == (("p0001.1",), Decimal("1.44"), Decimal("0.00"))
        for typed in ("", "1.43", "yes"):
            with pytest.raises(InputError, match=r"production spends \$1.44, and that total was not typed"):
                end.extend(account, TWO_HOURS, typed)
        assert not [hit for hit in recruiter.hits.values() if hit.expires_at > recruiter.now]
        assert end.extend(account, TWO_HOURS, "1.44") == ["p0001.1"]
        # What is open costs nothing more.
        assert end.extend(account, 2 * TWO_HOURS) == ["p0001.1"]
        assert status(account).committed_usd == Decimal("1.44")


def test_more_time_beside_a_top_up_is_counted_under_the_cap(tmp_path: Path) -> None:
    folder, recruiter = real(tmp_path, "1.50")
    with open_publication(folder, True, now=recruiter.clock, recruiter=recruiter) as publication:
        for hit in plan_publication(publication, {"p0001": 1}).now:
            create(publication, hit)
        with pytest.raises(InputError, match=r"the batch costs \$2.88, more than its cap of \$1.50"):
            end.extend(publication, TWO_HOURS, "1.44")
        recruiter.funds_usd = Decimal("1.43")
    toml = folder / "batch.toml"
    toml.write_text(toml.read_text().replace('"1.50"', '"3"'))
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        with pytest.raises(InputError, match=r"the places that open again cost \$1.44, but \$1.43 are there"):
            end.extend(account, TWO_HOURS, "1.44")
        recruiter.funds_usd = Decimal("10")
        assert end.plan_extension(account, TWO_HOURS).beside_topups == ("p0001.1",)


@pytest.mark.parametrize(("amount", "fee"), [("0.50", "0.10"), ("1.00", "0.20"), ("0.01", "0.01")])
@pytest.mark.parametrize("places", [1, 9, 10, 50])
def test_a_bonus_costs_the_same_fee_in_hits_of_any_size(tmp_path: Path, amount: str, fee: str, places: int) -> None:
    folder = batch(tmp_path, "http://127.0.0.1:9001", "masters = true")
    kind = kind_of(read_config(folder / "batch.toml"))
    assert kind.bonus_fee_usd(Decimal(amount), places) == Decimal(fee)
    assert fee_cents(int(Decimal(amount) * 100), 1) == int(Decimal(fee) * 100)
    assert kind.quote([(10, Decimal("1.00"))]).fees_usd == Decimal("4.50")


@pytest.mark.parametrize("approving", [True, False])
def test_a_bonus_goes_to_approved_work_alone(tmp_path: Path, approving: bool) -> None:
    """An approval that the recruiter refuses leaves the work unjudged, and then no bonus is due."""

    class Hesitant(Memory):
        def approve(self, assignment: str, feedback: str = ""):  # type: ignore[no-untyped-def]
            if not approving:
                raise RefusedError("memory", "not now")
            return super().approve(assignment, feedback)

    study = in_memory(tmp_path, toml='[bonus]\ntraining_usd = "0.50"\n' + RULES)
    study.recruiter = Hesitant(**vars(study.recruiter))
    study.work("p0001", "A1")
    study.review()
    done = study.apply()
    assert (done.approved, done.bonuses, len(study.recruiter.paid)) == ((1, 1, 1) if approving else (0, 0, 0))


def test_a_bonus_that_was_meant_is_not_paid_once_the_work_was_rejected(tmp_path: Path) -> None:
    study = in_memory(tmp_path, toml='[bonus]\ntraining_usd = "0.50"\n' + RULES)
    name = study.work("p0001", "A1")
    study.review()
    with study.opened() as account:
        account.ledger.intend_act(bonus_act(account, "training", "A1", name, Decimal("0.50"), "x", 5), account.now())
        study.recruiter.judge(name, "Rejected")
        collect(account)
    assert study.apply().failed and not study.recruiter.paid
    with study.planned() as (account, plan):
        study.recruiter.paid.append(plan.of("bonus")[0].bonus)
        assert apply_review(account, plan, str(plan.total_usd)).bonuses == 1
        assert account.ledger.act(Act("bonus", "A1", name, "training")).outcome == "paid"  # type: ignore[union-attr]
    assert len(study.recruiter.paid) == 1


def test_a_reward_that_was_edited_is_paid_only_when_agreed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with published(tmp_path, toml=RULES, hit="ratings = 5") as study:
        folder = study.small.folder
        for worker in workers(5):
            study.work("p0001", worker, gold="wrong" if worker == workers(1)[0] else "right")
        toml = folder / "batch.toml"
        toml.write_text(toml.read_text().replace('reward_usd = "1.20"', 'reward_usd = "9.00"'))
        with open_publication(folder) as publication:
            plan = plan_topup(publication).publication
            assert plan.new_rewards == (("hit.reward_usd", "is $9.00, and the study pages that are out pay $1.20"),)
            with pytest.raises(
                InputError, match=r"is \$9.00, and the study pages that are out pay \$1.20; try agreeing"
            ):
                publish(publication, plan)
        assert cli.main(["topup", str(folder), "--yes"]) == 0
        assert "pay $1.20; --new-reward agrees beforehand" in capsys.readouterr().out
        count = "SELECT count(*) FROM hits"
        assert study.market.state.rows(count)[0][0] == 2
        assert cli.main(["topup", str(folder), "--yes", "--new-reward"]) == 0
        assert study.market.state.rows(count)[0][0] == 3


def test_edited_answers_and_thresholds_are_told_and_the_published_answers_grade(
    tmp_path: Path, site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with published(tmp_path / "out", toml=RULES) as study:
        folder = study.small.folder
        study.work("p0001", "A1")
        study.fetch()
        assert read_study(folder).edited == ()
        toml = folder / "batch.toml"
        toml.write_text(
            toml.read_text().replace("gold_answers_min = 1", "gold_answers_min = 1\ngold_rate = 0.9")
            + '[[questions]]\nimages = "gold"\nsource = "g0"\nlevel = [1, 2]\npoints = [[1, 1], [2, 2], [3, 3]]\nradius_px = 20\n'
        )
        told = read_study(folder).edited
        assert told[0] == "screening.gold_rate is 0.9, and was 0.7 when this was published"
        assert told[1].startswith("the answer of gold/g0: batch.toml says something else than was published")
        assert cli.main(["status", str(folder), "--offline"]) == 0
        assert cli.main(["review", str(folder)]) == 0
        assert capsys.readouterr().out.count(told[0]) == 2


def test_a_new_build_with_other_answers_grades_only_when_told(tmp_path: Path) -> None:
    with published(tmp_path, toml=RULES) as study:
        folder = study.small.folder
        study.work("p0001", "A1")
        study.fetch()
        before = [attempt.passes for work in read_study(folder).works for attempt in work.answers("gold")]
        changed = [question.model_copy(update={"level": (80, 90)}) for question in study.small.manifest.questions]
        manifest = study.small.manifest.model_copy(update={"questions": tuple(changed)})
        (folder / "build" / "manifest.json").write_text(manifest.json())
        for new_answers in (False, True):
            with open_publication(folder) as publication:
                publish(publication, plan_publication(publication), new_answers=new_answers)
            now = [attempt.passes for work in read_study(folder).works for attempt in work.answers("gold")]
            assert (now == before) is not new_answers


def test_a_ledger_of_before_says_nothing_of_rules_that_nobody_wrote_down(tmp_path: Path, site: str) -> None:
    folder, recruiter = batch(tmp_path, site), Memory()
    run(folder, recruiter)
    with Ledger(folder / "ledger.sqlite") as ledger:
        ledger._database.execute("DELETE FROM facts WHERE name = 'rules'")
        assert edited_rules(folder, read_config(folder / "batch.toml"), ledger) == ()
