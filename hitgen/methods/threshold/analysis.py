"""From comparisons to SUR levels: a posterior of each ladder from everybody's answers, for the report, the export and the next pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from hitgen.errors import InputError, in_config
from hitgen.lib.files import write_whole
from hitgen.lib.progress import OnProgress
from hitgen.methods.section import Collected, Export, Headlines, Plots, Section, between, told
from hitgen.methods.threshold import quest
from hitgen.methods.threshold.crossed import Comparison, Model, answered, crossed
from hitgen.methods.threshold.paper import REFERENCES, analysis_told
from hitgen.methods.weighed import weighed_ratings

POSTERIOR = "posterior.json"
PEOPLE_MIN = 5
"""Levels by fewer people are largely what is usual."""
SHOWN = 5
SUR: dict[str, Any] = {
    "images": pl.String, "source": pl.String, "codec": pl.String, "comparisons": pl.Int64, "people": pl.Int64, "found": pl.Float64,
    **{f"sur{share}{end}": pl.Float64 for share in ("50", "75") for end in ("", "_low", "_high")},
}  # fmt: skip
ABOUT = """# Analysis

Made from the study comparisons that broke no rule other than `gold` and `straight`, which are weighed by how probably their worker is honest. Intervals are the middle 95% of
what the answers leave open.

| column of `sur.csv`, `.parquet` | one row a ladder |
|---|---|
| `images`, `source`, `codec` | the ladder |
| `comparisons`, `people` | comparisons that count, and workers who gave them |
| `found` | the share of these comparisons in which the side of the level was named |
| `sur50`, `sur75` | the level at which 50% and 75% of people see no flicker yet, in levels of the ladder (0 up to its highest), between levels as well |
| `sur50_low` to `sur75_high` | the ends of their intervals |

`posterior.json` is what is known of each ladder, for `start_from` of a further study: by `SOURCE/CODEC` the weights, which sum to 1, of {means} means of the PJND over people, {first:g} to {last:g} of
the ladder in steps of {step:g}, each with {count} SDs ({sds} of the ladder), SDs running fastest.
"""
Key = tuple[str, str, str]
"""A ladder by image set, source and codec."""
Found = tuple[list[Key], Model]
"""Ladders, and what the crossed model says of them in this order."""


@dataclass(frozen=True)
class LadderResult:
    """What comparisons say of a ladder: the levels at which 50% and 75% see nothing yet, with their 95% intervals."""

    images: str
    source: str
    codec: str
    comparisons: int
    people: int
    found: float
    sur50: tuple[float, float, float]
    sur75: tuple[float, float, float]


def results(found: Found | None, ratings: pl.DataFrame, images: pl.DataFrame) -> list[LadderResult]:
    """The result of every ladder that was compared."""
    if found is None:
        return []
    keys, model = found
    table, levels = [], {share: model.levels(share) for share in (0.5, 0.75)}
    last = level_counts(images)
    compared = weighed_ratings(ratings).group_by("images", "source", "codec").agg(
        pl.len(), pl.col("worker").n_unique().alias("people"), pl.col("found").mean()
    )  # fmt: skip
    told_of = {(row["images"], row["source"], row["codec"]): row for row in compared.iter_rows(named=True)}
    for number, key in enumerate(keys):
        sur50, sur75 = (tuple(map(float, levels[share][number] * last[key[:2]] / 100)) for share in (0.5, 0.75))
        row = told_of[key]
        table.append(LadderResult(*key, row["len"], row["people"], row["found"], sur50, sur75))  # type: ignore[arg-type]
    return table


def level_counts(images: pl.DataFrame) -> dict[tuple[str, str], int]:
    """The highest level by image set and source."""
    return {(row["images"], row["source"]): row["level_max"] for row in images.iter_rows(named=True)}


def model_of(ratings: pl.DataFrame, images: pl.DataFrame, guess: float, lapse: float) -> Found | None:
    """The crossed model of all comparisons that count, catch trials as evidence, with the ladders in its order; None without any."""
    compared = weighed_ratings(ratings)
    keys = sorted(set(compared.select("images", "source", "codec").iter_rows()))
    if not keys:
        return None
    number, last = {key: at for at, key in enumerate(keys)}, level_counts(images)
    comparisons = []
    for row in compared.iter_rows(named=True):
        key = (row["images"], row["source"], row["codec"])
        scale = 100 / last[key[:2]]
        comparisons.append(
            Comparison(
                row["worker"],
                number[key],
                row["level"] * scale,
                row["other"] * scale,
                row["side"],
                row["response"],
                row["position"],
            )
        )
    people = set(compared["worker"])
    caught = ratings.filter(pl.col("asked") == "catch")
    comparisons += [
        Comparison(row["worker"], -1, row["level"], row["other"], "none", row["response"], row["position"])
        for row in caught.iter_rows(named=True) if row["worker"] in people
    ]  # fmt: skip
    return keys, crossed(answered(comparisons, len(keys)), guess, lapse)


def section_of(study: Collected, progress: OnProgress) -> Section:
    """The section of a study of one's own."""
    from hitgen.methods.threshold.figures import (
        levels_plot,
    )  # what builds pages reads posteriors here, and draws nothing

    method: Any = study.config.method
    ratings = study.tables["ratings"]
    caught = ratings.filter(pl.col("gold_catch_pass").is_not_null())
    alarms = 1 - caught["gold_catch_pass"].mean() if caught.height else None  # type: ignore[operator]
    summary = () if alarms is None else (("false alarms in catch trials", f"{alarms:.0%} of {caught.height:,}"),)
    images = study.tables["images"]
    found = model_of(ratings, images, method.guess, method.lapse)
    rows = results(found, ratings, images)
    used = ratings.filter((pl.col("role") == "study") & (pl.col("use") == "use"))["worker"].n_unique()
    return Section(
        "report/threshold.html",
        {"compared": rows},
        plots=Plots(
            {"levels": lambda: levels_plot([(f"{row.source} ({row.codec})", row.sur75, row.sur50) for row in rows])}
        ),
        summary=summary,
        headlines=_headlines(rows),
        warnings=tuple(_thin(found[1], rows, used)) if found else (),
        words=analysis_told(sum(row.comparisons for row in rows), len(found[1].honest)) if found else (),
        software=("scipy",),
        references=REFERENCES,
    )


def _thin(model: Model, rows: Sequence[LadderResult], used: int) -> Iterator[str]:
    """Where there is not enough evidence for levels: too few people who are used or believed, or too few who compared a ladder."""
    people, believed = len(model.honest), float(model.honest.sum())
    if min(used, believed) < PEOPLE_MIN:
        yield (
            f"Not enough evidence for levels: of {people} people who compared, {used} are in use and {believed:.1f} are believed by the model (the sum "
            f"of how probably each looked), and it takes {PEOPLE_MIN}; levels are largely what is usual in published studies, or of people who did not look."
        )
        return
    few = [f"{row.source} under {row.codec} ({row.people})" for row in rows if row.people < PEOPLE_MIN]
    if few:
        more = f" and {len(few) - SHOWN} more" if len(few) > SHOWN else ""
        yield f"Not enough evidence for the levels of these ladders, which fewer than {PEOPLE_MIN} people compared: {', '.join(few[:SHOWN])}{more}."


def _headlines(rows: Sequence[LadderResult]) -> Headlines:
    """Each ladder's levels at which 75% and 50% see nothing yet."""
    told_rows = [
        (
            row.source,
            row.codec,
            str(row.comparisons),
            told(row.sur75[0]),
            between(*row.sur75[1:]),
            told(row.sur50[0]),
            between(*row.sur50[1:]),
        )
        for row in rows
    ]
    return Headlines(("source", "codec", "comparisons", "75% level", "95%", "50% level", "95%"), told_rows)


def write_analysis(tables: Mapping[str, Any], out: Export) -> None:
    """`sur` with a row for each ladder, and the posteriors that pages of a further study can start from."""
    ratings, images = tables["ratings"], tables["images"]
    guess, lapse = (float(ratings[name][0]) if ratings.height else 0.0 for name in ("guess", "lapse"))
    found = model_of(ratings, images, guess, lapse)
    rows = [
        {
            "images": row.images, "source": row.source, "codec": row.codec, "comparisons": row.comparisons, "people": row.people,
            "found": row.found, **{f"sur{share}{end}": value for share, of in (("50", row.sur50), ("75", row.sur75))
                                   for end, value in zip(("", "_low", "_high"), of, strict=True)},
        }
        for row in results(found, ratings, images)
    ]  # fmt: skip
    out.write("sur", pl.DataFrame(rows, schema=SUR))
    known = {
        f"{source}/{codec}": [round(float(weight), 6) for weight in weights.ravel()]
        for (_, source, codec), weights in (zip(found[0], found[1].posteriors(), strict=True) if found else ())
    }
    write_whole(out.folder / POSTERIOR, json.dumps({"schema": 1, "ladders": known}).encode(), private=True)
    write_whole(out.folder / "README.md", about().encode(), private=True)


def about() -> str:
    """What the files are, as Markdown."""
    means, sds = quest.MEANS, quest.SDS
    grid = {"means": len(means), "first": means[0], "last": means[-1], "step": round(means[1] - means[0], 6)}
    return ABOUT.format(**grid, count=len(sds), sds=", ".join(f"{sd:g}" for sd in sds))


def read_posteriors(folder: Path, name: str) -> dict[str, tuple[float, ...]]:
    """The posteriors by source and codec that pages start from; InputError where the file is none of an export's."""
    if not name:
        return {}
    size = len(quest.MEANS) * len(quest.SDS)
    try:
        ladders = json.loads((folder / name).read_bytes())["ladders"]
        found = {str(key): tuple(map(float, weights)) for key, weights in ladders.items()}
        if any(
            len(weights) != size or min(weights) < 0 or not 0.99 < sum(weights) < 1.01 for weights in found.values()
        ):
            raise ValueError(f"a posterior has {size} weights that sum to 1")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        problem = f"{name} cannot be read ({str(error) or type(error).__name__})"
        raise InputError(in_config("method.start_from", problem, "the posterior.json of `hitgen export`")) from None
    # a weight that was rounded away is small, not nothing
    return {
        key: tuple((weight + 1e-7) / (sum(weights) + 1e-7 * size) for weight in weights)
        for key, weights in found.items()
    }
