"""From comparisons to SUR levels: a posterior of each ladder from everybody's answers, for the report, the export and the next pages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from hitgen.errors import InputError, in_config
from hitgen.lib.files import write_whole
from hitgen.lib.progress import OnProgress
from hitgen.methods.section import Collected, Export, Headlines, Section, between, told
from hitgen.methods.threshold import quest
from hitgen.methods.threshold.paper import REFERENCES, analysis_told
from hitgen.methods.threshold.quest import FINE_MEANS, FINE_SDS, Seen, Weights

ALIKE = 0.3
"""How far a person's answers to one ladder go together: the second to the nth count for less."""
POSTERIOR = "posterior.json"


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


def posterior(
    answers: Mapping[str, list[Seen]],
    level_max: int,
    guess: float,
    lapse: float,
    *,
    fine: bool,
    begin: Weights | None = None,
) -> Weights:
    """What everybody's answers say, by person; `fine` for figures, the coarser grid for pages."""
    grid = (FINE_MEANS, FINE_SDS) if fine else (quest.MEANS, quest.SDS)
    weights = quest.prior(*grid) if begin is None else begin
    for seen in answers.values():
        tempering = 1 / (1 + ALIKE * (len(seen) - 1))
        weights = quest.updated(weights, seen, level_max, guess, lapse, *grid, tempering=tempering)
    return weights


def answers_of(ratings: pl.DataFrame) -> dict[tuple[str, str, str], dict[str, list[Seen]]]:
    """Used comparisons by ladder (image set, source, codec) and person."""
    found: dict[tuple[str, str, str], dict[str, list[Seen]]] = {}
    for row in ratings.filter((pl.col("role") == "study") & (pl.col("use") == "use")).iter_rows(named=True):
        key = (row["images"], row["source"], row["codec"])
        found.setdefault(key, {}).setdefault(row["worker"], []).append((row["level"], row["found"]))
    return found


def results(ratings: pl.DataFrame, images: pl.DataFrame, guess: float, lapse: float) -> list[LadderResult]:
    """The result of every ladder that was compared."""
    level_max = {row["images"] + "/" + row["source"]: row["level_max"] for row in images.iter_rows(named=True)}
    table = []
    for (name, source, codec), by_person in sorted(answers_of(ratings).items()):
        levels, seen = level_max[f"{name}/{source}"], [each for one in by_person.values() for each in one]
        weights = posterior(by_person, levels, guess, lapse, fine=True)
        found = sum(right for _, right in seen) / len(seen)
        sur50, sur75 = (quest.sur_level(weights, levels, share) for share in (0.5, 0.75))
        table.append(LadderResult(name, source, codec, len(seen), len(by_person), found, sur50, sur75))
    return table


def section_of(study: Collected, progress: OnProgress) -> Section:
    """The section of a study of one's own."""
    method: Any = study.config.method
    ratings = study.tables["ratings"]
    caught = ratings.filter(pl.col("gold_catch_pass").is_not_null())
    alarms = 1 - caught["gold_catch_pass"].mean() if caught.height else None  # type: ignore[operator]
    summary = () if alarms is None else (("false alarms in catch trials", f"{alarms:.0%} of {caught.height:,}"),)
    rows = results(ratings, study.tables["images"], method.guess, method.lapse)
    return Section(
        "report/threshold.html",
        {"compared": rows},
        summary=summary,
        headlines=_headlines(rows),
        words=analysis_told(ALIKE) if rows else (),
        references=REFERENCES,
    )


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
    rows = [
        {
            "images": row.images, "source": row.source, "codec": row.codec, "comparisons": row.comparisons, "people": row.people,
            "found": row.found, **{f"sur{share}{end}": value for share, of in (("50", row.sur50), ("75", row.sur75))
                                   for end, value in zip(("", "_low", "_high"), of, strict=True)},
        }
        for row in results(ratings, images, guess, lapse)
    ]  # fmt: skip
    out.write("sur", pl.DataFrame(rows))
    level_max = {row["images"] + "/" + row["source"]: row["level_max"] for row in images.iter_rows(named=True)}
    found = {
        f"{source}/{codec}": [
            round(float(weight), 6)
            for weight in posterior(by_person, level_max[f"{name}/{source}"], guess, lapse, fine=False).ravel()
        ]
        for (name, source, codec), by_person in answers_of(ratings).items()
    }
    write_whole(out.folder / POSTERIOR, json.dumps({"schema": 1, "ladders": found}).encode(), private=True)


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
