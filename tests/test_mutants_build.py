"""Faults of earlier tools in what is built: each check passes on the product and fails on a mutant that has the fault."""

from __future__ import annotations

import json
import sys
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image, ImageOps

from hitgen.batch import load as batch
from hitgen.build import build
from hitgen.manifest import read_manifest
from hitgen.pages import render
from hitgen.stimuli import codecs, ladders
from hitgen.stimuli.packs import read_pack
from tests.support.batches import HEAD, grid, write_batch


def page_hides_gold(folder: Path) -> bool:
    """Neither gold answers nor names stand in a page."""
    build(folder, workers=1)
    html = (folder / "build" / "pages" / "p0001.html").read_text()
    data = json.loads(html.split('id="hit-page">')[1].split("</script>")[0])
    manifest = read_manifest(folder)
    gold = [question for question in manifest.questions if question.images == "gold"]
    assert gold
    told = json.dumps(data["study"])
    names = [ladder.source for ladder in manifest.ladders if ladder.role != "training"]
    return '"level": [' not in told and "points" not in told and not any(name in told for name in names)


def test_3_gold_does_not_stand_in_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_batch(tmp_path, '[display]\nscaling = "pixels"\n')
    assert page_hides_gold(tmp_path)
    product = render.page_data

    def telling(batch: Any, planned: Any, *more: Any) -> Any:
        made = product(batch, planned, *more)
        data = json.loads(made.json())
        questions = {question.name: question for question in batch.questions}
        for entry in data["study"]:
            trial = next(trial for trial in planned.trials if trial.trial == entry["trial"])
            entry["file"] = trial.ladder
            if trial.question:
                entry["question"] = questions[trial.question].model_dump(mode="json", include={"level", "points"})
        return SimpleNamespace(
            page=made.page, json=lambda: json.dumps(data), training=made.training, study=made.study, consents={}
        )

    monkeypatch.setattr(render, "page_data", telling)
    assert not page_hides_gold(tmp_path)


def codecs_stay_apart(folder: Path) -> bool:
    """One source under two codecs is two ladders on every page that shows it, with results of their own."""
    build(folder, workers=1)
    manifest = read_manifest(folder)
    codec = {ladder.ladder: ladder.codec for ladder in manifest.ladders}
    seen: set[tuple[str, str]] = set()
    for page in manifest.pages:
        for trial in page.trials:
            if codec.get(trial.ladder) != trial.codec:
                return False
            seen.add((trial.source, trial.codec))
    return seen == {("one", "jpeg"), ("one", "webp")}


def test_7_the_same_source_under_two_codecs_is_two_things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "images").mkdir()
    grid(160, 120).save(tmp_path / "images" / "one.png")
    sets = "".join(
        f'[[images]]\nname = "{codec}"\nsources = "images/*.png"\ncodec = "{codec}"\nlevels = [{{level = 1, quality = 60}}]\n'
        for codec in ("jpeg", "webp")
    )
    (tmp_path / "batch.toml").write_text(f"{HEAD}{sets}[hit]\ntraining = 0\nstudy = 1\ngold = 0\n", encoding="utf-8")
    assert codecs_stay_apart(tmp_path)
    for kind in (batch.LadderSource, ladders.Ladder):
        monkeypatch.setattr(kind, "key", property(lambda ladder: ladder.source))
    assert not codecs_stay_apart(tmp_path)


def decoded_frames_are_exact(folder: Path) -> bool:
    """What a browser cannot show is carried as the decoder gave it, pixel for pixel."""
    build(folder, workers=1)
    (ladder,) = read_manifest(folder).ladders
    pack = read_pack((folder / "build" / "packs" / f"{ladder.pack}.pack").read_bytes())
    with Image.open(folder / "images" / "one.png") as source:
        expected = ImageOps.posterize(source.convert("RGB"), 3)
    with Image.open(BytesIO(pack.frames[pack.levels[1]].content)) as shown:
        return shown.convert("RGB").tobytes() == expected.tobytes()


def test_15_decoded_frames_get_no_second_lossy_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "images").mkdir()
    grid(160, 120).save(tmp_path / "images" / "one.png")
    script = "from PIL import Image, ImageOps; import sys; ImageOps.posterize(Image.open(sys.argv[1]).convert('RGB'), 3).save(sys.argv[2])"
    encode = json.dumps([sys.executable, "-c", script, "{input}", "{output}", "{parameter}"])
    decode = json.dumps(
        [sys.executable, "-c", "import shutil, sys; shutil.copy(*sys.argv[1:3])", "{input}", "{output}"]
    )
    (tmp_path / "batch.toml").write_text(
        f'{HEAD}[[images]]\nname = "study"\nsources = "images/*.png"\ncodec = "command"\nsuffix = ".png"\n'
        f"encode = {encode}\ndecode = {decode}\nlevels = [{{level = 1, parameter = 3}}]\n"
        "[hit]\ntraining = 0\nstudy = 1\ngold = 0\n",
        encoding="utf-8",
    )
    assert decoded_frames_are_exact(tmp_path)

    def lossy(image: Image.Image) -> codecs.Frame:
        buffer = BytesIO()
        image.save(buffer, "JPEG", quality=100)
        return codecs.Frame(buffer.getvalue(), "image/jpeg")

    monkeypatch.setattr(codecs, "lossless", lossy)
    for part in ("build", "cache"):
        (tmp_path / part).rename(tmp_path / f"{part}-before")
    assert not decoded_frames_are_exact(tmp_path)
