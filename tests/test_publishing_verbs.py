"""The publishing verbs from the command line, with a recruiter in memory: words, questions, exit codes."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from hitgen import cli
from hitgen.commands import publish
from hitgen.console import Console
from hitgen.publishing import end, publication
from hitgen.publishing.publication import open_account
from hitgen.publishing.status import status
from hitgen.recruiters.memory import Memory
from hitgen.recruiters.mturk.kind import MTurkKind
from tests.support.batches import make_batch
from tests.support.servers import serving


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "demo" / "published").mkdir(parents=True)
    with serving(tmp_path / "demo" / "published") as address:
        host = f'kind = "folder"\nbase_url = "{address}"'
        yield make_batch(tmp_path / "demo", [{"study": ["a"]}, {"study": ["b"]}], host, 'cap_usd = "20"')


@pytest.fixture
def recruiter(monkeypatch: pytest.MonkeyPatch) -> Memory:
    made = Memory(now=publication.utc_now())
    monkeypatch.setattr(MTurkKind, "open", lambda *_: made)
    # The synthetic build has no images it could be made from or checked by.
    monkeypatch.setattr(publish, "check", lambda *_, **__: SimpleNamespace(warnings=("the gold stands out",)))
    monkeypatch.setattr(publish, "build", lambda *_, **__: None)
    return made


def test_publish_status_and_close(folder: Path, recruiter: Memory, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["publish", str(folder), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("warning: the gold stands out\n")
    assert said.endswith(f"cap: $20.00; balance: $10000.00\nTotal: $14.40\nnext: hitgen publish {folder}\n")
    assert not recruiter.hits
    assert cli.main(["publish", str(folder)]) == 0
    assert "2 HITs made, 2 files sent\nnext: hitgen status " in capsys.readouterr().out
    assert cli.main(["status", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["out"] == 10
    assert cli.main(["extend", str(folder), "--hours", "400"]) == 0
    assert capsys.readouterr().out == f"2 HITs are open for 400 hours from now\nnext: hitgen status {folder}\n"
    assert cli.main(["extend", str(folder), "--hours", "2"]) == 0
    assert capsys.readouterr().out.startswith("no HIT with places left ends within 2 hours from now\n")
    assert cli.main(["close", str(folder)]) == 0
    assert "Nothing was changed" in capsys.readouterr().out
    assert not recruiter.deleted
    assert cli.main(["expire", str(folder)]) == 0
    assert capsys.readouterr().out == f"2 HITs take no new workers\nnext: hitgen fetch {folder}\n"
    assert cli.main(["delete", str(folder)]) == 0
    assert capsys.readouterr().out == f"2 HITs deleted\nnext: hitgen close {folder}\n"
    assert cli.main(["close", str(folder), "--yes"]) == 0
    assert capsys.readouterr().out.endswith(
        f"2 files removed from the host; the batch is closed\nnext: hitgen export {folder}\n"
    )
    assert cli.main(["delete", str(folder)]) == 0
    assert capsys.readouterr().out == f"0 HITs deleted\nnext: hitgen export {folder}\n"
    assert cli.main(["forget", str(folder), "A1"]) == 0
    assert (
        capsys.readouterr().out
        == "0 rows erased: nobody here is called 'A1', whose answers will not be taken in either\n"
    )


def test_production_without_the_total_ends_with_1_and_yes_does_not_replace_it(
    folder: Path, recruiter: Memory, capsys: pytest.CaptureFixture[str]
) -> None:
    recruiter.environment = "production"
    toml = folder / "batch.toml"
    before, host, after = toml.read_text().partition("base_url")
    toml.write_text(before + 'base_url = "https://pages.example.org"' + after[after.index("\n") :])
    assert host
    assert cli.main(["publish", str(folder), "--production", "--yes"]) == 1
    assert "that total was not typed" in capsys.readouterr().err
    assert not recruiter.hits


def test_a_batch_that_was_never_published_is_told_so(
    folder: Path, recruiter: Memory, capsys: pytest.CaptureFixture[str]
) -> None:
    for verb in (["status"], ["expire"], ["delete"], ["close"], ["extend", "--hours", "1"]):
        assert cli.main([verb[0], str(folder), *verb[1:]]) == 1
        assert "this batch was never published; try `hitgen publish` first" in capsys.readouterr().err
    assert not list(folder.glob("ledger*"))
    assert cli.main(["publish", str(folder), "--configure-bucket"]) == 1
    assert "--configure-bucket is for S3 buckets" in capsys.readouterr().err


def test_every_verb_that_asks_the_recruiter_says_how_far_it_is(folder: Path, recruiter: Memory) -> None:
    assert cli.main(["publish", str(folder)]) == 0
    for act, steps in (
        (lambda account: status(account), {"looking", "fetching"}),
        (lambda account: end.extend(account, timedelta(days=30)), {"looking", "fetching", "extending"}),
        (end.expire, {"looking", "fetching", "ending"}),
        (end.delete, {"looking", "fetching", "deleting"}),
    ):
        told: list[tuple[str, int, int]] = []
        with open_account(folder, recruiter=recruiter, progress=lambda *row, told=told: told.append(row)) as account:
            act(account)
        assert {step for step, _, _ in told} == steps and all(done <= total == 2 for _, done, total in told)


class Terminal(io.StringIO):
    """What is drawn where somebody watches."""

    def isatty(self) -> bool:
        return True


def test_bars_say_how_far_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console()
    console.on_progress("ladders", 1, 10)  # nobody watches
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("hitgen.console.EVERY_S", 0)
    for done in (1, 5, 9):
        console.on_progress("ladders", done, 10)
    console.close()
    drawn = terminal.getvalue()
    assert "ladders" in drawn and "9/10" in drawn and re.search(r"0:00:0\d", drawn)
    assert drawn.count("\x1b[?25h") == drawn.count("\x1b[?25l") == 1  # the cursor is shown again


def test_a_console_s_words_are_fit_for_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Console().say("a\x1b[2J\u202eb", "second line")
    assert capsys.readouterr().out == "a\\x1b[2J\\u202eb\nsecond line\n"
    Console(json=True).say("for people")
    Console(json=True).warn(["mind this"])
    assert capsys.readouterr() == ("", "warning: mind this\n")
