"""Gold whose frames pages make: unseen before its onset, three places from there on, and its packs look like the study's."""

from __future__ import annotations

import tomllib
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitgen.batch.sources import LadderSource
from hitgen.config.images import JpegSet
from hitgen.errors import InputError
from hitgen.methods.pjnd.gold_planted import UNSEEN_RMS, PlantedGold, block_error, make_planted, write_planted
from hitgen.stimuli.codecs import lossless
from hitgen.stimuli.ladders import make_ladder
from hitgen.stimuli.packs import MadeFrame, Pack, read_pack
from hitgen.stimuli.shown import PackPixels
from tests.bench.build import photographs
from tests.test_gold import larger_share

pytestmark = pytest.mark.long

LADDERS = 10
STUDY = JpegSet(name="study", sources="*.png", codec="jpeg")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return photographs(tmp_path_factory.mktemp("photos"), 2 * LADDERS)


@pytest.fixture(scope="module")
def weights(photos: list[Path]) -> list[int]:
    return [len(lossless(Image.open(path).convert("RGB")).content) for path in photos[:LADDERS]]


@pytest.fixture(scope="module")
def golds(photos: list[Path], weights: list[int]) -> list[PlantedGold]:
    return [
        make_planted(Image.open(path).convert("RGB"), 12 + 3 * number, weights, STUDY, number)
        for number, path in enumerate(photos[LADDERS:])
    ]


def pack_of(images: JpegSet, path: Path, folder: Path) -> Pack:
    ladder = make_ladder(LadderSource(images, path.stem, path, path.parent, made=True), folder)
    assert ladder.made
    return read_pack((folder / f"{ladder.pack}.pack").read_bytes())


def gold_pack(gold: PlantedGold, folder: Path) -> Pack:
    gold.source.save(folder / "gold.png")
    images = gold.images.model_copy(update={"planted": gold.planted})
    return pack_of(images, folder / "gold.png", folder)


@pytest.fixture(scope="module")
def packs(
    photos: list[Path], golds: list[PlantedGold], tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Pack], list[Pack]]:
    folder = tmp_path_factory.mktemp("packs")
    return [pack_of(STUDY, path, folder) for path in photos[:LADDERS]], [gold_pack(gold, folder) for gold in golds]


def test_nothing_is_seen_before_the_onset_and_three_places_from_there_on(
    golds: list[PlantedGold], packs: tuple[list[Pack], list[Pack]]
) -> None:
    for gold, pack in zip(golds[::3], packs[1][::3], strict=True):
        shown, onset = PackPixels(pack), gold.level[0]
        errors = {
            level: block_error(shown.at(0), shown.at(level)) for level in (*range(1, onset + 8, 3), onset - 1, onset)
        }
        assert max(error.max() for level, error in errors.items() if level < onset) <= UNSEEN_RMS
        rows, columns = np.nonzero(errors[onset] > 2 * UNSEEN_RMS)
        for x, y in gold.points:
            assert np.hypot(columns * 8 + 4 - x, rows * 8 + 4 - y).min() < 16
        for row, column in zip(rows, columns, strict=True):
            assert min(np.hypot(column * 8 + 4 - x, row * 8 + 4 - y) for x, y in gold.points) < gold.radius_px


def test_places_are_apart(golds: list[PlantedGold]) -> None:
    for gold in golds:
        for number, (x, y) in enumerate(gold.points):
            for a, b in gold.points[number + 1 :]:
                assert np.hypot(x - a, y - b) > 2 * gold.radius_px


def test_same_seed_same_ladder(photos: list[Path], weights: list[int]) -> None:
    picture = Image.open(photos[-1]).convert("RGB").resize((160, 120))
    images = STUDY.model_copy(update={"levels": 30})
    first, second = (make_planted(picture, 6, [20000, 25000], images, 5) for _ in range(2))
    assert (first.planted, first.source.tobytes()) == (second.planted, second.source.tobytes())


def test_an_onset_that_cannot_be_is_refused(photos: list[Path], weights: list[int]) -> None:
    picture = Image.open(photos[0]).convert("RGB")
    with pytest.raises(InputError, match="level of 2 to 92"):
        make_planted(picture, 95, weights, STUDY, 1)
    with pytest.raises(InputError, match="the study's qualities would be seen"):
        make_planted(picture, 88, weights, STUDY, 1)


def test_what_is_written_is_read_back(golds: list[PlantedGold], tmp_path: Path) -> None:
    written = tomllib.loads(write_planted(golds[0], tmp_path, "one", "gold"))
    (images,) = written["images"]
    assert JpegSet.model_validate(images).planted == golds[0].planted
    assert JpegSet.model_validate(images).parameters == STUDY.parameters
    assert written["questions"][0]["level"] == list(golds[0].level)
    assert Image.open(tmp_path / "gold" / "one" / "one.png").tobytes() == golds[0].source.tobytes()


def made_frames(pack: Pack) -> Iterator[MadeFrame]:
    return (frame for frame in pack.frames if isinstance(frame, MadeFrame))


def features(pack: Pack) -> list[float]:
    """What a pack shows without its pixels being computed: weights, repeats, and how its masks look."""
    masks = [bytes.fromhex(frame.planted) for frame in made_frames(pack)]
    every = np.array([list(mask) for mask in masks])
    bits = np.unpackbits(every.astype(np.uint8), axis=1)
    steps = np.abs(np.diff(every, axis=0))
    return [
        len(pack.source.content), len(zlib.compress(b"".join(masks))), max(Counter(masks).values()),
        *every.mean(0), *every.std(0), *steps.mean(0), *bits.mean(0), *every[:10].mean(0), *every[-10:].mean(0),
    ]  # fmt: skip


def right(table: np.ndarray, kinds: Sequence[int]) -> int:
    """How many packs a nearest-centroid rule places right when each is left out in turn."""
    scaled = (table - table.mean(0)) / (table.std(0) + 1e-9)
    found = 0
    for out in range(len(kinds)):
        kept = np.arange(len(kinds)) != out
        centres = [scaled[kept & (np.array(kinds) == kind)].mean(0) for kind in (0, 1)]
        found += int(np.argmin([np.linalg.norm(scaled[out] - centre) for centre in centres])) == kinds[out]
    return found


def test_a_page_does_not_tell_gold_from_study(packs: tuple[list[Pack], list[Pack]]) -> None:
    """Chance is 10 of 20; 16 or more would come about by chance in 0.6% of cases. Without masks it is told at once."""
    study, gold = packs
    forms = {
        (
            tuple(tuple(frame.model_dump(exclude={"planted"}).items()) for frame in made_frames(pack)),
            pack.levels,
            pack.width,
            pack.height,
        )
        for pack in (*study, *gold)
    }
    assert len(forms) == 1
    kinds = [0] * len(study) + [1] * len(gold)
    told = np.array([features(pack) for pack in (*study, *gold)])
    assert right(told, kinds) < 16
    assert 0.1 < larger_share(told[len(study) :, 0], told[: len(study), 0]) < 0.9
    bare = np.array(
        [features(unmasked_pack(pack, is_gold)) for pack, is_gold in zip((*study, *gold), kinds, strict=True)]
    )
    assert right(bare, kinds) == len(kinds)


def unmasked_pack(pack: Pack, is_gold: int) -> Pack:
    """The pack as it would be if what is planted stood in it as it is."""
    plain = [frame.model_copy(update={"planted": ("10" if is_gold else "00") * 15}) for frame in made_frames(pack)]
    return Pack(pack.width, pack.height, pack.levels, (pack.source, *plain))
