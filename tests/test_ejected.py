"""Scripts that a batch brings: used, or refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitgen.batch.resources import ejected_warnings, unused_scripts
from hitgen.build import build
from hitgen.cli import main
from hitgen.errors import InputError
from hitgen.lib.shipped import shipped
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


def test_a_copy_of_an_earlier_hitgen_that_does_not_fit_is_told_with_the_way_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_batch(tmp_path / "a batch")
    own, name = folder / "assets" / "instrument" / "pack.js", "assets/instrument/pack.js"
    assert main(["eject", str(folder), name]) == 0
    text = own.read_text("utf-8")
    own.write_text(text.replace("export function findSource", "function findSource"), "utf-8")
    kept = folder / ".ejected" / name
    assert kept.read_text("utf-8") == text
    capsys.readouterr()
    for compared, shows in (
        (kept, "what you changed"),
        (shipped("assets") / "instrument" / "pack.js", "what you changed, with"),
    ):
        assert main(["check", str(folder)]) == 1
        told = capsys.readouterr().err
        assert told.startswith(
            f"hitgen: {name}: it does not export 'findSource', which assets/runtime/ahead.js imports; the batch's own was "
            "copied from another version of hitgen; try "
        )
        assert f"`diff '{compared}' '{own}'`".replace("'", "") in told.replace("'", "") and shows in told
        assert f"`mv '{own}' '{own}.old'` and `hitgen eject '{folder}' {name}`" in told
        kept.unlink(missing_ok=True)
    view = folder / "assets" / "instrument" / "view.js"
    own.rename(f"{own}.old")
    assert main(["eject", str(folder), "instrument/view.js"]) == 0
    view.write_text(
        view.read_text("utf-8").replace("{ decodeFrame }", "{ decodeOld }").replace("decodeFrame", "decodeOld")
    )
    line = view.read_text("utf-8").splitlines().index('import { decodeOld } from "./decoder.js";') + 1
    assert main(["check", str(folder)]) == 1
    told = capsys.readouterr().err
    words = "imports 'decodeOld', which assets/instrument/decoder.js does not export; the batch's own"
    assert f"view.js: line {line} {words}" in told


def test_a_copy_of_which_the_shipped_one_has_changed_since_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "batch.toml").write_text("")
    for name in ("parts/controls.html", "runtime/visit.js", "runtime/main.js"):
        assert main(["eject", str(tmp_path), name]) == 0
    assert not list(ejected_warnings(tmp_path))
    for original in (tmp_path / ".ejected").rglob("*.*"):
        if original.is_file() and original.name != "visit.js":
            original.write_text("as it was")
    (tmp_path / "assets" / "runtime" / "main.js").unlink()
    [told] = ejected_warnings(tmp_path)
    assert told.startswith("templates/parts/controls.html: the shipped one has changed since it was copied, and is ")
    assert "/.ejected/templates/methods/pjnd/parts/controls.html" in told and told.endswith("shows what you changed")


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
