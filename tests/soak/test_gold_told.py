"""What tells planted gold from study: features of packs and of what is shown, and a program that decodes frames.

Photographs that `hitgen gold` takes, each once as study and once as gold: what differs is the making alone. They are those that
scikit-image and matplotlib ship, or all of the folder that HITGEN_PHOTOGRAPHS names. Packs are the same by construction, so that
features are taken of what the page shows in the end, which a program has to compute or to read off the canvas.
"""

from __future__ import annotations

import io
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitgen.config.images import JpegSet
from hitgen.errors import InputError
from hitgen.methods.pjnd.eye import Eye, mean_around
from hitgen.methods.pjnd.gold import asked_question
from hitgen.methods.pjnd.gold_planted import Made, plant
from hitgen.methods.pjnd.grade import level_is_right, places_are_right
from hitgen.stimuli.views import View, as_it_is, place_weight, source_alone
from tests.support.figures import write_figures
from tests.support.pictures import PHOTOS

pytestmark = pytest.mark.soak
LEAST, LEVELS = 10, 100
SHIPPED = (*PHOTOS, "camera.png", "brick.png", "grass.png", "gravel.png", "moon.png", "coins.png", "clock_motion.png")
JPEG = JpegSet(name="study", sources="*.png", codec="jpeg")
Block = np.ndarray


def of_whose() -> str:
    """What the name of figures ends on where photographs are one's own."""
    named = os.environ.get("HITGEN_PHOTOGRAPHS")
    return f"-{Path(named).name}" if named else ""


def offered(folder: Path) -> list[Path]:
    """Distinct photographs, none smaller than 2/3 of 640x480, as 640x480: scaled middles of four to three."""
    named = os.environ.get("HITGEN_PHOTOGRAPHS")
    if named:
        paths = sorted(path for path in Path(named).iterdir() if path.suffix in {".png", ".jpg"})
    else:
        import matplotlib
        import skimage

        data = Path(skimage.__file__).parent / "data"
        paths = [*(data / name for name in SHIPPED), Path(matplotlib.get_data_path(), "sample_data/grace_hopper.jpg")]
    found = []
    for path in paths:
        with Image.open(path) as photo:
            width = min(photo.width, photo.height * 4 / 3)
            left, top = (photo.width - width) / 2, (photo.height - width * 0.75) / 2
            box = (left, top, left + width, top + width * 0.75)
            picture = photo.convert("RGB").resize((640, 480), Image.Resampling.LANCZOS, box=box)
        if width >= 2 / 3 * 640:
            found.append(folder / f"{path.stem}.png")
            picture.save(found[-1], compress_level=1)
    return found


class Ladder:
    """A photograph's JPEG levels: luma, and what each file weighs."""

    def __init__(self, path: Path) -> None:
        self.picture = Image.open(path).convert("RGB")
        self.luma, self.bytes = [np.asarray(self.picture.convert("L"), np.float32)], [path.stat().st_size]
        for quality in range(100, 0, -1):
            file = io.BytesIO()
            self.picture.save(file, "JPEG", quality=quality)
            self.luma.append(np.asarray(Image.open(file).convert("L"), np.float32))
            self.bytes.append(file.tell())

    def shown(self, view: View) -> Iterator[Block]:
        """The luma of each level as it is shown, the source first."""
        weights = [place_weight(480, 640, place, view.reach_px) for place in view.places]
        yield self.luma[0]
        for around, inside in map(view.at, range(1, len(view.outside) + 1)):
            frame = self.luma[around].copy()
            for weight, level in zip(weights, inside, strict=False):
                frame += weight * (self.luma[level] - frame)
            yield frame


def blocks(difference: Block) -> Block:
    return np.sqrt((difference.reshape(60, 8, 80, 8) ** 2).mean((1, 3)))


def features(ladder: Ladder, view: View) -> dict[str, float]:
    """Sharpness, weight, form, the largest jump, and more that a program can take."""
    source, *levels = ladder.shown(view)
    errors = np.array([blocks(level - source) for level in levels])
    worst, mean = errors.max((1, 2)), np.sqrt((errors**2).mean((1, 2)))
    sharp = [laplacian(level).std() for level in (source, levels[9], levels[49], levels[89])]
    colour = np.asarray(ladder.picture, float)
    first = int(np.argmax(worst > 8)) + 1
    middle, far = errors[49], errors[89]
    return {
        "sharpness": sharp[0], "weight": sum(ladder.bytes), "form": len(set(ladder.bytes)),
        "largest jump": float((worst[1:] / worst[:-1]).max()),
        "weight of the source": ladder.bytes[0], "weight at 10": ladder.bytes[10], "weight at 50": ladder.bytes[50],
        "weight at 90": ladder.bytes[90], "mean": source.mean(), "contrast": source.std(), "colour": np.ptp(colour, axis=2).mean(),
        "sharpness at 10": sharp[1], "sharpness at 50": sharp[2], "sharpness at 90": sharp[3],
        "error at 10": mean[9], "error at 50": mean[49], "error at 90": mean[89],
        "worst block at 10": worst[9], "worst block at 50": worst[49], "worst block at 90": worst[89],
        "first level beyond 8": first, "largest jump of the mean": float((mean[1:] / mean[:-1]).max()),
        "peakedness at 50": float(middle.max() / np.median(middle)), "peakedness at 90": float(far.max() / np.median(far)),
        "falls of the error": int((np.diff(worst) < 0).sum()), "share beyond 8 at 50": float((middle > 8).mean()),
    }  # fmt: skip


def growth(ladder: Ladder, view: View) -> dict[str, float]:
    """What was left to tell gold that held its picture back."""
    source, *levels = ladder.shown(view)
    fields = np.array([np.abs(level - source)[:448].reshape(7, 64, 10, 64).mean((1, 3)) for level in levels[4:60]])
    same = sum(np.array_equal(a, b) for a, b in itertools.pairwise(levels))
    return {
        "mean error grows most in one 64x64 field, levels 5 to 60": float((fields[1:] / (fields[:-1] + 0.05)).max()),
        "levels like the one before": same,
    }


def telling(ladder: Ladder, view: View) -> dict[str, float]:
    """What tells it still: whatever holds errors against the texture that would hide them, as the eye does."""
    source, *levels = ladder.shown(view)
    errors = np.array([blocks(level - source) for level in levels])
    texture = blocks(source - mean_around(source, 8))
    smooth = texture <= np.quantile(texture, 0.25)
    eye = Eye(ladder.picture)
    seen = [
        float(np.quantile(eye.thresholds(np.repeat(levels[level - 1][..., None], 3, 2)), 0.995)) for level in (30, 50)
    ]
    in_smooth = [float(np.sqrt((errors[level - 1][smooth] ** 2).mean())) for level in (30, 50)]
    return {
        "thresholds of the eye at 30": seen[0], "thresholds of the eye at 50": seen[1],
        "worst block over its texture at 30": float((errors[29] / (1 + 0.11 * texture)).max()),
        "worst block over its texture at 50": float((errors[49] / (1 + 0.11 * texture)).max()),
        "largest step of a block, levels 5 to 60": float((errors[5:60] - errors[4:59]).max()),
        "worst of the smoothest quarter of blocks at 30": float(errors[29][smooth].max()),
        "worst of the smoothest quarter of blocks at 50": float(errors[49][smooth].max()),
        "error in the smoothest quarter at 30": in_smooth[0], "error in the smoothest quarter at 50": in_smooth[1],
        "correlation of error and texture at 30": float(np.corrcoef(errors[29].ravel(), texture.ravel())[0, 1]),
    }  # fmt: skip


def laplacian(luma: Block) -> Block:
    blurred = (luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]) / 4
    return luma[1:-1, 1:-1] - blurred


def apart(study: list[float], gold: list[float]) -> float:
    """The area under the curve, whichever is the larger."""
    first, second = np.array(study), np.array(gold)
    larger = float(np.mean(np.sign(second[:, None] - first[None, :]) / 2 + 0.5))
    return round(max(larger, 1 - larger), 3)


def program(levels: list[Block], beyond: float = 8) -> tuple[int | None, list[tuple[float, float]]]:
    """Fifteen lines: the first level at which a block moves by more than 8, and the three places that move most there."""
    source, *frames = levels
    for level, frame in enumerate(frames, start=1):
        moved = blocks(frame - source)
        if moved.max() > beyond:
            places: list[tuple[float, float]] = []
            for at in np.argsort(-moved, axis=None):
                row, column = np.unravel_index(at, moved.shape)
                x, y = column * 8 + 4.0, row * 8 + 4.0
                if all(np.hypot(x - a, y - b) > 140 for a, b in places):
                    places.append((x, y))
                if len(places) == 3:
                    return level, places
    return None, []


def passes(levels: list[Block], made: Made | None, beyond: float = 8) -> bool:
    """Whether the program's answer is right, both level and places; without a made answer it is a catch trial."""
    level, places = program(levels, beyond)
    if made is None:
        return level is None
    question = asked_question(made)
    return level_is_right(level, question) and places_are_right(places, question)


def around(thresholds: Block, gold: Made) -> tuple[float, float, float]:
    """How many thresholds the three places come to, the least and the most, and what is seen away from them."""
    rows, columns = np.ogrid[:480, :640]
    nearest = np.min([np.hypot(columns - x, rows - y) for x, y in gold.points], axis=0)
    places = [float(thresholds[y - 17 : y + 18, x - 17 : x + 18].mean()) for x, y in gold.points]
    return min(places), max(places), float(np.quantile(thresholds[nearest > gold.radius_px], 0.995))


def seen(ladder: Ladder, view: View, gold: Made) -> dict[str, float]:
    """What the eye's model sees before the onset and at the window's end."""
    eye, shown = Eye(ladder.picture), list(ladder.shown(view))
    before, end = (eye.thresholds(np.repeat(shown[at][..., None], 3, 2)) for at in (gold.level[0] - 1, gold.level[1]))
    least, most, away = around(end, gold)
    return {"before": float(np.quantile(before, 0.995)), "least place": least, "most": most, "away": away}


@pytest.mark.timeout(1800)
def test_gold_is_not_told_by_features_nor_answered_by_a_program(tmp_path: Path) -> None:
    taken: list[tuple[Ladder, Made]] = []
    refused = []
    for number, path in enumerate(offered(tmp_path)):
        try:
            with Image.open(path) as photo:
                made = plant(photo.convert("RGB"), JPEG, None, number)
        except InputError:
            refused.append(path.stem)
            continue
        if made.telling:
            refused.append(path.stem)
        else:
            taken.append((Ladder(path), made))
    assert len(taken) >= LEAST
    ladders, golds = [ladder for ladder, _ in taken], [made for _, made in taken]
    views = [asked_question(gold).view(LEVELS) for gold in golds]
    pairs = list(zip(ladders, views, strict=True))

    def areas_of(*taking: Callable[[Ladder, View], dict[str, float]]) -> dict[str, float]:
        study, gold = (
            [{name: value for take in taking for name, value in take(ladder, view).items()} for ladder, view in of]
            for of in ([(ladder, as_it_is(LEVELS)) for ladder in ladders], pairs)
        )
        return {name: apart([row[name] for row in study], [row[name] for row in gold]) for name in study[0]}

    areas, told = areas_of(features, growth), areas_of(telling)
    eyes = [seen(ladder, view, gold) for (ladder, view), gold in zip(pairs, golds, strict=True)]
    found = {
        "planted, packs": [passes(ladder.luma, made) for ladder, made in zip(ladders, golds, strict=True)],
        "catch, packs": [passes(ladder.luma, None) for ladder in ladders],
        "planted, shown": [passes(list(a.shown(b)), made) for (a, b), made in zip(pairs, golds, strict=True)],
        "catch, shown": [passes(list(ladder.shown(source_alone(LEVELS))), None) for ladder in ladders],
    }
    others = {
        beyond: sum(passes(list(a.shown(b)), made, beyond) for (a, b), made in zip(pairs, golds, strict=True))
        for beyond in (2, 3, 4, 5, 6, 7, 10, 12)
    }
    shares = {name: f"{sum(each)} of {len(each)}" for name, each in found.items()}
    levels = [gold.level for gold in golds]
    weak = [eye for eye in eyes if eye["least place"] < max(1.4, 2.8 * eye["away"])]
    figures = {"areas": areas, "told_still": told, "program": shares, "planted, shown, by what it looks for": others}
    write_figures(
        f"gold-told{of_whose()}",
        {"photographs": len(taken), "refused": refused, **figures, "windows": levels, "eye": eyes, "weak": len(weak)},
    )
    # packs are the study's own, byte for byte (tests/test_gold.py), so that nothing tells them apart; of what is shown:
    assert len(areas) >= 24 and max(areas.values()) <= 0.65, areas
    assert not any(found["planted, packs"]) and not any(found["catch, packs"])
    # whoever reads the canvas knows all catch trials, so that a single planted one is more than half of both together
    answered = [*found["planted, shown"], *found["catch, shown"]]
    assert sum(answered) <= len(answered) / 2 or of_whose(), shares
    assert sum(found["planted, shown"]) <= len(golds) / 10, shares
    # of photographs that anybody may bring a place may be a little weaker
    assert not weak or of_whose(), weak
    assert all(eye["before"] <= 0.4 and eye["away"] <= 0.525 and eye["least place"] >= 1.3 for eye in eyes)
