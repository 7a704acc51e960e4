"""What batch.toml can say of what comes after the answers: `[screening]` of `compare`, and `[scale]`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hitgen.config import screening
from hitgen.config.base import Strict
from hitgen.config.screening import Share

Rule = Literal[screening.Rule, "traps", "guesses", "sides", "times", "straight", "toggles"]
Ties = Literal["half", "model"]
Sides = Literal["model", "even"]


class Screening(screening.Screening):
    """The rules that decide which answers are used; each judges one assignment by itself, as the standard does.

    Whoever breaks a rule is left out of the analysis. Work is rejected, and workers are shut out, by the rules named
    for that alone.
    """

    rule: screening.GoldRule | None = Field(
        default="thresholds", description="how many control questions are enough: gold_answers_min"
    )
    gold_rate: Share = Field(default=0.7, description="of no use here: traps have least shares of their own")
    traps_boosted: Share | Literal["auto"] = Field(
        default=0.70,
        description='least share of traps passed in the boosted arm, "not sure" counting half; "auto": by Otsu\'s method',
    )
    traps_plain: Share | Literal["auto"] = Field(default=0.67, description="the same in the plain arm")
    guess_p: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.1,
        description="largest chance with which one who guesses would put levels of a codec in order so well",
    )
    side_share: Share = Field(default=0.9, description="share of one side among left and right that is too much")
    same_share: Share = Field(default=0.95, description="share of one and the same answer that is too much")
    trial_s_min: float = Field(
        default=0.5, ge=0, le=600, description="quickest believable median answer, in seconds (the rule times)"
    )
    toggles_min: float = Field(default=1, ge=0, le=1000, description="least mean number of toggles in the plain arm")
    answers_min: int = Field(
        default=20, ge=2, le=100_000, description="answers before sides, guesses and sameness count"
    )
    gold_answers_min: int = Field(
        default=4,
        ge=0,
        le=1000,
        description="traps and bias questions before a worker can be judged; below: not enough evidence",
    )
    off: tuple[Rule, ...] = Field(
        default=(),
        description="rules that are not applied: traps guesses sides times straight toggles display flicker repeat copy",
    )
    reject: tuple[Rule, ...] = Field(default=(), description="rules whose breach rejects the work, unpaid")
    shut_out: tuple[Rule, ...] = Field(default=(), description="rules whose breach shuts a worker out of all batches")


class ScaleTable(Strict):
    """How answers become a scale."""

    ties: Ties = Field(
        default="half", description='"not sure" counts half to either side, or has a threshold of its own ("model")'
    )
    sides: Sides = Field(
        default="model",
        description='people lean to a side, each by something of their own ("model"), or that evens out, as the standard has it ("even")',
    )
    jnd: tuple[Annotated[float, Field(gt=0, le=20)], ...] = Field(
        default=(0.5, 1.0, 2.0),
        min_length=1,
        max_length=10,
        description="distances whose levels and bits per pixel are reported",
    )
    resamples: int = Field(default=500, ge=20, le=10_000, description="of workers, for the intervals")
    interval_jnd: float = Field(
        default=0.2, gt=0, le=5, description="width of interval at 1 JND that the report plans more answers for"
    )


class PublicScreening(Screening):
    """As in published studies, whoever passed the traps counts."""

    off: tuple[Rule, ...] = ("guesses",)


class PublicScale(ScaleTable):
    """By the model of published studies."""

    sides: Sides = "even"


class Choices(Strict):
    """What can be chosen for a public study: these tables of a batch.toml, in a file of their own."""

    screening: PublicScreening = PublicScreening()
    scale: PublicScale = PublicScale()
