"""The dataset of a study as tables in memory; what each column means is in columns.py and in the method's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from hitgen.checks.judged import CheckedWork, values_of
from hitgen.errors import Fault, InputError
from hitgen.lib.shipped import install_line
from hitgen.manifest import Ladder
from hitgen.methods.base import Note, method_of
from hitgen.methods.columns import Column
from hitgen.methods.evidence import Evidence
from hitgen.methods.submission import DisplayRecord
from hitgen.methods.work import AnyWork, Attempt, Key, trial_s
from hitgen.results.columns import tables_of
from hitgen.results.flow import noted, notes_of
from hitgen.results.screening import GoldTally, tallied
from hitgen.results.study import Study, nameless, read_study
from hitgen.results.verdicts import Verdict

if TYPE_CHECKING:
    import polars


@dataclass(frozen=True)
class Dataset:
    """Polars frames by name: a rating is one attempt at one trial; names of workers and assignments are pseudonyms everywhere."""

    tables: Mapping[str, polars.DataFrame]

    @property
    def ratings(self) -> polars.DataFrame:
        """One row for each attempt at each trial."""
        return self.tables["ratings"]

    @property
    def images(self) -> polars.DataFrame:
        """One row for each ladder."""
        return self.tables["images"]

    @property
    def workers(self) -> polars.DataFrame:
        """One row for each worker."""
        return self.tables["workers"]


@dataclass(frozen=True)
class Rating:
    """One attempt with all that is around it; `worker` and `assignment` are pseudonyms, `notes` what the method found among the others."""

    batch: str
    worker: str
    assignment: str
    work: AnyWork
    attempt: Attempt[Any]
    verdict: Verdict
    notes: Mapping[str, object]

    @property
    def display(self) -> DisplayRecord:
        """The worker's screen."""
        return self.work.submission.display


@dataclass(frozen=True)
class Image:
    """One ladder of the batch."""

    batch: str
    ladder: Ladder


@dataclass(frozen=True)
class Worker:
    """One worker's sums."""

    worker: str
    assignments: int
    trials: int
    tally: GoldTally
    median_trial_s: float | None
    verdict: Verdict
    used_ratings: int


WORD = re.compile(r"[^\s,;:!?()\[\]{}<>\"'/\\=]+(?<![.])")
"""What may be an id in a text."""
SHORTEST_ID = 5
"""A shorter one, such as the number of a task, may be anything else in a text."""


@dataclass(frozen=True)
class SurveyAnswer:
    """One answer to a question of the survey."""

    batch: str
    worker: str
    assignment: str
    work: AnyWork
    question: str
    answer: object


def make_dataset(folder: Path) -> Dataset:
    """The dataset of the study in a batch folder; InputError where it cannot be read, or polars is missing."""
    return dataset_of(read_study(folder))


def dataset_of(study: Study) -> Dataset:
    """The dataset of a study that was read."""
    method, notes = method_of(study.config), notes_of(study)
    study = replace(study, judged=nameless(study))
    verdicts = noted(study.judged.ratings, notes)
    ratings = list(_ratings(study, verdicts, notes))
    rows: dict[str, Iterable[object]] = {
        "ratings": ratings,
        "images": [Image(study.manifest.batch, ladder) for ladder in study.manifest.ladders],
        "workers": _workers(study, verdicts),
        "surveys": _surveys(study),
        "checks": _checks(study),
        **{name: [row for rating in ratings for row in table.rows(rating)] for name, table in method.tables.items()},
    }
    return Dataset({name: frame(table.columns, rows[name]) for name, table in tables_of(method, study.config).items()})


def frame(columns: Sequence[Column], rows: Iterable[object]) -> polars.DataFrame:
    """Rows as a frame with exactly these columns and types."""
    try:
        import polars
    except ImportError:
        problem = "datasets need the extra `analysis`"
        raise InputError(Fault("hitgen", "", problem, install_line("analysis"))) from None
    types: dict[type, Any] = {str: polars.String, int: polars.Int64, float: polars.Float64, bool: polars.Boolean}
    schema = {column.name: types[column.type] for column in columns}
    kept = list(rows)
    return polars.DataFrame({column.name: [column.of(row) for row in kept] for column in columns}, schema=schema)


def _ratings(study: Study, verdicts: Mapping[Key, Verdict], notes: Mapping[Key, Note]) -> Iterator[Rating]:
    for work in study.works:
        assignment, worker = work.received.assignment, study.pseudonym(work.received.worker)
        for attempt in work.attempts:
            key = (assignment, attempt.known.trial)
            verdict = verdicts.get(key, study.judged.assignments[assignment])
            found = notes[key].values if key in notes else {}
            yield Rating(study.manifest.batch, worker, study.pseudonym(assignment), work, attempt, verdict, found)


def _workers(study: Study, verdicts: Mapping[Key, Verdict]) -> Iterator[Worker]:
    works: dict[str, list[AnyWork]] = {}
    used: dict[str, int] = {}
    for work in study.works:
        worker = work.received.worker
        works.setdefault(worker, []).append(work)
        keys = [(work.received.assignment, attempt.known.trial) for attempt in work.answers("study")]
        used[worker] = used.get(worker, 0) + sum(verdicts[key].use == "use" for key in keys)
    none = tallied([], len(method_of(study.config).checks), Evidence(study.config.screening.honest_share, 0.0))
    for worker, verdict in study.judged.workers.items():
        mine = works.get(worker, [])
        times = [typical_s for work in mine if (typical_s := trial_s(work.answers("study"))) is not None]
        yield Worker(
            worker=study.pseudonym(worker), assignments=len(mine),
            trials=sum(len(work.answers("study")) for work in mine), tally=study.judged.tallies.get(worker, none),
            median_trial_s=median(times) if times else None, verdict=verdict, used_ratings=used.get(worker, 0),
        )  # fmt: skip


def _checks(study: Study) -> Iterator[CheckedWork]:
    for work in study.works:
        worker, assignment = study.pseudonym(work.received.worker), study.pseudonym(work.received.assignment)
        yield CheckedWork(study.manifest.batch, worker, assignment, work, values_of(work, study.config))


def _surveys(study: Study) -> Iterator[SurveyAnswer]:
    # People write their own ids into free text, which are to be found nowhere.
    stands_for = {
        name.casefold(): study.pseudonym(name)
        for row in study.received()
        for name in (row.worker, row.assignment)
        if len(name) >= SHORTEST_ID
    }

    # Those that are no single word, such as a panel's with a slash: few, and each looked for by itself, long ones first.
    names = sorted((name for name in stands_for if not WORD.fullmatch(name)), key=len, reverse=True)
    odd = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)", re.I) if names else None

    def said(answer: object) -> object:
        if not isinstance(answer, str):
            return answer
        told = odd.sub(lambda found: stands_for.get(found[0].casefold(), found[0]), answer) if odd else answer
        return WORD.sub(lambda word: stands_for.get(word[0].casefold(), word[0]), told)

    for work in study.works:
        worker, assignment = study.pseudonym(work.received.worker), study.pseudonym(work.received.assignment)
        for question, answer in work.submission.survey.items():
            yield SurveyAnswer(study.manifest.batch, worker, assignment, work, question, said(answer))
