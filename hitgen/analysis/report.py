"""The report: one HTML file with every figure inline, no script and no address but its own data.

What every method has stands here and in templates/report/report.html; what is the method's comes as its `Section`.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hitgen import __version__
from hitgen.analysis import figures
from hitgen.analysis.exclusions import Exclusions, exclusions
from hitgen.analysis.money import Spending, spending
from hitgen.analysis.people import Participants, participants
from hitgen.analysis.pilot import Pilot, pilot
from hitgen.analysis.provenance import provenance, public_provenance
from hitgen.analysis.timing import SwapTiming, timing
from hitgen.batch import resources
from hitgen.config.batch import BatchConfig
from hitgen.config.kinds import DEFAULT_METHOD, METHODS
from hitgen.config.read import read_config
from hitgen.errors import CONFIG_NAME
from hitgen.lib.files import decoded, delimiter_of, private_folder, unpacked, write_whole
from hitgen.lib.progress import OnProgress, silent
from hitgen.manifest import BuildFolder
from hitgen.methods.base import AnyMethod, method_of
from hitgen.methods.section import Collected, PublicData, Section, WorkerColumn
from hitgen.recruiters import kind_of
from hitgen.results.dataset import Dataset, dataset_of
from hitgen.results.flow import flow_of
from hitgen.results.study import read_study


@dataclass(frozen=True)
class OwnStudy:
    """What only a study of one's own has: workers, gold, timing, money, exclusions."""

    config: BatchConfig
    workers: pl.DataFrame
    worker_columns: tuple[WorkerColumn, ...]
    checks: tuple[str, ...]
    gold: list[dict[str, Any]]
    exclusions: Exclusions
    timing: SwapTiming
    pilot: Pilot
    spending: Spending | None
    faulty: dict[str, int]
    participants: Participants


@dataclass(frozen=True)
class ReportContext:
    """What templates/report/report.html receives, beside `style`, `policy`, `version` and the section's values."""

    title: str
    simulated: bool
    summary: list[tuple[str, str]]
    plots: Mapping[str, str]
    nothing: tuple[str, str] | None = None
    """Where no rating is in use: why, and what helps."""
    unit: str = "HITs"
    collected: OwnStudy | None = None
    warnings: tuple[str, ...] = ()
    provenance: Sequence[tuple[str, str]] = ()


def report_batch(folder: Path, out: Path, progress: OnProgress = silent) -> Section:
    """Write the report of a batch's submissions as they stand in its ledger; reads only, asks nobody."""
    study = read_study(folder)
    dataset, config = dataset_of(study), read_config(folder / CONFIG_NAME)
    left_out = exclusions(flow_of(study), dataset.ratings)
    told = Collected(config, study.manifest, dataset.tables, BuildFolder(folder).packs, left_out.excluded_share)
    section = method_of(config).section(told, progress)
    faults = pl.Series([bad.fault[:120] for bad in study.faulty], dtype=pl.String).value_counts(sort=True)
    workers = dataset.workers if section.workers is None else section.workers
    collected = OwnStudy(
        config, workers.sort(["use", "gold_rate"], descending=[True, True], nulls_last=True), section.worker_columns,
        tuple(check.name for check in method_of(config).checks), _gold(dataset.ratings, method_of(config)), left_out,
        timing(dataset.ratings, config.display),
        pilot(dataset.ratings, config.hit.reward_usd, left_out.excluded_share),
        spending(folder), dict(faults.iter_rows()),
        participants(dataset.ratings, dataset.tables["surveys"]),
    )  # fmt: skip
    money = collected.spending
    context = ReportContext(
        title=f"Study {collected.config.batch.name}",
        simulated=money is not None and money.simulated,
        summary=[*_summary(dataset, collected), *section.summary],
        plots={
            "progress": figures.progress_plot(_used(dataset), config.hit.ratings),
            "timing": figures.timing_plot(collected.timing),
            **section.plots,
        },
        nothing=_nothing(folder, dataset, left_out),
        unit=f"{kind_of(config).unit}s",
        collected=collected,
        warnings=(*study.edited, *section.warnings),
        provenance=provenance(folder, study.manifest, section.software),
    )
    _write(context, section, out, folder)
    return section


def public_section(published: PublicData, progress: OnProgress = silent) -> Section:
    """What the method that knows a public dataset's columns makes of its files."""
    return _public_method(published.files[0]).public_section(published, progress)


def report_public(section: Section, name: str, out: Path, files: Sequence[Path]) -> Path:
    """Write the report of a public dataset."""
    context = ReportContext(
        name, False, list(section.summary), section.plots, warnings=section.warnings,
        provenance=public_provenance(files, section.software),
    )  # fmt: skip
    return _write(context, section, out, None)


def _nothing(folder: Path, dataset: Dataset, found: Exclusions) -> tuple[str, str] | None:
    """Why no rating is in use, and what helps; None where one is."""
    batch = shlex.quote(str(folder))
    if found.used:
        return None
    if not dataset.ratings.height:
        why = "No submission that can be read has come in yet."
        return (
            why,
            f"hitgen fetch {batch} takes in what was handed in; hitgen simulate {batch} shows a report of made-up answers.",
        )
    if not found.ratings:
        return (
            "All that came in is practice, gold or a qualification.",
            f"hitgen status {batch} says what is still to come.",
        )
    told = "; ".join(f"{reason} ({count})" for reason, count in list(found.reasons.items())[:3])
    why = f"{found.ratings} ratings came in, and all are left out: {told}."
    return why, (
        "where the evidence is too little, more pages for the same people, more gold on a page (hitgen gold), or a lower "
        "use_above (by thresholds: gold_answers_min) under [screening]; where rules were broken, docs/results.md says which key each rule has. "
        f"After a change, hitgen report {batch} judges again: nothing has to be collected anew."
    )


def _public_method(path: Path) -> AnyMethod:
    """The method whose columns a file has, or most of: that one says what is missing; the default one where none has any."""
    lines = decoded(unpacked(path), str(path)).splitlines()[:3]
    header = next((line for line in lines if line.strip() and not line.startswith("sep=")), "")
    cells = {cell.strip().strip('"').casefold() for cell in header.split(delimiter_of(header))}

    def share(method: AnyMethod) -> float:
        wanted = {column.casefold() for column in method.public_columns}
        return len(wanted & cells) / len(wanted) if wanted else 0.0

    default: AnyMethod = METHODS.get(DEFAULT_METHOD)
    return max((default, *map(METHODS.get, METHODS.names())), key=share)


def _used(dataset: Dataset) -> list[int]:
    """Used ratings of each study ladder that has some, one a worker."""
    used = dataset.ratings.filter((pl.col("role") == "study") & (pl.col("use") == "use"))
    return used.unique(["ladder", "worker"]).group_by("ladder").len()["len"].to_list()


def _gold(ratings: pl.DataFrame, method: AnyMethod) -> list[dict[str, Any]]:
    """Pass rates of every gold question, over all workers and over those used."""
    gold = ratings.filter((pl.col("role") == "gold") & (pl.col("kind") == "study"))
    passes = [(check.name, pl.col(f"gold_{check.name}_pass")) for check in method.checks]
    rates = gold.group_by("images", "source", "codec").agg(
        pl.len().alias("answers"),
        *(column.mean().alias(name) for name, column in passes),
        *(column.filter(pl.col("use") == "use").mean().alias(f"{name}_used") for name, column in passes),
    )
    return rates.sort("images", "source", "codec").to_dicts()


def _summary(dataset: Dataset, collected: OwnStudy) -> list[tuple[str, str]]:
    workers, found = collected.workers, collected.exclusions
    tiles = [
        ("ratings used", f"{found.used:,} of {found.ratings:,}"),
        ("workers used", f"{workers.filter(pl.col('use') == 'use').height:,} of {workers.height:,}"),
        ("ladders", str(dataset.images.filter(pl.col("role") == "study").height)),
    ]
    if collected.pilot.median_minutes:
        tiles += [("median page time", f"{collected.pilot.median_minutes:.1f} min")]
        if collected.config.hit.reward_usd:
            tiles += [("pay", f"{collected.pilot.hourly_usd} USD an hour")]
    money = collected.spending
    if money and not money.simulated and money.totals.committed_usd:
        tiles += [("paid", f"{money.totals.paid_usd} of {money.totals.committed_usd} USD")]
    return tiles


def _write(context: ReportContext, section: Section, out: Path, folder: Path | None) -> Path:
    """Render and write the file whole; a batch's own template and style win."""
    found = resources.find("assets", "styles/report.css", folder)
    assert found is not None
    style = found.read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    environment = Environment(
        loader=FileSystemLoader([str(path) for path in resources.search_path("templates", folder)]),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"level": _level, "share": _share, "quantile": np.quantile}
    sealed = {"style": style, "policy": policy, "version": __version__, **section.values}
    if folder and out.parent == folder / "results":
        private_folder(out.parent)
    out.parent.mkdir(parents=True, exist_ok=True)
    page = environment.get_template(section.template).render(vars(context) | sealed)
    write_whole(out, page.encode(), private=folder is not None)
    return out


def _level(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
