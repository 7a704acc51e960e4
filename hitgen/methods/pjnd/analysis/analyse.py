"""Everything computed of a study: each ladder's PJND, SUR and region, reliability, and what exclusions change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from hitgen.lib.progress import OnProgress, silent
from hitgen.methods.pjnd.analysis.answers import LadderAnswers, answers_of, used
from hitgen.methods.pjnd.analysis.pjnd import Estimate, Pjnd, estimate_pjnd
from hitgen.methods.pjnd.analysis.regions import Clicks, split_half
from hitgen.methods.pjnd.analysis.reliability import SplitHalf, WorkerReliability, reliability_of_workers
from hitgen.methods.pjnd.analysis.reliability import split_half as pjnd_split_half
from hitgen.methods.pjnd.analysis.sur import SHARES, Sur, estimate_sur

SEED = 20260101


@dataclass(frozen=True)
class LadderResult:
    """One ladder's figures; `clicks` and `agreement` (split half of its map) only where places were asked for."""

    answers: LadderAnswers
    pjnd: Pjnd
    sur: Sur
    clicks: Clicks | None
    agreement: float | None

    @property
    def name(self) -> str:
        return f"{self.answers.source} ({self.answers.codec})"


@dataclass(frozen=True)
class Analysis:
    """All ladders in the order of `images`, and how reliable they are."""

    ladders: tuple[LadderResult, ...]
    workers: tuple[WorkerReliability, ...]
    split_half: SplitHalf | None


def analyse(
    ratings: pl.DataFrame,
    clicks: pl.DataFrame,
    images: pl.DataFrame,
    progress: OnProgress = silent,
) -> Analysis:
    """The figures of the study ratings that are used; frames as `results.dataset.Dataset` has them."""
    places = clicks_of(used(clicks), images)
    return analyse_answers(list(answers_of(used(ratings), images)), places, progress)


def analyse_answers(
    answers: Sequence[LadderAnswers],
    places: Mapping[str, Clicks],
    progress: OnProgress = silent,
) -> Analysis:
    """The figures of given answers, and of the places marked on each ladder."""
    found = []
    for number, ladder in enumerate(answers, start=1):
        clicks = places.get(ladder.ladder)
        agreement = split_half(clicks, ladder.random("regions", SEED)) if clicks else None
        found.append(LadderResult(ladder, estimate_pjnd(ladder), estimate_sur(ladder), clicks, agreement))
        progress("ladders", number, len(answers))
    halves = pjnd_split_half(answers, np.random.default_rng(SEED))
    return Analysis(tuple(found), tuple(reliability_of_workers(answers)), halves)


def clicks_of(clicks: pl.DataFrame, images: pl.DataFrame) -> dict[str, Clicks]:
    """The places marked on each ladder."""
    sizes = {row["ladder"]: (row["width"], row["height"]) for row in images.iter_rows(named=True)}
    found = {}
    for (ladder,), rows in clicks.partition_by("ladder", as_dict=True).items():
        points = rows.select("x", "y").to_numpy().astype(np.float64)
        found[str(ladder)] = Clicks(points, tuple(rows["worker"]), *sizes[ladder])
    return found


def ladder_table(analysis: Analysis) -> pl.DataFrame:
    """One row a ladder: n, PJND, SUR levels with 95% intervals, in levels and in the codec's parameter."""
    return pl.DataFrame([_row(ladder) for ladder in analysis.ladders], infer_schema_length=None)


def _row(result: LadderResult) -> dict[str, object]:
    answers, pjnd, fit = result.answers, result.pjnd, result.sur.fit
    row: dict[str, object] = {name: getattr(answers, name) for name in ("ladder", "images", "source", "codec")}
    row |= {"level_max": answers.level_max, "n": pjnd.n, "none_seen": pjnd.none_seen}
    estimates = {"mean": pjnd.mean, "median": pjnd.median, "sd": pjnd.sd}
    for share in SHARES:
        estimates[f"sur{share:.0%}".rstrip("%") + "_empirical"] = result.sur.empirical_levels[share]
        estimates[f"sur{share:.0%}".rstrip("%") + "_fitted"] = result.sur.fitted_levels[share]
    for name, estimate in estimates.items():
        row |= _columns(name, estimate)
        if name != "sd":
            row[f"{name}_parameter"] = answers.parameter(estimate.value)
    row |= {
        "fit": fit.family.name if fit else None,
        "fit_location": fit.location if fit else None,
        "fit_scale": fit.scale if fit else None,
        "fit_aic": fit.aic[fit.family.name] if fit else None,
        "regions_split_half": result.agreement,
        "clicks": len(result.clicks.points) if result.clicks else 0,
    }
    return row


def _columns(name: str, estimate: Estimate) -> dict[str, object]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
