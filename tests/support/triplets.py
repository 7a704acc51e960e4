"""Triplet studies whose scale is known: answers drawn by Thurstone's case V, with lapses, sides and spammers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hitgen.methods.compare.answers import Answer, Side
from hitgen.methods.compare.row import SOURCE, Arm, Asked, Response

JND = 0.6744897501960817
SPAMMERS = ("coin", "thirds", "right", "turns")
RESPONSES: tuple[Response, ...] = ("left", "right", "notsure")
TRAPS, BIAS, PAGE = 10, 4, {"boosted": 130, "plain": 100}
SOURCE_SIDE: Side = (SOURCE.codec, SOURCE.level)
Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass
class Study:
    """What is true and what was answered; `true` is JND by source, codec and level."""

    true: dict[tuple[str, str, int], float]
    answers: list[Answer] = field(default_factory=list)
    spammers: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Shape:
    """How large a study is and how people answer it."""

    sources: int = 5
    codecs: int = 3
    levels: int = 10
    boosted: int = 120
    plain: int = 49
    spammers: float = 0.3
    lapse: float = 0.02
    threshold: float = 0.2
    side_sd: float = 0.1
    across: int = 6
    """Questions across each two neighbouring codecs of a source, in the boosted arm; half as many in the plain one."""


def simulated(seed: int, shape: Shape = Shape()) -> Study:
    """A study of known scale; levels rise by uneven steps to between 1.2 and 3 JND, boosts differ by source and codec."""
    rng = np.random.default_rng(seed)
    study = Study({})
    d: dict[tuple[str, Side], float] = {}
    h: dict[tuple[str, Side], float] = {}
    for source in map(str, range(1, shape.sources + 1)):
        d[source, SOURCE_SIDE] = h[source, SOURCE_SIDE] = 0.0
        for codec in "abcdef"[: shape.codecs]:
            top = rng.uniform(1.2, 3.0) * JND
            steps = np.diff(np.linspace(0, 1, shape.levels + 1) ** rng.uniform(1.0, 2.0)) * rng.lognormal(
                0, 0.25, shape.levels
            )
            rising = np.cumsum(steps) / steps.sum() * top
            g1 = rng.uniform(1.5, 3.0)
            g2 = rng.uniform(-0.25, 0.3) * g1 / top
            for level, distance in enumerate(rising, start=1):
                d[source, (codec, level)] = distance
                h[source, (codec, level)] = g1 * distance + g2 * distance**2
                study.true[source, codec, level] = distance / JND
    for arm, times in (("boosted", shape.boosted), ("plain", shape.plain)):
        if times:
            _ask(study, rng, shape, arm, times, h if arm == "boosted" else d)  # type: ignore[arg-type]
    return study


def _questions(rng: np.random.Generator, shape: Shape, arm: Arm) -> list[tuple[Asked, str, Side, Side]]:
    """All pairs of levels of a codec (even levels alone in the plain arm), and some across codecs."""
    found: list[tuple[Asked, str, Side, Side]] = []
    step = 1 if arm == "boosted" else 2
    codecs = "abcdef"[: shape.codecs]
    levels = [level for level in range(shape.levels + 1) if level % step == 0]
    for source in map(str, range(1, shape.sources + 1)):
        for codec in codecs:
            sides = [(codec, level) if level else SOURCE_SIDE for level in levels]
            found += [
                ("same" if near[1] else "source", source, near, far)
                for number, near in enumerate(sides)
                for far in sides[number + 1 :]
            ]
        for number, codec in enumerate(codecs if shape.codecs > 1 else ""):
            for _ in range(shape.across // step):
                one, other = rng.choice(levels[1:], 2)
                found.append(("cross", source, (codec, int(one)), (codecs[(number + 1) % len(codecs)], int(other))))
    return found


def _ask(
    study: Study, rng: np.random.Generator, shape: Shape, arm: Arm, times: int, at: dict[tuple[str, Side], float]
) -> None:
    questions = _questions(rng, shape, arm)
    pages = np.array_split(rng.permutation(len(questions)), -(-len(questions) // PAGE[arm]))
    worst = [(source, codec) for source in map(str, range(1, shape.sources + 1)) for codec in "abcdef"[: shape.codecs]]
    for page in pages:
        for _ in range(times):
            name = f"{arm}{rng.integers(1 << 60)}"
            asked = [questions[number] for number in rng.permutation(page)]
            for _ in range(TRAPS):
                source, codec = worst[rng.integers(len(worst))]
                asked.insert(int(rng.integers(len(asked) + 1)), ("trap", source, SOURCE_SIDE, (codec, shape.levels)))
            for _ in range(BIAS):
                source, codec = worst[rng.integers(len(worst))]
                asked.insert(int(rng.integers(len(asked) + 1)), ("bias", source, (codec, 1), (codec, 1)))
            _work(study, rng, shape, arm, name, asked, at)


def _work(
    study: Study, rng: np.random.Generator, shape: Shape, arm: Arm, name: str,
    asked: list[tuple[Asked, str, Side, Side]], at: dict[tuple[str, Side], float],
) -> None:  # fmt: skip
    """One assignment, honest or not."""
    count = len(asked)
    turned = rng.random(count) < 0.5
    sides = [(far, near) if turn else (near, far) for (_, _, near, far), turn in zip(asked, turned, strict=True)]
    z = np.array(
        [at[source, left] - at[source, right] for (_, source, _, _), (left, right) in zip(asked, sides, strict=True)]
    )
    seen = z + rng.normal(0, shape.side_sd) + rng.normal(0, 1, count)
    chosen = np.where(seen > shape.threshold, 0, np.where(seen < -shape.threshold, 1, 2))
    blind = rng.integers(0, 3, count)
    chosen = np.where(rng.random(count) < shape.lapse, blind, chosen)
    if rng.random() < shape.spammers:
        study.spammers.add(name)
        kind = SPAMMERS[int(rng.integers(len(SPAMMERS)))]
        chosen = {
            "coin": rng.integers(0, 2, count), "thirds": blind,
            "right": np.where(rng.random(count) < 0.9, 1, blind), "turns": np.arange(count) % 2,
        }[kind]  # fmt: skip
    times = rng.lognormal(np.log(2500), 0.3, count)
    study.answers += [
        Answer(
            arm, name, name, kind, source, left, right, RESPONSES[response], int(ms), 3 if arm == "plain" else None, order
        )
        for order, ((kind, source, _, _), (left, right), response, ms) in enumerate(
            zip(asked, sides, chosen, times, strict=True), start=1
        )
    ]  # fmt: skip
