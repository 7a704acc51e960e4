"""Faults with money that must not come back: a test fails on each mutant, a copy of the package that has the fault."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.runs import soaked_but

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[1]
TOTALS, PLAN, APPLY = "ledger/totals.py", "results/review_plan.py", "results/apply.py"
# Module, what it says, what the mutant says, and the test that tells them apart.
MUTANTS = {
    "a HIT is over as soon as it has ended, though people are at work on it": (
        TOTALS, "(ended and hit.pending == 0)", "ended", "people_at_work_when_a_hit_expires_are_waited_for",
    ),
    "all that is not rejected counts as paid": (
        TOTALS, 'work["Approved"]', '(work.total() - work["Rejected"])', "work_is_paid_once_it_is_approved",
    ),
    "rejected work counts as committed": (
        TOTALS, ' - work["Rejected"])', ")", "work_is_paid_once_it_is_approved",
    ),
    "refused HITs count as committed": (
        TOTALS, '("deleted", "refused")', '("deleted",)', "a_hit_that_was_refused_costs_nothing_and_one_in_doubt_costs_all",
    ),
    "a HIT that has ended brings nothing more, though people are at work": (
        TOTALS, "min(left[hit.hit], hit.pending or 0)", "0", "people_at_work_on_a_hit_that_was_ended_still_bring_ratings",
    ),
    "places that nobody worked cost as much as others": (
        TOTALS, "0 if hit.hit in over else ", "", "a_hit_that_was_refused_costs_nothing_and_one_in_doubt_costs_all",
    ),
    "a bonus in doubt counts as paid": (
        TOTALS, 'ledger.acts("bonus", done=True)', 'ledger.acts("bonus")', "a_bonus_in_doubt_is_committed_and_not_yet_paid",
    ),
    "a plan has a bonus for rejected work": (
        PLAN, " or row.status in UNPAID:", ":", "what_the_recruiter_rejected_before_the_plan_earns_no_bonus",
    ),
    "a plan pays a bonus for work that was rejected since": (
        APPLY, 'return status == "Approved" or (', "return True or (", "what_the_recruiter_rejected_since_the_plan_earns_no_bonus",
    ),
}  # fmt: skip


BARE = ("-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", ".", "--noconftest")
"""Plugins and a browser's fixtures take longer to load than one of these tests takes."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout's code in another folder."""
    folder = tmp_path_factory.mktemp("mutants")
    for name in ("hitgen", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "data", "browser"))
    for name in ("assets", "templates"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "pyproject.toml", folder)
    run = told_by(folder, *sorted({row[3] for row in MUTANTS.values()}))
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def told_by(copy: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """These tests of money, on the copy."""
    command = [sys.executable, "-m", "pytest", *BARE, *(f"tests/test_money.py::test_{test}" for test in tests)]
    alone = {**os.environ, "PYTHONPATH": str(copy), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=copy, env=alone, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("fault", soaked_but(list(MUTANTS)[1::2], MUTANTS))
def test_money_is_held_by_a_test(copy: Path, fault: str) -> None:
    module, product, mutant, test = MUTANTS[fault]
    path = copy / "hitgen" / module
    text = path.read_text()
    assert text.count(product) == 1
    path.write_text(text.replace(product, mutant))
    run = told_by(copy, test)
    path.write_text(text)
    assert run.returncode == 1 and "1 failed" in run.stdout, run.stdout + run.stderr
