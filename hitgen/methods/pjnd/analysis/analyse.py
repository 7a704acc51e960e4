"""Everything computed of a study: each ladder's PJND, SUR and region, reliability, and what exclusions change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from hitgen.lib.progress import OnProgress, silent
from hitgen.methods.pjnd.analysis.answers import LadderAnswers, answers_of, used
from hitgen.methods.pjnd.analysis.crossed_study import Crossing, LadderCrossed, cross, saved_share
from hitgen.methods.pjnd.analysis.pjnd import Estimate, Pjnd, estimate_pjnd
from hitgen.methods.pjnd.analysis.regions import Clicks, split_half
from hitgen.methods.pjnd.analysis.reliability import SplitHalf, WorkerReliability, reliability_of_workers
from hitgen.methods.pjnd.analysis.reliability import split_half as pjnd_split_half
from hitgen.methods.pjnd.analysis.retest import Retest, retest
from hitgen.methods.pjnd.analysis.spread import pooled_kurtosis
from hitgen.methods.pjnd.analysis.sur import SHARES, Sur, estimate_sur
from hitgen.methods.weighed import weighed_ratings

SEED = 20260101


@dataclass(frozen=True)
class LadderResult:
    """One ladder's figures; `clicks` and `agreement` (split half of its map) only where places were asked for.

    `crossed` is by the crossed model, where there is one; mean, SD and levels are its figures then, and else those of the used
    answers alone.
    """

    answers: LadderAnswers
    pjnd: Pjnd
    sur: Sur
    clicks: Clicks | None
    agreement: float | None
    crossed: LadderCrossed | None = None

    @property
    def mean(self) -> Estimate:
        """The mean PJND."""
        return self.crossed.mean if self.crossed else self.pjnd.mean

    @property
    def sd(self) -> Estimate:
        """The SD of the PJND over people."""
        return self.crossed.sd if self.crossed else self.pjnd.sd

    @property
    def levels(self) -> Mapping[float, Estimate]:
        """The SUR levels by their shares."""
        return self.crossed.levels if self.crossed else self.sur.fitted_levels

    @property
    def name(self) -> str:
        return f"{self.answers.source} ({self.answers.codec})"


@dataclass(frozen=True)
class Analysis:
    """All ladders in the order of `images`, how reliable they are, and the crossed model of them, where there is one."""

    ladders: tuple[LadderResult, ...]
    workers: tuple[WorkerReliability, ...]
    split_half: SplitHalf | None
    crossing: Crossing | None = None
    retest: Retest | None = None

    @property
    def saved(self) -> float | None:
        """The share of ratings that screening, mean and fit would have needed more, by the widths of the means' intervals."""
        return saved_share([(each.crossed.mean, each.pjnd.mean) for each in self.ladders if each.crossed])

    @property
    def crossed_change(self) -> float | None:
        """How far the crossed model's means lie from those of the used answers, in levels on average."""
        shifts = [
            abs((each.crossed.mean.value or 0) - (each.pjnd.mean.value or 0)) for each in self.ladders if each.crossed
        ]
        return float(np.mean(shifts)) if shifts else None


def analyse(
    ratings: pl.DataFrame,
    clicks: pl.DataFrame,
    images: pl.DataFrame,
    progress: OnProgress = silent,
    workers: pl.DataFrame | None = None,
) -> Analysis:
    """The figures of the study ratings that are used; frames as `results.dataset.Dataset` has them.

    With the table of `workers`, the crossed model of all ratings that are not broken whoever gave them is made too.
    """
    answers = list(answers_of(used(ratings), images))
    first = used(ratings).unique(["ladder", "worker"], keep="first").select("assignment", "trial")
    places = clicks_of(used(clicks).join(first, on=["assignment", "trial"], how="semi"), images)
    analysis = replace(analyse_answers(answers, places, progress), retest=retest(ratings))
    if workers is None:
        return analysis
    gold = dict(workers.select("worker", "gold_evidence").drop_nulls().iter_rows())
    crossing = cross(list(answers_of(weighed_ratings(ratings), images)), gold, SHARES, progress)
    ladders = crossing.ladders if crossing else {}
    results = tuple(replace(each, crossed=ladders.get(each.answers.ladder)) for each in analysis.ladders)
    return replace(analysis, ladders=results, crossing=crossing)


def analyse_answers(
    answers: Sequence[LadderAnswers],
    places: Mapping[str, Clicks],
    progress: OnProgress = silent,
) -> Analysis:
    """The figures of given answers, and of the places marked on each ladder."""
    found, kurtosis = [], pooled_kurtosis([ladder.clipped for ladder in answers])
    for number, ladder in enumerate(answers, start=1):
        clicks = places.get(ladder.ladder)
        agreement = split_half(clicks, ladder.random("regions", SEED)) if clicks else None
        found.append(LadderResult(ladder, estimate_pjnd(ladder, kurtosis), estimate_sur(ladder), clicks, agreement))
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
    if result.crossed:
        crossed = {"mean": result.crossed.mean, "sd": result.crossed.sd}
        crossed |= {f"sur{share:.0%}".rstrip("%"): result.crossed.levels[share] for share in SHARES}
        for name, estimate in crossed.items():
            row |= _columns(f"crossed_{name}", estimate)
        row |= {"crossed_n": result.crossed.n, "crossed_sound": result.crossed.sound}
    row |= {
        "fit": fit.family.name if fit else None,
        "fit_location": fit.location if fit else None,
        "fit_scale": fit.scale if fit else None,
        "fit_aic": fit.aic[fit.family.name] if fit else None,
        "fit_suits": result.sur.suits,
        "regions_split_half": result.agreement,
        "clicks": len(result.clicks.points) if result.clicks else 0,
    }
    return row


def _columns(name: str, estimate: Estimate) -> dict[str, object]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
