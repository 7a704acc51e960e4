"""What a build by `pjnd` holds and what its pages know."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hitgen import manifest
from hitgen.manifest import Frozen
from hitgen.pages import data

Point = tuple[float, float]
"""(x, y) in source pixels."""


class Known(Frozen):
    """The known answer of a gold or training trial: an inclusive window of levels, and places in source pixels."""

    level: tuple[int, int] = Field(description="lowest and highest accepted level")
    points: tuple[Point, ...] = Field(description="(x, y) in source pixels")
    radius_px: float = Field(description="how far from a point a mark may lie")
    matches: int = Field(description="how many points must have a mark of their own")


class Planted(Frozen):
    """Which levels of a ladder are shown so that its answer is known."""

    outside: int
    inside: tuple[int, ...] | tuple[tuple[int, ...], ...]
    reach_px: int | None = None
    most: int | None = None


class Question(manifest.Question, Known):
    """A gold or training question with its answer."""

    planted: Planted | None = Field(default=None, description="what is shown of it; null where it is as it is")
    level_rate: float | None = Field(default=None, description="share of honest people who give such a level, if known")
    place_rate: float | None = Field(default=None, description="share of them who mark such places, if known")


class Catch(manifest.Question):
    """A catch trial: the source at every level, and "none seen" is right."""

    none_seen: Literal[True] = Field(description="nothing is to be seen")


class Manifest(manifest.Manifest):
    """Everything that was built; it maps the opaque trial ids back to ladders and answers, and is never published."""

    locations: int = Field(description="marks that a trial asks for")
    places_apart: float = Field(
        default=0, description="how far marks must lie apart, as a share of the picture's width"
    )
    questions: tuple[Question | Catch, ...]


class TrialData(data.TrialData):
    """A trial as its page knows it."""

    level_count: int = Field(description="the highest level")
    shown: str = Field(description="which levels are shown, masked: nearly always each one itself")


class CoachedTrial(TrialData):
    """A training trial, with what coaching holds an answer against."""

    question: Known


class DisplayData(data.DisplayData):
    """How stimuli are shown, as `[display]` of batch.toml."""

    slider_start: Literal[0, "random"]
    show_level: bool


class PageData(data.PageData):
    """The block `hit-page` of a page: no names of sources, no gold answers, nothing that tells gold from study."""

    training: tuple[CoachedTrial, ...]
    study: tuple[TrialData, ...] = Field(description="study and gold trials alike")
    display: DisplayData
    locations: int = Field(description="marks that a trial asks for")
    places_apart: float = Field(
        default=0, description="how far marks must lie apart, as a share of the picture's width"
    )
