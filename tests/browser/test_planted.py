"""What the page shows of gold: planted places over a natural ladder, and in catch trials the source alone."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hitgen.manifest import read_manifest
from hitgen.methods.pjnd.config import Question
from hitgen.methods.pjnd.robot import Answer, Robot, Trial
from hitgen.stimuli.packs import read_pack
from hitgen.stimuli.shown import PackPixels
from hitgen.stimuli.views import composed
from tests.browser.test_page import PIXELS, work
from tests.support.batches import CONSENT, STUDY, built_page
from tests.support.browsers import OpenPage
from tests.support.pictures import photograph

LEVELS, ONSET = 20, 8
INSIDE = ((9, 10, 11, 12, 14, 16, 18, 20), (9, 9, 12, 12, 13, 14, 16, 17), (10, 11, 12, 13, 14, 15, 16, 20))
PLANTED = f"level = [{ONSET}, {ONSET + 7}]\npoints = [[30, 40], [110, 20], [130, 90]]\nradius_px = 20\nplanted = {{outside = 6, inside = {[*map(list, INSIDE)]}, reach_px = 15}}\n"


def batch(folder: Path) -> Path:
    text = f'[batch]\nname = "b"\nseed = 5\n{CONSENT}{STUDY}levels = {LEVELS}\n'
    for name, answer in (("planted", PLANTED), ("catch", "none_seen = true\n")):
        (folder / name).mkdir(parents=True)
        photograph("rocket.jpg" if name == "catch" else "coffee.png", (160, 120)).save(folder / name / "g.png")
        text += (
            f'[[images]]\nname = "{name}"\nsources = "{name}/*.png"\ncodec = "jpeg"\nlevels = {LEVELS}\nrole = "gold"\n'
        )
        text += f'[[questions]]\nimages = "{name}"\nsource = "g"\n{answer}'
    (folder / "images").mkdir()
    photograph("chelsea.png", (160, 120)).save(folder / "images" / "s.png")
    hit = "[hit]\ntraining = 0\ngold = 2\nstudy = 1\nratings = 1\n"
    (folder / "batch.toml").write_text(f"{text}{hit}{PIXELS}[screening]\ngold_answers_min = 0\n")
    return folder


SHOWN = """async (level) => {
  const stage = document.querySelector("[data-hit=stage]");
  while (stage.dataset.shown !== `level:${level}`) await new Promise(requestAnimationFrame);
  return document.querySelector("[data-part=canvas]").toDataURL();
}"""


def canvas(page: Any, level: int) -> np.ndarray:
    data = page.evaluate(SHOWN, level)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))).convert("RGB"))


@pytest.mark.browser
def test_gold_is_shown_as_it_is_meant(tmp_path: Path, open_page: OpenPage) -> None:
    folder = batch(tmp_path)
    page = open_page(built_page(folder))
    manifest = read_manifest(folder)
    roles = {trial.trial: trial.images for trial in manifest.pages[0].trials}
    seen: dict[tuple[str, int], np.ndarray] = {}

    class Looking(Robot):
        def set_level(self, level: int) -> None:
            trial = roles[self.hit("stage").get_attribute("data-trial")]
            for each in (ONSET - 1, ONSET + 7, LEVELS, level):
                super().set_level(each)
                seen[trial, each] = canvas(page, each)

    def answer(trial: Trial) -> Answer:
        return Answer(10, [(20, 20), (80, 60), (140, 100)])

    work(Looking(page, answer))
    packs = {
        key: PackPixels(read_pack((folder / "build" / "packs" / f"{ladder.pack}.pack").read_bytes()))
        for key, ladder in ((ladder.images, ladder) for ladder in manifest.ladders)
    }
    question = Question.model_validate(
        {"images": "planted", "source": "g", "level": (ONSET, ONSET + 7), "points": [(30, 40), (110, 20), (130, 90)],
         "radius_px": 20, "planted": {"outside": 6, "inside": INSIDE, "reach_px": 15}}
    )  # fmt: skip
    view = question.view(LEVELS)
    for level in (ONSET - 1, ONSET + 7, LEVELS):
        assert np.array_equal(seen["catch", level], packs["catch"].at(0))
        assert np.array_equal(seen["study", level], packs["study"].at(level))
        around, within = view.at(level)
        meant = packs["planted"].at(around)
        if within:
            meant = composed(meant, [packs["planted"].at(each) for each in within], view)
        assert np.abs(seen["planted", level].astype(int) - meant).max() <= 3
    assert (seen["planted", ONSET + 7] != packs["planted"].at(ONSET + 7)).any()
