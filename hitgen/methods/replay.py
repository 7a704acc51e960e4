"""What can be seen again of an attempt: which pictures stood where and when, and what was answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hitgen.stimuli.views import View

Spot = tuple[float, float]
"""(x, y) in pixels of the picture."""
Ring = tuple[float, float, float]
"""(x, y) and radius in pixels of the picture."""


@dataclass(frozen=True)
class Picture:
    """The frame of a pack at a level; of `view`, if given, what it shows at that level."""

    pack: str
    level: int
    view: View | None = None


@dataclass(frozen=True)
class Pane:
    """One of the pictures that stand side by side.

    `steps` are (milliseconds since the attempt began, the pictures that alternate from then on). From `answered_ms` on the answer is
    shown: `spots`, and `rings` where a right one lies. `chosen` is the pane that was the answer.
    """

    name: str
    width: int
    height: int
    steps: tuple[tuple[int, tuple[Picture, ...]], ...]
    spots: tuple[Spot, ...] = ()
    rings: tuple[Ring, ...] = ()
    answered_ms: int = 0
    chosen: bool = False


@dataclass(frozen=True)
class Curve:
    """Steps from corner to corner (x, y), y from 0 to `most`; x is milliseconds since the attempt began where it is `timed`, else `here` is this one's."""

    about: str
    corners: tuple[tuple[float, float], ...]
    most: float
    timed: bool = True
    here: float | None = None


@dataclass(frozen=True)
class Replay:
    """An attempt to be seen again; `answer` in a few words, `facts` are further lines of a name and a text."""

    answer: str
    panes: tuple[Pane, ...] = ()
    curve: Curve | None = None
    facts: tuple[tuple[str, str], ...] = field(default=())

    @property
    def pictures(self) -> list[Picture]:
        """Every picture once, in the order in which they are needed."""
        return list(dict.fromkeys(self._all()))

    def _all(self) -> Iterator[Picture]:
        for pane in self.panes:
            for _, pictures in pane.steps:
                yield from pictures
