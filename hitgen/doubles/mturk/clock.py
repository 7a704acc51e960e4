"""The marketplace's own clock, which can be moved."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Seconds since 1970 as the marketplace has them; `move` sets it ahead or back."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self.offset_s = 0.0

    def now(self) -> float:
        """The marketplace's time."""
        return self._source() + self.offset_s

    def move(self, seconds: float) -> None:
        """Set the clock ahead, or back by a negative number."""
        self.offset_s += seconds
