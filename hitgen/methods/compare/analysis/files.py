"""The analysis as files beside the dataset: questions, scale, boosts, detection, and answers as public files have them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from hitgen.lib.files import write_whole
from hitgen.methods.compare.analysis.detect import detections
from hitgen.methods.compare.analysis.own import own_answers, weights
from hitgen.methods.compare.analysis.scale import Scale
from hitgen.methods.compare.analysis.section import scale_rows
from hitgen.methods.compare.answers import Answer
from hitgen.methods.compare.public import public_csv
from hitgen.methods.compare.screening import ARMS
from hitgen.methods.section import Export

SCALE: dict[str, Any] = {
    "source": pl.String, "codec": pl.String, "level": pl.Int64, "units": pl.Float64, "low_95": pl.Float64,
    "high_95": pl.Float64, "bits_per_pixel": pl.Float64, "answers": pl.Int64,
}  # fmt: skip
QUESTIONS: dict[str, Any] = {
    "arm": pl.String, "asked": pl.String, "source": pl.String, "first_codec": pl.String, "first_level": pl.Int64,
    "second_codec": pl.String, "second_level": pl.Int64, "answers": pl.Int64, "first": pl.Int64, "second": pl.Int64,
    "not_sure": pl.Int64, "skipped": pl.Int64, "first_stood_left": pl.Int64,
}  # fmt: skip
DETECTIONS: dict[str, Any] = {
    "arm": pl.String, "source": pl.String, "codec": pl.String, "level": pl.Int64, "answers": pl.Int64,
    "correct": pl.Float64, "low": pl.Float64, "high": pl.Float64, "verdict": pl.String,
    "lossless": pl.Float64,
}  # fmt: skip
ABOUT = """# Analysis

Made from the used answers (`use` is use). Intervals are 95%.

| file | is |
|---|---|
| `scale.csv`, `.parquet` | one row a version: its distance from the source, bits per pixel of the whole picture, answers that hold it against another |
| `questions.csv`, `.parquet` | one row a question: how often it was answered how; `first` and `second` count who was said to differ more (where both are one picture, asked `bias`, `first` counts either side) |
| `detection.csv`, `.parquet` | one row a level that was held against its source: its verdict and what that rests on |
| `answers-boosted.csv`, `answers-plain.csv` | one row a used answer in the columns of the public files of JPEG AIC-3, traps and bias questions too; `hitgen report` reads them |

| column of `scale` | is |
|---|---|
| `source`, `codec`, `level` | the version; the source itself, level 0, is at distance 0 |
| `jnd`, or `boosted_units` where there are no plain answers: then it is no JND | its distance from the source: one JND is 0.6745 standard deviations of Thurstone's case V |
| `low_95`, `high_95` | the ends of its interval, in the same unit |
| `bits_per_pixel` | of the whole picture as coded; empty where nobody knows |
| `answers` | used answers in which it was held against another version or the source, skips, traps and bias questions left out |

| column of `questions` | is |
|---|---|
| `arm`, `asked`, `source` | as in `ratings` |
| `first_codec`, `first_level`, `second_codec`, `second_level` | the two versions, whichever stood left; level 0 is the source |
| `answers` | used answers, skips too: the sum of `first`, `second`, `not_sure` and `skipped` |
| `first_stood_left` | in how many of them the first stood left |

| column of `detection` | is |
|---|---|
| `answers`, `correct` | answers that are no skips; those that named the level as the one that differs more, "not sure" half |
| `low`, `high` | exact 95% interval of the share of correct answers (Clopper and Pearson) |
| `verdict` | visually lossless (the true share is at most 0.75), not visually lossless, or undecided |
| `lossless` | the probability of "visually lossless", by which the verdict is given: from 0.95 on, and "not" up to 0.05, of 15 answers or more |
"""


def write_analysis(tables: Mapping[str, pl.DataFrame], out: Export) -> None:
    """Write the analysis of a dataset; each file is replaced whole."""
    ratings = tables["ratings"]
    used = ratings.filter(pl.col("use") == "use")
    answers = own_answers(used)
    scale: Scale = out.section.values["scale"]
    rows = scale_rows(scale, weights(out.manifest))  # type: ignore[arg-type]
    out.write("scale", pl.DataFrame(rows, schema=SCALE).rename({"units": scale.unit}))
    out.write("questions", question_table(answers))
    out.write("detection", pl.DataFrame([vars(row) for row in detections(answers)], schema=DETECTIONS))
    # Gold has no verdict of its own: what screened its assignment in counts.
    kept = own_answers(ratings.filter(pl.col("assignment").is_in(used["assignment"].unique().to_list())))
    for arm in ARMS:
        path = out.folder / f"answers-{arm}.csv"
        if any(answer.arm == arm for answer in kept):
            write_whole(path, public_csv(kept, arm).encode(), private=True)
        else:
            path.unlink(missing_ok=True)
    write_whole(out.folder / "README.md", ABOUT.encode(), private=True)


def question_table(answers: Sequence[Answer]) -> pl.DataFrame:
    """Each question with its answers, whichever version stood left."""
    counts: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for answer in answers:
        first, second = sorted((answer.left, answer.right), key=lambda side: (side[1] > 0, side))
        counted = counts[answer.arm, answer.asked, answer.source, *first, *second]
        counted["answers"] += 1
        counted["left"] += first == answer.left
        said = {"left": answer.left, "right": answer.right}.get(answer.response)
        counted["first" if said == first else "second" if said else answer.response] += 1
    rows = [
        (*question, *(counted[name] for name in ("answers", "first", "second", "notsure", "skip", "left")))
        for question, counted in sorted(counts.items())
    ]
    return pl.DataFrame(rows, schema=QUESTIONS, orient="row")
