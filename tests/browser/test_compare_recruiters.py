"""A batch of comparisons goes through every kind of recruiter there is: robots work both arms, and all of it comes back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from hitgen.build import build
from hitgen.config.kinds import RECRUITERS
from hitgen.manifest import read_manifest
from hitgen.methods.compare import COMPARE
from hitgen.methods.compare.manifest import Manifest
from hitgen.methods.submission import read_submission
from hitgen.results.parse import _trial_faults
from tests.support.compare import write_study

SHORT = 'arms = ["boosted", "plain"]\ncompare = ["source"]\n'


@pytest.mark.soak
@pytest.mark.browser
@pytest.mark.parametrize("kind", RECRUITERS.names())
def test_robots_work_both_arms(tmp_path: Path, kind: str) -> None:
    folder = write_study(tmp_path / "batch", method=SHORT, hit="pause = false")
    config = folder / "batch.toml"
    config.write_text(config.read_text().replace("answers = 2", "answers = 1"))  # no page twice
    build(folder, workers=1)
    command = [sys.executable, "-m", "hitgen", "rehearse", str(folder), "--recruiter", kind, "--robots", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    manifest = cast(Manifest, read_manifest(folder))
    rows = json.loads(done.stdout)
    assert {row["page"] for row in rows} == set(manifest.by_page)
    for row in rows:
        page = manifest.by_page[row["page"]]
        read = read_submission(json.dumps(row["answer"]), COMPARE.row)
        assert list(_trial_faults(page, read, manifest, COMPARE)) == []
        arm = {trial.arm for trial in page.trials}.pop()
        assert all((each.toggles is None) == (arm == "boosted") for each in read.trials)
