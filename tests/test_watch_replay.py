"""What `hitgen watch` shows again of an attempt: the very pictures that people saw, when they saw them, and what they answered."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hitgen.build import build
from hitgen.cli import main
from hitgen.ledger.ledger import LEDGER, Ledger
from hitgen.manifest import Manifest, read_manifest
from hitgen.methods.pjnd.config import Planted, Question
from hitgen.stimuli.packs import pack_path, read_pack
from hitgen.stimuli.shown import PackPixels
from hitgen.stimuli.views import composed
from tests.support.batches import write_batch
from tests.support.compare import write_study
from tests.support.watched import Asker, watching
from tests.test_threshold import study as write_threshold

PLANTED = Planted(outside=2, inside=(6, 8, 10))


def answered(folder: Path) -> Path:
    build(folder, workers=1)
    assert main(["simulate", str(folder), "--people", "3"]) == 0
    return folder


@pytest.fixture(scope="module")
def slid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_batch(tmp_path_factory.mktemp("watch") / "slid", size=(64, 48), study=1)
    config = folder / "batch.toml"
    text = config.read_text()
    head, gold = text[: text.rindex("[[questions]]")], text[text.rindex("[[questions]]") :]
    gold = gold.replace("radius_px = 20", f"radius_px = 20\nplanted = {{outside = 2, inside = {list(PLANTED.inside)}}}")
    config.write_text(head + gold)
    return answered(folder)


@pytest.fixture
def page(slid: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asker]:
    with watching(slid, monkeypatch) as page:
        page.until(lambda state: state["submitted"]["total"] == 3)
        yield page


def attempts(page: Asker, number: int = 0) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The query of each attempt of a submission, its line and its replay."""
    name = page.state()["submitted"]["rows"][number]["id"]
    lines = page.json(f"/submission?id={name}")
    queries = [f"id={name}&attempt={number}" for number in range(len(lines))]
    return [(query, line, page.json(f"/replay?{query}")) for query, line in zip(queries, lines, strict=True)]


def pixels(page: Asker, query: str, number: int) -> Any:
    answer = page.get(f"/picture?{query}&picture={number}")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("image/")
    with Image.open(io.BytesIO(answer.content)) as picture:
        return np.asarray(picture.convert("RGB"))


def packs(folder: Path, manifest: Manifest) -> dict[str, PackPixels]:
    folder = folder / "build" / "packs"
    return {
        ladder.key: PackPixels(read_pack(pack_path(folder, ladder.pack).read_bytes())) for ladder in manifest.ladders
    }


def test_a_slider_s_way_is_gone_again_with_the_frames_that_were_shown(slid: Path, page: Asker) -> None:
    manifest = read_manifest(slid)
    shown, roles = packs(slid, manifest), set()
    with Ledger(slid / LEDGER, copy=True) as ledger:
        newest = list(ledger.submissions())[-1]
    rows = {row["trial"]: row for row in json.loads(newest.answer)["trials"]}
    by_source = {
        trial.source: rows[trial.trial] for trial in manifest.by_page["p0001"].trials if trial.role != "training"
    }
    for query, line, replay in attempts(page):
        if line["role"] == "training":
            continue
        roles.add(line["role"])
        row, (pane,), pack = by_source[line["source"]], replay["panes"], shown[f"{line['images']}/{line['source']}"]
        assert replay["curve"]["corners"] == [[float(ms), float(level)] for ms, level in row["trace"]]
        assert pane["spots"] == row["points"] and replay["swap_ms"] == 125
        assert bool(pane["rings"]) == (line["role"] == "gold")
        view = Question(
            images="g", source="g", level=(4, 6), points=((12.8, 9.6), (51.2, 9.6), (32, 38.4)), radius_px=20,
            planted=PLANTED,
        ).view(12)  # fmt: skip
        for (ms, pictures), (when, level) in zip(pane["steps"], row["trace"], strict=True):
            assert ms == when and len(pictures) == (2 if level else 1)
            meant = pack.at(level)
            if level and line["role"] == "gold":
                around, within = view.at(level)
                meant = (
                    composed(pack.at(around), [pack.at(each) for each in within], view) if within else pack.at(around)
                )
            assert np.array_equal(pixels(page, query, pictures[0]), pack.at(0))
            assert np.array_equal(pixels(page, query, pictures[-1]), meant)
    assert roles == {"study", "gold"}


def test_what_is_not_there_is_said(slid: Path, page: Asker) -> None:
    (query, _, replay), *_ = attempts(page)
    name = query.partition("&")[0]
    for path in (
        "/submission", "/submission?id=none", "/submission?id=" + "9" * 9000, "/replay?id=../../ledger", f"/replay?{name}&attempt=99",
        f"/picture?{query}&picture={replay['pictures']}", f"/picture?{query}&picture=999999",
    ):  # fmt: skip
        assert page.get(path).status == 404, path
    assert page.get(f"/picture?{name}&attempt=-1&picture=zero").status == 200, "what is no number is the first one"


def test_without_packs_the_answers_are_still_there(slid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(slid, tmp_path / "kept")
    shutil.rmtree(tmp_path / "kept" / "build" / "packs")
    with watching(tmp_path / "kept", monkeypatch) as page:
        page.until(lambda state: state["submitted"]["total"] == 3)
        query, line, replay = attempts(page)[-1]
        assert line["answer"] and replay["facts"]
        answer = page.get(f"/picture?{query}&picture=0")
        assert answer.status == 404 and b"not on this machine any more" in answer.content


def test_pictures_of_a_pack_that_is_another_are_not_shown(
    slid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(slid, tmp_path / "batch")
    first, *others = sorted((folder / "build" / "packs").glob("*.pack"))
    for path in others:
        path.write_bytes(first.read_bytes())
    with watching(folder, monkeypatch) as page:
        page.until(lambda state: state["submitted"]["total"] == 3)
        answers = [page.get(f"/picture?{query}&picture=0") for query, _, _ in attempts(page)]
    assert {200, 404} == {answer.status for answer in answers}
    assert {answer.content for answer in answers if answer.status == 404} == {
        b"The pictures are damaged; hitgen build makes them again."
    }


def test_a_comparison_has_both_sides_and_what_was_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = answered(write_study(tmp_path / "few"))
    manifest = read_manifest(folder)
    asked = {trial.trial: trial for each in manifest.pages for trial in each.trials}
    with Ledger(folder / LEDGER, copy=True) as ledger:
        newest = list(ledger.submissions())[-1]
    rows = {(row["trial"], row["attempt"]): row for row in json.loads(newest.answer)["trials"]}
    order = json.loads(newest.answer)["order"]
    with watching(folder, monkeypatch) as page:
        page.until(lambda state: state["submitted"]["total"] > 0)
        found = attempts(page)
        for query, line, replay in found[:6]:
            trial: Any = asked[order[line["order"] - 1]]
            row = rows[trial.trial, line["attempt"]]
            left, source, right = replay["panes"]
            assert (left["name"], source["name"], right["name"]) == ("left", "source", "right")
            assert [pane["name"] for pane in replay["panes"] if pane["chosen"]] == (
                [row["response"]] if row["response"] in ("left", "right") else []
            )
            for pane, version in ((left, trial.left), (right, trial.right)):
                ladder: Any = (
                    manifest.by_key[f"{version.codec}.{trial.arm}/{trial.source}"]
                    if version.level
                    else manifest.by_key[trial.key]
                )
                content = pack_path(folder / "build" / "packs", ladder.pictures[version.level]).read_bytes()
                ((_, pictures),) = pane["steps"]
                assert np.array_equal(pixels(page, query, pictures[-1]), PackPixels(read_pack(content)).at(0))
    assert len(found) == len(rows)


def test_a_threshold_s_trials_show_which_side_flickered_and_how_the_level_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = answered(write_threshold(tmp_path / "few"))
    shown = packs(folder, read_manifest(folder))
    with watching(folder, monkeypatch) as page:
        page.until(lambda state: state["submitted"]["total"] > 0)
        catches = 0
        for query, line, replay in attempts(page):
            facts = dict(replay["facts"])
            flickering = [pane["name"] for pane in replay["panes"] if len(pane["steps"][0][1]) == 2]
            catches += not flickering
            assert not flickering or facts["flickered"] == " and ".join(flickering)
            assert [line["order"], float(facts["level"].split()[0])] in replay["curve"]["corners"]
            assert replay["curve"]["here"] == line["order"] and not replay["curve"]["timed"]
            if flickering:
                pack = shown[f"{line['images']}/{line['source']}"]
                levels = {int(facts["level"].split()[0]), int(facts["other side"].split()[1])}
                assert {pane["steps"][0][1][1] for pane in replay["panes"]} == {1, 2}, "the source, and one level each"
                assert any(np.array_equal(pixels(page, query, 1), pack.at(level)) for level in levels)
    assert catches == 4


def test_one_of_several_pictures_is_shown_with_what_was_selected_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hit = "study = 3\nratings = 1\ncomparisons = 1\ncatch = 3\n"
    folder = answered(write_threshold(tmp_path / "few", 'flickering = "each"\n', hit=hit))
    shown = packs(folder, read_manifest(folder))
    with watching(folder, monkeypatch) as page:
        page.until(lambda state: state["submitted"]["total"] > 0)
        catches = 0
        for query, line, replay in attempts(page):
            facts = dict(replay["facts"])
            (pane,) = replay["panes"]
            ((_, pictures),) = pane["steps"]
            catches += len(pictures) == 1
            assert pane["chosen"] == (facts["answered"] == "selected") == ("not selected" not in line["answer"])
            assert pane["name"] not in facts["selected beside it"]
            assert facts["flickered"] == (pane["name"] if len(pictures) == 2 else "nowhere, as every catch picture")
            if len(pictures) == 2:
                pack, level = shown[f"{line['images']}/{line['source']}"], int(facts["level"].split()[0])
                assert np.array_equal(pixels(page, query, pictures[1]), pack.at(level))
        assert catches == 3


def test_a_method_that_brings_no_replay_shows_its_answer() -> None:
    from tests.outside.toy import TOY, Row

    row = Row.model_validate({"trial": "t", "attempt": 1, "started_ms": 0, "ended_ms": 5, "number": 7})
    attempt: Any = SimpleNamespace(row=row)
    assert TOY.replay(attempt, attempt, attempt).answer == "7"
