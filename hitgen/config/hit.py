"""What one HIT is made of, how its stimuli are shown, and an optional qualification stage."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hitgen.config.base import Slug, Strict
from hitgen.lib.contract import TIE_FRAMES

FLASH_ACCEPTANCE = "I accept flashes beyond WCAG 2.3.1"

Money = Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=2)]


class HitTable(Strict):
    """The composition of a study page and how often each is worked."""

    layout: Slug = Field(default="flicker", description="`flicker`, `side` or one of your own")
    training: int = Field(default=2, ge=0, le=50, description="training trials a page")
    study: int = Field(default=2, ge=1, le=200, description="study trials a page, at most")
    repeats: int = Field(
        default=0,
        ge=0,
        le=200,
        description="study trials a page that are shown a second time on it, for test and retest",
    )
    gold: int = Field(default=1, ge=0, le=50, description="gold trials a page")
    training_tries: int | None = Field(
        default=None,
        ge=1,
        le=100,
        description="tries at one training trial; who is wrong that often has not understood the task, leaves and is sent back as "
        "`failed` (Prolific asks for 2). Default: as many as it takes",
    )
    ratings: int = Field(default=43, ge=1, le=10_000, description="ratings wanted for each study ladder")
    assignments: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="workers per page; default: ratings, so that one page serves them all",
    )
    packs: Literal["inline", "linked"] = Field(
        default="inline", description="`inline`: one file a page; `linked`: pages share packs"
    )
    frames: Literal["made", "carried"] = Field(
        default="made",
        description="`made`: pages make JPEG frames from their sources, where that was proved to give the same pixels; "
        "a published study keeps what it has",
    )
    reward_usd: Money = Field(default=Decimal("1.20"), description='as text: "1.20"')

    @model_validator(mode="after")
    def _few_enough(self) -> Self:
        if self.repeats > self.study:
            raise ValueError(f"repeats is {self.repeats}, but a page has {self.study} study trials; as many at most")
        return self


class Qualification(Strict):
    """A page of training and a quiz of gold questions that admits workers to the study pages."""

    training: int = Field(default=2, ge=0, le=50, description="training trials")
    gold: int = Field(default=3, ge=1, le=50, description="gold questions of the quiz")
    pass_share: float = Field(default=0.7, gt=0, le=1, description="share of gold checks to be passed")
    assignments: int = Field(default=100, ge=1, le=100_000, description="workers who may try")
    reward_usd: Money = Field(default=Decimal("0.60"), description="as text")


class Display(Strict):
    """How stimuli are shown: size, distance, rate and schedule of the alternation."""

    scaling: Literal["physical", "pixels"] = Field(
        default="physical",
        description="`physical`: width_cm on every screen; `pixels`: one image pixel per device pixel",
    )
    width_cm: float = Field(default=13.797, gt=0, le=100, description="width of the image")
    distance_cm: float = Field(default=30, gt=0, le=500, description="viewing distance asked for")
    swaps_per_second: float = Field(default=8, ge=1, le=30, description="8 swaps are a flicker of 4 Hz")
    schedule: Literal["nominal", "frame-locked"] = Field(
        default="nominal",
        description="`nominal`: each swap at the nearest frame; `frame-locked`: a whole number of frames a phase",
    )
    refuse_slow_display: bool = Field(default=False, description="turn away displays that cannot hold the schedule")
    accept_flash_hazard: Literal["I accept flashes beyond WCAG 2.3.1"] | None = Field(
        default=None, description="`I accept flashes beyond WCAG 2.3.1`, where `check` asks for it"
    )

    def swap_ms(self, refresh_hz: float | None) -> float:
        """The time between swaps that a display should show: frame-locked, a whole number of its frames.

        The nominal time where its rate is not known, or so low that it cannot flicker.
        """
        nominal_ms = 1000 / self.swaps_per_second
        if self.schedule == "nominal" or refresh_hz is None or refresh_hz < self.swaps_per_second:
            return nominal_ms
        frame_ms = 1000 / refresh_hz
        return math.floor(nominal_ms / frame_ms + 0.5 + TIE_FRAMES) * frame_ms
