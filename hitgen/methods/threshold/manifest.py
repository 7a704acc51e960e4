"""What a build by `threshold` holds and what its pages know."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import Field

from hitgen import manifest
from hitgen.manifest import Frozen
from hitgen.pages import data

Asked = Literal["compare", "catch"]
Flickering = Literal["both", "one", "each"]


class Trial(manifest.Trial):
    """One comparison; in a catch trial nothing flickers."""

    asked: Asked
    guess: float = Field(description="how often its side is taken to be found by who sees nothing")
    lapse: float = Field(description="how often it is taken to be missed whatever is seen")
    group: int | None = Field(
        default=None, description="the number of the pictures that are shown at once; null: it stands alone"
    )

    @property
    def at_once(self) -> str:
        return self.trial if self.group is None else f"group {self.group}"


class Page(manifest.Page):
    """A page of comparisons."""

    trials: tuple[Trial, ...]


class Grid(Frozen):
    """What a posterior is over, and what observers are taken to do."""

    means: tuple[float, ...] = Field(description="of the PJND, in shares of the ladder")
    sds: tuple[float, ...] = Field(description="of the PJND over people, in shares of the ladder")
    guess: float = Field(description="how often the flickering side is found by who sees nothing")
    lapse: float = Field(description="how often it is missed whatever is seen")


class Manifest(manifest.Manifest):
    """Everything that was built."""

    pages: tuple[Page, ...]
    grid: Grid
    flickering: Flickering = Field(default="one", description="which of the pictures flicker at once")
    pictures: int = Field(default=2, description="how many stand together")
    prior: tuple[float, ...] = Field(
        default=(),
        description="weights over means x SDs before the first answer; none where an earlier hitgen built it",
    )
    goes_on: bool = Field(default=False, description="whether pages start from what an earlier study found instead")

    @cached_property
    def by_question(self) -> dict[str, manifest.Question]:
        """The catch trials by the name of their question: their answer is known."""
        return {
            trial.question: manifest.Question(
                question=trial.question, ladder=trial.ladder, images=trial.images, source=trial.source
            )
            for page in self.pages
            for trial in page.trials
            if trial.asked == "catch" and trial.question
        }


class TrialData(data.TrialData):
    """A comparison as its page knows it."""

    level_count: int = Field(description="the highest level")
    shown: str = Field(description="which levels are shown, masked: each one itself, or nothing but the source")
    prior: tuple[float, ...] | None = Field(
        default=None, description="what is known of its ladder, if more than of any"
    )
    group: int | None = Field(default=None, description="trials of one number are shown at once")


class PageData(data.PageData):
    """The block `hit-page` of a page."""

    training: tuple[TrialData, ...]
    study: tuple[TrialData, ...] = Field(description="comparisons and catch trials alike")
    grid: Grid
    flickering: Flickering = Field(default="one", description="which of the pictures flicker at once")
    pictures: int = Field(default=2, description="how many stand together")
    prior: tuple[float, ...] = Field(description="weights over means x SDs before the first answer, SDs innermost")
