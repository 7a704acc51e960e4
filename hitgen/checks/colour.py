"""Plates of dots: whether somebody, on this screen, tells reds from greens."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from hitgen.checks.base import Checkup, Found, Stimuli, value
from hitgen.checks.plates import DIGITS, plate
from hitgen.config.batch import BatchConfig
from hitgen.config.checks import CheckTable
from hitgen.config.hit import Display
from hitgen.errors import Fault
from hitgen.methods.submission import Part
from hitgen.methods.work import AnyWork
from hitgen.robots.robot import Robot

KINDS = ("protan", "deutan")
CONTROL = "control"
NONE_SEEN = "none"


class ColourTable(CheckTable):
    kind: Literal["colour"] = Field(description="what is checked")
    plates: int = Field(
        default=6, ge=2, le=20, description="plates that tell reds from greens, half of them along each confusion line"
    )
    misses_most: int = Field(default=1, ge=0, le=20, description="of these, how many may be misread")
    difference: float = Field(
        default=0.09, ge=0.02, le=0.1, description="how far apart the two colours of a plate are, in u'v' of CIE 1976"
    )


class ColourResult(Part):
    """What was read on each plate, in the order of the page: a digit, or none."""

    answers: tuple[Annotated[str, Field(pattern=r"^([0-9]|none)$")], ...] = Field(max_length=40)


class ColourCheck(Checkup[ColourTable, ColourResult]):
    name = "colour"
    about = "colours"
    cites = "regan1994"
    model = ColourTable
    result = ColourResult
    measure = "colour_misses"
    lasts_s = 40
    columns = (
        value("colour_control", bool, "whether the control plate was read, which everybody sees"),
        value("colour_misses", int, "plates misread that tell reds from greens"),
        value("colour_protan_misses", int, "of these, plates along the protan confusion line"),
        value("colour_deutan_misses", int, "of these, plates along the deutan confusion line"),
    )

    def faults(self, table: ColourTable, config: BatchConfig) -> Iterator[Fault]:
        own = table.plates // len(KINDS)
        if table.misses_most >= own:
            problem = f"who is blind along one line misses {own} of {table.plates} plates, and would pass"
            yield Fault("", "misses_most", problem, f"{own - 1} at most, or more plates")

    def stimuli(self, table: ColourTable, display: Display, draw: random.Random) -> Stimuli:
        kinds = [KINDS[number % len(KINDS)] for number in range(table.plates)]
        draw.shuffle(kinds)
        kinds = [CONTROL, *kinds]  # first, so that everybody learns on it what is asked
        digits = [draw.choice(list(DIGITS)) for _ in kinds]
        layouts = draw.sample(range(LAYOUTS), LAYOUTS)
        shown = [
            plate(kind, digit, table.difference, layouts[number % LAYOUTS], draw).record()
            for number, (kind, digit) in enumerate(zip(kinds, digits, strict=True))
        ]
        return Stimuli({"plates": shown}, {"kinds": kinds, "digits": digits})

    def judge(
        self, table: ColourTable, result: ColourResult, key: Mapping[str, Any], config: BatchConfig, work: AnyWork
    ) -> Found:
        if len(result.answers) != len(key["digits"]):
            return Found(breach=f"{len(result.answers)} of {len(key['digits'])} plates were answered")
        rows = list(zip(key["kinds"], key["digits"], result.answers, strict=True))
        misses = {kind: sum(kind == each and digit != told for each, digit, told in rows) for kind in (CONTROL, *KINDS)}
        red_green = sum(misses[kind] for kind in KINDS)
        values = {
            "colour_control": not misses[CONTROL], "colour_misses": red_green,
            **{f"colour_{kind}_misses": misses[kind] for kind in KINDS},
        }  # fmt: skip
        if misses[CONTROL]:
            return Found(values, "the plate that everybody sees was misread")
        asked = sum(kind in KINDS for kind in key["kinds"])
        told = f"{red_green} of {asked} red-green plates were misread, {table.misses_most} may be"
        return Found(values, told if red_green > table.misses_most else "")

    def answers(
        self, table: ColourTable, key: Mapping[str, Any], config: BatchConfig, passes: bool, draw: random.Random
    ) -> dict[str, Any]:
        seen = [
            digit if passes or kind == CONTROL else NONE_SEEN
            for kind, digit in zip(key["kinds"], key["digits"], strict=True)
        ]
        return {"answers": seen}

    def work(self, robot: Robot, key: Mapping[str, Any]) -> None:
        for digit in key["digits"]:
            robot.answer(digit)


LAYOUTS = 5
"""Arrangements of dots, each of which may carry any digit."""
COLOUR = ColourCheck()
