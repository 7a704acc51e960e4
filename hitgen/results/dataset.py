"""The dataset of a study as four tables in memory; what each column means is in columns.py."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from hitgen.errors import Fault, InputError
from hitgen.results.columns import CLICKS, IMAGES, RATINGS, SURVEYS, WORKERS, Column
from hitgen.results.grade import Attempt, GradedWork
from hitgen.results.outliers import outliers
from hitgen.results.screening import GoldTally, Key, trial_s
from hitgen.results.study import Study, read_study
from hitgen.results.verdicts import Verdict

if TYPE_CHECKING:
    import polars

OUTLIER = "outlier of its ladder"


@dataclass(frozen=True)
class Dataset:
    """Polars frames: a rating is one attempt at one trial; worker names are pseudonyms everywhere."""

    ratings: polars.DataFrame
    clicks: polars.DataFrame
    images: polars.DataFrame
    workers: polars.DataFrame
    surveys: polars.DataFrame


def make_dataset(folder: Path) -> Dataset:
    """The dataset of the study in a batch folder; InputError where it cannot be read, or polars is missing."""
    return dataset_of(read_study(folder))


def dataset_of(study: Study) -> Dataset:
    """The dataset of a study that was read."""
    marks = _outliers(study)
    verdicts = {key: _with_outliers(study, verdict, marks.get(key)) for key, verdict in study.judged.ratings.items()}
    ratings: list[dict[str, Any]] = []
    clicks: list[dict[str, Any]] = []
    for work in study.works:
        shared = _shared(study, work)
        for attempt in work.attempts:
            key = (work.received.assignment, attempt.known.trial)
            verdict = verdicts.get(key, study.judged.assignments[work.received.assignment])
            ratings.append({**shared, **_rating(attempt, verdict, marks.get(key, (False, False)))})
            clicks += _clicks(shared, attempt, verdict)
    return Dataset(
        frame(RATINGS, ratings),
        frame(CLICKS, clicks),
        frame(IMAGES, _images(study)),
        frame(WORKERS, _workers(study, verdicts)),
        frame(SURVEYS, _surveys(study)),
    )


def frame(columns: Sequence[Column], rows: Iterable[dict[str, Any]]) -> polars.DataFrame:
    """Rows as a frame with exactly these columns and types."""
    try:
        import polars
    except ImportError:
        problem = "datasets need the extra `analysis`"
        raise InputError(Fault("hitgen", "", problem, 'pip install "hitgen[analysis]"')) from None
    types: dict[str, Any] = {
        "text": polars.String,
        "int": polars.Int64,
        "float": polars.Float64,
        "bool": polars.Boolean,
    }
    schema = {column.name: types[column.kind] for column in columns}
    kept = list(rows)
    return polars.DataFrame({name: [row[name] for row in kept] for name in schema}, schema=schema)


def _outliers(study: Study) -> dict[Key, tuple[bool, bool]]:
    """Which used study ratings lie far from the others of their ladder, by z and by interquartile range."""
    by_ladder: dict[str, dict[Key, int]] = {}
    for work in study.works:
        for attempt in work.answers("study"):
            key = (work.received.assignment, attempt.known.trial)
            if attempt.row.level is not None and study.judged.ratings[key].use == "use":
                by_ladder.setdefault(attempt.known.ladder, {})[key] = attempt.row.level
    rules = study.config.screening
    found: dict[Key, tuple[bool, bool]] = {}
    for levels in by_ladder.values():
        marks = outliers(list(levels.values()), rules.outlier_z, rules.outlier_iqr)
        found.update(zip(levels, marks, strict=True))
    return found


def _with_outliers(study: Study, verdict: Verdict, marks: tuple[bool, bool] | None) -> Verdict:
    if marks is None:
        return verdict
    removed = {"none": False, "z": marks[0], "iqr": marks[1], "either": any(marks)}
    if not removed[study.config.screening.remove_outliers]:
        return verdict
    return Verdict(verdict.pay, "exclude", (*verdict.reasons, OUTLIER), verdict.shut_out)


def _shared(study: Study, work: GradedWork) -> dict[str, Any]:
    display = work.work.submission.display
    return {
        "batch": study.manifest.batch, "page": work.work.page.page, "kind": work.work.page.kind,
        "hit": work.received.hit, "assignment": work.received.assignment,
        "worker": study.pseudonym(work.received.worker), "px_per_cm": display.css_px_per_cm,
        "device_pixel_ratio": display.device_pixel_ratio, "device_px_per_source_px": display.device_px_per_source_px,
        "refresh_hz": display.refresh_hz, "browser": display.browser,
        "submitted_at": work.received.submitted_at.isoformat(),
    }  # fmt: skip


def _rating(attempt: Attempt, verdict: Verdict, marks: tuple[bool, bool]) -> dict[str, Any]:
    row, ladder, timing = attempt.row, attempt.ladder, attempt.row.timing
    return {
        "trial": row.trial, "order": attempt.order, "attempt": row.attempt, "role": attempt.known.role,
        "images": ladder.images, "source": ladder.source, "codec": ladder.codec, "ladder": ladder.ladder,
        "level": row.level, "none_seen": row.none_seen, "level_max": ladder.level_max,
        "parameter": ladder.parameter(row.level), "started_ms": row.started_ms, "ended_ms": row.ended_ms,
        "duration_ms": row.ended_ms - row.started_ms, "slider_start": row.slider_start,
        "slider_moves": attempt.moves, "trace_json": row.way.text,
        "gold_level_pass": attempt.level_pass, "gold_place_pass": attempt.place_pass,
        "swaps": timing.swaps, "swap_mean_ms": timing.mean_ms, "swap_sd_ms": timing.sd_ms,
        "swap_max_ms": timing.max_ms, "source_mean_ms": timing.source_mean_ms,
        "distorted_mean_ms": timing.distorted_mean_ms, "dropped": timing.dropped, "hidden_ms": timing.hidden_ms,
        "pay": verdict.pay, "use": verdict.use, "reasons": "; ".join(verdict.reasons),
        "outlier_z": marks[0], "outlier_iqr": marks[1],
    }  # fmt: skip


def _clicks(shared: dict[str, Any], attempt: Attempt, verdict: Verdict) -> list[dict[str, Any]]:
    ladder = attempt.ladder
    about = {
        "batch": shared["batch"], "assignment": shared["assignment"], "worker": shared["worker"],
        "trial": attempt.row.trial, "attempt": attempt.row.attempt, "ladder": ladder.ladder, "images": ladder.images,
        "source": ladder.source, "codec": ladder.codec, "role": attempt.known.role, "use": verdict.use,
    }  # fmt: skip
    return [{**about, "click": number, "x": x, "y": y} for number, (x, y) in enumerate(attempt.row.points, start=1)]


def _images(study: Study) -> list[dict[str, Any]]:
    names = ("images", "source", "codec", "ladder", "role", "width", "height", "level_max", "pack")
    return [
        {
            "batch": study.manifest.batch,
            "parameters": json.dumps(ladder.parameters),
            **{name: getattr(ladder, name) for name in names},
        }
        for ladder in study.manifest.ladders
    ]


def _workers(study: Study, verdicts: dict[Key, Verdict]) -> list[dict[str, Any]]:
    works: dict[str, list[GradedWork]] = {}
    for work in study.works:
        works.setdefault(work.received.worker, []).append(work)
    used: dict[str, int] = {}
    for work in study.works:
        keys = [(work.received.assignment, attempt.known.trial) for attempt in work.answers("study")]
        mine = sum(verdicts[key].use == "use" for key in keys)
        used[work.received.worker] = used.get(work.received.worker, 0) + mine
    rows = []
    for worker, verdict in study.judged.workers.items():
        mine_works, tally = works.get(worker, []), study.judged.tallies.get(worker, GoldTally())
        times = [_s for work in mine_works if (_s := trial_s(work.answers("study"))) is not None]
        rows.append(
            {
                "worker": study.pseudonym(worker), "assignments": len(mine_works),
                "trials": sum(len(work.answers("study")) for work in mine_works),
                "gold_answers": tally.answers, "gold_level_passes": tally.level_passes,
                "gold_place_passes": tally.place_passes, "gold_rate": tally.rate,
                "median_trial_s": median(times) if times else None, "pay": verdict.pay, "use": verdict.use,
                "reasons": "; ".join(verdict.reasons), "used_ratings": used.get(worker, 0),
            }
        )  # fmt: skip
    return rows


def _surveys(study: Study) -> list[dict[str, Any]]:
    return [
        {
            "batch": study.manifest.batch, "page": work.work.page.page, "assignment": work.received.assignment,
            "worker": study.pseudonym(work.received.worker), "question": question,
            "answer": None if answer is None else str(answer),
        }
        for work in study.works
        for question, answer in work.work.submission.survey.items()
    ]  # fmt: skip
