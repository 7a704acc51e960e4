"""A study of comparisons from plan to answers without a browser: who is offered what, and what is still missing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from hitgen.build import build
from hitgen.cli import main
from hitgen.manifest import read_manifest
from hitgen.methods.compare.manifest import Manifest
from hitgen.methods.compare.observers import Population
from hitgen.publishing.orders import groups_of
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.recruiters.memory import Memory
from hitgen.results.dataset import make_dataset
from hitgen.results.fetch import fetch
from hitgen.results.topup import shortfalls
from hitgen.simulation.simulate import simulate
from tests.support.compare import submission, write_study
from tests.support.servers import serving


def test_nobody_is_offered_a_page_with_a_question_that_they_had(tmp_path: Path) -> None:
    folder = write_study(tmp_path, study=4)
    build(folder, workers=1)
    manifest = cast(Manifest, read_manifest(folder))
    from hitgen.config.read import read_config

    groups = groups_of(read_config(folder / "batch.toml"), manifest.pages)
    assert len(manifest.pages) > 4
    for page in manifest.pages:
        for other in manifest.pages:
            if page is not other:
                assert bool(page.study & other.study) == bool(groups[page.page].needed & groups[other.page].needed)
    assert all(len(each.needed) == 1 for each in groups.values())  # a page and its mirror, nothing else


def test_what_is_missing_is_counted_by_question(tmp_path: Path) -> None:
    memory = Memory()
    (tmp_path / "published").mkdir()
    with serving(tmp_path / "published") as address:
        folder = write_study(tmp_path, more=f'[host]\nkind = "folder"\nbase_url = "{address}"\n')
        build(folder, workers=1)
        manifest = cast(Manifest, read_manifest(folder))
        with open_publication(folder, now=memory.clock, recruiter=memory) as publication:
            publish(publication, plan_publication(publication))
        page = manifest.pages[0]
        memory.accept(f"{page.page}.1")
        done = memory.now + timedelta(minutes=9)
        answer = json.dumps(submission(page, "W1", "A1"))
        memory.hand_in(f"{page.page}.1", "W1", "Submitted", answer, "A1", (memory.now, done))
        with open_account(folder, now=memory.clock, recruiter=memory) as account:
            assert fetch(account).faulty == ()
        with open_publication(folder, now=memory.clock, recruiter=memory) as publication:
            from hitgen.results.study import read_study

            study = read_study(folder, publication.ledger)
            found = shortfalls(publication, study, memory.now)
    assert set(found) == {trial.subject for each in manifest.pages for trial in each.trials if trial.role == "study"}
    for subject, short in found.items():
        assert short.wanted == 2
        assert (short.usable + short.undecided, short.coming) == ((1, 1) if subject in page.study else (0, 2))


def test_check_tells_the_plan_and_nothing_of_checks_that_it_has_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(write_study(tmp_path))]) == 0
    said = capsys.readouterr().out
    assert "answers     boosted: 2 a question, 14 in all" in said and "who guess" not in said
    assert "jpeg.boosted/s0" not in said or "jpeg.plain/s0" not in said  # plain pictures do not flash


def test_simulated_answers_to_pictures_that_stand_still_tell_of_no_swaps(tmp_path: Path) -> None:
    folder = write_study(tmp_path)
    build(folder, workers=1)
    simulate(folder, Population(skip=0))
    ratings = make_dataset(folder).ratings
    by_arm = {arm: ratings.filter(ratings["arm"] == arm) for arm in ("boosted", "plain")}
    assert by_arm["plain"]["swaps"].to_list() == [0] * by_arm["plain"].height and by_arm["plain"].height >= 20
    assert by_arm["plain"]["swap_mean_ms"].null_count() == by_arm["plain"].height
    assert by_arm["boosted"]["swaps"].min() > 0 and not by_arm["boosted"]["swap_mean_ms"].null_count()
