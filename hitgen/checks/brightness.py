"""Near-black and near-white squares: whether the screen, in its light, shows the darkest and the lightest tones apart."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
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

PANELS = ("dark", "light")
CELLS = 20
MOST_SQUARES = 8
"""So that one key can answer, also with more than there are."""
Codes = Annotated[tuple[Annotated[int, Field(ge=1, le=127)], ...], Field(min_length=2, max_length=7)]


class BrightnessTable(CheckTable):
    kind: Literal["brightness"] = Field(description="what is checked")
    dark: Codes = Field(
        default=(5, 8, 12, 18, 26), description="how much lighter than black squares are, in code values of 8 bits"
    )
    light: Codes = Field(
        default=(3, 5, 8, 12, 18), description="how much darker than white squares are, in code values of 8 bits"
    )
    off_most: int = Field(
        default=1, ge=0, le=9, description="by how many squares a count may be off, in either direction"
    )


class BrightnessResult(Part):
    """How many squares were counted on each panel."""

    counts: tuple[Annotated[int, Field(ge=0, le=9)], ...] = Field(max_length=10)


class BrightnessCheck(Checkup[BrightnessTable, BrightnessResult]):
    name = "brightness"
    about = "dark and light tones"
    cites = "hossfeld2014"
    model = BrightnessTable
    result = BrightnessResult
    measure = "brightness_dark_missed"
    columns = tuple(
        value(f"brightness_{panel}_{name}", int, about.format(panel=panel))
        for panel in PANELS
        for name, about in (
            ("counted", "squares counted on the {panel} panel"),
            ("missed", "squares there that were not counted; below 0: more were counted than there are"),
            (
                "code",
                "the faintest square that was counted if the fainter ones were missed, in code values from its ground",
            ),
        )
    )

    def faults(self, table: BrightnessTable, config: BatchConfig) -> Iterator[Fault]:
        for panel in PANELS:
            if table.off_most >= len(getattr(table, panel)):
                yield Fault("", "off_most", f"all squares of the {panel} panel may be missed", "1")
                return

    def stimuli(self, table: BrightnessTable, display: Display, draw: random.Random) -> Stimuli:
        panels, key = [], {}
        for panel in PANELS:
            codes = sorted(getattr(table, panel))
            # some more of the clearest, so that the number of tones does not tell that of squares
            codes += [codes[-1]] * draw.randint(0, MOST_SQUARES - len(codes))
            cells = [0] * CELLS
            for cell, code in zip(draw.sample(range(CELLS), len(codes)), codes, strict=True):
                cells[cell] = code
            ground = 0 if panel == "dark" else 255
            panels.append([ground + code if panel == "dark" else ground - code for code in cells])
            key[panel] = codes
        return Stimuli({"panels": panels}, key)

    def judge(
        self,
        table: BrightnessTable,
        result: BrightnessResult,
        key: Mapping[str, Any],
        config: BatchConfig,
        work: AnyWork,
    ) -> Found:
        if len(result.counts) != len(PANELS):
            return Found(breach=f"{len(result.counts)} of {len(PANELS)} panels were answered")
        values: dict[str, object] = {}
        breach = ""
        for panel, counted in zip(PANELS, result.counts, strict=True):
            codes: Sequence[int] = key[panel]
            missed = len(codes) - counted
            values |= {
                f"brightness_{panel}_counted": counted,
                f"brightness_{panel}_missed": missed,
                f"brightness_{panel}_code": codes[max(0, missed)] if counted else None,
            }
            if abs(missed) > table.off_most and not breach:
                breach = f"{counted} of {len(codes)} squares of the {panel} panel were counted"
        return Found(values, breach)

    def answers(
        self, table: BrightnessTable, key: Mapping[str, Any], config: BatchConfig, passes: bool, draw: random.Random
    ) -> dict[str, Any]:
        dark, light = (len(key[panel]) for panel in PANELS)
        return {"counts": [dark if passes else max(0, dark - table.off_most - 1), light]}

    def work(self, robot: Robot, key: Mapping[str, Any]) -> None:
        for panel in PANELS:
            robot.answer(str(len(key[panel])))


BRIGHTNESS = BrightnessCheck()
