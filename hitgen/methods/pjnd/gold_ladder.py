"""Gold and training ladders from any photograph: a known onset, three places, and nothing else that tells them apart.

A natural ladder has no known answer, and an artificial one gives itself away by its weight: frames that all look like
the source up to the onset are either few or large. So the source is simplified first (a slight blur), which makes frames
of invisible error as small as natural ones, and each level's quality is chosen so that the file sizes follow those of
study ladders. From the onset on three places grow visibly worse; far above it the whole frame does, as in study.
"""

from __future__ import annotations

import io
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from hitgen.errors import Fault, InputError
from hitgen.stimuli.codecs import lossless

RADIUS_SHARE = 70 / 480
"""The accepted radius, of the height: 70 px at 640x480."""
WINDOW_LEVELS = 8
GOOD_QUALITY = 91
"""The source is simplified until frames of this quality are light enough for the window."""
LOWEST_QUALITY = 80
"""Where that is not to be had, quality up to the window's end still stays here or above: its error is not seen."""
CLOSE_ENOUGH = 0.0003
"""Of a frame's size: nearer to the target's size than this it need not come."""
FINE_QUALITY = 97
"""From here on a frame keeps noise of two steps, which weighs much and is not seen."""
UNSEEN_STEP = 2
"""The largest noise up to the window's end; what alternates with the source may not be seen there."""
FIRST_STEP, STEP_PER_LEVEL, LARGEST_STEP = 16.0, 1.5, 70.0
"""Luma by which the places change at the onset, more for each level from there, at most."""
STRONGEST_BLUR_PX = 4.0
UNFINISHED = ".unfinished"
"""Lies in a ladder's folder until batch.toml names it."""
Pixels = NDArray[np.int16]


@dataclass(frozen=True)
class Gold:
    """A made ladder: source, encoded frames of levels 1..L, and its answer."""

    source: Image.Image
    frames: tuple[bytes, ...]
    level: tuple[int, int]
    points: tuple[tuple[int, int], ...]
    radius_px: float

    def shown(self) -> Iterator[NDArray[np.uint8]]:
        """The pixels of its levels, the highest first."""
        for frame in reversed(self.frames):
            with Image.open(io.BytesIO(frame)) as picture:
                yield np.asarray(picture.convert("RGB"))


def make_gold(
    source: Image.Image,
    onset: int,
    like: Sequence[Sequence[int]],
    seed: int,
    name: str = "source",
    form: str = "JPEG",
    largest_step: float = LARGEST_STEP,
) -> Gold:
    """A ladder with the onset at a level, whose sizes follow those of study ladders.

    `like` holds the sizes in bytes of study ladders, level 0 (lossless) to L each; `form` is JPEG or WEBP. InputError where
    the onset lies outside 2..L - 8, the image is too small or too flat. `largest_step` bounds how far places change.
    """
    levels = len(like[0]) - 1
    if not 2 <= onset <= levels - WINDOW_LEVELS:
        raise InputError(onset_fault(name, onset, levels))
    rng = random.Random(seed)
    target = _target(like, rng)
    plain, noise = _simplified(source, target, onset, rng, form)
    points = chosen_places(plain, RADIUS_SHARE * source.height, rng, name)
    pristine = np.clip(plain + noise, 0, 255).astype(np.int16)
    masks = [_mask(pristine.shape[:2], point, 0.55 * RADIUS_SHARE * source.height) for point in points]
    frames: list[bytes] = []
    for level in range(1, levels + 1):
        picture = _distorted(pristine, masks, level - onset, largest_step)
        frames.append(_frame(picture, level, onset, target[level], rng, form, set(frames)))
    window = (onset, onset + WINDOW_LEVELS - 1)
    return Gold(_image(pristine), tuple(frames), window, tuple(points), round(RADIUS_SHARE * source.height, 1))


def onset_fault(name: str, onset: int, levels: int) -> Fault:
    """What is wrong with an onset that leaves no room for the window of accepted levels."""
    problem = f"an onset at level {onset} leaves no room for a window of {WINDOW_LEVELS} levels"
    return Fault(name, "onset", problem, f"a level of 2 to {levels - WINDOW_LEVELS}")


def _target(like: Sequence[Sequence[int]], rng: random.Random) -> list[float]:
    """Sizes between those of two study ladders: a level's share of each is the same all along."""
    first, second = rng.choice(like), rng.choice(like)
    share = rng.random()
    return [(a**share) * (b ** (1 - share)) for a, b in zip(first, second, strict=True)]


def _simplified(
    source: Image.Image, target: list[float], onset: int, rng: random.Random, form: str
) -> tuple[Pixels, Pixels]:
    """The source blurred until a good frame is as small as the target at the window's end, and noise of at most one step
    that brings its lossless size up to the target's."""
    generator = np.random.default_rng(rng.randrange(2**32))
    shape = (source.height, source.width, 3)
    dice = generator.random(shape, dtype=np.float32)
    sign = generator.choice(np.array([-1, 1], dtype=np.int16), shape)
    wanted = target[onset + WINDOW_LEVELS - 1]

    def blurred(radius: float) -> tuple[Pixels, Pixels]:
        plain = np.asarray(source.filter(ImageFilter.GaussianBlur(radius)), dtype=np.int16)
        return plain, _weighing(plain, dice, sign, target[0])

    low, high = 0.0, STRONGEST_BLUR_PX
    for _ in range(6):
        middle = (low + high) / 2
        plain, noise = blurred(middle)
        if len(_encoded(_image(plain + noise), GOOD_QUALITY, form)) > wanted:
            low = middle
        else:
            high = middle
    return blurred(high)


def _weighing(plain: Pixels, dice: NDArray[np.float32], sign: Pixels, wanted: float) -> Pixels:
    """Noise with which the picture's lossless size is the wanted one, as far as noise of one step goes."""
    few, many = 0.0, 1.0
    noise = np.zeros_like(plain)
    for _ in range(6):
        share = (few + many) / 2
        noise = ((dice < share) * sign).astype(np.int16)
        if len(lossless(_image(plain + noise)).content) < wanted:
            few = share
        else:
            many = share
    return noise


def chosen_places(plain: Pixels, radius: float, rng: random.Random, name: str) -> list[tuple[int, int]]:
    """Three places more than two radii apart, where neither texture nor clipping hides a change."""
    height, width = plain.shape[:2]
    margin = round(0.7 * radius)
    luma = plain.mean(axis=2)
    best: list[tuple[int, int]] = []
    best_worth = -1.0
    for _ in range(300):
        if width <= 2 * margin or height <= 2 * margin:
            break
        points = [(rng.randrange(margin, width - margin), rng.randrange(margin, height - margin)) for _ in range(3)]
        apart = min(
            float(np.hypot(a[0] - b[0], a[1] - b[1]))
            for a, b in ((points[0], points[1]), (points[0], points[2]), (points[1], points[2]))
        )
        if apart <= 2.2 * radius:
            continue
        worth = min(_worth(luma, point, margin // 2) for point in points)
        if worth > best_worth:
            best, best_worth = points, worth
    if not best:
        raise InputError(
            Fault(
                name, "", f"{width}x{height} has no room for three places {2.2 * radius:.0f} px apart", "a wider image"
            )
        )
    return best


def _worth(luma: NDArray[np.float64], point: tuple[int, int], reach: int) -> float:
    x, y = point
    around = luma[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
    middle = 1 - abs(float(around.mean()) - 120) / 135
    return middle / (4 + float(around.std()))


def _mask(shape: tuple[int, ...], point: tuple[int, int], radius: float) -> NDArray[np.float32]:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    distance = np.hypot(columns - point[0], rows - point[1]) / radius
    return np.where(distance < 1, np.cos(distance * np.pi / 2) ** 2, 0).astype(np.float32)


def _distorted(pristine: Pixels, masks: Sequence[NDArray[np.float32]], beyond: int, largest_step: float) -> Pixels:
    """The picture at a level this far beyond the onset: below it, the source itself."""
    if beyond < 0:
        return pristine
    step = min(FIRST_STEP + STEP_PER_LEVEL * beyond, largest_step)
    change = np.zeros(pristine.shape[:2], dtype=np.float32)
    for number, mask in enumerate(masks):
        change += mask * step * (1 - 0.1 * number)
    darker = pristine.mean(axis=2) > 110
    shifted = pristine + np.where(darker, -change, change)[..., None]
    return np.asarray(np.clip(np.rint(shifted), 0, 255).astype(np.int16))


def _frame(
    picture: Pixels, level: int, onset: int, target: float, rng: random.Random, form: str, taken: set[bytes]
) -> bytes:
    """The encoding whose size is the target's as nearly as can be, never the bytes of another level.

    The best quality that is not too large comes first; then noise that nobody sees brings the size up.
    """
    in_window = level < onset + WINDOW_LEVELS
    quality = _best_quality(_image(picture), LOWEST_QUALITY if in_window else 1, target, form)
    generator = np.random.default_rng(rng.randrange(2**32))
    dice = generator.random(picture.shape, dtype=np.float32)
    step = 2 if quality >= FINE_QUALITY else 1 if in_window else 1 + (100 - quality) // 8
    noise = step * generator.choice(np.array([-1, 1], dtype=np.int16), picture.shape)
    if len(_encoded(_image(picture + noise), quality, form)) < target:
        noise = np.clip(3 * noise, -UNSEEN_STEP, UNSEEN_STEP) if in_window else 2 * noise

    smallest = min(map(len, taken), default=0)  # natural ladders hardly ever grow again

    def noisy(share: float) -> bytes:
        return _encoded(_image(picture + (dice < share) * noise), quality, form)

    few, many = 0.0, 1.0
    best = noisy(few)
    for _ in range(11):
        if abs(len(best) - target) <= CLOSE_ENOUGH * target:
            break
        share = (few + many) / 2
        frame = noisy(share)
        if abs(len(frame) - target) < abs(len(best) - target):
            best = frame
        few, many = (share, many) if len(frame) < target else (few, share)
    finer = _encoded(_image(picture), min(quality + 1, 100), form)
    if abs(len(finer) - target) < abs(len(best) - target):
        best = finer
    if taken and len(best) > smallest and len(noisy(0)) <= smallest:
        best = min(
            (noisy(share) for share in (0, few * 0.5, few * 0.8, few * 0.9, few * 0.95)),
            key=lambda frame: (len(frame) > smallest, abs(len(frame) - smallest)),
        )
    while best in taken:
        many = many * 1.5 + 0.001
        best = noisy(many)
    return best


def _best_quality(image: Image.Image, lowest: int, target: float, form: str) -> int:
    """The highest quality whose size does not exceed the target, or the lowest allowed."""
    low, high = lowest, 100
    while low < high:
        middle = (low + high + 1) // 2
        if len(_encoded(image, middle, form)) <= target:
            low = middle
        else:
            high = middle - 1
    return low


def _image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def _encoded(image: Image.Image, quality: int, form: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, quality=quality)
    return buffer.getvalue()


def is_unfinished(folder: Path) -> bool:
    """Whether a ladder's folder was left by a run that was cut off before batch.toml knew of it."""
    return (folder / UNFINISHED).exists()


def unfinished_folder(batch_folder: Path, name: str) -> Path:
    """A new folder for a ladder, marked until batch.toml names it."""
    folder = batch_folder / "gold" / name
    if is_unfinished(folder):
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / UNFINISHED).touch()
    return folder


def write_gold(gold: Gold, batch_folder: Path, name: str, role: str, form: str = "JPEG") -> str:
    """Write source and frames under gold/NAME/ in a batch; the TOML of its image set and its question."""
    folder = unfinished_folder(batch_folder, name)
    gold.source.save(folder / f"{name}.png", optimize=True)
    suffix = {"JPEG": "jpg", "WEBP": "webp"}[form]
    for level, frame in enumerate(gold.frames, start=1):
        (folder / f"{name}_{level:03d}.{suffix}").write_bytes(frame)
    points = ", ".join(f"[{x}, {y}]" for x, y in gold.points)
    return f"""
[[images]]
name = "{name}"
sources = "gold/{name}/{name}.png"
codec = "files"
frames = "gold/{name}/{{source}}_{{index:03d}}.{suffix}"
index = "level"
levels = {len(gold.frames)}
role = "{role}"

[[questions]]
images = "{name}"
source = "{name}"
level = [{gold.level[0]}, {gold.level[1]}]
points = [{points}]
radius_px = {gold.radius_px:g}
matches = 2
"""
