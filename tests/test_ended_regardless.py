"""Whatever becomes of a batch folder after publishing, what is out can be ended, counted and fetched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hitgen import cli
from hitgen.config.read import read_config
from hitgen.ledger.ledger import Ledger
from hitgen.ledger.rows import Binding
from hitgen.publishing import publication
from hitgen.publishing.publication import open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.publishing.remembered import CONFIG_FACT, keep_config, published_config
from hitgen.recruiters.link.kind import LinkKind
from hitgen.recruiters.memory import Memory
from hitgen.recruiters.mturk.kind import MTurkKind
from tests.support.batches import make_batch
from tests.support.servers import serving


class Elsewhere(Memory):
    """A recruiter under another address, which has nothing of this batch."""

    def account(self) -> Binding:
        return Binding("elsewhere", "elsewhere", "local")


@pytest.fixture
def recruiter(monkeypatch: pytest.MonkeyPatch) -> Memory:
    made = Memory(now=publication.utc_now())
    monkeypatch.setattr(
        MTurkKind, "open", lambda kind, _: Elsewhere(now=made.now) if "new" in kind.own.endpoint_url else made
    )
    monkeypatch.setattr(LinkKind, "open", lambda *_: Elsewhere(now=made.now))
    return made


@pytest.fixture
def folder(tmp_path: Path, recruiter: Memory) -> Iterator[Path]:
    (tmp_path / "demo" / "published").mkdir(parents=True)
    with serving(tmp_path / "demo" / "published") as address:
        host = f'kind = "folder"\nbase_url = "{address}"'
        made = make_batch(tmp_path / "demo", [{"study": ["a"]}, {"study": ["b"]}], host, 'cap_usd = "20"')
        with open_publication(made, recruiter=recruiter) as out:
            publish(out, plan_publication(out))
        yield made


def rewritten(old: str, new: str) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        path = folder / "batch.toml"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    return act


def spoilt(folder: Path) -> None:
    """Everything that a build needs is gone or broken."""
    shutil.rmtree(folder / "build")
    (folder / "templates" / "layouts").mkdir(parents=True)
    (folder / "templates" / "layouts" / "flicker.html").write_text("{% if %}", "utf-8")
    (folder / "assets").mkdir()
    (folder / "assets" / "style.css").write_text("}", "utf-8")
    (folder / "plan.secret").unlink(missing_ok=True)


LINK = 'kind = "link"\nresults = {kind = "collector", url = "https://a.example.org"}\n'
CHANGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "another method": (rewritten("[hit]", '[method]\nkind = "compare"\n[hit]'), "method.kind"),
    "a key of another method": (
        rewritten("[hit]", '[method]\nkind = "compare"\n[hit]\nlocations = 3'),
        "hit.locations",
    ),
    "a syntax error": (rewritten("[consent]", "[consent"), "batch.toml"),
    "a wrong value": (rewritten('reward_usd = "1.20"', 'reward_usd = "much"'), "hit.reward_usd"),
    "another name": (rewritten('name = "demo"', 'name = "other"'), "batch.name"),
    "another recruiter": (rewritten('kind = "mturk"\ncap_usd = "20"', LINK), "recruiter.kind"),
    "another address": (rewritten('cap_usd = "20"', 'endpoint_url = "https://new.example.org"'), "recruiter"),
    "no batch.toml": (lambda folder: (folder / "batch.toml").unlink(), "no batch.toml"),
    "nothing to build of": (spoilt, ""),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_out_is_ended_whatever_became_of_the_folder(
    folder: Path, recruiter: Memory, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    act, told = CHANGES[change]
    act(folder)
    recruiter.accept("p0001.1")
    recruiter.hand_in("p0001.1", "A1")
    assert cli.main(["status", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["out"], found["submitted"]) == (9, 1)
    assert any(told in line for line in found["edited"]) == bool(told)
    assert cli.main(["status", str(folder), "--offline"]) == 0
    assert told == "recruiter" or told in capsys.readouterr().out
    assert cli.main(["fetch", str(folder)]) == 0
    assert told in capsys.readouterr().out
    if change == "nothing to build of":
        assert cli.main(["review", str(folder)]) == 0 and cli.main(["review", str(folder), "--apply", "--yes"]) == 0
    recruiter.approve(next(row.assignment for rows in recruiter.handed_in.values() for row in rows))
    assert cli.main(["close", str(folder), "--yes"]) == 0
    assert told in (said := capsys.readouterr().out)
    assert "2 files removed from the host; the batch is closed" in said
    assert not list((folder / "published").rglob("*.html"))
    assert set(recruiter.hits) == recruiter.deleted and recruiter.cleared


def test_what_spends_stands_on_batch_toml_as_it_is(
    folder: Path, recruiter: Memory, capsys: pytest.CaptureFixture[str]
) -> None:
    rewritten('reward_usd = "1.20"', 'reward_usd = "much"')(folder)
    for verb in (["review", "--apply"], ["review"], ["extend", "--hours", "1"], ["publish"]):
        assert cli.main([verb[0], str(folder), *verb[1:]]) == 1
        assert "batch.toml: hit.reward_usd: 'much' is not a number" in capsys.readouterr().err
    assert not recruiter.paid


def test_a_batch_that_an_earlier_hitgen_published_is_remembered_at_the_first_look(
    folder: Path, recruiter: Memory, capsys: pytest.CaptureFixture[str]
) -> None:
    with Ledger(folder / "ledger.sqlite") as ledger:
        ledger._database.execute("DELETE FROM facts WHERE name = ?", (CONFIG_FACT,))
    text = (folder / "batch.toml").read_text("utf-8")
    rewritten("[consent]", "[consent")(folder)
    assert cli.main(["status", str(folder)]) == 1
    assert "batch.toml: it is not TOML" in capsys.readouterr().err
    (folder / "batch.toml").write_text(text, "utf-8")
    assert cli.main(["status", str(folder)]) == 0
    rewritten("[consent]", "[consent")(folder)
    assert cli.main(["expire", str(folder)]) == 0


MUST_BE_MENDED = {
    "another method": "batch.toml: method.kind: it is 'compare', and what was built is of 'pjnd'; try \"pjnd\"",
    "another name": "batch.toml: batch.name: it is 'other', and was 'demo' when this was published; try \"demo\"",
    "another recruiter": "belongs to account memory at memory",
    "another address": "belongs to account memory at memory",
    "a wrong value": "batch.toml: hit.reward_usd: 'much' is not a number",
    "a syntax error": "batch.toml: it is not TOML: Expected ']' at the end of a table declaration (at line 11",
    "no batch.toml": "the folder has no batch.toml; try putting it back",
}


@pytest.mark.parametrize("change", MUST_BE_MENDED)
def test_what_an_earlier_hitgen_published_names_what_must_be_mended_first_and_keeps_nothing_wrong(
    folder: Path, recruiter: Memory, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    """A look at it while batch.toml was another study's was taken for what was published, for good."""
    with Ledger(folder / "ledger.sqlite") as ledger:
        ledger._database.execute("DELETE FROM facts WHERE name = ?", (CONFIG_FACT,))
    text = (folder / "batch.toml").read_text("utf-8")
    CHANGES[change][0](folder)
    for verb in ("status", "fetch", "expire", "delete", "close"):
        assert cli.main([verb, str(folder), *(["--yes"] if verb == "close" else [])]) == 1
        assert MUST_BE_MENDED[change] in capsys.readouterr().err
    assert not recruiter.deleted
    (folder / "batch.toml").write_text(text, "utf-8")
    recruiter.accept("p0001.1")
    recruiter.hand_in("p0001.1", "A1")
    assert cli.main(["fetch", str(folder)]) == 0
    recruiter.approve(next(row.assignment for rows in recruiter.handed_in.values() for row in rows))
    assert cli.main(["close", str(folder), "--yes"]) == 0
    assert "2 files removed from the host; the batch is closed" in capsys.readouterr().out


def test_what_lies_elsewhere_by_now_is_not_kept_as_what_was_published(folder: Path, recruiter: Memory) -> None:
    with Ledger(folder / "ledger.sqlite") as ledger:
        ledger._database.execute("DELETE FROM facts WHERE name = ?", (CONFIG_FACT,))
    text = (folder / "batch.toml").read_text("utf-8")
    rewritten("http://127.0.0.1", "https://elsewhere.example.org")(folder)
    assert cli.main(["status", str(folder)]) == 0
    (folder / "batch.toml").write_text(text, "utf-8")
    assert cli.main(["status", str(folder)]) == 0
    with Ledger(folder / "ledger.sqlite") as ledger:
        kept = published_config(ledger)
    assert kept == read_config(folder / "batch.toml")


def test_what_is_kept_of_a_batch_toml_is_all_that_it_says(folder: Path) -> None:
    more = '[screening]\nreject = ["gold"]\n[[survey]]\nname = "vision"\nkind = "choice"\nlabel = "?"\noptions = ["a", "b"]\n'
    more += '[[check]]\nkind = "screen"\n[[questions]]\nimages = "g"\nsource = "x"\nlevel = [3, 9]\nmatches = 1\n'
    more += "points = [[1, 2], [3, 4.5], [5, 6]]\nradius_px = 7\n"
    with (folder / "batch.toml").open("a", encoding="utf-8") as file:
        file.write(more)
    config = read_config(folder / "batch.toml")
    with Ledger(folder / "ledger.sqlite") as ledger:
        keep_config(ledger, config)
        kept = published_config(ledger)
    assert kept == config and kept.screening.model_fields_set == config.screening.model_fields_set
    assert timedelta(seconds=kept.recruiter.lifetime_s) == timedelta(days=7)  # type: ignore[attr-defined]
