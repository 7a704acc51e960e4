"""Scripts that a batch brings: used, or refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitgen.batch.resources import unused_scripts
from hitgen.build import build
from hitgen.cli import main
from hitgen.errors import InputError
from tests.support.batches import write_batch


def test_a_script_that_no_page_uses_is_a_fault_that_names_its_new_home(tmp_path: Path) -> None:
    folder = write_batch(tmp_path)
    for name in ("runtime/trial.js", "runtime/mine.js"):
        (folder / "assets" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "assets" / name).write_text("export const none = 0;\n")
    with pytest.raises(InputError) as refused:
        build(folder, workers=1)
    assert [str(fault) for fault in refused.value.faults] == [
        "assets/runtime/mine.js: no page uses this script; try removing it",
        "assets/runtime/trial.js: no page uses this script; "
        "try moving what you changed into assets/methods/pjnd/trial.js (hitgen eject)",
    ]
    assert not (folder / "build").exists()


def test_scripts_that_are_used_or_belong_to_another_method_are_none(tmp_path: Path) -> None:
    assets = tmp_path / "assets"
    for name in ("methods/pjnd/trial.js", "methods/pjnd/mine.js", "runtime/visit.js"):
        (assets / name).parent.mkdir(parents=True, exist_ok=True)
        (assets / name).write_text("")
    assert unused_scripts(tmp_path, {"methods/pjnd/mine.js", "runtime/main.js"}) == []


@pytest.mark.parametrize(
    ("table", "slot"),
    [
        ("", "slider"),
        ('[method]\nkind = "compare"\n', "answer-left"),
        ("[method\n", "slider"),
        ("method = 3\n", "slider"),
    ],
)
def test_a_part_that_several_methods_have_is_that_of_the_batchs_own(tmp_path: Path, table: str, slot: str) -> None:
    """Whatever else is wrong with its batch.toml."""
    (tmp_path / "batch.toml").write_text(table)
    assert main(["eject", str(tmp_path), "parts/controls.html"]) == 0
    assert f'data-hit="{slot}"' in (tmp_path / "templates" / "parts" / "controls.html").read_text()


@pytest.mark.parametrize("packs", ["inline", "linked"])
def test_a_build_says_how_its_pages_are_seen(tmp_path: Path, packs: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_batch(tmp_path, f'packs = "{packs}"\n', study=1)
    assert main(["build", str(folder), "--workers", "1"]) == 0
    said = capsys.readouterr().out
    # every build ends with the next command; only pages that carry their packs open by themselves
    assert f"next: hitgen preview {folder}" in said and ("Open " in said) == (packs == "inline")
