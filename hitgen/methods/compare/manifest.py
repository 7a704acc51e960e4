"""What a build by `compare` holds and what its pages know."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hitgen import manifest
from hitgen.manifest import Digest
from hitgen.methods.compare.row import Arm, Asked, Version
from hitgen.pages import data


def subject_of(arm: Arm, source: str, left: Version, right: Version) -> str:
    """A question by what it asks, whichever version stands left."""
    first, second = sorted((left, right), key=lambda version: (version.codec, version.level))
    return f"{arm} {source}: {first.codec} {first.level}, {second.codec} {second.level}"


class Ladder(manifest.Ladder):
    """All pictures of one source under one codec as an arm shows them; `width` and `height` are of what is shown."""

    arm: Arm
    pictures: tuple[Digest, ...] = Field(description="the pack of each level's picture alone, which pages are given")
    picture_bytes: tuple[int, ...] = Field(description="of these packs")
    coded_bytes: tuple[int, ...] = Field(description="of the whole picture as coded, by level; 0 for the source")
    source_width: int = Field(description="of the whole picture in pixels")
    source_height: int = Field(description="of the whole picture in pixels")
    crop: tuple[int, int, int, int] = Field(description="x, y, width, height of what is shown, in source pixels")

    @property
    def source_size(self) -> tuple[int, int]:
        return self.source_width, self.source_height

    @property
    def packs(self) -> dict[str, int]:
        return dict(zip(self.pictures, self.picture_bytes, strict=True))

    def bpp(self, level: int) -> float | None:
        """Bits per pixel of a level as coded; None for the source."""
        return 8 * self.coded_bytes[level] / (self.source_width * self.source_height) if level else None


class Trial(manifest.Trial):
    """One question of a page; `source` is the pivot, a trap's or bias question's `question` its own id."""

    arm: Arm
    asked: Asked
    left: Version
    right: Version

    @property
    def subject(self) -> str:
        return subject_of(self.arm, self.source, self.left, self.right)


class Page(manifest.Page):
    """One page, all of one arm."""

    trials: tuple[Trial, ...]


class Manifest(manifest.Manifest):
    """Everything that was built; it maps the opaque trial ids back to questions, and is never published."""

    pages: tuple[Page, ...]
    ladders: tuple[Ladder, ...]
    flickers: bool | None = Field(
        default=None,
        description="whether boosted pictures flicker; null, as the next ones, where an earlier hitgen built it",
    )
    shown_s: float | None = Field(default=None, description="seconds that a boosted question is shown")
    blank_s: float | None = Field(default=None, description="seconds after that in which it can be answered")
    limit_s: float | None = Field(default=None, description="seconds for a plain question")
    toggles_per_second: float | None = Field(
        default=None, description="swaps a second at most where pictures are toggled"
    )

    def limit_ms(self, arm: Arm) -> float | None:
        """How long a question of an arm can be answered."""
        if self.shown_s is None or self.blank_s is None or self.limit_s is None:
            return None
        return 1000 * (self.shown_s + self.blank_s if arm == "boosted" else self.limit_s)

    def ladder_of(self, source: str, codec: str) -> Ladder | None:
        """The ladder of a source and a codec, the plain arm's where there is one; None for the source itself."""
        found = {ladder.arm: ladder for ladder in self.ladders if ladder.key == f"{codec}.{ladder.arm}/{source}"}
        return found.get("plain") or found.get("boosted")


class TrialData(data.TrialData):
    """A question as its page knows it; `pack` is the pivot's."""

    arm: Arm
    left: Digest = Field(description="the pack of the left version")
    right: Digest = Field(description="the pack of the right version")
    block: int = Field(
        description="questions are drawn at random within a block, and blocks among those that have arrived"
    )

    @property
    def packs(self) -> tuple[str, ...]:
        return self.pack, self.left, self.right


class CoachedTrial(TrialData):
    """A training question, with the side that differs more."""

    answer: Literal["left", "right"]


class PageData(data.PageData):
    """The block `hit-page` of a page: no names of sources, no levels, nothing that tells traps from questions."""

    training: tuple[CoachedTrial, ...]
    study: tuple[TrialData, ...] = Field(description="study and gold trials alike")
    flickers: bool = Field(description="whether boosted pictures flicker; else they are toggled like plain ones")
    shown_s: float = Field(description="seconds that a boosted question is shown")
    blank_s: float = Field(description="seconds after that in which it can be answered")
    limit_s: float = Field(description="seconds for a plain question")
    toggles_per_second: float = Field(description="swaps a second at most where pictures are toggled")
    pause: bool = Field(description="whether a break is offered half way")
