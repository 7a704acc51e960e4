"""Landolt rings: how fine a gap somebody sees at the distance asked for, on this screen.

Sizes are steps of 0.1 logMAR (the logarithm of the gap in minutes of arc; Bailey & Lovie 1976), rings as in ISO 8596: the gap
is a fifth of the ring. No gap is finer than one device pixel, which at short distances is coarser than eyes are.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from hitgen.checks.base import Checkup, Found, Stimuli, value
from hitgen.config.batch import BatchConfig
from hitgen.config.checks import CheckTable
from hitgen.config.hit import Display
from hitgen.errors import Fault
from hitgen.methods.submission import Part
from hitgen.methods.work import AnyWork
from hitgen.robots.robot import Robot

Side = Literal["left", "right", "up", "down"]
SIDES: tuple[Side, ...] = ("left", "right", "up", "down")
LogMAR = Annotated[float, Field(ge=-1, le=3)]
STEP = 0.1
RIGHT_A_SIZE = 2
"""A size is seen by whoever tells two of three gaps; of four sides, who guesses does so in 16 of 100 sizes."""


class AcuityTable(CheckTable):
    kind: Literal["acuity"] = Field(description="what is checked")
    logmar_most: LogMAR = Field(
        default=0.3,
        description="the finest gap that must be seen, in logMAR (0.3 is 6/12); or one pixel, where that is coarser",
    )
    logmar_first: float = Field(
        default=1.0, ge=0, le=1.6, description="the size that is shown first, in logMAR; or the largest that has room"
    )


class Ring(Part):
    """One ring: its size, where its gap was and where it was seen."""

    logmar: LogMAR
    shown: Side
    told: Side


class AcuityResult(Part):
    """All rings in order, and the finest size that the screen could show."""

    finest_logmar: LogMAR
    rings: tuple[Ring, ...] = Field(min_length=1, max_length=200)


class AcuityCheck(Checkup[AcuityTable, AcuityResult]):
    name = "acuity"
    about = "how fine a gap is seen"
    cites = "bach1996"
    model = AcuityTable
    result = AcuityResult
    measure = "acuity_logmar"
    columns = (
        value("acuity_logmar", float, "the finest gap seen, in logMAR at the distance asked for; empty where not even the first was"),
        value("acuity_finest_logmar", float, "the finest gap that the screen could show there, in logMAR"),
        value("acuity_rings", int, "rings that were shown"),
    )  # fmt: skip

    def faults(self, table: AcuityTable, config: BatchConfig) -> Iterator[Fault]:
        if config.display.scaling != "physical":
            yield Fault("", "kind", "it needs to know how large the screen is", '[display] scaling = "physical"')
        if table.logmar_first < table.logmar_most:
            yield Fault("", "logmar_first", f"the first size is finer than {table.logmar_most:g}", "1.0")

    def stimuli(self, table: AcuityTable, display: Display, draw: random.Random) -> Stimuli:
        return Stimuli({"first_logmar": table.logmar_first})

    def judge(
        self, table: AcuityTable, result: AcuityResult, key: Mapping[str, Any], config: BatchConfig, work: AnyWork
    ) -> Found:
        right: dict[float, int] = {}
        for ring in result.rings:
            right[ring.logmar] = right.get(ring.logmar, 0) + (ring.shown == ring.told)
        best = min((size for size, count in right.items() if count >= RIGHT_A_SIZE), default=None)
        values = {
            "acuity_logmar": best,
            "acuity_finest_logmar": result.finest_logmar,
            "acuity_rings": len(result.rings),
        }
        needed = max(table.logmar_most, result.finest_logmar)
        if best is None:
            return Found(values, "not even the largest ring's gap was seen")
        if best > needed + STEP / 2:
            return Found(values, f"gaps finer than {best:.1f} logMAR were not seen, {needed:.1f} is needed")
        return Found(values)

    def answers(
        self, table: AcuityTable, key: Mapping[str, Any], config: BatchConfig, passes: bool, draw: random.Random
    ) -> dict[str, Any]:
        finest = min(table.logmar_first, finest_logmar(config.display.distance_cm, 40, table.logmar_first))
        sizes = [table.logmar_first, *([finest] if passes and finest != table.logmar_first else [])]
        rings = []
        for size in sizes:
            for _ in range(RIGHT_A_SIZE):
                shown, other = draw.sample(SIDES, 2)
                rings.append({"logmar": size, "shown": shown, "told": shown if passes else other})
        return {"finest_logmar": finest, "rings": rings}

    def work(self, robot: Robot, key: Mapping[str, Any]) -> None:
        while robot.hit("next").is_disabled():
            robot.answer(KEYS[robot.gap_of("acuity-ring")])


KEYS: dict[str, str] = {side: f"Arrow{side.capitalize()}" for side in SIDES}


def finest_logmar(distance_cm: float, px_per_cm: float, first: float) -> float:
    """The finest size of the series that a screen of so many device pixels a centimetre can show."""
    pixel = math.log10(math.degrees(math.atan(1 / px_per_cm / distance_cm)) * 60)
    return round(first - STEP * max(0, math.floor((first - pixel) / STEP + 1e-9)), 1)


ACUITY = AcuityCheck()
