"""What a verb says next is what helps there, and what it moves out of the way comes back where nothing came of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hitgen import check as checking
from hitgen.cli import main
from hitgen.errors import InputError
from hitgen.ledger.ledger import Ledger
from hitgen.lib.files import in_one_of
from tests.support.batches import write_batch
from tests.support.servers import own_people
from tests.support.small_study import SmallStudy


@pytest.fixture
def link(tmp_path: Path) -> Iterator[Path]:
    """A built study for people of one's own, which was simulated."""
    with own_people(tmp_path) as folder:
        with SmallStudy(tmp_path / "simulated").ledger() as ledger:
            ledger.set_fact("closed", "2026-01-05T08:00:00+00:00")
        (tmp_path / "simulated" / "ledger.sqlite").rename(folder / "ledger.sqlite")
        yield folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("ledger*.sqlite*"))


def test_a_dry_run_or_a_refusal_moves_nothing(
    link: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hitgen.commands.publish.build", lambda *_, **__: None)
    monkeypatch.setattr("hitgen.commands.publish.check", lambda *_, **__: type("Found", (), {"warnings": ()}))
    before = (link / "ledger.sqlite").read_bytes()
    assert main(["publish", str(link), "--dry-run"]) == 0
    config = link / "batch.toml"
    right = config.read_text()
    config.write_text(right.replace("base_url = ", 'base_url = "http://192.0.2.1:9"\n# '))
    assert main(["publish", str(link)]) == 1
    assert names(link) == ["ledger.sqlite", "ledger.sqlite.lock"]
    assert (link / "ledger.sqlite").read_bytes() == before
    config.write_text(right)
    capsys.readouterr()
    assert main(["publish", str(link)]) == 0
    said = capsys.readouterr().out
    assert names(link) == ["ledger-local-1.sqlite", "ledger.sqlite", "ledger.sqlite.lock"]
    assert f"put aside: {link / 'ledger-local-1.sqlite'}" in said
    with Ledger(link / "ledger.sqlite") as ledger:
        assert ledger.has_hits and ledger.account is not None and ledger.account.environment == "own"
    # People have the list, or one address for all: never both without a word.
    assert "in place of places.csv" in said and said.endswith(f"next: hitgen serve {link}\n")
    # Nothing came: there is nothing to review.
    assert main(["fetch", str(link)]) == 0
    assert capsys.readouterr().out.endswith(f"next: hitgen status {link}\n")


def test_what_needs_no_measuring_is_said_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_batch(tmp_path / "batch", 'ratings = 2\n[host]\nkind = "folder"\n[recruiter]\nkind = "mturk"\n')
    config = folder / "batch.toml"
    text = config.read_text().replace('contact = "someone@example.org"', 'contact = "FILL IN"')
    config.write_text(text.replace("gold_answers_min = 1", "gold_answers_min = 9"))
    measured: list[object] = []
    monkeypatch.setattr(checking, "_measured", lambda *given: measured.append(given))
    plans: list[object] = []
    with pytest.raises(InputError) as refused:
        checking.check(folder, 1, told=plans.append)
    assert "consent.contact: it is still to be filled in" in str(refused.value)
    assert plans and not measured


def test_a_photograph_by_its_bare_name_is_looked_for_where_photographs_lie(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "one.jpg").touch()
    folders = [tmp_path, tmp_path / "images"]
    assert in_one_of(Path("one.jpg"), folders) == tmp_path / "images" / "one.jpg"
    for kept in (Path("none.jpg"), Path("images/one.jpg"), tmp_path / "one.jpg", Path("..")):
        assert in_one_of(kept, folders) == kept
