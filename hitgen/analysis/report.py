"""The report: one HTML file with every figure inline, no script and no address but its own data."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hitgen import __version__
from hitgen.analysis import figures
from hitgen.analysis.curves import sur_curve
from hitgen.analysis.exclusions import Exclusions, exclusions
from hitgen.analysis.konjnd import PublicRatings
from hitgen.analysis.overlay import as_data, overlay, source_picture
from hitgen.analysis.planning import Pilot, pilot
from hitgen.analysis.spending import Spending, spending
from hitgen.analysis.study import Analysis, LadderResult, analyse, analyse_answers, ladder_table
from hitgen.analysis.timing import PixelEffect, Timing, pixel_effect, timing
from hitgen.batch import resources
from hitgen.config.batch import BatchConfig
from hitgen.config.loading import read_config
from hitgen.lib.files import write_whole
from hitgen.results.dataset import Dataset, dataset_of
from hitgen.results.study import read_study

Progress = Callable[[int, int], None]
PIXEL_EFFECT_LEAST = 20


@dataclass(frozen=True)
class Collected:
    """What only a study of one's own has: workers, gold, timing, money, exclusions."""

    config: BatchConfig
    workers: pl.DataFrame
    gold: list[dict[str, Any]]
    exclusions: Exclusions
    timing: Timing
    pixels: PixelEffect
    pilot: Pilot
    spending: Spending | None
    faulty: dict[str, int]


@dataclass(frozen=True)
class ReportContext:
    """What templates/report/report.html receives, beside `style`, `policy`, `version` and `table` (one row a ladder)."""

    title: str
    simulated: bool
    summary: list[tuple[str, str]]
    analysis: Analysis
    cards: list[dict[str, Any]]
    plots: Mapping[str, str]
    collected: Collected | None = None
    warnings: tuple[str, ...] = ()
    regions_mean: float | None = None


def report_batch(folder: Path, out: Path, progress: Progress = lambda done, total: None) -> tuple[Path, Analysis]:
    """Write the report of a batch's submissions as they stand in its ledger; reads only, asks nobody."""
    study = read_study(folder)
    dataset = dataset_of(study)
    analysis = analyse(dataset.ratings, dataset.tables["clicks"], dataset.images, progress)
    faults = pl.Series([bad.fault[:120] for bad in study.faulty], dtype=pl.String).value_counts(sort=True)
    collected = _collected(folder, dataset, analysis, dict(faults.iter_rows()))
    packs = dict(dataset.images.select("ladder", "pack").iter_rows())
    cards = [_card(result, folder, packs[result.answers.ladder]) for result in analysis.ladders]
    money = collected.spending
    context = ReportContext(
        title=f"Study {collected.config.batch.name}",
        simulated=money is not None and money.simulated,
        summary=_summary(dataset, collected),
        analysis=analysis,
        cards=cards,
        plots=_plots(analysis, collected),
        collected=collected,
        regions_mean=_mean(result.agreement for result in analysis.ladders),
    )
    return _write(context, out, folder), analysis


def report_public(public: PublicRatings, name: str, out: Path, progress: Progress = lambda done, total: None) -> Path:
    """Write the report of a public dataset's ratings: PJND and SUR alone."""
    analysis = analyse_answers(public.ladders, {}, progress)
    ratings = sum(result.pjnd.n for result in analysis.ladders)
    summary = [("ladders", f"{len(analysis.ladders):,}"), ("ratings", f"{ratings:,}")]
    summary += [("ratings a ladder", f"{ratings / len(analysis.ladders):.1f}")]
    cards = [_card(result, None, "") for result in analysis.ladders]
    context = ReportContext(
        title=name,
        simulated=False,
        summary=summary,
        analysis=analysis,
        cards=cards,
        plots=_plots(analysis, None),
        warnings=public.warnings,
    )
    return _write(context, out, None)


def _collected(folder: Path, dataset: Dataset, analysis: Analysis, faulty: dict[str, int]) -> Collected:
    config = read_config(folder / "batch.toml")
    left_out = exclusions(dataset.ratings, dataset.images)
    reliability = pl.DataFrame(
        [asdict(worker) for worker in analysis.workers],
        schema={
            "worker": pl.String,
            "ratings": pl.Int64,
            **dict.fromkeys(("bias", "inconsistency", "correlation"), pl.Float64),
        },
    )
    workers = dataset.workers.join(reliability.drop("ratings"), on="worker", how="left").sort(
        ["use", "gold_rate"], descending=[True, True], nulls_last=True
    )
    pjnds = [result.pjnd for result in analysis.ladders]
    return Collected(
        config, workers, _gold(dataset.ratings), left_out,
        timing(dataset.ratings, config.display),
        pixel_effect(dataset.ratings, dataset.images),
        pilot(dataset.ratings, config.hit.reward_usd, left_out.excluded_share, pjnds),
        spending(folder), faulty,
    )  # fmt: skip


def _gold(ratings: pl.DataFrame) -> list[dict[str, Any]]:
    """Pass rates of every gold question, over all workers and over those used."""
    gold = ratings.filter((pl.col("role") == "gold") & (pl.col("kind") == "study"))
    rates = gold.group_by("images", "source", "codec").agg(
        pl.len().alias("answers"),
        pl.col("gold_level_pass").mean().alias("level"),
        pl.col("gold_place_pass").mean().alias("place"),
        pl.col("gold_level_pass").filter(pl.col("use") == "use").mean().alias("level_used"),
        pl.col("gold_place_pass").filter(pl.col("use") == "use").mean().alias("place_used"),
    )
    return rates.sort("images", "source", "codec").to_dicts()


def _summary(dataset: Dataset, collected: Collected) -> list[tuple[str, str]]:
    workers, found = collected.workers, collected.exclusions
    used, total = found.verdicts.get("use", 0), sum(found.verdicts.values())
    tiles = [
        ("ratings used", f"{used:,} of {total:,}"),
        ("workers used", f"{workers.filter(pl.col('use') == 'use').height:,} of {workers.height:,}"),
        ("ladders", str(dataset.images.filter(pl.col("role") == "study").height)),
    ]
    if collected.pilot.median_minutes:
        tiles += [("median page time", f"{collected.pilot.median_minutes:.1f} min")]
        tiles += [("pay", f"{collected.pilot.hourly_usd} USD an hour")]
    if collected.spending and not collected.spending.simulated:
        tiles += [("paid", f"{collected.spending.totals.paid_usd} of {collected.spending.totals.committed_usd} USD")]
    return tiles


def _card(result: LadderResult, folder: Path | None, pack: str) -> dict[str, Any]:
    picture = ""
    if folder is not None:
        source = source_picture(folder, pack)
        if result.clicks:
            picture = as_data(overlay(result.clicks, source))
        elif source:
            picture = as_data(source)
    return {"result": result, "picture": picture, "curve": sur_curve(result.sur, result.answers.level_max)}


def _plots(analysis: Analysis, collected: Collected | None) -> dict[str, str]:
    plots = {"pjnd": figures.pjnd_plot(analysis.ladders)} if analysis.ladders else {}
    if collected is None:
        return plots
    used = [result.pjnd.n for result in analysis.ladders]
    plots["progress"] = figures.progress_plot(used, collected.config.hit.ratings)
    plots["workers"] = figures.workers_plot(collected.workers)
    plots["timing"] = figures.timing_plot(collected.timing)
    if collected.exclusions.changes:
        plots["exclusions"] = figures.exclusions_plot(collected.exclusions)
    if len(collected.pixels.pixels) >= PIXEL_EFFECT_LEAST:
        plots["pixels"] = figures.pixels_plot(collected.pixels)
    return plots


def _mean(values: Any) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _write(context: ReportContext, out: Path, folder: Path | None) -> Path:
    """Render and write the file whole; a batch's own template and style win."""
    found = resources.find("assets", "styles/report.css", folder)
    assert found is not None
    style = found.read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    environment = Environment(
        loader=FileSystemLoader([str(place) for place in resources.search_path("templates", folder)]),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"level": _level, "share": _share, "quantile": np.quantile}
    sealed = {"style": style, "policy": policy, "version": __version__, "table": ladder_table(context.analysis)}
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, environment.get_template("report/report.html").render(vars(context) | sealed).encode())
    return out


def _level(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
