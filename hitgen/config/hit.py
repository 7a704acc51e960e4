"""What one HIT is made of, how its stimuli are shown, and an optional qualification stage."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from hitgen.config.base import Slug, Strict
from hitgen.lib.contract import TIE_FRAMES

FLASH_ACCEPTANCE = "I accept flashes beyond WCAG 2.3.1"

Money = Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=2)]


class Hit(Strict):
    """The composition of a study page and how often each is worked."""

    layout: Slug = "flicker"
    training: int = Field(default=2, ge=0, le=50)
    study: int = Field(default=2, ge=1, le=200)
    gold: int = Field(default=1, ge=0, le=50)
    ratings: int = Field(default=43, ge=1, description="ratings wanted for each study ladder")
    assignments: int | None = Field(
        default=None, ge=1, description="workers per page; default: ratings, so that one page serves them all"
    )
    packs: Literal["inline", "linked"] = "inline"
    reward_usd: Money = Decimal("1.20")


class Qualification(Strict):
    """A page of training and a quiz of gold questions that admits workers to the study pages."""

    training: int = Field(default=2, ge=0, le=50)
    gold: int = Field(default=3, ge=1, le=50)
    pass_share: float = Field(default=0.7, gt=0, le=1, description="share of gold checks to be passed")
    assignments: int = Field(default=100, ge=1, description="workers who may try")
    reward_usd: Money = Decimal("0.60")


class Display(Strict):
    """How stimuli are shown: size, distance, rate and schedule of the alternation."""

    scaling: Literal["physical", "pixels"] = "physical"
    width_cm: float = Field(default=13.797, gt=0, le=100)
    distance_cm: float = Field(default=30, gt=0, le=500)
    swaps_per_second: float = Field(default=8, ge=1, le=30)
    schedule: Literal["nominal", "frame-locked"] = "nominal"
    refuse_slow_display: bool = False
    accept_flash_hazard: Literal["I accept flashes beyond WCAG 2.3.1"] | None = None

    def swap_ms(self, refresh_hz: float | None) -> float:
        """The time between swaps that a display should show: frame-locked, a whole number of its frames.

        The nominal time where its rate is not known, or so low that it cannot flicker.
        """
        nominal_ms = 1000 / self.swaps_per_second
        if self.schedule == "nominal" or refresh_hz is None or refresh_hz < self.swaps_per_second:
            return nominal_ms
        frame_ms = 1000 / refresh_hz
        return math.floor(nominal_ms / frame_ms + 0.5 + TIE_FRAMES) * frame_ms
