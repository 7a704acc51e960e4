"""Applying a review on the marketplace: judged, paid, shut out and told, each once, whatever is killed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from hitgen import cli
from hitgen.publishing.publication import open_account
from hitgen.results.review_plan import plan_review
from hitgen.results.study import read_study
from tests.support.published import Published, published, review_until_done, workers

pytestmark = pytest.mark.long

TOML = """
[screening]
gold_answers_min = 1
reject = ["gold"]
shut_out = ["gold"]
[bonus]
training_usd = "0.10"
completion_usd = "0.50"
completion_pages = 2
[notices]
shut_out = "Your answers to the control questions were too often wrong."
"""


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Published]:
    """Two pages; every worker does both, the last one badly."""
    with published(tmp_path, toml=TOML, study=1) as made:
        for page in ("p0001", "p0002"):
            for worker in workers(4):
                made.work(page, worker, gold="wrong" if worker == "AWORKER003" else "right")
        yield made


def reviewed(study: Published) -> Path:
    assert study.fetch().new == 8
    study.review()
    return study.small.folder


def test_the_plan_comes_first_and_nothing_is_done_without_a_yes(
    study: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(reviewed(study))
    assert cli.main(["review", folder]) == 0
    assert "the first that is not judged approves itself at 20" in capsys.readouterr().out
    assert cli.main(["review", folder, "--json"]) == 0
    assert [row["pay"] for row in json.loads(capsys.readouterr().out)].count("reject") == 2
    assert cli.main(["review", folder, "--apply", "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (len(plan["approve"]), len(plan["bonuses"]), plan["bonuses_usd"]) == (6, 6, "2.16")
    assert cli.main(["review", folder, "--apply"]) == 0
    told = capsys.readouterr().out
    assert "approve 6, reject 2, pay 6 bonuses" in told and "shut out 1, mail 1 worker" in told
    assert "$8.64 set aside at publishing, $2.16 more; Total: $10.80" in told
    assert told.endswith("Nothing was done; --yes agrees beforehand.\n")
    assert set(study.states().values()) == {"Submitted"} and not study.bonuses()


def test_everything_happens_once_however_often_it_is_applied(
    study: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(reviewed(study))
    assert cli.main(["review", folder, "--apply", "--yes"]) == 0
    assert capsys.readouterr().out.endswith(
        f"6 approved, 2 rejected, 6 bonuses paid, 0 admitted, 1 shut out, 1 mail sent\nnext: hitgen report {folder}\n"
    )
    check(study)
    assert cli.main(["review", folder, "--apply", "--yes"]) == 0
    assert capsys.readouterr().out.endswith(f"Nothing is left to do\nnext: hitgen report {folder}\n")
    assert cli.main(["review", folder, "--apply", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["approved"] == 0, "a script hears that nothing was left"
    assert cli.main(["review", folder]) == 0
    assert cli.main(["review", folder, "--apply", "--yes"]) == 0
    assert capsys.readouterr().out.endswith(f"Nothing is left to do\nnext: hitgen report {folder}\n")
    assert cli.main(["review", folder, "--apply", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["approved"] == 0, "a script hears that nothing was left"
    check(study)
    rows = study.market.state.rows("SELECT feedback FROM assignments WHERE state = 'Rejected'")
    assert {row[0] for row in rows} == {"0 of 4 checks of control questions passed, at least 70% are needed"}


def check(study: Published) -> None:
    """Each judged as the rules say, each bonus paid once, one shut out and told."""
    assert Counter(study.states().values()) == {"Approved": 6, "Rejected": 2}
    assert study.bonuses() == {(name, cents): 1 for name in workers(3) for cents in (10, 50)}
    assert study.granted("hitgen-excluded") == {"AWORKER003"}
    assert study.mails() == {"AWORKER003": 1}


def test_killed_at_random_moments_with_faults_it_judges_and_pays_each_once(study: Published) -> None:
    folder = reviewed(study)
    study.market.faults.rates.update({"lost": 0.05, "failed_late": 0.05, "throttled": 0.05})
    counts = review_until_done(folder, kills=2, seed=4, longest_s=0.5)
    assert counts["killed"] >= 1, counts
    check_once(study)


def check_once(study: Published) -> None:
    """As `check`; a mail whose fate a kill left unknown is not sent again."""
    assert Counter(study.states().values()) == {"Approved": 6, "Rejected": 2}
    assert study.bonuses() == {(name, cents): 1 for name in workers(3) for cents in (10, 50)}
    assert study.granted("hitgen-excluded") == {"AWORKER003"}
    assert study.mails()["AWORKER003"] <= 1


def test_what_was_approved_by_itself_is_told_and_not_rejected(
    study: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = reviewed(study)
    study.market.clock.move(8 * 24 * 3600)
    # The publisher refuses to act beside a clock that is so far off, so the marketplace goes back after approving.
    study.market.workers.offers("AANYBODY")
    study.market.clock.move(-8 * 24 * 3600)
    assert cli.main(["review", str(folder), "--apply", "--yes"]) == 0
    told = capsys.readouterr().out
    assert "approve 0, reject 0, pay 6 bonuses" in told and "says reject, but it is approved already" in told
    with open_account(folder) as account:
        assert plan_review(account, read_study(folder, account.ledger)).bonuses_usd == Decimal("0.00")


def test_the_quiz_opens_the_study_pages_to_whom_it_admits(tmp_path: Path) -> None:
    toml = TOML + 'admitted = "You are in: look for the pictures."\n'
    with published(tmp_path, toml=toml, quiz=True, golds=5, study=1) as study:
        for worker, gold in (("AGOOD", "right"), ("ABAD", "places")):
            study.work("p0001", worker, gold=gold)
            with pytest.raises(Exception, match="Qualifications"):
                study.work("p0002", worker)
        study.fetch()
        study.review()
        assert cli.main(["review", str(study.small.folder), "--apply", "--yes"]) == 0
        assert study.granted("hitgen-admitted-demo") == {"AGOOD"}
        assert study.mails() == {"AGOOD": 1} and not study.bonuses()
        study.work("p0002", "AGOOD")
        with pytest.raises(Exception, match="Qualifications"):
            study.work("p0002", "ABAD")


def test_one_refusal_keeps_no_other_act_from_being_done(study: Published, capsys: pytest.CaptureFixture[str]) -> None:
    folder = reviewed(study)
    assignment = next(iter(study.states()))
    study.market.state.run("UPDATE assignments SET state = 'Returned' WHERE assignment_id = ?", assignment)
    assert cli.main(["review", str(folder), "--apply", "--yes"]) == 3
    told = capsys.readouterr()
    assert "5 approved, 2 rejected" in told.out and f"refused: approve {assignment}" in told.out
    assert "the others are done" in told.err
