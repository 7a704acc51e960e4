"""The report: one HTML file with every figure inline, no script and no address but its own data.

What every method has stands here and in templates/report/report.html; what is the method's comes as its `Section`.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from jinja2 import Environment, StrictUndefined

from hitgen import __version__
from hitgen.analysis.analysed import OwnStudy, analysed
from hitgen.analysis.exclusions import Exclusions
from hitgen.analysis.paper import Paper, paper, public_paper
from hitgen.analysis.provenance import provenance, public_provenance
from hitgen.batch import resources
from hitgen.config.kinds import DEFAULT_METHOD, METHODS
from hitgen.lib.files import decoded, delimiter_of, private_folder, text_of, unpacked, write_whole
from hitgen.lib.progress import OnProgress, silent
from hitgen.lib.text import count
from hitgen.methods.base import AnyMethod, method_of
from hitgen.methods.figures import Drawing
from hitgen.methods.section import PublicData, Section
from hitgen.pages.faulty import Loader, plainly
from hitgen.recruiters import kind_of
from hitgen.results.dataset import Dataset
from hitgen.results.study import Study, read_study


@dataclass(frozen=True)
class ReportContext:
    """What templates/report/report.html receives, beside `style`, `policy`, `version` and the section's values."""

    title: str
    simulated: bool
    summary: list[tuple[str, str]]
    plots: Mapping[str, Drawing | None]
    nothing: tuple[str, str] | None = None
    """Where no rating is in use: why, and what helps."""
    unit: str = "HITs"
    collected: OwnStudy | None = None
    warnings: tuple[str, ...] = ()
    provenance: Sequence[tuple[str, str]] = ()
    paper: Paper | None = None


def report_batch(folder: Path, out: Path, progress: OnProgress = silent) -> Section:
    """Write the report of a batch's submissions as they stand in its ledger; reads only, asks nobody."""
    found = analysed(read_study(folder), progress)
    study, section, money = found.study, found.section, found.own.spending
    context = ReportContext(
        title=f"Study {study.config.batch.name}",
        simulated=money is not None and money.simulated,
        summary=[*_summary(found.dataset, found.own), *section.summary],
        plots=found.plots,
        nothing=_nothing(
            folder, found.dataset, found.own.exclusions, method_of(study.config).more_gold.replace("`", "")
        ),
        unit=f"{kind_of(study.config).unit}s",
        collected=found.own,
        warnings=(*study.edited, *_lost(study), *section.warnings),
        provenance=provenance(folder, study.manifest, section.software),
        paper=paper(found),
    )
    _write(context, section, out, folder)
    return section


def public_section(published: PublicData, progress: OnProgress) -> Section:
    """What the method that knows a public dataset's columns makes of its files."""
    return _public_method(published.files[0]).public_section(published, progress)


def report_public(section: Section, name: str, out: Path, files: Sequence[Path]) -> Path:
    """Write the report of a public dataset."""
    context = ReportContext(
        name, False, list(section.summary), section.plots, warnings=section.warnings,
        provenance=public_provenance(files, section.software), paper=public_paper(section),
    )  # fmt: skip
    return _write(context, section, out, None)


def _nothing(folder: Path, dataset: Dataset, found: Exclusions, more_gold: str) -> tuple[str, str] | None:
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
        f"where the evidence is too little, more pages for the same people, more answers that are known ({more_gold}), or a lower "
        "use_above (by thresholds: gold_answers_min) under [screening]; where rules were broken, docs/results.md says which key each rule has. "
        f"After a change, hitgen report {batch} judges again: nothing has to be collected anew."
    )


def _lost(study: Study) -> Iterator[str]:
    if study.lost:
        rows = count(len(study.lost), "row")
        yield f"{rows} of review.csv with changes are of assignments that nobody handed in, and count for nothing; `hitgen review` names them"


def _public_method(path: Path) -> AnyMethod:
    """The method most of whose columns a file has, which then says what is missing; the default method where it has none of any."""
    lines = decoded(unpacked(path), str(path)).splitlines()[:3]
    header = next((line for line in lines if line.strip() and not line.startswith("sep=")), "")
    cells = {cell.strip().strip('"').casefold() for cell in header.split(delimiter_of(header))}

    def share(method: AnyMethod) -> float:
        wanted = {column.casefold() for column in method.public_columns}
        return len(wanted & cells) / len(wanted) if wanted else 0.0

    default: AnyMethod = METHODS.get(DEFAULT_METHOD)
    return max((default, *map(METHODS.get, METHODS.names())), key=share)


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
    style = text_of(found)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    environment = Environment(
        loader=Loader([str(path) for path in resources.search_path("templates", folder)]),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"level": _level, "share": _share, "quantile": np.quantile}
    sealed = {"style": style, "policy": policy, "version": __version__, **section.values}
    if folder and out.parent == folder / "results":
        private_folder(out.parent)
    out.parent.mkdir(parents=True, exist_ok=True)
    with plainly(section.template):
        page = environment.get_template(section.template).render(vars(context) | sealed)
    # A folder's name may be no text; it is spelled out.
    write_whole(out, page.encode("utf-8", "backslashreplace"), private=folder is not None)
    return out


def _level(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
