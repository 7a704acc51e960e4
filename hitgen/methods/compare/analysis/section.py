"""This method's part of the report: the scale, codecs at equal distances, detection, the graph, and who answered how."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from pydantic import ValidationError

from hitgen.config.read import validation_faults
from hitgen.errors import InputError, at_option
from hitgen.lib.progress import OnProgress
from hitgen.methods.compare.analysis import figures
from hitgen.methods.compare.analysis.detect import ANSWERS_MIN, SURE, THRESHOLD, Detection, detections
from hitgen.methods.compare.analysis.own import BitsPerPixel, own_answers, weights
from hitgen.methods.compare.analysis.people import Screened, Work, screened, summaries, weak_traps
from hitgen.methods.compare.analysis.rates import Reached, crossings, curve_of, gaps, reached
from hitgen.methods.compare.analysis.scale import Level, Scale, SourceScale, reconstructed
from hitgen.methods.compare.analysis.thin import SHOWN, thin
from hitgen.methods.compare.analysis.words import analysis_told
from hitgen.methods.compare.answers import Answer
from hitgen.methods.compare.choices import Choices, ScaleTable
from hitgen.methods.compare.paper import REFERENCES
from hitgen.methods.compare.public import read_public
from hitgen.methods.figures import Drawing
from hitgen.methods.section import Collected, Headlines, Plots, PublicData, Section, between
from hitgen.methods.section import told as shown

TEMPLATE = "report/compare.html"
MUCH_HALVED = 1.1
"""A tenth is more than intervals of usual studies are wide to one side."""


def not_measured(source: str, codec: str, level: int) -> None:
    """Of a public study nobody knows what its pictures weigh."""


def section_of(study: Collected, progress: OnProgress) -> Section:
    """The section of a study of one's own."""
    config: Any = study.config
    ratings, rules, choices = study.tables["ratings"], config.screening, config.scale
    answers = own_answers(ratings)
    used = own_answers(ratings.filter(pl.col("use") == "use"))
    kept: set[Work] = {(answer.arm, answer.assignment) for answer in used}
    section = _section(answers, used, screened(answers, rules), kept, choices, weights(study.manifest), progress)  # type: ignore[arg-type]
    return replace(section, result={**(section.result or {}), **detection_json(section.values["detections"])})


def public_section(published: PublicData, progress: OnProgress) -> Section:
    """The section of public files, one an arm."""
    if published.ratings:
        raise InputError(at_option("--ratings", "is of a summary of ratings, and these are answers", "no --ratings"))
    try:
        choices = Choices.model_validate(published.choices)
    except ValidationError as error:
        raise InputError(validation_faults(error, Choices, published.choices_file)) from None
    answers = read_public(published.files)
    found = screened(answers, choices.screening)
    used = [answer for answer in answers if (answer.arm, answer.assignment) in found.kept]
    stricter = screened(answers, choices.screening.model_copy(update={"off": ()}))
    section = _section(answers, used, found, found.kept, choices.scale, not_measured, progress, numbered=True)
    guessing = sum("guesses" in stricter.broken[work] for work in found.kept)
    section.values["guessing"] = guessing if "guesses" in choices.screening.off else None  # type: ignore[index]
    return section


def scale_rows(scale: Scale, bits: BitsPerPixel = not_measured) -> list[dict[str, Any]]:
    """One row a version: its distance with the interval, bits a pixel, and how many answers hold it against another."""
    rows = []
    for of in scale.sources:
        low, high = of.intervals
        for codec in scale.codecs(of):
            for number in of.of(codec):
                level = int(of.design.level[number])
                rows.append(
                    {
                        "source": of.source, "codec": codec, "level": level, "units": float(of.units[number]),
                        "low_95": float(low[number]), "high_95": float(high[number]),
                        "bits_per_pixel": bits(of.source, codec, level), "answers": int(of.answers[number]),
                    }
                )  # fmt: skip
    return rows


def scale_json(scale: Scale, numbered: bool = False) -> dict[str, Any]:
    """The scale as scripts read it; the key of a distance is its unit. `numbered`: names that are numbers stay numbers."""
    named = _number if numbered else str
    return {
        "scale": [
            {
                "source": named(row["source"]), "codec": named(row["codec"]), "level": row["level"],
                scale.unit: round(row["units"], 6), "low_95": round(row["low_95"], 6), "high_95": round(row["high_95"], 6),
            }
            for row in scale_rows(scale)
        ]
    }  # fmt: skip


def detection_json(rows: Sequence[Detection]) -> dict[str, Any]:
    """The verdicts as scripts read them; nothing where no level was held against its source."""
    found = [
        {
            "arm": row.arm, "source": row.source, "codec": row.codec, "level": row.level, "answers": row.answers,
            "correct": row.correct, "low_95": round(row.low, 6), "high_95": round(row.high, 6), "verdict": row.verdict,
            "lossless": round(row.lossless, 6),
        }
        for row in rows
    ]  # fmt: skip
    return {"detection": found} if found else {}


def _number(text: str) -> str | int:
    return int(text) if text.isdecimal() and str(int(text)) == text else text


def _section(
    answers: Sequence[Answer], used: Sequence[Answer], found: Screened, kept: set[Work], choices: ScaleTable,
    bits: BitsPerPixel, progress: OnProgress, numbered: bool = False,
) -> Section:  # fmt: skip
    scale = reconstructed(used, choices, progress)
    told = detections(used)
    plots: dict[str, Callable[[], Drawing | None]] = {}
    if found.habits:
        plots["habits"] = lambda: figures.habits_plot(list(found.habits.values()), found.least)
    if scale.sources:
        plots |= {"levels": lambda: figures.levels_plot(scale), "graph": lambda: figures.graph_plot(scale)}
        if any(curve_of(of, codec, bits) for of in scale.sources for codec in scale.codecs(of)):
            plots["rates"] = lambda: figures.rates_plot(scale, bits)
    if told:
        plots["detection"] = lambda: figures.detection_plot(told)
    arms = summaries(answers, found, kept)
    values = {
        "scale": scale, "rows": scale_rows(scale, bits), "wanted": choices.jnd, "reached": reached(scale, choices.jnd, bits),
        "gaps": gaps(scale, bits), "crossings": crossings(scale, bits), "detections": told, "arms": arms, "choices": choices,
        "boosts": list(_boosts(scale)), "planning": more_answers(scale, choices.interval_jnd), "guessing": None,
        "most_sources": figures.MOST_SOURCES, "verdicts": {"threshold": THRESHOLD, "sure": SURE, "least": ANSWERS_MIN},
    }  # fmt: skip
    summary = (
        ("answers in the scale", f"{sum(answer.scaled for answer in used):,}"), ("sources", str(len(scale.sources))),
        ("unit", scale.called),
    )  # fmt: skip
    return Section(
        TEMPLATE,
        values,
        Plots(plots),
        summary=summary,
        warnings=tuple(_warnings(scale, found, kept, used)),
        software=("scipy",),
        headlines=_headlines(reached(scale, choices.jnd, bits), choices, scale),
        words=tuple(analysis_told(scale, told, choices)),
        references=REFERENCES,
        result=scale_json(scale, numbered),
    )


def _headlines(found: Sequence[Reached], choices: ScaleTable, scale: Scale) -> Headlines:
    """Where each codec is one unit from its source, or as far as is asked for first."""
    at = 1.0 if 1.0 in choices.jnd else choices.jnd[0]
    rows = [
        (
            row.source, row.codec, shown(row.level.value) if row.level else "beyond",
            _between(row.level) if row.level else "", shown(row.bits_per_pixel, 3),
        )
        for row in found
        if row.at == at
    ]  # fmt: skip
    return Headlines(("source", "codec", f"level at {at:g} {scale.called}", "95%", "bits a pixel"), rows)


def _between(level: Level) -> str:
    return between(level.low, level.high) if level.high is not None else f"{shown(level.low)}–beyond"


def _warnings(scale: Scale, found: Screened, kept: set[Work], used: Sequence[Answer]) -> Iterator[str]:
    for arm in dict.fromkeys(each.arm for each in found.habits.values()):
        if not any(each.traps for each in found.habits.values() if each.arm == arm):
            yield f"No {arm} answer is to a trap, so that traps leave nobody out there."
    if weak := weak_traps(used):
        told = ", ".join(
            f"{each.codec} of {each.source} ({each.arm}, {each.share:.0%} of {each.answers})" for each in weak[:SHOWN]
        )
        more = f" and {len(weak) - SHOWN} more" if len(weak) > SHOWN else ""
        yield (
            f"Traps that even people in use miss are no obvious questions, and leave out people who look: {told}{more}. The last level of these should be worse."
        )
    if scale.halving >= MUCH_HALVED:
        yield (
            f"“Not sure” is so frequent that counting it half makes distances up to {scale.halving:.2f} times too small; upper ends of intervals reach that far. "
            'ties = "model" under [scale] does not have this.'
        )
    if not scale.sources:
        rules = Counter(rule for rules in found.broken.values() for rule in rules)
        told = ", ".join(f"{rule} ({count})" for rule, count in rules.most_common())
        gone = f"{len(found.broken) - len(kept)} of {len(found.broken)}"
        why = f"; {gone} assignments are left out, by {told}" if told else ""
        yield f"No answer that counts for a scale is in use, so that there is none{why}."
    elif scale.unit != "jnd":
        yield "There are no plain answers in use, so there is no JND: distances are in boosted units, which only order versions of one source and codec."
    yield from thin(scale)
    if scale.unmeasured:
        told = ", ".join(f"{codec} of {source}" for source, codec in scale.unmeasured)
        yield f"No plain answer shows these codecs, so that their boost is unknown and they are left out of the scale: {told}."
    if scale.apart:
        told = ", ".join(f"{codec} level {level} of {source}" for source, (codec, level) in scale.apart)
        yield f"No chain of answered questions leads from the source to these versions, which have no scale: {told}."


def _boosts(scale: Scale) -> Iterator[dict[str, Any]]:
    """How much larger distances look in the boosted arm: at small ones, and at the codec's last level."""
    for of in scale.sources if scale.unit == "jnd" else ():
        for codec, (g1, g2) in zip(of.design.codecs, of.boosts, strict=True):
            if codec in scale.codecs(of) and of.design.boosted.any():
                last = float(of.units[of.of(codec)][-1])
                yield {"source": of.source, "codec": codec, "first": g1, "last": g1 + g2 * last, "at": last}


def more_answers(scale: Scale, wanted: float) -> dict[str, float] | None:
    """How wide intervals are at 1 unit (the median over codecs that reach it), and how many times the answers it takes to
    make them as narrow as `wanted`: widths shrink with the root of the answers.
    """
    widths = [width for of in scale.sources for codec in scale.codecs(of) if (width := _width(of, codec)) is not None]
    if not widths:
        return None
    width = float(np.median(widths))
    return {"width": width, "wanted": wanted, "times": max(1.0, math.ceil(10 * (width / wanted) ** 2) / 10)}


def _width(of: SourceScale, codec: str) -> float | None:
    mine = of.of(codec)
    if of.units[mine][-1] < 1:
        return None
    low, high = of.intervals
    return float(np.interp(1, of.units[mine], (high - low)[mine]))
