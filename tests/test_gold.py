"""Gold whose answer is planted in the view of a natural ladder, catch trials, and gold that people agreed on."""

from __future__ import annotations

import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitgen.batch.load import load_batch
from hitgen.batch.sources import LadderSource
from hitgen.build import build
from hitgen.cli import main
from hitgen.config.images import JpegSet
from hitgen.console import Console
from hitgen.errors import InputError
from hitgen.manifest import read_manifest
from hitgen.methods.pjnd.config import ramps_of
from hitgen.methods.pjnd.eye import Eye
from hitgen.methods.pjnd.gold import asked_question, shown_frames
from hitgen.methods.pjnd.gold_places import SEEN
from hitgen.methods.pjnd.gold_planted import AROUND, UNSEEN, WINDOW_LEVELS, Made, plant
from hitgen.methods.pjnd.manifest import Catch, Question
from hitgen.stimuli.codecs import encode_frame
from hitgen.stimuli.ladders import make_ladder
from tests.support.batches import CONSENT, STUDY
from tests.support.pictures import photograph

JPEG = JpegSet(name="study", sources="*.png", codec="jpeg")
FINE = JPEG.model_copy(update={"levels": 20})
SIZE = (320, 240)
PHOTOS = ("coffee.png", "rocket.jpg", "hubble_deep_field.jpg")


@pytest.fixture(scope="module", params=[(JPEG, 30), (FINE, 6)], ids=["natural", "too fine"])
def made(request: pytest.FixtureRequest) -> tuple[Image.Image, JpegSet, Made]:
    images, onset = request.param
    picture = photograph("coffee.png", SIZE)
    return picture, images, plant(picture, images, onset, 3)


def test_little_is_shown_before_the_onset_and_the_places_are_seen_at_the_windows_end(
    made: tuple[Image.Image, JpegSet, Made],
) -> None:
    picture, images, gold = made
    eye = Eye(picture)
    frames = [eye.thresholds(frame) for frame in shown_frames(picture, images, gold)]
    last, first = frames[0], frames[-1]
    assert all(last[y, x] > SEEN * 0.9 for x, y in gold.points)
    assert max(first[y, x] for x, y in gold.points) < 0.6 * min(last[y, x] for x, y in gold.points)
    rows, columns = np.nonzero(last > 1.5 * UNSEEN)
    nearest = np.min([np.hypot(columns - x, rows - y) for x, y in gold.points], axis=0)
    assert np.quantile(nearest, 0.95) < 1.3 * gold.radius_px
    view = asked_question(gold).view(images.level_count)
    assert all(view.outside[: gold.level[0] - 1] == inside[: gold.level[0] - 1] for inside in view.inside)
    assert max(view.outside[: gold.level[1]]) <= gold.planted.outside < gold.level[1]
    assert all(len(ramp) == WINDOW_LEVELS for ramp in ramps_of(gold.planted.inside, 3))
    assert images is FINE or "is shown around the places" in gold.telling[0], "it is held back, and that is said"


def test_it_grows_as_natural_ladders_do(made: tuple[Image.Image, JpegSet, Made]) -> None:
    """The worst block of natural ladders grows by up to 1.7 times from level to level."""
    picture, images, gold = made
    if images is FINE:
        return  # eight steps from unseen to seen
    source = np.asarray(picture.convert("L"), dtype=float)
    worst = [
        worst_block(np.asarray(Image.fromarray(frame).convert("L")) - source)
        for frame in shown_frames(picture, images, gold)
    ]
    assert max(after / before for after, before in itertools.pairwise(worst)) < 1.7


TONES = {"as it is": lambda value: value, "dark": lambda value: value / 5, "bright": lambda value: 200 + value / 5,
         "flat": lambda value: 80 + value / 3}  # fmt: skip


@pytest.mark.parametrize("tone", TONES)
def test_the_three_places_alone_are_seen_and_nothing_is_held_back(tone: str) -> None:
    """As late as the photograph is unseen around them: by the eye's model of who looks at it."""
    picture = photograph("coffee.png", SIZE).point(TONES[tone])
    gold, eye = plant(picture, JPEG, None, 3), Eye(picture)
    view = asked_question(gold).view(100)
    assert view.outside == tuple(range(1, 101))
    with Image.open(io.BytesIO(encode_frame(picture, JPEG, 102 - gold.level[0], "g").content)) as before:
        assert np.quantile(eye.thresholds(np.asarray(before.convert("RGB"))), 0.995) <= UNSEEN
    last, *_, first = (eye.thresholds(frame) for frame in shown_frames(picture, JPEG, gold))
    rows, columns = np.ogrid[: SIZE[1], : SIZE[0]]
    nearest = np.min([np.hypot(columns - x, rows - y) for x, y in gold.points], axis=0)
    around = np.quantile(last[nearest > gold.radius_px], 0.995)
    assert around <= AROUND * 1.05
    for x, y in gold.points:
        here = last[y - 9 : y + 10, x - 9 : x + 10].mean()
        assert here > max(SEEN, 2.8 * around) * 0.97
        assert first[y - 9 : y + 10, x - 9 : x + 10].mean() < 0.6 * here


def test_what_cannot_hide_is_refused_and_what_is_held_back_is_told() -> None:
    flat = photograph("coffee.png", SIZE).point(lambda value: 100 + value / 6)
    with pytest.raises(InputError, match=r"seen too early.*--onset LEVEL"):
        plant(flat, FINE, None, 3)
    held, *_ = plant(flat, FINE, 8, 3).telling
    assert "no onset needs none" in held


def test_a_program_finds_the_textures_instead() -> None:
    """Where the photograph has some: up to the window's end its worst block is a natural one."""
    picture = photograph("astronaut.png", SIZE)
    gold = plant(picture, JPEG, None, 2)
    assert not gold.telling
    source = np.asarray(picture.convert("L"), dtype=float)
    view = asked_question(gold).view(100)
    natural = encode_frame(picture, JPEG, 101 - gold.level[1], "g").content
    with Image.open(io.BytesIO(natural)) as frame:
        most = worst_block(np.asarray(frame.convert("L")) - source)
    last = next(shown_frames(picture, JPEG, gold))
    assert worst_block(np.asarray(Image.fromarray(last).convert("L")) - source) < 1.5 * most
    assert view.at(gold.level[1])[1]


def worst_block(difference: np.ndarray) -> float:
    rows, columns = difference.shape[0] // 8, difference.shape[1] // 8
    return float(np.sqrt((difference[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8) ** 2).mean((1, 3)).max()))


def test_places_are_apart_and_a_seed_gives_the_same(made: tuple[Image.Image, JpegSet, Made]) -> None:
    picture, images, gold = made
    for number, (x, y) in enumerate(gold.points):
        for a, b in gold.points[number + 1 :]:
            assert np.hypot(x - a, y - b) > 2 * gold.radius_px
    assert plant(picture, images, gold.level[0], 3) == gold != plant(picture, images, gold.level[0], 4)


def test_an_onset_without_room_and_a_picture_without_places_are_refused() -> None:
    with pytest.raises(InputError, match="level of 2 to 92"):
        plant(photograph("coffee.png", SIZE), JPEG, 95, 1, "x.png")
    with pytest.raises(InputError, match="no room for three places"):
        plant(photograph("coffee.png", (12, 64)), FINE, 5, 1, "x.png")
    with pytest.raises(InputError, match="thresholds of the eye"):
        plant(Image.new("RGB", SIZE, (128, 128, 128)), FINE, 5, 1, "x.png")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    (folder / "images").mkdir(parents=True)
    for name in PHOTOS[:2]:
        photograph(name, (160, 120)).save(folder / "images" / f"{Path(name).stem}.png")
    photograph(PHOTOS[2], (160, 120)).save(tmp_path / "photo.png")
    config = STUDY.replace('codec = "jpeg"\n', 'codec = "jpeg"\nlevels = 14\n')
    rest = '[display]\naccept_flash_hazard = "I accept flashes beyond WCAG 2.3.1"\n[screening]\ngold_answers_min = 0\n'
    (folder / "batch.toml").write_text(
        f'[batch]\nname = "small"\nseed = 5\n{CONSENT}{config}[hit]\nratings = 2\ntraining = 0\ngold = 0\n{rest}'
    )
    return folder


def test_a_catch_trial_and_a_planted_one_have_packs_as_the_studys(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = str(study.parent / "photo.png")
    assert main(["gold", str(study), "--source", photo, "--catch", "--name", "catch", "--yes"]) == 0
    assert main(["gold", str(study), "--source", photo, "--onset", "4", "--role", "training", "--yes"]) == 0
    assert main(["gold", str(study), "--source", photo, "--catch", "--role", "training", "--name", "x", "--yes"]) == 1
    assert "training shows people what flicker is" in capsys.readouterr().err
    build(study)
    manifest = read_manifest(study)
    catch, planted = manifest.by_question["catch/catch"], manifest.by_question["training-photo/training-photo"]
    assert isinstance(catch, Catch) and isinstance(planted, Question)
    assert manifest.by_key["catch/catch"].parameters == manifest.by_key["study/coffee"].parameters
    photograph_of_study = LadderSource(
        load_batch(study).config.images[0],
        "photo",
        study.parent / "photo.png",
        study,
        made=manifest.by_key["catch/catch"].made,
    )
    assert manifest.by_key["catch/catch"].pack == make_ladder(photograph_of_study, study.parent).pack
    [question] = [each for each in load_batch(study).questions if each.images == "catch"]
    assert set(question.view(14).outside) == {0}  # type: ignore[attr-defined]
    assert main(["check", str(study)]) == 0
    said = capsys.readouterr().out
    assert "stands out" not in said
    assert "catch/catch: it shows the training picture training-photo/training-photo, whose answer everybody" in said


def test_one_gold_at_a_time_and_none_over_what_an_editor_saved(
    study: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config, photo = study / "batch.toml", str(study.parent / "photo.png")
    meanwhile: list[int] = []

    def another(*_: object, **__: object) -> bool:
        meanwhile.append(main(["gold", str(study), "--source", photo, "--catch", "--name", "same", "--yes"]))
        return True

    def editor(*_: object, **__: object) -> bool:
        config.write_text(config.read_text().replace("ratings = 2", "ratings = 3"))
        return True

    agreed = Console.agree
    command = ["gold", str(study), "--source", photo, "--catch", "--name", "same"]
    monkeypatch.setattr(Console, "agree", lambda *given: given[2] or another())
    assert main(command) == 0
    assert meanwhile == [1] and "batch.toml: another hitgen is at work on it" in capsys.readouterr().err
    monkeypatch.setattr(Console, "agree", editor)
    assert main([*command[:-1], "late"]) == 1
    assert "it was changed while this was being made; try the same command again" in capsys.readouterr().err
    assert "ratings = 3" in config.read_text() and not (study / "gold" / "late").exists()
    monkeypatch.setattr(Console, "agree", agreed)
    assert main([*command[:-1], "late", "--yes"]) == 0
    assert [images.name for images in load_batch(study).config.images] == ["study", "same", "late"]
    assert sorted(path.name for path in (study / "gold").rglob("*.png")) == ["late.png", "same.png"]
