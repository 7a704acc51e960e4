"""Reviews killed at 100 random moments, beside lost answers, 5xx and throttling: judged and paid once, always."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.support.figures import write_figures
from tests.support.published import in_doubt, killed_review, published, review_until_done, workers
from tests.test_apply import TOML, check_once

KILLS = 100


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_hundred_kills(tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    cut_off: Counter[str] = Counter()
    studies = twice = 0
    while counts["killed"] < KILLS:
        studies += 1
        with published(tmp_path / str(studies), toml=TOML, study=1) as study:
            for page in ("p0001", "p0002"):
                for worker in workers(4):
                    study.work(page, worker, gold="wrong" if worker == "AWORKER003" else "right")
            study.fetch()
            study.review()
            study.market.faults.rates.update({"lost": 0.05, "failed_late": 0.05, "failed": 0.03, "throttled": 0.05})
            counts.update(review_until_done(study.small.folder, 8, studies, 0.6, cut_off))
            twice += sum(count - 1 for count in study.bonuses().values())
            check_once(study)
            assert killed_review(study.small.folder, 120) == 0
            check_once(study)
    figures = {"kills": counts["killed"], "ended_before_the_kill": counts["ended"], "studies": studies}
    write_figures("reviews", {**figures, "acts_cut_off_at_the_kill": dict(cut_off), "bonuses_paid_twice": twice})
    assert sum(cut_off.values()) >= KILLS / 10
    # A mail whose fate nobody knows is not sent again.
    assert set(in_doubt(study.small.folder)) <= {"notify"}
