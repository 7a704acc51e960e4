"""`hitgen rehearse --recruiter NAME` without a marketplace: robots work the same plan and packs, and answers come back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hitgen.build import build
from hitgen.manifest import Manifest, read_manifest
from tests.support.batches import SMALL, write_batch


def without_seal(manifest: Manifest) -> Manifest:
    """A manifest without what a page's seal changes: its digest and length."""
    pages = tuple(page.model_copy(update={"sha256": "", "bytes": 0}) for page in manifest.pages)
    return manifest.model_copy(update={"pages": pages})


@pytest.mark.browser
@pytest.mark.parametrize(
    "kind", ["panel", *(pytest.param(kind, marks=pytest.mark.soak) for kind in ("link", "prolific", "connect"))]
)
def test_robots_work_the_same_plan(tmp_path: Path, kind: str) -> None:
    folder = write_batch(tmp_path / "batch", f'{SMALL}[recruiter]\nkind = "mturk"\n', study=1)
    config = folder / "batch.toml"
    config.write_text(config.read_text().replace("seed = 5\n", 'seed = 5\nlanguage = "de"\n', 1))
    build(folder, workers=1)
    before = sorted(path.name for path in folder.iterdir())
    # In a process of its own: the browser that the tests share is open in this one, and Playwright allows no second.
    command = [sys.executable, "-m", "hitgen", "rehearse", str(folder), "--recruiter", kind, "--robots", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert row["page"] == "p0001" and len({each["trial"] for each in row["answer"]["trials"]}) == 3
    assert row["answer"]["consent"]["language"] == "de"
    rehearsed, own = read_manifest(folder / "build" / "rehearsal"), read_manifest(folder)
    assert without_seal(rehearsed) == without_seal(own)
    assert rehearsed.pages[0].sha256 != own.pages[0].sha256
    assert sorted(path.name for path in folder.iterdir()) == before
