"""The lines that people read say the sums that the data hold."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from hitgen.cli import main
from hitgen.commands.delete import ended_lines
from hitgen.commands.publish import plan_lines, published_lines
from hitgen.commands.status import status_lines
from hitgen.config.read import read_config
from hitgen.console import Console
from hitgen.publishing import end
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.publishing.status import status, status_offline
from hitgen.recruiters import kind_of
from hitgen.recruiters.memory import Memory
from tests.support.batches import make_batch, write_batch
from tests.support.servers import serving


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "demo" / "published").mkdir(parents=True)
    with serving(tmp_path / "demo" / "published") as address:
        host = f'kind = "folder"\nbase_url = "{address}"'
        yield make_batch(tmp_path / "demo", [{"study": ["a"], "assignments": 43}], host, "waves = true")


def test_each_verb_is_told_in_lines_and_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recruiter = Memory()
    with open_publication(folder, now=recruiter.clock, recruiter=recruiter) as publication:
        plan = plan_publication(publication)
        lines = plan_lines(plan)
        assert lines[1] == "1 HIT now, 4 when those with the same study ladders are full"
        assert lines[2] == "43 assignments: $51.60 to workers and $10.32 in fees"
        assert lines[-1] == "Total: $61.92"
        Console(json=True).outcome(plan, lines)
        assert json.loads(capsys.readouterr().out)["quote"]["fees_usd"] == "10.32"
        assert published_lines(publish(publication, plan))[0] == "1 HIT made, 1 file sent"
    recruiter.work("p0001.1", "A1", "Approved")
    with open_account(folder, now=recruiter.clock, recruiter=recruiter) as account:
        lines = status_lines(status(account))
        assert lines[2] == "assignments: 8 open, 0 at work, 0 to be judged, 1 approved, 0 rejected"
        assert lines[3] == "$12.96 committed, of which $1.44 paid"
        ended = end.close(account)
        assert ended_lines(ended)[-1] == "1 file removed from the host; the batch is closed"
        assert status_offline(folder, account.now()).committed_usd == Decimal("1.44")


def test_check_can_show_what_waves_save(folder: Path) -> None:
    kind, pages = kind_of(read_config(folder / "batch.toml")), [(43, Decimal("1.20"))] * 2
    assert kind.quote(pages).total_usd == Decimal("144.48")
    assert kind.waves_save_usd(pages) == Decimal("144.48") - Decimal("123.84")


def test_check_fits_a_terminal_and_folds_nothing_for_scripts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_batch(tmp_path / "batch", size=(64, 48), study=1)
    monkeypatch.chdir(tmp_path)
    told = []
    for at_terminal in (True, False):
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setattr(sys.stdout, "isatty", lambda found=at_terminal: found, raising=False)
        assert main(["check", "batch", "--workers", "1"]) == 0
        told.append(capsys.readouterr().out.splitlines())
    folded, whole = told
    assert max(map(len, folded)) <= 80 < max(map(len, whole))
    assert " ".join(" ".join(folded).split()) == " ".join(" ".join(whole).split())
    assert [line[:12] for line in folded if line[0] != " "] == [line[:12] for line in whole]
