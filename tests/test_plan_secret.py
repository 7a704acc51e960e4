"""What workers could tell of the plan hangs on a secret of the batch, not on a seed that anybody can try."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hitgen.batch.load import load_batch
from hitgen.build import build, plan_of
from hitgen.errors import InputError
from hitgen.plan import make_plan
from tests.support.batches import write_batch


def manifest(folder: Path) -> Any:
    return json.loads((folder / "build" / "manifest.json").read_text())


def trials(folder: Path) -> list[str]:
    return [trial["trial"] for page in manifest(folder)["pages"] for trial in page["trials"]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = write_batch(tmp_path / "batch")
    build(made, workers=1)
    return made


def test_ids_and_order_do_not_follow_from_config_and_seed(folder: Path) -> None:
    batch = load_batch(folder)
    names = {role: batch.names(role) for role in ("training", "study", "gold")}
    guessed = {trial.trial for page in make_plan(batch.config, names).pages for trial in page.trials}
    assert not guessed & set(trials(folder))
    secret = folder / "plan.secret"
    assert secret.stat().st_mode & 0o777 == 0o600 and len(secret.read_text().strip()) == 32
    assert not [
        path
        for path in (folder / "build").rglob("*")
        if path.is_file() and secret.read_bytes().strip() in path.read_bytes()
    ]


def test_the_same_secret_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other, ignore=shutil.ignore_patterns("build", "cache"))
    build(other, workers=1)
    assert manifest(other) == manifest(folder)
    for page in (folder / "build" / "pages").iterdir():
        assert (other / "build" / "pages" / page.name).read_bytes() == page.read_bytes()


@pytest.mark.parametrize("left", ["ledger.sqlite", "ledger-local-1.sqlite", "build/manifest.json"])
def test_what_was_built_or_published_before_keeps_its_ids(tmp_path: Path, left: str) -> None:
    folder = write_batch(tmp_path / "batch")
    (folder / "build").mkdir()
    (folder / left).touch()
    before = [trial.trial for page in plan_of(load_batch(folder)).pages for trial in page.trials]
    build(folder, workers=1)
    assert trials(folder) == before and not (folder / "plan.secret").exists()


def test_a_secret_that_was_changed_is_refused_by_name(folder: Path) -> None:
    (folder / "plan.secret").write_text("mine")
    with pytest.raises(InputError, match=r"plan\.secret.*putting it back"):
        build(folder, workers=1)
