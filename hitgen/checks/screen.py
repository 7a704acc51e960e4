"""The screen: large and fine enough, and the same one all the way.

The page lets nobody begin on a screen that is too small; where it went afterwards it records, and trials on another screen
than the first are left out here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field

from hitgen.checks.base import Checkup, Found, Stimuli, value
from hitgen.config.batch import BatchConfig
from hitgen.config.checks import CheckTable
from hitgen.config.hit import Display
from hitgen.methods.submission import Ms, Part, Positive
from hitgen.methods.work import AnyWork, trials_during

Pixels = Annotated[int, Field(ge=1, le=100_000)]


class ScreenTable(CheckTable):
    kind: Literal["screen"] = Field(description="what is checked")
    least_px: tuple[Pixels, Pixels] = Field(
        default=(1280, 720),
        description="width and height that the screen must have, in CSS pixels (its size at a zoom of 100%)",
    )
    least_pixel_ratio: float = Field(
        default=1, gt=0, le=10, description="device pixels per CSS pixel, at least; below 1 the browser is zoomed out"
    )
    moved: bool = Field(
        default=True,
        description="whether trials are left out during which the window stood on another screen than at first",
    )


Px = Annotated[float, Field(ge=-1e6, le=1e6)]


class ScreenThen(Part):
    """The screen at a time: where it stands among those of the computer, and its size."""

    ms: Ms
    at: tuple[Px, Px]
    size: tuple[Px, Px]
    pixel_ratio: Positive

    def is_one_with(self, other: ScreenThen) -> bool:
        """Whether it is the same screen; some browsers tell all of it in pixels that a zoom makes larger, and others do not."""
        mine, others = (*self.at, *self.size), (*other.at, *other.size)
        zoom = self.pixel_ratio / other.pixel_ratio
        zoomed = all(abs(a * zoom - b) <= ZOOM_SLACK_PX * max(1, zoom) for a, b in zip(mine, others, strict=True))
        return mine == others or zoomed


class ScreenResult(Part):
    """The screens that the window stood on, one after another."""

    screens: tuple[ScreenThen, ...] = Field(min_length=1, max_length=200)


class ScreenCheck(Checkup[ScreenTable, ScreenResult]):
    name = "screen"
    about = "the screen"
    model = ScreenTable
    result = ScreenResult
    has_screen = False
    lasts_s = 0
    measure = "screen_moves"
    columns = (
        value("screen_width_px", float, "of the first screen, in CSS pixels"),
        value("screen_height_px", float, "of the first screen, in CSS pixels"),
        value("screen_moves", int, "how often the window went to another screen, the way back counted too"),
    )

    def stimuli(self, table: ScreenTable, display: Display, draw: random.Random) -> Stimuli:
        return Stimuli({"least_px": list(table.least_px), "least_pixel_ratio": table.least_pixel_ratio})

    def judge(
        self, table: ScreenTable, result: ScreenResult, key: Mapping[str, Any], config: BatchConfig, work: AnyWork
    ) -> Found:
        first = result.screens[0]
        moves = sum(not now.is_one_with(before) for before, now in pairwise(result.screens))
        values = {"screen_width_px": first.size[0], "screen_height_px": first.size[1], "screen_moves": moves}
        # the page turned it away; whoever got past that has no page of ours
        if first.size[0] < table.least_px[0] or first.size[1] < table.least_px[1]:
            size = f"{first.size[0]:.0f} x {first.size[1]:.0f}"
            return Found(values, f"the screen has {size} pixels, {table.least_px[0]} x {table.least_px[1]} are needed")
        if first.pixel_ratio < table.least_pixel_ratio - RATIO_SLACK:
            return Found(values, f"the pixel ratio is {first.pixel_ratio:g}, {table.least_pixel_ratio:g} is needed")
        elsewhere = tuple(self._elsewhere(result, work)) if table.moved else ()
        return Found(values, "the window was moved to another screen" if elsewhere else "", elsewhere)

    @staticmethod
    def _elsewhere(result: ScreenResult, work: AnyWork) -> Iterator[str]:
        """The study trials during which the window stood on another screen than at first."""
        ends = [each.ms for each in result.screens[1:]] + [float("inf")]
        first = result.screens[0]
        spans = [(each.ms, end) for each, end in zip(result.screens, ends, strict=True) if not each.is_one_with(first)]
        return trials_during(work, spans)

    def answers(
        self, table: ScreenTable, key: Mapping[str, Any], config: BatchConfig, passes: bool, draw: random.Random
    ) -> dict[str, Any]:
        width, height = (max(least, usual) for least, usual in zip(table.least_px, (1920, 1080), strict=True))
        first = {"ms": 0, "at": [0, 0], "size": [width, height], "pixel_ratio": max(1, table.least_pixel_ratio)}
        # who moves the window does so before the first trial and stays there
        return {"screens": [first, *([] if passes else [{**first, "ms": 1, "at": [width, 0]}])]}


ZOOM_SLACK_PX = 2
RATIO_SLACK = 0.01
"""What browsers' arithmetic with zooms of a third leaves open."""
SCREEN = ScreenCheck()
