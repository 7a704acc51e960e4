"""What batch.toml can say of `threshold`: how often a ladder is asked for on a page, catch trials, what observers are taken to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from hitgen.config import batch, hit, screening
from hitgen.methods.threshold.manifest import Flickering

Rate = float


class MethodTable(batch.MethodTable):
    """The `[method]` table."""

    kind: Literal["threshold"] = Field(
        default="threshold", description="which of two pictures flickers, at a level that the page chooses by QUEST+"
    )
    flickering: Flickering = Field(
        default="both",
        description="`both`: the two pictures flicker at levels of their own, and each answer says more; `one`: the source stands still beside one; "
        "`each`: several pictures of different ladders stand together, and the worker selects every one that flickers",
    )
    pictures: int = Field(default=3, ge=2, le=4, description="pictures of a trial where `each` is asked about")
    guess: Rate = Field(
        default=0.1,
        ge=0,
        le=0.5,
        description="how often the flickering side is found by who sees nothing, and does not say so; either side alike. With `each`: how often "
        "a picture is selected by who sees nothing of it",
    )
    lapse: Rate = Field(default=0.03, ge=0, le=0.3, description="how often it is missed whatever is seen")
    start_from: str = Field(
        default="",
        description="the posterior.json of an export, from which pages go on; empty: from what is known of PJND studies",
    )


class HitTable(hit.HitTable):
    """The composition of a study page; there is no training, and catch trials stand in the place of gold."""

    training: int = Field(default=0, ge=0, le=0, description="none: a comparison explains itself")
    gold: int = Field(default=0, ge=0, le=0, description="none: `catch` says how many trials have a known answer")
    study: int = Field(default=8, ge=1, le=100, description="study ladders a page, at most")
    comparisons: int = Field(default=3, ge=1, le=20, description="comparisons of each of them by one worker")
    catch: int = Field(
        default=3,
        ge=0,
        le=50,
        description="comparisons a page in which nothing flickers; with `each`: pictures, at least",
    )


class Screening(screening.Screening):
    """The rules that decide which ratings are used.

    Whoever breaks a rule is left out of the analysis. Work is rejected, and workers are shut out, by the rules named
    for that alone.
    """

    rule: screening.GoldRule | None = Field(
        default="thresholds", description="how catch trials judge a worker: thresholds, or evidence as in config.md"
    )
    gold_rate: screening.Share = Field(default=0.6, description="least share of catch trials without a false alarm")
    gold_answers_min: int = Field(
        default=3,
        ge=0,
        le=10_000,
        description="catch trials before a worker can be judged by them; below it: not enough evidence",
    )
    trial_s_min: float = Field(
        default=1, ge=0, le=3600, description="quickest believable median study trial, in seconds"
    )


class Config(batch.BatchConfig):
    """batch.toml of a study by `threshold`."""

    method: MethodTable = MethodTable()
    hit: HitTable = HitTable()
    screening: Screening = Screening()

    offer: ClassVar[Mapping[str, str]] = {
        "title": "Say which of two pictures flickers",
        "description": "Two pictures stand side by side, and may flicker: say which.",
        "keywords": "image, quality, flicker, research",
    }

    @property
    def offered(self) -> Mapping[str, str]:
        words = {
            "title": "Select the pictures that flicker",
            "description": f"{self.method.pictures} pictures stand together, and may flicker: select those that do.",
        }
        return {**self.offer, **words} if self.method.flickering == "each" else self.offer
