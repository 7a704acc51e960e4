"""The tables of the dataset; the data dictionary is made from these."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hitgen.checks.judged import check_columns
from hitgen.config.batch import BatchConfig
from hitgen.methods import columns as c
from hitgen.methods.base import AnyMethod
from hitgen.methods.columns import Column, Table

IMAGES = (
    c.BATCH,
    Column("images", str, c.IMAGES_SET.about, lambda r: r.ladder.images),
    Column("source", str, c.SOURCE.about, lambda r: r.ladder.source),
    Column("codec", str, c.CODEC.about, lambda r: r.ladder.codec),
    Column("ladder", str, c.LADDER.about, lambda r: r.ladder.ladder),
    Column("role", str, c.ROLE.about, lambda r: r.ladder.role),
    Column("width", int, "of the source in pixels", lambda r: r.ladder.width),
    Column("height", int, "of the source in pixels", lambda r: r.ladder.height),
    Column("level_max", int, "the highest level", lambda r: r.ladder.level_max),
    Column(
        "parameters", str, "JSON list of the codec parameters of levels 1 to level_max", lambda r: json.dumps(r.ladder.parameters)
    ),
    Column("pack", str, "digest of the file with all frames", lambda r: r.ladder.pack),
)  # fmt: skip

SURVEYS = (
    c.BATCH, c.PAGE, c.ASSIGNMENT, c.WORKER,
    Column("question", str, "the question's name in batch.toml", lambda r: r.question),
    Column("answer", str, "as given: a choice in the words of the first language, a number with its point (18.0); empty where it was skipped", lambda r: None if r.answer is None else str(r.answer)),
)  # fmt: skip


CHECKED = "one row for each submission, with what its checks of eyes and screens found"


def workers(method: AnyMethod) -> tuple[Column, ...]:
    """The columns of `workers`."""

    def count(of: str, number: int) -> Callable[[Any], object]:
        return lambda r: getattr(r.tally, of)[number]

    checks = (
        column
        for n, check in enumerate(method.checks)
        for column in (
            Column(
                f"gold_{check.name}_asked", int, f"of these, those that ask for the {check.name}", count("asked", n)
            ),
            Column(f"gold_{check.name}_passes", int, f"of those, {check.about_worker}", count("passes", n)),
        )
    )
    return (
        c.WORKER,
        Column("assignments", int, "submissions that could be read", lambda r: r.assignments),
        Column("trials", int, "study trials answered", lambda r: r.trials),
        Column(
            "gold_answers", int, "gold questions answered on study pages, each counted at its first meeting",
            lambda r: r.tally.answers,
        ),
        *checks,
        Column("gold_rate", float, "passed checks / checks that these questions ask", lambda r: r.tally.rate),
        Column(
            "honest", float, "probability of being honest by the gold answers, before the study answers are looked at",
            lambda r: r.tally.evidence.honest,
        ),
        Column(
            "gold_evidence", float,
            "logarithm of how much likelier the gold answers are of somebody who looks than of one who guesses", lambda r: r.tally.evidence.levels,
        ),
        Column(
            "median_trial_s", float, "median over pages of the median seconds a study trial", lambda r: r.median_trial_s
        ),
        *c.VERDICT,
        Column("used_ratings", int, "ratings in use", lambda r: r.used_ratings),
    )  # fmt: skip


def tables_of(method: AnyMethod, config: BatchConfig | None = None) -> Mapping[str, Table]:
    """All tables of a method's dataset, in order; `config` says which checks there are."""
    return {
        "ratings": Table("one row for each attempt at each trial", method.ratings),
        **method.tables,
        "images": Table("one row for each ladder", IMAGES),
        "workers": Table("one row for each worker", workers(method)),
        "surveys": Table("one row for each survey answer", SURVEYS),
        **({"checks": Table(CHECKED, check_columns(config))} if config and config.check else {}),
    }


def data_dictionary(method: AnyMethod, config: BatchConfig) -> str:
    """What every column of every table means, as Markdown."""
    lines = [
        "# Data dictionary",
        "",
        "CSV and Parquet hold the same rows. In CSV, text that a spreadsheet would take for a formula has an apostrophe before it.",
        "An empty cell is a value that there is not (in Parquet null, of `reasons` and `rules` an empty text: there are none); yes and no are true and false.",
    ]
    for name, table in tables_of(method, config).items():
        lines += ["", f"## {name}", "", f"{table.about[0].upper()}{table.about[1:]}.", ""]
        lines += ["| column | type | meaning |", "|---|---|---|"]
        lines += [f"| `{column.name}` | {column.kind} | {column.about} |" for column in table.columns]
    return "\n".join(lines) + "\n"
