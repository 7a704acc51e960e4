"""The small drawings of each ladder as files for print: its SUR curve as vectors, its critical regions as a picture."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Rectangle
from matplotlib.text import Text

from hitgen.batch import resources
from hitgen.methods.figures import Drawing, in_style, printed
from hitgen.methods.pjnd.analysis.analyse import LadderResult
from hitgen.methods.pjnd.analysis.curves import HEIGHT, WIDTH, sur_curve
from hitgen.methods.pjnd.analysis.overlay import overlay, source_picture

PRINT_PX = 1280
PRINT_QUALITY = 90
POINTS_PER_IN = 72
FONTS = "DejaVu Sans, Verdana, sans-serif"
ALIGNED = {"start": "left", "middle": "center", "end": "right"}


def curve(result: LadderResult) -> Drawing:
    """A ladder's SUR as in the report: the same lines, in the colours of the shipped style."""
    inner = str(sur_curve(result)).replace(
        "<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" font-family="{FONTS}" ', 1
    )
    head, _, body = inner.partition(">")
    css = "\n".join(f".sur {name} {{ {_text(rule)} }}" for name, rule in style().items())
    svg = f'{head}><style>{css}</style><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{body}\n'
    return Drawing(svg.encode(), lambda: _print(inner))


def regions(result: LadderResult, packs: Path, pack: str) -> Drawing:
    """A ladder's critical regions over its source: a picture, in either form as JPEG of at most 1280 pixels across."""
    assert result.clicks is not None
    picture = overlay(result.clicks, source_picture(packs, pack, PRINT_PX), PRINT_PX)
    width, height = picture.size

    def saved(form: str, **options: Any) -> bytes:
        buffer = io.BytesIO()
        picture.save(buffer, form, quality=PRINT_QUALITY, **options)
        return buffer.getvalue()

    data = base64.b64encode(saved("JPEG")).decode()
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" href="data:image/jpeg;base64,{data}"/></svg>\n'
    )
    return Drawing(svg.encode(), lambda: saved("PDF", resolution=150, creationDate=None, modDate=None))


@cache
def style() -> Mapping[str, Mapping[str, str]]:
    """What the shipped style of reports says of curves, by selector."""
    found = resources.find("assets", "styles/report.css", None)
    assert found is not None
    rules = re.findall(r"^\.sur (\.?\w+) \{(.*?)\}", found.read_text("utf-8"), re.M)
    return {name: dict(_declarations(rule)) for name, rule in rules}


def _declarations(rule: str) -> Iterator[tuple[str, str]]:
    for declaration in rule.split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            yield name.strip(), value.strip()


def _text(rule: Mapping[str, str]) -> str:
    return " ".join(f"{name}: {value};" for name, value in rule.items())


def _print(svg: str) -> bytes:
    """A curve's SVG as PDF, shape by shape; its pixels are the PDF's points."""
    with in_style():
        figure = Figure(figsize=(WIDTH / POINTS_PER_IN, HEIGHT / POINTS_PER_IN))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))
        axes.set_axis_off()
        for number, element in enumerate(ElementTree.fromstring(svg)):
            axes.add_artist(_artist(element)).set_zorder(number)
        return printed(figure)


def _artist(element: ElementTree.Element) -> Artist:
    tag, at = element.tag.rpartition("}")[2], element.attrib
    look = {**style().get(tag, {}), **style().get(f".{at['class']}", {})}
    fill, stroke, opacity = look.get("fill", "#000"), look.get("stroke", "none"), float(look.get("opacity", 1))
    width = float(look.get("stroke-width", 1))
    if tag == "text":
        size, aligned = float(look["font-size"].removesuffix("px")), ALIGNED[look.get("text-anchor", "start")]
        return Text(
            float(at["x"]), float(at["y"]), element.text or "", color=fill, fontsize=size, ha=aligned, parse_math=False
        )
    if tag == "rect":
        corner = float(at["x"]), float(at["y"])
        return Rectangle(
            corner, float(at["width"]), float(at["height"]), facecolor=fill, edgecolor="none", alpha=opacity
        )
    if tag == "circle":
        return Circle((float(at["cx"]), float(at["cy"])), float(at["r"]), facecolor=fill, edgecolor="none")
    if tag == "line":
        points = [(float(at["x1"]), float(at["y1"])), (float(at["x2"]), float(at["y2"]))]
    else:
        points = [(float(x), float(y)) for x, y in (pair.split() for pair in at["d"].removeprefix("M").split("L"))]
    dash = tuple(map(float, look.get("stroke-dasharray", "").split()))
    drawn: Any = (0, dash) if dash else "solid"
    return Line2D(
        *zip(*points, strict=True), color=stroke, linewidth=width, alpha=opacity, linestyle=drawn, solid_joinstyle="miter",
        solid_capstyle="butt", dash_capstyle="butt",
    )  # fmt: skip
