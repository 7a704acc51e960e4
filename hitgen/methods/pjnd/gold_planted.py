"""Gold whose answer is planted: a photograph of its own, untouched, whose ladder is shown at higher levels in three places.

Its pack is a natural ladder. Where the onset is no later than nearly all of that is unseen, the page shows it as it is but for
the places, which pass, in a window of levels, from unseen to plainly seen by the codec's own distortion; before a later onset
it is held back, and catches up behind the window.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from hitgen.config.images import AnyImageSet, Jpeg2000Set, Parameter, QualitySet
from hitgen.errors import Fault, InputError
from hitgen.methods.pjnd.config import Planted
from hitgen.methods.pjnd.eye import LUMA, Eye, Map, mean_around
from hitgen.methods.pjnd.gold_places import (
    SEEN,
    Spot,
    apart,
    block_errors,
    climb,
    considered,
    merged,
    positions,
    spots_in,
)
from hitgen.stimuli.codecs import encode_frame
from hitgen.stimuli.views import PLACES

RADIUS_SHARE = 70 / 480
"""The accepted radius, of the height: 70 px at 640x480."""
REACH_SHARE = 4 / 7
"""How far a place shows other levels, of that radius."""
WINDOW_LEVELS = 8
UNSEEN, AROUND = 0.4, 0.5
"""Thresholds: less is shown before the onset, and around the places up to the window's end where nothing is held back.
Photographs under JPEG have 0.4 at level 14."""
HIDDEN = 1.5
"""So many times the worst block of all the picture the places' worst may change, at the window's end."""
MEASURED = 100
"""So many levels of a ladder are looked at."""
LOWEST_QUALITY, HIGHEST_RATIO = 4, 400.0


@dataclass(frozen=True)
class Made:
    """What is planted in a photograph's ladder, and the accepted levels.

    `parameters` end worse than the study's where those are too fine to be seen; `telling` says by what a program that reads pixels
    can know it for gold.
    """

    level: tuple[int, int]
    points: tuple[tuple[int, int], ...]
    radius_px: float
    planted: Planted
    parameters: tuple[Parameter, ...]
    telling: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Frame:
    """A frame that the places may show: its level in the study's ladders, None where it is worse than those; how far it is above
    the source at each position, and where it is seen best but for single spots; its blocks' errors."""

    parameter: Parameter
    level: int | None
    seen: Map
    peak: float
    errors: Map


def plant(picture: Image.Image, images: AnyImageSet, onset: int | None, seed: int, name: str = "source") -> Made:
    """What to plant in a picture's ladder of the study's kind; without an onset, at the latest level for which nothing must be held back.

    InputError where the onset leaves no room, the picture is too small, or no place in it can be made to be seen.
    """
    levels = images.level_count
    if levels <= WINDOW_LEVELS + 1 or not 2 <= (onset or 2) <= levels - WINDOW_LEVELS:
        what = f"an onset at level {onset}" if onset else f"a ladder of {levels} levels"
        problem = f"{what} leaves no room for a window of {WINDOW_LEVELS} levels"
        remedy = (
            f"a level of 2 to {levels - WINDOW_LEVELS}"
            if levels > WINDOW_LEVELS + 1
            else "more levels, or gold by --catch"
        )
        raise InputError(Fault(name, "onset", problem, remedy))
    looking = _Looking(picture, images, RADIUS_SHARE * picture.height, name)
    frames = looking.at_levels()
    latest = _latest_onset(frames, levels)
    begins = onset or latest
    if begins is None:
        problem = "its distortion is seen too early for a window before it"
        raise InputError(Fault(name, "", problem, "another photograph, or --onset LEVEL, before which it is held back"))
    last = begins + WINDOW_LEVELS - 1
    is_held = latest is None or begins > latest
    first = max(
        (
            number
            for number, frame in enumerate(frames)
            if (frame.peak <= UNSEEN and (frame.level or 0) <= last if is_held else (frame.level or 0) < begins)
        ),
        default=0,
    )
    outside = (frames[first].level or 1) if is_held else last
    after = first if is_held else max(number for number, frame in enumerate(frames) if (frame.level or 0) <= last)
    words = _held_words(outside, begins, latest) if is_held else ()
    found = _Ladder(looking, images, (begins, last), first, after, outside, words)
    return found.planted(frames, seed) or found.planted_worse(frames, seed)


def _latest_onset(frames: Sequence[_Frame], levels: int) -> int | None:
    """The onset up to whose window's end hardly anything of the ladder is seen; None where all of it is."""
    shown = list(itertools.takewhile(lambda frame: frame.peak <= AROUND, frames))
    unseen = list(itertools.takewhile(lambda frame: frame.peak <= UNSEEN, frames))
    if not unseen or not shown:
        return None
    latest = min((shown[-1].level or 1) - WINDOW_LEVELS + 1, (unseen[-1].level or 1) + 1, levels - WINDOW_LEVELS)
    return latest if latest >= 2 else None


def _held_words(outside: int, onset: int, latest: int | None) -> tuple[str, ...]:
    least = f"--onset {latest} needs none of that" if latest else "no onset needs none of that"
    return (
        f"up to level {onset + WINDOW_LEVELS - 1} nothing beyond level {outside} is shown around the places; {least}",
    )


class _Looking:
    """Frames of a picture's ladder as the eye sees them and as a program reads them."""

    def __init__(self, picture: Image.Image, images: AnyImageSet, radius: float, name: str) -> None:
        self.picture, self.images, self.radius, self.name = picture, images, radius, name
        self._eye = Eye(picture)
        self._points = positions(picture.width, picture.height, radius)
        self._core = max(1, round(radius / 4))

    def at_levels(self) -> list[_Frame]:
        """Levels of the study's ladders, the last one among them."""
        levels = self.images.level_count
        looked_at = sorted({1, *range(1, levels, max(1, levels // MEASURED)), levels})
        return list(self._frames([(self.images.parameters[level - 1], level) for level in looked_at]))

    def worse(self) -> list[_Frame]:
        """Frames worse than the study's worst; none where the codec's parameters do not tell which are."""
        worst = self.images.parameters[-1]
        parameters: list[Parameter] = []
        if isinstance(self.images, QualitySet) and isinstance(worst, int):
            parameters = list(range(worst - 1, LOWEST_QUALITY - 1, -max(1, worst // MEASURED)))
        elif isinstance(self.images, Jpeg2000Set) and isinstance(worst, int | float):
            steps = np.geomspace(worst, max(HIGHEST_RATIO, 2 * worst), MEASURED // 3)[1:]
            parameters = [round(float(ratio), 2) for ratio in steps]
        return list(self._frames([(parameter, None) for parameter in parameters]))

    def _frames(self, wanted: Sequence[tuple[Parameter, int | None]]) -> Iterator[_Frame]:
        columns, rows = (np.array([point[axis] for point in self._points], dtype=int) for axis in (0, 1))
        for parameter, level in wanted:
            content = encode_frame(self.picture, self.images, parameter, self.name).content
            with Image.open(io.BytesIO(content)) as opened:
                frame = np.asarray(opened.convert("RGB"))
            thresholds = self._eye.thresholds(frame)
            seen = mean_around(thresholds, self._core)[rows, columns]
            errors = block_errors(frame.astype(np.float32) @ LUMA - self._eye.luma)
            yield _Frame(parameter, level, seen, float(np.quantile(thresholds, 0.995)), errors)

    def places(self, frames: Sequence[_Frame], seed: int, after: int) -> list[Spot]:
        """Three places that come to be seen well in frames after this one, those that change the least by it; fewer where no more do."""
        seen, errors = np.array([frame.seen for frame in frames]), np.array([frame.errors for frame in frames])
        spots = list(spots_in(self._points, considered(self._points, seed), seen, errors, REACH_SHARE * self.radius))
        ends = {spot.point: end for spot in spots if (end := spot.end(after)) is not None}
        found = apart(
            [spot for spot in spots if spot.point in ends],
            self.radius,
            lambda spot: -float(spot.amplitudes[ends[spot.point]]),
        )
        return found if len(found) == PLACES else self._best(spots)

    def _best(self, spots: Sequence[Spot]) -> list[Spot]:
        """Where no three come to it: the three that are seen best."""
        found = apart(spots, self.radius, lambda spot: float(spot.seen.max()))
        if len(found) == PLACES:
            return found
        problem = (
            f"{self.picture.width}x{self.picture.height} has no room for three places {2.2 * self.radius:.0f} px apart"
        )
        raise InputError(Fault(self.name, "", problem, "a wider image"))


@dataclass(frozen=True)
class _Ladder:
    """A window, the frame before it, the one after which places end, and what is shown around them at most."""

    looking: _Looking
    images: AnyImageSet
    window: tuple[int, int]
    first: int
    after: int
    outside: int
    words: tuple[str, ...]

    def planted(self, frames: Sequence[_Frame], seed: int) -> Made | None:
        """Each place with levels of its own; None where the study's levels do not bring three to be seen."""
        spots = self.looking.places(frames, seed, self.after)
        ends = [spot.end(self.after) for spot in spots]
        ramps = []
        for spot, end in zip(spots, ends, strict=True):
            if end is None:
                return None
            ramps.append(climb(spot, self.first, end, WINDOW_LEVELS))
        inside = tuple(tuple(frames[number].level or 1 for number in ramp) for ramp in ramps)
        planted = Planted(outside=self.outside, inside=inside, reach_px=self._reach)
        worst = max(float(spot.amplitudes[ramp[-1]]) for spot, ramp in zip(spots, ramps, strict=True))
        around = float(frames[self.after].errors.max())
        words = self.words
        if worst > HIDDEN * around:
            words += (
                f"its places change by {worst:.1f} steps of luma, where nothing else changes by more than {around:.1f}",
            )
        return self._made(spots, planted, self.images.parameters, words)

    def planted_worse(self, frames: Sequence[_Frame], seed: int) -> Made:
        """All places with the same frames, those of the ladder's last levels, which are worse than the study's."""
        frames = [*frames, *self.looking.worse()]
        spots = self.looking.places(frames, seed, self.first)
        together = merged(spots)
        end = together.end(self.first)
        if end is None:
            end = int(together.seen.argmax())
            if together.seen[end] < SEEN:
                problem = (
                    f"its places come to {together.seen[end]:.1f} thresholds of the eye, where {SEEN:g} are needed"
                )
                raise InputError(
                    Fault(self.looking.name, "", problem, "another photograph, or more levels for the study")
                )
        ramp = climb(together, self.first, end, WINDOW_LEVELS)
        levels = self.images.level_count
        most = levels - WINDOW_LEVELS
        inside = tuple(range(most + 1, levels + 1))
        planted = Planted(outside=min(self.outside, most), inside=inside, reach_px=self._reach, most=most)
        parameters = (*self.images.parameters[:most], *(frames[number].parameter for number in ramp))
        return self._made(spots, planted, parameters, self.words)

    @property
    def _reach(self) -> int:
        return max(1, round(REACH_SHARE * self.looking.radius))

    def _made(
        self, spots: Sequence[Spot], planted: Planted, parameters: tuple[Parameter, ...], words: tuple[str, ...]
    ) -> Made:
        points = tuple(spot.point for spot in spots)
        return Made(self.window, points, round(self.looking.radius, 1), planted, parameters, words)
