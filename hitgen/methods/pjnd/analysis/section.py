"""This method's part of the report: PJND, SUR, critical regions, reliability, what exclusions and fine screens change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from hitgen.lib.progress import OnProgress
from hitgen.methods.figures import Drawing
from hitgen.methods.pjnd.analysis import figures
from hitgen.methods.pjnd.analysis.analyse import Analysis, LadderResult, analyse, analyse_answers
from hitgen.methods.pjnd.analysis.changes import changes
from hitgen.methods.pjnd.analysis.curves import sur_curve
from hitgen.methods.pjnd.analysis.konjnd import read_konjnd
from hitgen.methods.pjnd.analysis.overlay import as_data, overlay, source_picture
from hitgen.methods.pjnd.analysis.pixels import pixel_effect
from hitgen.methods.pjnd.analysis.precision import needed
from hitgen.methods.pjnd.analysis.printed import curve, regions
from hitgen.methods.pjnd.analysis.rate import ratios, weighed, weights_of
from hitgen.methods.pjnd.analysis.retest import between_sd
from hitgen.methods.pjnd.analysis.words import analysis_told
from hitgen.methods.pjnd.paper import REFERENCES
from hitgen.methods.section import Collected, Headlines, Plots, Section, WorkerColumn, between, told

TEMPLATE = "report/pjnd.html"
PIXEL_EFFECT_LEAST = 20
SOFTWARE = ("scipy",)
WORKER_COLUMNS = (
    WorkerColumn("bias", "bias"),
    WorkerColumn("inconsistency", "inconsistency"),
    WorkerColumn("r", "correlation", 2),
    WorkerColumn("honest", "crossed_honest", 2),
)


def section_of(study: Collected, progress: OnProgress) -> Section:
    """The section of a study of one's own."""
    ratings, images = study.tables["ratings"], study.tables["images"]
    analysis = analyse(ratings, study.tables["clicks"], images, progress, study.tables["workers"])
    workers = _workers(study.tables["workers"], analysis)
    changed, pixels = changes(ratings, images), pixel_effect(ratings, images)
    packs = dict(images.select("ladder", "pack").iter_rows())
    typical_sd, wanted = needed([result.pjnd for result in analysis.ladders], study.excluded_share)
    plots = {**_plots(analysis), "workers": figures.workers_plot(workers)}
    if changed:
        plots["exclusions"] = figures.changes_plot(changed)
    if len(pixels.pixels) >= PIXEL_EFFECT_LEAST:
        plots["pixels"] = figures.pixels_plot(pixels)
    weights = {
        result.answers.ladder: found
        for result in analysis.ladders
        if (found := weights_of(study.packs, packs[result.answers.ladder]))
    }
    rows = weighed(analysis.ladders, weights)
    values = {
        "weighed": rows, "ratios": ratios(rows),
        "cards": [_card(result, study.packs, packs[result.answers.ladder]) for result in analysis.ladders],
        "changes": changed, "mean_change": _mean(change.shift for change in changed), "pixels": pixels,
        "typical_sd": typical_sd, "needed": wanted,
        "between_sd": between_sd([result.answers for result in analysis.ladders]),
        "regions_mean": _mean(result.agreement for result in analysis.ladders),
    }  # fmt: skip
    return Section(
        TEMPLATE,
        _values(analysis) | values,
        plots,
        workers,
        WORKER_COLUMNS,
        false_alarms(ratings),
        software=SOFTWARE,
        headlines=_headlines(analysis),
        words=analysis_told(analysis, public=False),
        references=REFERENCES,
        parts=Plots(_parts(analysis, study.packs, packs)),
    )


def false_alarms(ratings: pl.DataFrame) -> tuple[tuple[str, str], ...]:
    """How often flicker was reported where there is none, over all catch trials and over those of used workers."""
    caught = ratings.filter((pl.col("kind") == "study") & pl.col("gold_catch_pass").is_not_null())
    used = caught.filter(pl.col("use") == "use")
    if caught.is_empty():
        return ()
    told = [f"{1 - float(of['gold_catch_pass'].mean()):.0%} of {of.height:,}" for of in (caught, used) if of.height]  # type: ignore[arg-type]
    return (("false alarms in catch trials", told[0]), *(("false alarms, used", each) for each in told[1:]))


def public_section(path: Path, progress: OnProgress, ratings_are: str | None = None) -> Section:
    """The section of a public dataset's ratings: PJND and SUR alone."""
    public = read_konjnd(path, ratings_are)
    analysis = analyse_answers(public.ladders, {}, progress)
    ratings = sum(result.pjnd.n for result in analysis.ladders)
    summary = (
        ("ladders", f"{len(analysis.ladders):,}"), ("ratings", f"{ratings:,}"),
        ("a rating is", public.taken), ("ratings a ladder", f"{ratings / len(analysis.ladders):.1f}"),
    )  # fmt: skip
    values = _values(analysis) | {"cards": [_card(result, None, "") for result in analysis.ladders]}
    return Section(
        TEMPLATE,
        values,
        _plots(analysis),
        summary=summary,
        warnings=public.warnings,
        software=SOFTWARE,
        headlines=_headlines(analysis),
        words=analysis_told(analysis, public=True),
        references=REFERENCES,
    )


def _headlines(analysis: Analysis) -> Headlines:
    """Each ladder's mean and 75% level."""
    rows = [
        (
            result.answers.source, result.answers.codec, str(result.pjnd.n), ("≥ " if result.pjnd.none_seen else "") + told(result.mean.value),
            between(result.mean.low, result.mean.high), told(level.value, 0), between(level.low, level.high, 0),
        )
        for result in analysis.ladders
        for level in [result.levels[0.75]]
    ]  # fmt: skip
    return Headlines(("source", "codec", "used", "PJND", "95%", "75% level", "95%"), rows)


def _values(analysis: Analysis) -> dict[str, Any]:
    crossed = sum(result.crossed.n for result in analysis.ladders if result.crossed)
    return {"analysis": analysis, "crossed_ratings": crossed, "weighed": [], "ratios": []}


def _plots(analysis: Analysis) -> dict[str, Drawing | None]:
    return {"pjnd": figures.pjnd_plot(analysis.ladders)} if analysis.ladders else {}


def _parts(analysis: Analysis, folder: Path, packs: Mapping[str, str]) -> dict[str, Callable[[], Drawing | None]]:
    """Each ladder's curve and regions."""
    parts: dict[str, Callable[[], Drawing | None]] = {}
    for result in analysis.ladders:
        parts[f"sur/{result.answers.stem}"] = partial(curve, result)
        if result.clicks:
            parts[f"regions/{result.answers.stem}"] = partial(regions, result, folder, packs[result.answers.ladder])
    return parts


def _workers(workers: pl.DataFrame, analysis: Analysis) -> pl.DataFrame:
    figures_of = dict.fromkeys(("bias", "inconsistency", "correlation"), pl.Float64)
    reliability = pl.DataFrame(
        [asdict(worker) for worker in analysis.workers], schema={"worker": pl.String, "ratings": pl.Int64, **figures_of}
    )
    honest = analysis.crossing.honest if analysis.crossing else {}
    column = [honest.get(name) for name in workers["worker"]]
    joined = workers.join(reliability.drop("ratings"), on="worker", how="left", maintain_order="left")
    return joined.with_columns(pl.Series("crossed_honest", column, dtype=pl.Float64))


def _card(result: LadderResult, packs: Path | None, pack: str) -> dict[str, Any]:
    picture = ""
    if packs is not None:
        source = source_picture(packs, pack)
        if result.clicks:
            picture = as_data(overlay(result.clicks, source))
        elif source:
            picture = as_data(source)
    return {"result": result, "picture": picture, "curve": sur_curve(result)}


def _mean(values: Any) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
