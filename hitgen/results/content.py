"""What the pages of a published batch hold, as the manifest tells it: which trial is which ladder, and its answer."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hitgen.build import BuildFolder, read_manifest
from hitgen.config.images import Parameter
from hitgen.errors import Fault, InputError
from hitgen.ledger.ledger import Ledger
from hitgen.publishing.built import MANIFEST_FACT
from hitgen.results.submission import Point


@dataclass(frozen=True)
class KnownAnswer:
    """The accepted answer of a gold or training trial: an inclusive window of levels, and places in source pixels."""

    level: tuple[int, int]
    points: tuple[Point, ...]
    radius_px: float
    matches: int


@dataclass(frozen=True)
class KnownLadder:
    """A ladder of the manifest; `parameters` are those of levels 1..L."""

    ladder: str
    images: str
    source: str
    codec: str
    role: str
    pack: str
    width: int
    height: int
    parameters: tuple[Parameter | None, ...]

    @property
    def level_max(self) -> int:
        """L, the highest level."""
        return len(self.parameters)

    def parameter(self, level: int | None) -> float | None:
        """The codec parameter of a level as a number; None where there is none, or where it is a name."""
        value = self.parameters[level - 1] if level else None
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


@dataclass(frozen=True)
class KnownTrial:
    """One trial of a page; `question` names the gold or training question."""

    trial: str
    role: str
    ladder: KnownLadder
    question: str | None
    answer: KnownAnswer | None


@dataclass(frozen=True)
class KnownPage:
    """One page: its trials by their opaque ids."""

    page: str
    kind: str
    sha256: str
    trials: dict[str, KnownTrial]

    def study(self) -> frozenset[str]:
        """The study ladders on this page."""
        return frozenset(trial.ladder.ladder for trial in self.trials.values() if trial.role == "study")


@dataclass(frozen=True)
class Content:
    """All pages and ladders of a build; `locations` is the marks that a trial asks for."""

    batch: str
    locations: int
    pages: dict[str, KnownPage]
    ladders: tuple[KnownLadder, ...]


def read_content(folder: Path, ledger: Ledger | None = None) -> Content:
    """The content of what a ledger published, or else of the build in a batch folder; InputError where it is damaged."""
    published = ledger.fact(MANIFEST_FACT) if ledger else None
    manifest = json.loads(published) if published else read_manifest(folder)
    try:
        ladders = {f"{row['images']}/{row['source']}": _ladder(row) for row in manifest["ladders"]}
        answers = {row["question"]: _answer(row) for row in manifest["questions"]}
        pages = {row["page"]: _page(row, ladders, answers) for row in manifest["pages"]}
        return Content(str(manifest["batch"]), int(manifest["locations"]), pages, tuple(ladders.values()))
    except (KeyError, TypeError, IndexError) as error:
        path = str(BuildFolder(folder).manifest)
        raise InputError(Fault(path, "", f"lacks {error}", "`hitgen build` again")) from None


def _ladder(row: dict[str, Any]) -> KnownLadder:
    names = ("ladder", "images", "source", "codec", "role", "pack", "width", "height")
    parameters = tuple(level["parameter"] for level in row["levels"] if level["level"] > 0)
    return KnownLadder(**{name: row[name] for name in names}, parameters=parameters)


def _answer(row: dict[str, Any]) -> KnownAnswer:
    points = tuple((float(x), float(y)) for x, y in row["points"])
    return KnownAnswer((row["level"][0], row["level"][1]), points, float(row["radius_px"]), row["matches"])


def _page(row: dict[str, Any], ladders: dict[str, KnownLadder], answers: dict[str, KnownAnswer]) -> KnownPage:
    trials = {
        trial["trial"]: KnownTrial(
            trial["trial"],
            trial["role"],
            ladders[f"{trial['images']}/{trial['source']}"],
            trial["question"],
            answers.get(trial["question"] or ""),
        )
        for trial in row["trials"]
    }
    return KnownPage(row["page"], row["kind"], row["sha256"], trials)
