"""Pseudo-isochromatic plates of dots: a digit that differs from its ground in one direction of colour alone.

Figure and ground lie on one confusion line of dichromats through the white of the screen, in u'v' of CIE 1976, as in the
Cambridge Colour Test (Regan, Reffin & Mollon 1994, Vision Research 34, 1279-1299), which says where those lines meet; the luminance
of each dot is drawn at random, so that nothing else tells. The dots and digits are hitgen's own.
"""

from __future__ import annotations

import base64
import functools
import itertools
import math
import random
from dataclasses import dataclass

WHITE = (0.1978, 0.4683)
"""D65 in u'v'."""
COPUNCTAL = {"protan": (0.678, 0.501), "deutan": (-1.217, 0.782)}
LUMINANCES = (0.10, 0.13, 0.17, 0.23, 0.30, 0.40)
"""Of dots, white being 1: so far apart that what is lighter to dichromats on one side of a confusion line hides among them."""
CONTROL_LUMINANCES = ((0.10, 0.11, 0.12, 0.14, 0.15, 0.16), (0.48, 0.52, 0.56, 0.60, 0.64, 0.68))
"""Of the control plate: its figure is light on dark, which everybody sees who sees the screen."""
CONTROL_CHROMA = (0.206, 0.478)
SIDE = 250
"""A plate is drawn on a square of so many units, which a byte counts."""
RADII = (7, 6, 5, 4, 3)
GAP = 1
TRIES = 3000
STROKE = 0.08
"""Half the width of a digit's strokes, in sides of the plate."""
XYZ_TO_RGB = ((3.2406, -1.5372, -0.4986), (-0.9689, 1.8758, 0.0415), (0.0557, -0.2040, 1.0570))
"""Of sRGB, IEC 61966-2-1."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Plate:
    """One plate: `dots` are bytes of x, y, radius and the number of the colour in `palette`, as base64."""

    palette: tuple[str, ...]
    dots: str

    def record(self) -> dict[str, object]:
        """As the page's data have it."""
        return {"palette": list(self.palette), "dots": self.dots}


def plate(kind: str, digit: str, difference: float, layout: int, draw: random.Random) -> Plate:
    """A plate that shows a digit to whom its kind does not hide it: `protan`, `deutan`, or `control`, which hides it from nobody.

    `difference` is how far figure and ground are apart in u'v'.
    """
    figure, ground = colours(kind, difference, draw.choice((1, -1)))
    shades = [*figure, *ground]
    order = draw.sample(range(len(shades)), len(shades))
    content = bytearray()
    for (x, y, radius), is_figure in zip(dots(layout), _inside(digit, layout), strict=True):
        shade = draw.randrange(len(figure)) + (0 if is_figure else len(figure))
        content += bytes((x, y, radius, order.index(shade)))
    return Plate(tuple(hex_of(shades[number]) for number in order), base64.b64encode(bytes(content)).decode())


def colours(kind: str, difference: float, sign: int) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]]]:
    """The colours of figure and ground in linear sRGB, one for each luminance; `sign` says which of the two is the reddish one."""
    if kind == "control":
        dark, light = ([rgb(CONTROL_CHROMA, luminance) for luminance in row] for row in CONTROL_LUMINANCES)
        return light, dark
    towards = COPUNCTAL[kind]
    across, up = towards[0] - WHITE[0], towards[1] - WHITE[1]
    step = sign * difference / 2 / math.hypot(across, up)
    ends = [(WHITE[0] + way * step * across, WHITE[1] + way * step * up) for way in (1, -1)]
    first, second = ([rgb(end, luminance) for luminance in LUMINANCES] for end in ends)
    return first, second


def rgb(chroma: Point, luminance: float) -> tuple[float, ...]:
    """Linear sRGB of a chromaticity in u'v' at a relative luminance; outside 0..1 where a screen cannot show it."""
    u, v = chroma
    xyz = (luminance * 9 * u / (4 * v), luminance, luminance * (12 - 3 * u - 20 * v) / (4 * v))
    return tuple(sum(weight * part for weight, part in zip(row, xyz, strict=True)) for row in XYZ_TO_RGB)


def hex_of(linear: tuple[float, ...]) -> str:
    """A colour as styles write it."""
    return "#" + "".join(f"{round(255 * _encoded(min(1.0, max(0.0, part)))):02x}" for part in linear)


def _encoded(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


@functools.cache
def dots(layout: int) -> tuple[tuple[int, int, int], ...]:
    """Dots (x, y, radius) that fill a disk without touching one another; the same for everybody, since a layout tells nothing."""
    draw, cell = random.Random(f"plate {layout}"), 2 * max(RADII) + GAP
    found: list[tuple[int, int, int]] = []
    near: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    middle = SIDE / 2
    for radius in RADII:
        for _ in range(TRIES):
            x, y = draw.randrange(radius, SIDE - radius), draw.randrange(radius, SIDE - radius)
            if math.hypot(x - middle, y - middle) > middle - radius:
                continue
            column, row = x // cell, y // cell
            around = [(column + a, row + b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
            if any(
                math.hypot(x - other[0], y - other[1]) < radius + other[2] + GAP
                for square in around
                for other in near.get(square, ())
            ):
                continue
            found.append((x, y, radius))
            near.setdefault((column, row), []).append(found[-1])
    return tuple(found)


@functools.cache
def _inside(digit: str, layout: int) -> tuple[bool, ...]:
    """Which dots of a layout are a digit's, in order: worked out once for all pages."""
    return tuple(is_inside(digit, x / SIDE, y / SIDE) for x, y, _ in dots(layout))


def is_inside(digit: str, x: float, y: float) -> bool:
    """Whether a point of the plate, 0..1 each way, lies on the strokes of a digit."""
    return any(
        _distance((x, y), start, end) <= STROKE for line in DIGITS[digit] for start, end in itertools.pairwise(line)
    )


def _distance(point: Point, start: Point, end: Point) -> float:
    along = (end[0] - start[0], end[1] - start[1])
    length = along[0] ** 2 + along[1] ** 2
    share = 0.0
    if length:
        share = ((point[0] - start[0]) * along[0] + (point[1] - start[1]) * along[1]) / length
    share = min(1.0, max(0.0, share))
    return math.hypot(point[0] - start[0] - share * along[0], point[1] - start[1] - share * along[1])


def _arc(x: float, y: float, across: float, up: float, begin: int, end: int) -> list[Point]:
    """A line along an ellipse about (x, y), in degrees clockwise from its right end, y growing downward."""
    steps = max(2, abs(end - begin) // 15)
    angles = [math.radians(begin + (end - begin) * step / steps) for step in range(steps + 1)]
    return [(x + across * math.cos(angle), y + up * math.sin(angle)) for angle in angles]


DIGITS: dict[str, list[list[Point]]] = {
    "2": [[*_arc(0.5, 0.36, 0.19, 0.17, 190, 385), (0.31, 0.81), (0.71, 0.81)]],
    "3": [[*_arc(0.48, 0.34, 0.2, 0.155, 210, 450)], [*_arc(0.48, 0.66, 0.22, 0.165, 270, 510)]],
    "4": [[(0.62, 0.82), (0.62, 0.18), (0.28, 0.63), (0.76, 0.63)]],
    "5": [[(0.69, 0.2), (0.36, 0.2), (0.34, 0.45), *_arc(0.48, 0.62, 0.22, 0.2, 235, 505)]],
    "6": [[(0.62, 0.18), *_arc(0.5, 0.62, 0.2, 0.2, 195, -165)]],
    "7": [[(0.29, 0.2), (0.71, 0.2), (0.43, 0.82)]],
    "9": [[(0.38, 0.82), *_arc(0.5, 0.38, 0.2, 0.2, 15, -345)]],
}
"""Strokes of the digits that are shown; 0, 1 and 8 are not, since half a stroke more or less makes others of them."""
