"""A study with all that is computed of it: what its report shows, and its export writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from hitgen.analysis import figures
from hitgen.analysis.checks import CheckLine, check_lines
from hitgen.analysis.exclusions import Exclusions, exclusions
from hitgen.analysis.money import Spending, spending
from hitgen.analysis.people import Participants, participants
from hitgen.analysis.pilot import Pilot, pilot
from hitgen.analysis.timing import SwapTiming, timing
from hitgen.config.batch import BatchConfig
from hitgen.lib.progress import OnProgress, silent
from hitgen.manifest import BuildFolder
from hitgen.methods.base import AnyMethod, method_of
from hitgen.methods.figures import Drawing
from hitgen.methods.section import Collected, Plots, Section, WorkerColumn
from hitgen.results.dataset import Dataset, dataset_of
from hitgen.results.flow import flow_of
from hitgen.results.study import Study


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
    checkups: list[CheckLine]


@dataclass(frozen=True)
class Analysed:
    """A study, its dataset, the section of its method, and what every method's studies have."""

    study: Study
    dataset: Dataset
    section: Section
    own: OwnStudy

    @property
    def plots(self) -> Mapping[str, Drawing | None]:
        """The figures of its report by name, the small ones of single pictures left out; each is drawn when it is looked at."""
        common = {
            "progress": self._progress,
            "timing": lambda: figures.timing_plot(self.own.timing),
        }
        return Plots(common | {name: lambda name=name: self.section.plots[name] for name in self.section.plots})

    def _progress(self) -> Drawing | None:
        config, subjects = self.own.config, self.study.manifest.by_subject
        goals = sorted({method_of(config).wanted(config, trial) for trial in subjects.values()})
        if config.deals_ladders and goals == [config.hit.ratings]:  # what a page shows a second time counts once
            return figures.progress_plot(_used(self.dataset), goals)
        found = Counter(
            attempt.known.subject
            for work in self.study.works
            for attempt in work.answers("study")
            if self.study.judged.ratings[work.received.assignment, attempt.known.trial].use == "use"
        )
        words = ("ratings", "ladder") if config.deals_ladders else ("answers", "question")
        return figures.progress_plot([found[subject] for subject in subjects], goals, *words)


def analysed(study: Study, progress: OnProgress = silent, dataset: Dataset | None = None) -> Analysed:
    """All that is computed of a study; reads its folder, asks nobody."""
    dataset, config, method = dataset or dataset_of(study), study.config, method_of(study.config)
    left_out = exclusions(flow_of(study), dataset.ratings)
    packs = BuildFolder(study.folder).packs
    told = Collected(config, study.manifest, dataset.tables, packs, left_out.excluded_share)
    section = method.section(told, progress)
    faults = pl.Series([bad.fault[:120] for bad in study.faulty], dtype=pl.String).value_counts(sort=True)
    workers = dataset.workers if section.workers is None else section.workers
    own = OwnStudy(
        config, workers.sort(["use", "gold_rate"], descending=[True, True], nulls_last=True), section.worker_columns,
        tuple(check.name for check in method.checks), _gold(dataset.ratings, method), left_out,
        timing(dataset.ratings, config.display), pilot(dataset.ratings, config.hit.reward_usd, left_out.excluded_share),
        spending(study.folder), dict(faults.iter_rows()), participants(dataset.ratings, dataset.tables["surveys"]),
        check_lines(dataset.tables.get("checks"), config),
    )  # fmt: skip
    return Analysed(study, dataset, section, own)


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
