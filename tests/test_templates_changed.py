"""The changes that docs/templates.md shows, made as they stand there, and what of the plan a consent can tell."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from hitgen.batch.new import eject
from hitgen.build import build
from hitgen.check import check
from hitgen.errors import InputError
from tests.support.batches import grid, write_batch

DOC = (Path(__file__).parents[1] / "docs" / "templates.md").read_text("utf-8")
CHANGES = dict(re.findall(r"<!-- change: (.*?) -->\n```\w+\n(.*?)```", DOC, re.S))
TINY = (64, 48)
PIXELS = '[display]\nscaling = "pixels"\n'


def page_of(folder: Path) -> str:
    return (build(folder, workers=1).folder.pages / "p0001.html").read_text("utf-8")


def edit(folder: Path, old: str, new: str) -> None:
    config = folder / "batch.toml"
    config.write_text(config.read_text().replace(old, new, 1))


def test_every_change_of_the_docs_is_made_here() -> None:
    assert set(CHANGES) == {
        "templates/parts/consent.html before <h1", "texts.sv.toml", "templates/layouts/bright.html",
        "assets/styles/bright.css",
    }  # fmt: skip


def test_a_logo_stands_above_the_consent(tmp_path: Path) -> None:
    folder = write_batch(tmp_path, PIXELS, TINY, study=1)
    (folder / "assets").mkdir()
    grid(8, 8).save(folder / "assets" / "logo.png")
    part = eject(folder, "parts/consent.html")
    lines = CHANGES["templates/parts/consent.html before <h1"]
    part.write_text(part.read_text().replace("  <h1", f"{lines}  <h1", 1))
    content = base64.b64encode((folder / "assets" / "logo.png").read_bytes()).decode()
    assert f'src="data:image/png;base64,{content}"' in page_of(folder)


def test_texts_of_another_language_are_taken_and_those_that_lack_are_named(tmp_path: Path) -> None:
    folder = write_batch(tmp_path, PIXELS, TINY, study=1)
    edit(folder, "seed = 5\n", 'seed = 5\nlanguage = "sv"\ntexts = "texts.sv.toml"\n')
    (folder / "texts.sv.toml").write_text(CHANGES["texts.sv.toml"])
    page = page_of(folder)
    assert '<html lang="sv" dir="ltr"' in page and ">Vidare</button>" in page and "Bild {number} av {count}" in page
    assert any("texts are English still" in warning for warning in check(folder, workers=1).warnings)


def test_a_layout_of_one_s_own_is_built_and_one_that_lacks_a_part_is_refused(tmp_path: Path) -> None:
    folder = write_batch(tmp_path, f'layout = "bright"\n{PIXELS}', TINY, study=1)
    for name in ("templates/layouts/bright.html", "assets/styles/bright.css"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(CHANGES[name])
    page = page_of(folder)
    assert 'data-layout="bright"' in page and "--surround: #ffffff" in page
    layout = folder / "templates" / "layouts" / "bright.html"
    layout.write_text(layout.read_text().replace('{% include "parts/controls.html" %}', ""))
    with pytest.raises(InputError, match=r"templates/layouts/bright.html: line 2: the slot 'slider' is missing"):
        build(folder, workers=1)


def test_consent_tells_what_the_plan_knows(tmp_path: Path) -> None:
    folder = write_batch(tmp_path, f'reward_usd = "1.50"\n{PIXELS}', TINY, study=1)
    told = 'statement = "{pictures} pictures, {minutes} minutes, {reward_usd} USD, {pay}"\n'
    edit(folder, "[consent]\n", f"[consent]\n{told}")
    page = page_of(folder)
    assert "3 pictures, 6 minutes, 1.50 USD, {pay}" in page
    assert any(
        "consent.statement: {pay} is shown as it stands" in warning for warning in check(folder, workers=1).warnings
    )
    digest = re.search(r'"consent_sha256":"(\w{64})"', page)
    edit(folder, 'reward_usd = "1.50"', 'reward_usd = "1.60"')
    assert digest and digest[1] not in page_of(folder), "what is agreed to is what was read"


def test_words_of_a_batch_may_name_what_coaching_used_to_say(tmp_path: Path) -> None:
    own = 'coach_level = "Between {low} and {high}, not {chosen}."\n'
    folder = write_batch(tmp_path, f"{PIXELS}[texts]\n{own}", TINY, study=1)
    assert "Between {low} and {high}, not {chosen}." in page_of(folder)
    edit(folder, "{chosen}", "{most}")
    with pytest.raises(InputError, match="a placeholder that is never filled in"):
        build(folder, workers=1)
