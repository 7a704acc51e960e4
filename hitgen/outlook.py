"""What a study will ask of people and bring, from its config and the pictures' headers alone; pure but for those."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, replace

from hitgen.batch.load import Batch
from hitgen.checks.made import check_minutes
from hitgen.config.hit import Display
from hitgen.errors import Fault, in_config
from hitgen.lib.numbers import Numbers, take_lowest
from hitgen.methods.base import Arranged, method_of
from hitgen.methods.kept import KeptShares, gold_needed, kept_shares
from hitgen.plan import Plan
from hitgen.publishing.orders import groups_of

SCREENS = {"1366x768": (1366, 768, 15.6), "1920x1080": (1920, 1080, 23.8)}
"""Common screens: their pixels, and their diagonals in inches."""
LEAST_MM = 20
BARS_PX = 125
"""What a maximised browser and the system's bar take of a screen's height."""
ROOT = re.compile(r'(@media \(max-width: (\d+)px\) \{\s*)?:root(\[data-arrangement="\w+"\])? \{([^}]*)\}')
ROOM = re.compile(r"--(room-width|room-height|least-height):\s*(\d+)px")


@dataclass(frozen=True)
class Shown:
    """How large a picture of one size stands on a screen, in device pixels; `scale` of them to a source pixel."""

    screen: str
    source: tuple[int, int]
    pictures: int
    size: tuple[int, int]
    fits: bool
    fits_cm: float | None = None
    """The width under which the page would fit, where it does not."""

    @property
    def scale(self) -> float:
        return self.size[0] / self.source[0]


@dataclass(frozen=True)
class Outlook:
    """The plan in people: each of `people` who works all pages that they may does at most `pages_each`.

    `usable` of `ratings` will be used where everyone does so and passes; `gold` are the fewest and the most gold answers of one
    person, and `kept` whom the screening keeps by them, where the method holds known answers against its checks.
    """

    people: int
    pages_each: int
    minutes_a_page: int
    ratings: int
    usable: int
    gold: tuple[int, int]
    kept: KeptShares | None
    qualities: tuple[tuple[str, str], ...]
    shown: tuple[Shown, ...]
    window: tuple[int, int]


def outlook(batch: Batch, plan: Plan, style: str) -> Outlook:
    """What this plan comes to; `style` is the layout's, which says what it needs beside the picture."""
    method, pages = method_of(batch.config), [page for page in plan.pages if page.kind == "study"]
    seats = _seats(batch, plan)
    golds: dict[int, set[str]] = {}
    for page in pages:
        for person in seats[page.page]:
            golds.setdefault(person, set()).update(page.gold)
    answers, needed = [len(met) for met in golds.values()], gold_needed(batch.config)
    ratings = [(person, method.ratings_of(page)) for page in pages for person in seats[page.page]]
    counts = Counter(person for page in pages for person in seats[page.page])
    shown = _shown(batch)
    rooms = _rooms(style)
    arranged = method.arranged(batch.config)
    largest = _largest(shown, arranged)
    window = min((room.window(largest) for room in rooms), key=lambda size: size[0] * size[1])
    return Outlook(
        people=len(counts),
        pages_each=max(counts.values(), default=0),
        minutes_a_page=max(map(method.minutes, pages), default=0) + check_minutes(batch.config, "study"),
        ratings=sum(count for _, count in ratings),
        usable=sum(count for person, count in ratings if len(golds[person]) >= needed),
        gold=(min(answers, default=0), max(answers, default=0)),
        kept=kept_shares(batch.config, answers) if method.checks else None,
        qualities=tuple((images.name, method.levels_told(batch.config, images)) for images in batch.config.images),
        shown=tuple(_fitting(each, rooms, arranged, batch.config.display) for each in shown),
        window=window,
    )


def evidence(batch: Batch, found: Outlook) -> tuple[list[Fault], list[str]]:
    """A fault where no rating can be used however well people work, or a warning where few can; both with the ways out."""
    needed, reach, more = gold_needed(batch.config), found.gold[1], method_of(batch.config).more_gold
    if found.usable >= found.ratings:
        return [], []
    by_thresholds = batch.config.screening.judged_by == "thresholds"
    field = "screening.gold_answers_min" if by_thresholds else "screening.use_above"
    if not found.usable:
        most = "nobody meets a gold question" if not reach else f"nobody can meet more than {reach}"
        problem = f"{needed} gold answers are needed to use anybody's ratings, and {most}: none of {found.ratings} would be used"
        lower = f"gold_answers_min = {min(2, reach)}" if by_thresholds else "use_above below honest_share"
        return [in_config(field, problem, f"{lower}, or {more}")], []
    problem = (
        f"only {found.usable} of {found.ratings} ratings can be used: {needed} gold answers are needed, which not everybody "
        f"can give; lower it (docs/results.md says what that costs), or {more}"
    )
    return [], [f"batch.toml: {field}: {problem}"]


def _seats(batch: Batch, plan: Plan) -> dict[str, tuple[int, ...]]:
    """Who works which page where as few people as can be do all that they may; nobody meets a group of trials twice."""
    groups = groups_of(batch.config, plan.pages)
    taken: dict[str, Numbers] = {}
    return {
        page.page: take_lowest(
            [taken.setdefault(key, Numbers()) for key in (page.page, *groups[page.page].needed)], page.assignments
        )
        for page in plan.pages
    }


def _shown(batch: Batch) -> list[Shown]:
    method = method_of(batch.config)
    sizes = Counter(size for source in method.sources(batch) if (size := method.picture_size(source)))
    return [
        Shown(screen, size, count, _on_screen(batch.config.display, size, screen), True)
        for size, count in sizes.most_common()
        for screen in SCREENS
    ]


def _on_screen(display: Display, size: tuple[int, int], screen: str) -> tuple[int, int]:
    if display.scaling == "pixels":
        return size
    return _physical(display.width_cm, size, screen)


def _physical(width_cm: float, size: tuple[int, int], screen: str) -> tuple[int, int]:
    across, down, inches = SCREENS[screen]
    width_px = width_cm * math.hypot(across, down) / (inches * 2.54)
    return round(width_px), round(width_px * size[1] / size[0])


def _largest(shown: list[Shown], arranged: Arranged) -> tuple[int, int]:
    sizes = [arranged.around(each.size) for each in shown]
    return max((size[0] for size in sizes), default=0), max((size[1] for size in sizes), default=0)


@dataclass(frozen=True)
class _Room:
    """What an arrangement of the page needs beside the picture, in CSS pixels; it is higher in windows of at most the width `narrow`."""

    width: int
    height: int
    least_height: int = 0
    narrow: int = 0
    narrow_height: int = 0

    def window(self, size: tuple[int, int], across: int = 0) -> tuple[int, int]:
        """The window that a picture of this size needs where windows are `across` wide, or the narrowest one."""
        width = size[0] + self.width
        height = self.narrow_height if max(width, across) <= self.narrow else self.height
        return width, max(size[1] + height, self.least_height)


def _rooms(style: str) -> list[_Room]:
    """The arrangements that a layout's style declares, the usual one first."""
    usual: dict[str, int] = {}
    narrow, others = (0, 0), []
    for _, limit, arrangement, rule in ROOT.findall(style):
        px = {name: int(value) for name, value in ROOM.findall(rule)}
        if limit:
            narrow = int(limit), px.get("room-height", 0)
        elif arrangement:
            others.append(px)
        else:
            usual |= px
    rooms = [(usual, narrow), *((px, (0, 0)) for px in others)]
    return [
        _Room(px.get("room-width", 0), px.get("room-height", 0), px.get("least-height", 0), *limits)
        for px, limits in rooms
    ]


def _fitting(shown: Shown, rooms: list[_Room], arranged: Arranged, display: Display) -> Shown:
    across, down, _ = SCREENS[shown.screen]

    def fits(size: tuple[int, int]) -> bool:
        windows = [room.window(arranged.around(size), across) for room in rooms]
        return any(width <= across and height <= down - BARS_PX for width, height in windows)

    if fits(shown.size):
        return shown
    smaller = (mm / 10 for mm in range(math.ceil(display.width_cm * 10) - 1, LEAST_MM, -1))
    fitting = (cm for cm in smaller if fits(_physical(cm, shown.source, shown.screen)))
    return replace(shown, fits=False, fits_cm=next(fitting, None) if display.scaling == "physical" else None)
