"""The blind spot: how far from the screen somebody sits.

A dot moves away from a square that the left eye looks at, and vanishes where the optic nerve leaves that eye; with the card's
scale the angle of that place gives the distance (Li, Joo, Yeatman & Reinecke 2020, Scientific Reports 10:904).
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from statistics import median, stdev
from typing import Annotated, Any, Literal

from pydantic import Field

from hitgen.checks.base import Checkup, Found, Stimuli, value
from hitgen.config.batch import BatchConfig
from hitgen.config.checks import CheckTable
from hitgen.config.hit import Display
from hitgen.errors import Fault
from hitgen.methods.submission import Part, Positive
from hitgen.methods.work import AnyWork
from hitgen.robots.robot import Robot

Share = Annotated[float, Field(gt=0, le=5)]


class DistanceTable(CheckTable):
    kind: Literal["distance"] = Field(description="what is checked")
    sweeps: int = Field(default=5, ge=3, le=20, description="how often the dot moves")
    angle_deg: float = Field(
        default=13.5, ge=10, le=20, description="where the dot vanishes, in degrees from the square"
    )
    tolerance: Share = Field(default=0.3, description="how far the distance may be off `distance_cm`, as a share of it")
    spread_most: Share = Field(
        default=0.25, description="most standard deviation of the sweeps, as a share of their median"
    )
    tries: int = Field(
        default=2,
        ge=1,
        le=5,
        description="rounds of sweeps; who sits too near or too far is told so before another one",
    )


class Sweep(Part):
    """Where the dot vanished, in CSS pixels from the square."""

    px: Positive


class DistanceResult(Part):
    """The rounds of sweeps in order; the last one counts."""

    css_px_per_cm: Positive
    rounds: tuple[Annotated[tuple[Sweep, ...], Field(min_length=1, max_length=50)], ...] = Field(
        min_length=1, max_length=10
    )


class DistanceCheck(Checkup[DistanceTable, DistanceResult]):
    name = "distance"
    about = "the distance from the screen"
    cites = "li2020"
    model = DistanceTable
    result = DistanceResult
    measure = "distance_cm"
    lasts_s = 60
    columns = (
        value("distance_cm", float, "how far the left eye was from the screen, by the blind spot: the median of the last round"),
        value("distance_sd_cm", float, "standard deviation of the last round's sweeps"),
        value("distance_rounds", int, "rounds of sweeps; the first may have told that somebody sat too near or too far"),
    )  # fmt: skip

    def faults(self, table: DistanceTable, config: BatchConfig) -> Iterator[Fault]:
        if config.display.scaling != "physical":
            yield Fault("", "kind", "it needs to know how large the screen is", '[display] scaling = "physical"')
        if config.display.distance_cm > FARTHEST_CM:
            away_cm = config.display.distance_cm * math.tan(math.radians(table.angle_deg))
            problem = f"at {config.display.distance_cm:g} cm the dot vanishes {away_cm:.0f} cm from the square, for which many screens are too narrow"
            yield Fault("", "kind", problem, f"[display] distance_cm of at most {FARTHEST_CM}, or no such check")

    def stimuli(self, table: DistanceTable, display: Display, draw: random.Random) -> Stimuli:
        shown = {
            "sweeps": table.sweeps, "angle_deg": table.angle_deg, "tolerance": table.tolerance, "tries": table.tries
        }  # fmt: skip
        return Stimuli(shown)

    def judge(
        self, table: DistanceTable, result: DistanceResult, key: Mapping[str, Any], config: BatchConfig, work: AnyWork
    ) -> Found:
        scale = result.css_px_per_cm * math.tan(math.radians(table.angle_deg))
        found_cm = [sweep.px / scale for sweep in result.rounds[-1]]
        typical_cm, spread_cm = median(found_cm), stdev(found_cm) if len(found_cm) > 1 else None
        values = {"distance_cm": typical_cm, "distance_sd_cm": spread_cm, "distance_rounds": len(result.rounds)}
        asked_cm = config.display.distance_cm
        if spread_cm is None or spread_cm > table.spread_most * typical_cm:
            return Found(values, "the places where the dot vanished are too far apart")
        if abs(typical_cm - asked_cm) > table.tolerance * asked_cm:
            return Found(values, f"the distance was {typical_cm:.0f} cm, {asked_cm:g} cm were asked for")
        return Found(values)

    def answers(
        self, table: DistanceTable, key: Mapping[str, Any], config: BatchConfig, passes: bool, draw: random.Random
    ) -> dict[str, Any]:
        px_per_cm, asked_cm = 40.0, config.display.distance_cm
        sits_cm = asked_cm if passes else asked_cm * (1 + 1.5 * table.tolerance)
        px = sits_cm * math.tan(math.radians(table.angle_deg)) * px_per_cm
        sweeps = [{"px": px * draw.uniform(0.97, 1.03)} for _ in range(table.sweeps)]
        return {"css_px_per_cm": px_per_cm, "rounds": [sweeps] * (1 if passes else table.tries)}

    def work(self, robot: Robot, key: Mapping[str, Any]) -> None:
        while robot.hit("next").is_disabled():
            robot.see_dot_vanish("distance-dot", "distance-square")


FARTHEST_CM = 100
DISTANCE = DistanceCheck()
